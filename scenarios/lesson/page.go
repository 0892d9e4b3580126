package lesson

import (
	"slices"
	"strings"
)

// Page is a lesson to be read, in one language, with the output that its commands have now. Its JSON is what the panel
// Lesson of an HTML report shows.
type Page struct {
	Name     string     `json:"name"`
	Language string     `json:"language"`
	Title    string     `json:"title"`
	Goal     []Block    `json:"goal"`
	Steps    []PageStep `json:"steps"`
	// Next is the file of the next lesson's page, and NextTitle its title; empty for the last, and for a page that stands alone.
	Next      string            `json:"next,omitempty"`
	NextTitle string            `json:"nextTitle,omitempty"`
	Words     map[string]string `json:"words"` // of the page itself, by what they are for
}

// PageStep is a Step with its output.
type PageStep struct {
	Say     []Block       `json:"say,omitempty"`
	Kubectl string        `json:"kubectl,omitempty"`
	Ask     *PageQuestion `json:"ask,omitempty"`
	Run     string        `json:"run,omitempty"` // with its first word
	Output  string        `json:"output,omitempty"`
	Then    []Block       `json:"then,omitempty"`
	// Looks says that the command shows the cluster at one instant: At, or the end of the run where that is empty. Pod is the
	// one pod that it is about, if there is one.
	Looks bool   `json:"looks,omitempty"`
	At    string `json:"at,omitempty"`
	Pod   string `json:"pod,omitempty"`
}

// PageQuestion is a Question with what is right.
type PageQuestion struct {
	Text    string   `json:"text"`
	Choices []string `json:"choices,omitempty"`
	Answer  []string `json:"answer"` // a choice's letter, or all that is right
	Shown   string   `json:"shown"`  // the answer in words
}

// Block is a paragraph, or lines that stand as they are written.
type Block struct {
	Text string `json:"text"`
	Pre  bool   `json:"pre,omitempty"`
}

// Page runs the commands of a lesson, as Player does, and returns what is read.
func (l *Lesson) Page(language string, run func(args []string) (output string, code int)) *Page {
	p := &Page{Name: l.Name, Language: language, Title: l.Title.In(language), Goal: blocks(l.Goal.In(language)), Words: map[string]string{}}
	for name, t := range pageWords { // unordered: a copy of a map
		p.Words[name] = strings.TrimSpace(t.In(language))
	}
	for i := range l.Steps {
		s := &l.Steps[i]
		x := PageStep{Say: blocks(s.Say.In(language)), Kubectl: s.Kubectl, Then: blocks(s.Then.In(language))}
		if s.Run != "" {
			args := Fields(s.Run)
			x.Run = "simulate " + s.Run
			x.Output, _ = run(args)
			x.Looks, x.At, x.Pod = looks(args)
		}
		if q := s.Ask; q != nil {
			x.Ask = &PageQuestion{Text: q.Text.In(language), Answer: q.Answer, Shown: (&Player{Language: language}).answer(q)}
			for _, c := range q.Choices {
				x.Ask.Choices = append(x.Ask.Choices, c.In(language))
			}
		}
		p.Steps = append(p.Steps, x)
	}
	return p
}

// pageWords are what a page says beside its lesson.
var pageWords = map[string]Text{
	"tab": {"Lesson", "수업"}, "goal": goal, "ask": ask, "right": right, "wrong": wrong, "solution": solution, "onCluster": onCluster,
	"check": {"Check", "확인"}, "reveal": {"Show the answer", "정답 보기"}, "write": {"your answer", "답을 쓰세요"},
	"at": {"Look at it in the page at", "이 화면에서 보기:"}, "end": {"the end", "마지막"},
	"score": {"Right: %d of %d", "맞힌 질문: %d / %d"}, "next": {"Next:", "다음:"}, "lessons": {"Lessons on the life of a pod", "파드의 일생 수업"},
}

// PageWord is what a page says beside its lesson: "lessons" is the title of a list of them.
func PageWord(name, language string) string { return pageWords[name].In(language) }

// blocks cuts a text at its blank lines. What is indented, or has columns, stays as it is; the lines of a paragraph run on.
func blocks(text string) (out []Block) {
	for part := range strings.SplitSeq(text, "\n\n") {
		part = strings.Trim(part, "\n")
		if part == "" {
			continue
		}
		pre := slices.ContainsFunc(strings.Split(part, "\n"), func(line string) bool {
			return strings.HasPrefix(line, " ") || strings.Contains(strings.TrimSpace(line), "  ")
		})
		if !pre {
			part = strings.ReplaceAll(part, "\n", " ")
		}
		out = append(out, Block{part, pre})
	}
	return out
}

// looks says at which instant, and at which pod, a command looks.
func looks(args []string) (one bool, at, pod string) {
	if len(args) == 0 || !slices.Contains([]string{"get", "describe", "events", "reach", "why"}, args[0]) {
		return false, "", ""
	}
	var names []string
	for i := 1; i < len(args); i++ {
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch a := args[i]; {
		case a == "-w":
			return false, "", ""
		case a == "--at":
			at, i = next, i+1
		case a == "--for":
			pod, i = strings.TrimPrefix(next, "pod/"), i+1
		case strings.HasPrefix(a, "-"):
			if a != "-A" && a != "--verdict" {
				i++
			}
		default:
			names = append(names, a)
		}
	}
	if len(names) == 2 && (names[0] == "pod" || names[0] == "pods") {
		pod = names[1]
	}
	if strings.Contains(pod, "/") {
		pod = ""
	}
	return true, at, pod
}
