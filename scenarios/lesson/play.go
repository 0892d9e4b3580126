package lesson

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Player plays lessons line by line.
type Player struct {
	Language string // of Languages
	In       io.Reader
	Out      io.Writer
	// Run executes a command line of simulate and returns what it prints on both streams, and its exit code.
	Run func(args []string) (output string, code int)
	// Pause waits for Enter between steps: for people, not for scripts.
	Pause bool

	lines *bufio.Scanner
}

// words of the player itself, in each language.
var (
	goal      = Text{"Goal: ", "목표: "}
	ask       = Text{"Question: ", "질문: "}
	right     = Text{"Right.", "맞았습니다."}
	wrong     = Text{"Not so. The answer is: ", "아닙니다. 정답은: "}
	solution  = Text{"Answer: ", "정답: "}
	onCluster = Text{"On a real cluster: ", "실제 클러스터에서는: "}
	enter     = Text{"(Enter goes on) ", "(Enter를 누르면 계속) "}
	score     = Text{"Right answers: %d of %d", "맞힌 답: %[2]d개 중 %[1]d개"}
	skipped   = Text{"; not answered: %d", ", 답하지 않은 질문: %d개"}
)

// Play plays a lesson to its end. When the input ends, the rest is shown with its answers. The error is that of writing.
func (p *Player) Play(l *Lesson) error {
	p.lines = bufio.NewScanner(p.In)
	out := &strings.Builder{}
	fmt.Fprintf(out, "%s  %s\n\n%s%s\n", l.Name, l.Title.In(p.Language), goal.In(p.Language), l.Goal.In(p.Language))
	asked, hits := 0, 0
	for i := range l.Steps {
		fmt.Fprintln(out)
		if err := p.flush(out); err != nil {
			return err
		}
		s := &l.Steps[i]
		known, hit := p.step(out, s)
		if s.Ask != nil && known {
			asked++
		}
		if hit {
			hits++
		}
		p.wait(out, i+1 < len(l.Steps))
	}
	if asked > 0 {
		fmt.Fprintf(out, "\n"+score.In(p.Language), hits, asked)
		if left := questions(l) - asked; left > 0 {
			fmt.Fprintf(out, skipped.In(p.Language), left)
		}
		fmt.Fprintln(out)
	}
	return p.flush(out)
}

func questions(l *Lesson) (n int) {
	for i := range l.Steps {
		if l.Steps[i].Ask != nil {
			n++
		}
	}
	return n
}

// step plays one step. known says that the learner has answered, hit that the answer was right.
func (p *Player) step(out *strings.Builder, s *Step) (known, hit bool) {
	if t := s.Say.In(p.Language); t != "" {
		fmt.Fprintln(out, t)
		if s.Ask != nil || s.Run != "" {
			fmt.Fprintln(out)
		}
	}
	if s.Ask != nil {
		known, hit = p.ask(out, s.Ask)
	}
	if s.Ask != nil {
		fmt.Fprintln(out)
	}
	if s.Kubectl != "" {
		fmt.Fprintf(out, "%s%s\n\n", onCluster.In(p.Language), s.Kubectl)
	}
	if s.Run != "" {
		output, _ := p.Run(Fields(s.Run))
		fmt.Fprintf(out, "$ simulate %s\n\n%s", s.Run, output)
		if !strings.HasSuffix(output, "\n") {
			fmt.Fprintln(out)
		}
	}
	if t := s.Then.In(p.Language); t != "" {
		fmt.Fprintf(out, "\n%s\n", t)
	}
	return known, hit
}

func (p *Player) ask(out *strings.Builder, q *Question) (known, hit bool) {
	fmt.Fprintf(out, "%s%s\n", ask.In(p.Language), q.Text.In(p.Language))
	for i, c := range q.Choices {
		fmt.Fprintf(out, "  %c) %s\n", 'a'+rune(i), c.In(p.Language))
	}
	fmt.Fprint(out, "> ")
	if p.flush(out) != nil || !p.lines.Scan() {
		fmt.Fprintf(out, "\n%s%s\n", solution.In(p.Language), p.answer(q))
		return false, false
	}
	answer := p.lines.Text()
	if !p.Pause { // a script's answers are not on the screen yet
		fmt.Fprintln(out, answer)
	}
	if q.Right(answer) {
		fmt.Fprintln(out, right.In(p.Language))
		return true, true
	}
	fmt.Fprintf(out, "%s%s\n", wrong.In(p.Language), p.answer(q))
	return true, false
}

// answer is the right answer in words.
func (p *Player) answer(q *Question) string {
	if len(q.Choices) == 0 {
		return q.Answer[0]
	}
	return q.Answer[0] + ") " + q.Choices[q.Answer[0][0]-'a'].In(p.Language)
}

func (p *Player) wait(out *strings.Builder, more bool) {
	if !p.Pause || !more {
		return
	}
	fmt.Fprintf(out, "\n%s", enter.In(p.Language))
	if p.flush(out) == nil {
		p.lines.Scan()
	}
}

func (p *Player) flush(out *strings.Builder) error {
	_, err := io.WriteString(p.Out, out.String())
	out.Reset()
	return err
}

// Fields splits a command line at blanks; 'quoted' and "quoted" parts stay together.
func Fields(line string) (out []string) {
	var word strings.Builder
	quote, begun := rune(0), false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == ' ':
			if begun {
				out = append(out, word.String())
				word.Reset()
			}
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if begun {
		out = append(out, word.String())
	}
	return out
}
