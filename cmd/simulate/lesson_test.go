package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"clustersim/scenarios"
	"clustersim/scenarios/lesson"
)

// Every command of every lesson runs, and every answer is what the output shows. The languages say the same: each text is
// there in both, with the same commands, times and fields in it.
func TestLessons(t *testing.T) {
	all, err := lesson.All()
	if err != nil {
		t.Fatal(err)
	}
	a := &app{env: func(string) string { return "" }}
	for _, l := range all {
		t.Run(l.Name, func(t *testing.T) {
			if _, problems := scenarios.LoadLibrary("lesson/"+l.Name, scenarios.LoadOptions{}); problems.HasErrors() {
				t.Errorf("there is no scenario of that name: %v", problems)
			}
			bothLanguages(t, l)
			questions := 0
			for i := range l.Steps {
				questions += checkStep(t, a, i, &l.Steps[i])
			}
			if questions < 2 {
				t.Errorf("%d questions", questions)
			}
		})
	}
}

func checkStep(t *testing.T, a *app, i int, s *lesson.Step) (questions int) {
	output := ""
	if s.Run != "" {
		var code int
		if output, code = a.captured(lesson.Fields(s.Run)); code != s.Exit {
			t.Errorf("step %d: %s: exit code %d, want %d:\n%s", i+1, s.Run, code, s.Exit, output)
		}
	}
	if s.Ask == nil {
		return 0
	}
	if err := s.Ask.Shown(output); err != nil {
		t.Errorf("step %d: %s: %v\n%s", i+1, s.Run, err, output)
	}
	if n := len(s.Ask.Choices); n > 0 && (len(s.Ask.Answer) != 1 || len(s.Ask.Answer[0]) != 1 || int(s.Ask.Answer[0][0]-'a') >= n || s.Ask.Found == "") {
		t.Errorf("step %d: the answer %v is none of the %d choices, or found is missing", i+1, s.Ask.Answer, n)
	}
	return 1
}

func bothLanguages(t *testing.T, l *lesson.Lesson) {
	texts := []lesson.Text{l.Title, l.Goal}
	for _, s := range l.Steps {
		texts = append(texts, s.Say, s.Then)
		if s.Ask != nil {
			texts = append(append(texts, s.Ask.Text), s.Ask.Choices...)
		}
	}
	for _, x := range texts {
		if x == (lesson.Text{}) {
			continue
		}
		if x.EN == "" || x.KO == "" {
			t.Errorf("in one language only: %q %q", x.EN, x.KO)
		}
		if strings.ContainsFunc(x.EN, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
			t.Errorf("Korean in the English text: %q", x.EN)
		}
		if en, ko := facts(x.EN), facts(x.KO); !slices.Equal(en, ko) {
			t.Errorf("the texts name different things:\nen %v\nko %v\n%s", en, ko, x.KO)
		}
	}
}

// fact finds what both languages write alike: commands, times with a point, ratios, identifiers in camel case.
var fact = regexp.MustCompile(`simulate [a-z]+ [^\s,.]*|\b\d+\.\d+\b|\b\d+/\d+\b|\b[A-Za-z]+[a-z][A-Z][A-Za-z]+\b`)

func facts(text string) []string {
	all := fact.FindAllString(text, -1)
	for i := range all {
		all[i] = strings.TrimSuffix(all[i], "s") // Korean has no plural
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestRightAnswers(t *testing.T) {
	q := lesson.Question{Answer: []string{"c"}, Choices: []lesson.Text{{EN: "Scheduled", KO: "Scheduled"}, {EN: "Started", KO: "Started"}, {EN: "Pulled: it is there", KO: "Pulled: 있다"}}}
	for answer, want := range map[string]bool{"c": true, "C": true, "(c)": true, "c)": true, "Pulled": true, " pulled. ": true, "Pulled: 있다": true, "c) Pulled: it is there": true, "b": false, "Started": false, "": false} {
		if q.Right(answer) != want {
			t.Errorf("%q: %v", answer, !want)
		}
	}
	q = lesson.Question{Answer: []string{"Insufficient cpu", "1 Insufficient cpu"}}
	for answer, want := range map[string]bool{"insufficient  CPU": true, `"1 Insufficient cpu"`: true, "cpu": false} {
		if q.Right(answer) != want {
			t.Errorf("%q: %v", answer, !want)
		}
	}
}

// A script answers line by line; the end of the input shows the rest.
func TestLessonIsDrivenByLines(t *testing.T) {
	all, err := lesson.All()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	p := lesson.Player{Language: "en", In: strings.NewReader("b\nnode2\n"), Out: &out, Run: func([]string) (string, int) { return "OUTPUT\n", 0 }}
	if err := p.Play(all[0]); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"> b\nRight.\n", "> node2\nNot so. The answer is: node1\n", "\nAnswer: c) Pulled\n", "Right answers: 1 of 2; not answered: 2\n", "$ simulate get pods -f lesson/01-first-pod --at 1.2s\n\nOUTPUT\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &out)
		}
	}
}
