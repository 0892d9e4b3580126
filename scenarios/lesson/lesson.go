package lesson

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed lessons
var files embed.FS

// Languages are those in which every lesson is written, the default first.
var Languages = []string{"en", "ko"}

// Text is the same said in each language.
type Text struct {
	EN string `json:"en"`
	KO string `json:"ko"`
}

// In is the text in a language of Languages.
func (t Text) In(language string) string {
	if language == "ko" {
		return strings.TrimRight(t.KO, "\n")
	}
	return strings.TrimRight(t.EN, "\n")
}

// Lesson is one of the lessons. Name is the name of its scenario in the library without "lesson/", as "03-probes".
type Lesson struct {
	Name  string `json:"-"`
	Title Text   `json:"title"`
	Goal  Text   `json:"goal"` // what one can do afterwards
	Steps []Step `json:"steps"`
}

// Step says something, asks something, and runs something, in this order; each part may be missing.
type Step struct {
	Say Text `json:"say,omitempty"`
	// Kubectl is what one would type on a real cluster for the same.
	Kubectl string    `json:"kubectl,omitempty"`
	Ask     *Question `json:"ask,omitempty"`
	// Run is a command line of simulate, without its first word. With a question, its output is the answer.
	Run string `json:"run,omitempty"`
	// Exit is the exit code that the command has.
	Exit int `json:"exit,omitempty"`
	// Then is said after the output.
	Then Text `json:"then,omitempty"`
}

// Question has one right answer.
type Question struct {
	Text    Text   `json:"text"`
	Choices []Text `json:"choices,omitempty"` // shown as a, b, c...; without them the learner writes the answer
	// Answer is a choice's letter, or the words that are right, the first of them as the output has it.
	Answer []string `json:"answer"`
	// Shows is a regular expression with one group over the output of Run: what it finds is Found or, without that,
	// Answer[0].
	Shows string `json:"shows"`
	Found string `json:"found,omitempty"`
}

// Right says whether an answer is right: upper and lower case, blanks, quotes and brackets do not matter. A choice may be
// named by its letter or by its words, in any language.
func (q *Question) Right(answer string) bool {
	is := func(a string) bool { return plain(a) == plain(answer) }
	if len(q.Choices) > 0 {
		letter := q.Answer[0]
		c := q.Choices[letter[0]-'a']
		for _, t := range []string{c.EN, c.KO} {
			before, _, _ := strings.Cut(t, ":")
			if is(t) || is(before) || is(letter+") "+t) {
				return true
			}
		}
	}
	return slices.ContainsFunc(q.Answer, is)
}

func plain(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.Trim(strings.TrimSpace(s), "\"'`.()")), " "))
}

// Shown says whether the output shows what the question claims.
func (q *Question) Shown(output string) error {
	r, err := regexp.Compile(q.Shows)
	if err != nil {
		return err
	}
	want := q.Found
	if want == "" {
		want = q.Answer[0]
	}
	m := r.FindStringSubmatch(output)
	switch {
	case len(m) < 2:
		return fmt.Errorf("%q is not in the output", q.Shows)
	case m[1] != want:
		return fmt.Errorf("the output shows %q, the lesson says %q", m[1], want)
	}
	return nil
}

// All are the lessons in order.
func All() ([]*Lesson, error) {
	entries, err := fs.ReadDir(files, "lessons")
	if err != nil {
		return nil, err
	}
	var all []*Lesson
	for _, e := range entries {
		b, err := files.ReadFile(path.Join("lessons", e.Name()))
		if err != nil {
			return nil, err
		}
		l := &Lesson{Name: strings.TrimSuffix(e.Name(), ".yaml")}
		if err := yaml.UnmarshalStrict(b, l); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		all = append(all, l)
	}
	return all, nil
}

// Find is the lesson that is called so: by its number ("3"), its name ("probes", "03-probes") or the name of its
// scenario ("lesson/03-probes"). It is nil if there is none.
func Find(all []*Lesson, name string) *Lesson {
	name = strings.TrimPrefix(name, "lesson/")
	for _, l := range all {
		number, word, _ := strings.Cut(l.Name, "-")
		if name == l.Name || name == word || strings.TrimLeft(name, "0") == strings.TrimLeft(number, "0") {
			return l
		}
	}
	return nil
}
