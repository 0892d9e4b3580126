package main

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"clustersim/scenarios/lesson"
)

// newLesson is `simulate lesson`.
func newLesson(a *app) *cobra.Command {
	language, answers, pages := "", false, lessonPages{}
	c := &cobra.Command{
		Use:   "lesson [NUMBER|NAME]",
		Short: "Learn the life of a pod: lessons with questions, in English and Korean",
		Example: `  # The lessons
  simulate lesson

  # The first one
  simulate lesson 1

  # 한국어로
  simulate lesson 1 --lang ko

  # To read, with all answers
  simulate lesson probes --answers

  # As a page beside its run, and all of them
  simulate lesson 3 -o html --out probes.html
  simulate lesson -o html --out lessons/`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkLanguage(language); err != nil {
				return err
			}
			all, err := lesson.All()
			if err != nil {
				return err
			}
			pages.language = language
			if err := pages.check(answers); err != nil {
				return err
			}
			switch {
			case len(args) == 0 && pages.format != "text":
				return pages.all(a, all)
			case len(args) == 0:
				return listLessons(a, all, language)
			}
			l := lesson.Find(all, args[0])
			if l == nil {
				return usagef("there is no lesson %q; `simulate lesson` lists them", args[0])
			}
			if pages.format != "text" {
				return pages.one(a, l)
			}
			return playLesson(a, all, l, language, answers)
		},
	}
	registerLanguage(c, &language, "`LANGUAGE`: en or ko")
	c.Flags().BoolVar(&answers, "answers", false, "ask nothing, show the answers")
	c.Flags().StringVarP(&pages.format, "output", "o", "text", "`FORMAT`: text (to go through here), html (a page beside the run), md")
	c.Flags().StringVar(&pages.out, "out", "", "write to this `FILE`; all lessons to this directory")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "html", "md"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func listLessons(a *app, all []*lesson.Lesson, language string) error {
	for _, l := range all {
		fmt.Fprintf(a.out, "%-26s %s\n", l.Name, l.Title.In(language))
	}
	next := lesson.Text{EN: "\nBegin with: simulate lesson 1        (한국어: simulate lesson --lang ko)", KO: "\n시작: simulate lesson 1 --lang ko"}
	_, err := fmt.Fprintln(a.out, next.In(language))
	return err
}

func playLesson(a *app, all []*lesson.Lesson, l *lesson.Lesson, language string, answers bool) error {
	p := lesson.Player{Language: language, In: a.in, Out: flusher{a.out}, Run: a.captured, Pause: a.inTerminal && a.outTerminal && !answers}
	if answers {
		p.In = strings.NewReader("")
	}
	if err := p.Play(l); err != nil {
		return err
	}
	if i := slices.Index(all, l); i+1 < len(all) {
		next := lesson.Text{EN: "\nNext: simulate lesson %d  (%s)\n", KO: "\n다음: simulate lesson %d --lang ko  (%s)\n"}
		fmt.Fprintf(a.out, next.In(language)+"\n", i+2, all[i+1].Title.In(language))
	}
	return nil
}

// captured executes a command line of this program and returns what it prints, on both streams, as on a terminal.
func (a *app) captured(args []string) (string, int) {
	var b bytes.Buffer
	sub := &app{in: strings.NewReader(""), out: bufio.NewWriter(&b), env: a.env}
	sub.err = flushed{&b, sub.out}
	code := sub.run(args)
	return b.String(), code
}

// flusher shows what is written at once.
type flusher struct{ *bufio.Writer }

func (f flusher) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	if err != nil {
		return n, err
	}
	return n, f.Flush()
}

// flushed writes behind what a buffered stream holds.
type flushed struct {
	*bytes.Buffer
	before *bufio.Writer
}

func (f flushed) Write(p []byte) (int, error) {
	if err := f.before.Flush(); err != nil {
		return 0, err
	}
	return f.Buffer.Write(p)
}
