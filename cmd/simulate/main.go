// Command simulate runs Kubernetes scenarios and manifests in a deterministic simulation of a cluster and shows what
// happens in it, at any instant, as kubectl would.
//
// This package parses, calls and prints; it has no rules of the domain. It is the only one that reads the wall clock, for
// the progress bar. Each subcommand has a file of its own:
//
//	main.go      the rim: signals, closed pipes, exit codes
//	root.go      the command tree and its help
//	input.go     -f and its kin: from files to scenarios
//	execute.go   one run: limits, Ctrl-C, the progress bar
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"

	"clustersim/cmd/simulate/heap"
)

// Exit codes; they are frozen.
const (
	exitDone        = 0   // yes, or done
	exitNo          = 1   // the answer is no
	exitUsage       = 2   // bad usage or bad input
	exitUnfinished  = 3   // the run could not finish: a limit, a broken invariant
	exitInterrupted = 130 // Ctrl-C; what there was has been printed
)

// exit is an error that knows its exit code. An empty text prints nothing.
type exit struct {
	code int
	text string
}

func (e *exit) Error() string { return e.text }

// usagef is a mistake of whoever typed the command.
func usagef(format string, args ...any) error {
	return &exit{exitUsage, "error: " + fmt.Sprintf(format, args...)}
}

// app is what a command needs of the machine.
type app struct {
	in          io.Reader
	out         *bufio.Writer
	err         io.Writer
	outTerminal bool
	inTerminal  bool
	errTerminal bool
	width       int // columns of the terminal behind out; 0 without one
	env         func(string) string
	interrupted atomic.Bool
}

func main() { os.Exit(start()) }

func start() int {
	signal.Ignore(syscall.SIGPIPE) // a reader that has seen enough is no accident: writes return EPIPE instead
	a := &app{
		in: os.Stdin, out: bufio.NewWriterSize(os.Stdout, 1<<16), err: os.Stderr, env: os.Getenv,
		inTerminal: isTerminal(os.Stdin), outTerminal: isTerminal(os.Stdout), errTerminal: isTerminal(os.Stderr), width: terminalWidth(os.Stdout),
	}
	heap.Pace()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		a.interrupted.Store(true)
		<-signals
		os.Exit(exitInterrupted)
	}()
	return a.run(os.Args[1:])
}

// run executes a command line and returns its exit code. A broken invariant of the simulator ends here, without a trace.
func (a *app) run(args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			_ = a.out.Flush()
			code = a.broken(p)
		}
	}()
	root := newRoot(a)
	root.SetArgs(args)
	err := root.Execute()
	if flushed := a.out.Flush(); err == nil {
		err = flushed
	}
	return a.report(err)
}

// report prints an error and returns the exit code that goes with it.
func (a *app) report(err error) int {
	var e *exit
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitDone
	case errors.As(err, &e):
		if e.text != "" {
			fmt.Fprintln(a.err, e.text)
		}
		return e.code
	}
	fmt.Fprintln(a.err, commandError(err))
	return exitUsage
}

// commandError words what cobra has to say as kubectl does.
func commandError(err error) string {
	text := strings.TrimRight(err.Error(), "\n")
	if !strings.HasPrefix(text, "error: ") {
		text = "error: " + text
	}
	return text
}

// broken reports a panic of the simulator.
func (a *app) broken(p any) int {
	fmt.Fprintf(a.err, "error: the simulator broke: %v\n", p)
	fmt.Fprintln(a.err, "This is a mistake in simulate, not in your input. Please report this message together with the command and its files.")
	if a.env("SIMULATE_DEBUG") != "" {
		_, _ = a.err.Write(debug.Stack())
	} else {
		fmt.Fprintln(a.err, "SIMULATE_DEBUG=1 shows where it happened.")
	}
	return exitUnfinished
}

// color says whether output may be coloured: only on a terminal, and only if nobody minds.
func (a *app) color(choice string) bool {
	switch choice {
	case "always":
		return true
	case "never":
		return false
	}
	return a.outTerminal && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"
}
