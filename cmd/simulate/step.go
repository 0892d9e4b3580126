package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"clustersim/report"
	"clustersim/report/step"
	"clustersim/scenarios/check"
)

// stepFlags are those of `simulate step`.
type stepFlags struct {
	input
	language string
}

// newStep is `simulate step`.
func newStep(a *app) *cobra.Command {
	f := &stepFlags{}
	c := &cobra.Command{
		Use:   "step {-f FILE | NAME} [flags]",
		Short: "Walk through a run: next, back, to a breakpoint, and predict what comes",
		Example: `  # Change by change; h lists the commands
  simulate step tour

  # Driven by lines: three changes, then until the pod is ready, then what kubectl shows
  printf 'n 3\nc pods().all(p, ready(p))\nget pods\n' | simulate step lesson/03-probes

  # In Korean
  simulate step lesson/01-first-pod --lang ko`,
		RunE: func(_ *cobra.Command, args []string) error {
			f.files = append(f.files, args...)
			if err := checkLanguage(f.language); err != nil {
				return err
			}
			return f.walk(a)
		},
		ValidArgsFunction: completeInput,
	}
	f.register(c)
	registerLanguage(c, &f.language, "`LANGUAGE`: en or ko")
	return c
}

// walk records the run and lets the user move over it.
func (f *stepFlags) walk(a *app) error {
	s, err := f.one(a)
	if err != nil {
		return err
	}
	o, err := s.options(0, 2) // of more than one: breakpoints run it again
	if err != nil {
		return err
	}
	tape := step.NewTape(f.language)
	r, bar, err := a.newSim(o, "", tape)
	if err != nil {
		return err
	}
	if err := a.until(r, bar, -1); err != nil {
		return err
	}
	lines := bufio.NewScanner(a.in)
	session := step.Session{
		Tape: tape, Language: f.language, Start: r.Clock(0), In: lines, Out: flusher{a.out}, Until: s.until(a),
		Why: func(object string, at time.Duration) string {
			text, _ := a.captured(append([]string{"why", object, "--at", at.String()}, f.again()...))
			return text
		},
	}
	if a.inTerminal && a.outTerminal {
		session.Key = func() (string, error) { return key(a.out, os.Stdin) }
	}
	return session.Run()
}

// again are the flags that load the same input once more.
func (f *stepFlags) again() (args []string) {
	for _, file := range f.files {
		args = append(args, "-f", file)
	}
	for _, set := range f.set {
		args = append(args, "--set", set)
	}
	if f.seed.given {
		args = append(args, "--seed", f.seed.String())
	}
	return args
}

// until runs the input again, up to the first instant after another at which an expression holds.
func (s *source) until(a *app) func(string, time.Duration) (time.Duration, bool, error) {
	return func(expression string, after time.Duration) (time.Duration, bool, error) {
		program, mistakes := check.Compile(expression, check.Bool)
		if len(mistakes) > 0 {
			return 0, false, fmt.Errorf("%s", mistakes[0].Message)
		}
		c := check.New(&check.Suite{Checks: []check.Check{{Name: "breakpoint", Mode: check.Eventually, CEL: program, Count: -1, From: check.Instant{Set: true, Offset: after + time.Nanosecond}}}})
		o, err := s.options(0, 2) // of more than one: breakpoints run it again
		if err != nil {
			return 0, false, err
		}
		r, bar, err := a.newSim(o, "", c)
		if err != nil {
			return 0, false, err
		}
		if err := a.until(r, bar, -1); err != nil {
			return 0, false, err
		}
		v := c.Finish(false)[0]
		return v.At, v.Outcome == report.Passed, nil
	}
}

// keys are the commands that one key gives.
var keys = map[string]string{
	"\r": "n", "\n": "n", " ": "n", "n": "n", "\x1b[C": "n", "\x1b[B": "n",
	"b": "b", "\x1b[D": "b", "\x1b[A": "b", "\x7f": "b", "q": "q", "\x03": "q", "\x04": "q", "h": "h", "?": "h",
}

// key reads one key from a terminal. Any other key than those of keys begins a line, which it returns.
func key(out *bufio.Writer, in *os.File) (string, error) {
	if err := out.Flush(); err != nil {
		return "", err
	}
	old, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return "", nil // no such terminal: lines will do
	}
	defer func() { _ = term.Restore(int(in.Fd()), old) }()
	var b [8]byte
	n, err := in.Read(b[:])
	if err != nil {
		return "", err
	}
	first := string(b[:n])
	if command, ok := keys[first]; ok {
		_, err := out.WriteString(command + "\r\n")
		return command, err
	}
	if strings.HasPrefix(first, "\x1b") {
		return "h", nil
	}
	line := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{io.MultiReader(strings.NewReader(strings.TrimPrefix(first, ":")), in), out}, "")
	text, err := line.ReadLine()
	return text, err
}
