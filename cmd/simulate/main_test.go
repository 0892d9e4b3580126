package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

// asCommand makes the test binary behave as the program, for tests that need its pipes and signals.
const asCommand = "SIMULATE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	testscript.Main(m, map[string]func(){"simulate": main})
}

// The transcripts in testdata: one story a file. `code N simulate ...` wants that exit code.
func TestTranscripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code": wantCode,
		},
	})
}

func wantCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var failed *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		got = failed.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// Every command that a user sees says what it does, then how it is used, before its flags.
func TestHelpStartsWithExamples(t *testing.T) {
	var walk func(c *cobra.Command)
	root := newRoot(&app{out: bufio.NewWriter(io.Discard), err: io.Discard, in: strings.NewReader("")})
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.Hidden || c.Parent() != nil && c.Parent().Name() == "completion" {
			return
		}
		var out bytes.Buffer
		c.SetOut(&out)
		if err := c.Help(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if c.Example == "" || len(lines) < 4 || lines[2] != "Examples:" {
			t.Errorf("%s --help does not start with examples:\n%s", c.CommandPath(), out.String())
		}
		for _, l := range lines {
			if len(l) > 100 {
				t.Errorf("%s --help: a line of %d columns: %s", c.CommandPath(), len(l), l)
			}
		}
	}
	walk(root)
}

// command is this program as a process of its own.
func command(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asCommand+"=1")
	return c
}

// endless is a run that writes for as long as anybody reads.
var endless = []string{"run", "nodeloss/reboots", "--until", "1000000h", "-o", "jsonl"}

func TestClosedPipe(t *testing.T) {
	c := command(endless...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	if err := c.Wait(); err != nil {
		t.Errorf("%v, want a quiet end", err)
	}
	if s := stderr.String(); strings.Contains(s, "panic") || strings.Contains(s, "goroutine") || strings.Contains(s, "pipe") {
		t.Errorf("standard error: %s", s)
	}
}

func TestInterrupt(t *testing.T) {
	c := command(endless...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if _, err := r.ReadString('\n'); err != nil { // it runs, and hears
		t.Fatal(err)
	}
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var failed *exec.ExitError
	if err := c.Wait(); !errors.As(err, &failed) || failed.ExitCode() != exitInterrupted {
		t.Errorf("%v, want exit status %d", err, exitInterrupted)
	}
	if !bytes.HasSuffix(rest, []byte("}\n")) {
		t.Errorf("the last line is not whole: %q", rest[max(0, len(rest)-80):])
	}
	if !strings.Contains(stderr.String(), "interrupted at ") {
		t.Errorf("standard error: %s", stderr.String())
	}
}

func TestBrokenInvariant(t *testing.T) {
	var stderr bytes.Buffer
	a := &app{err: &stderr, out: bufio.NewWriter(io.Discard), env: func(string) string { return "" }}
	if code := a.broken("invariant: two heads"); code != exitUnfinished {
		t.Errorf("exit code %d", code)
	}
	if s := stderr.String(); !strings.Contains(s, "invariant: two heads") || !strings.Contains(s, "report") || strings.Contains(s, "goroutine") {
		t.Errorf("standard error: %s", s)
	}
	a.env = func(string) string { return "1" }
	a.broken("invariant: two heads")
	if !strings.Contains(stderr.String(), "goroutine") {
		t.Error("SIMULATE_DEBUG shows no trace")
	}
}
