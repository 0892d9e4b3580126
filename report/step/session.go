package step

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"clustersim/report/kubectl"
)

// Session is somebody's walk over a tape.
type Session struct {
	Tape     *Tape
	Language string // "en" or "ko"
	Start    time.Time
	In       *bufio.Scanner
	Out      io.Writer
	// Until finds the first instant after a time at which a CEL expression holds; found is false if there is none.
	Until func(expression string, after time.Duration) (at time.Duration, found bool, err error)
	// Why prints the causes of an object's state at a time.
	Why func(object string, at time.Duration) string
	// Key, if set, is asked for a command before a line is read, and shows it: "" means that a line is to be read.
	Key func() (command string, err error)
}

var errQuit = errors.New("quit")

// Run carries out commands until the input ends or somebody quits. The error is that of reading or writing.
func (s *Session) Run() error {
	s.print(welcome, len(s.Tape.entries))
	s.printText(s.text(help))
	for {
		line, err := s.read()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = s.Do(line)
		}
		if err == errQuit {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *Session) read() (string, error) {
	if _, err := fmt.Fprintf(s.Out, "%.3fs> ", s.Tape.Now().Seconds()); err != nil {
		return "", err
	}
	if s.Key != nil {
		if command, err := s.Key(); err != nil || command != "" {
			return command, err
		}
	}
	if !s.In.Scan() {
		fmt.Fprintln(s.Out)
		if err := s.In.Err(); err != nil {
			return "", err
		}
		return "", io.EOF
	}
	return s.In.Text(), nil
}

// Do carries out one command.
func (s *Session) Do(line string) error {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	for _, c := range commands {
		if word == c.name || word == c.short {
			return c.do(s, rest)
		}
	}
	s.print(unknown, word)
	return nil
}

// command is one that can be typed.
type command struct {
	name, short string
	do          func(s *Session, rest string) error
}

var commands []command

func init() {
	commands = []command{
		{"next", "", (*Session).next},
		{"next", "n", (*Session).next},
		{"back", "b", (*Session).back},
		{"go", "g", (*Session).goTo},
		{"continue", "c", (*Session).goOn},
		{"predict", "p", (*Session).predict},
		{"get", "", (*Session).get},
		{"describe", "d", (*Session).describe},
		{"events", "e", (*Session).events},
		{"why", "w", (*Session).why},
		{"help", "h", func(s *Session, _ string) error { s.printText(s.text(help)); return nil }},
		{"quit", "q", func(*Session, string) error { return errQuit }},
	}
}

// times is how often a command is asked for: once, unless a number says.
func times(rest string) int {
	if n, err := strconv.Atoi(rest); err == nil && n > 0 {
		return n
	}
	return 1
}

func (s *Session) next(rest string) error {
	for n := times(rest); n > 0; n-- {
		i := s.Tape.next(s.Tape.position, func(*entry) bool { return true })
		if i < 0 {
			s.Tape.seek(len(s.Tape.entries))
			s.print(noMore)
			return nil
		}
		s.Tape.seek(i + 1)
		s.printText(s.Tape.told(i))
	}
	return nil
}

func (s *Session) back(rest string) error {
	for n := times(rest); n > 0; n-- {
		i := s.Tape.previous(s.Tape.position)
		if i < 0 {
			s.Tape.seek(0)
			s.print(atStart)
			return nil
		}
		s.Tape.seek(s.Tape.previous(i) + 1)
	}
	s.here()
	return nil
}

// here tells the last change that has happened.
func (s *Session) here() {
	if i := s.Tape.previous(s.Tape.position); i >= 0 {
		s.printText(s.Tape.told(i))
	} else {
		s.print(atStart)
	}
}

func (s *Session) goTo(rest string) error {
	at, err := time.ParseDuration(rest)
	if err != nil || at < 0 {
		s.print(badTime, rest)
		return nil
	}
	s.Tape.seek(s.Tape.after(at))
	s.Tape.clock = at
	s.here()
	return nil
}

func (s *Session) goOn(rest string) error {
	if rest == "" {
		s.print(wantsCEL)
		return nil
	}
	at, found, err := s.Until(rest, s.Tape.Now())
	switch {
	case err != nil:
		s.printText(err.Error())
	case !found:
		s.print(never)
	default:
		s.Tape.seek(s.Tape.after(at))
		s.here()
	}
	return nil
}

func (s *Session) get(rest string) error {
	return s.show(rest, func(c *kubectl.Cluster, r kubectl.Request) error { return kubectl.Get(s.Out, c, r) })
}

func (s *Session) describe(rest string) error {
	return s.show(rest, func(c *kubectl.Cluster, r kubectl.Request) error { return kubectl.Describe(s.Out, c, r) })
}

func (s *Session) events(rest string) error {
	return s.show(rest, func(c *kubectl.Cluster, r kubectl.Request) error { return kubectl.Events(s.Out, c, r) })
}

func (s *Session) show(rest string, print func(*kubectl.Cluster, kubectl.Request) error) error {
	r, err := request(strings.Fields(rest))
	if err == nil {
		err = r.Check()
	}
	if err == nil {
		err = print(s.Tape.cluster(s.Start), r)
	}
	var known *kubectl.Error
	if errors.As(err, &known) {
		s.printText(known.Message)
		return nil
	}
	return err
}

// request reads kubectl's most used flags.
func request(args []string) (r kubectl.Request, err error) {
	for i := 0; i < len(args); i++ {
		flag, value, joined := strings.Cut(args[i], "=")
		target := map[string]*string{"-n": &r.Namespace, "-l": &r.Selector, "-o": &r.Output, "--for": &r.For, "--namespace": &r.Namespace, "--selector": &r.Selector, "--output": &r.Output}[flag]
		switch {
		case args[i] == "-A":
			r.AllNamespaces = true
		case args[i] == "--show-labels":
			r.ShowLabels = true
		case target != nil && joined:
			*target = value
		case target != nil && i+1 < len(args):
			i++
			*target = args[i]
		case strings.HasPrefix(flag, "-"):
			return r, &kubectl.Error{Message: fmt.Sprintf("error: unknown flag: %s", flag)}
		default:
			r.Args = append(r.Args, args[i])
		}
	}
	return r, nil
}

func (s *Session) why(rest string) error {
	if rest == "" {
		s.print(wantsObject)
		return nil
	}
	s.printText(s.Why(rest, s.Tape.Now()))
	return nil
}
