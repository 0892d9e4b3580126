//go:build linux

package jetstream

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"clustersim/scenarios/sweep"
)

// The test binary is also its workers, coordinators and servers: these variables say what.
const (
	asRole = "SWEEP_TEST_ROLE" // worker, coordinator, server
	asArgs = "SWEEP_TEST_ARGS"
)

func TestMain(m *testing.M) {
	switch args := strings.Split(os.Getenv(asArgs), "|"); os.Getenv(asRole) {
	case "worker":
		err := Work(context.Background(), WorkerOptions{URL: args[0], ID: args[1], Name: fmt.Sprint(os.Getpid()), Load: load})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "server":
		s, err := Start(args[0])
		if err != nil {
			panic(err)
		}
		fmt.Println(s.URL())
		_, _ = io.Copy(io.Discard, os.Stdin) // until the parent goes
	case "coordinator":
		coordinate(args[0], args[1])
	default:
		os.Exit(m.Run())
	}
}

const units = 300

// load makes a runner whose result follows from plan and unit. The plan also says what goes wrong, after a slash.
func load(plan, _ []byte) (sweep.Runner, error) {
	name, trouble, _ := strings.Cut(string(plan), "/")
	return func(_ context.Context, unit int) ([]byte, error) {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, unit))
		for range 3000 { // about a millisecond of work
			sum = sha256.Sum256(sum[:])
		}
		switch {
		case trouble == "panic" && unit == 7:
			panic("unit seven")
		case trouble == "large":
			return bytes.Repeat(sum[:], 48<<10), nil // 1.5 MiB
		case trouble == "differs" && unit == 5:
			return fmt.Appendf(nil, `{"pid":%d,"unit":%d}`, os.Getpid(), unit), nil
		}
		return fmt.Appendf(nil, `{"unit":%d,"sum":"%x"}`, unit, sum), nil
	}, nil
}

// coordinate runs a coordinator with its own server and two workers, and prints the digest of the results.
func coordinate(dir, killAt string) {
	s, err := Start(dir)
	if err != nil {
		panic(err)
	}
	for range 2 {
		w := child("worker", s.URL()+"|t")
		if err := w.Start(); err != nil {
			panic(err)
		}
	}
	at, _ := strconv.Atoi(killAt)
	c := coordinator(s.URL(), "x")
	c.Progress = func(done int) {
		if at > 0 && done >= at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	}
	results, err := c.Run(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(hash(results))
}

func child(role, args string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), asRole+"="+role, asArgs+"="+args)
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

func coordinator(url, plan string) *Coordinator {
	return &Coordinator{URL: url, ID: "t", Units: units, Plan: []byte(plan), Bundle: []byte("bundle"), Grain: 4, AckWait: time.Second, Requeue: 2 * time.Second}
}

func hash(results [][]byte) string {
	h := sha256.New()
	for _, r := range results {
		h.Write(append(r, '\n'))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// want is what one process without a queue comes to.
func want(t *testing.T, plan string, n int) string {
	t.Helper()
	run, _ := load([]byte(plan), nil)
	results := make([][]byte, n)
	for _, workers := range []int{1, 2} {
		if err := sweep.Local(t.Context(), n, workers, nil, run, func(unit int, r []byte) error {
			if results[unit] != nil && !bytes.Equal(results[unit], r) {
				return fmt.Errorf("unit %d differs", unit)
			}
			results[unit] = r
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return hash(results)
}

// embedded starts a server in this process.
func embedded(t *testing.T) string {
	t.Helper()
	s, err := Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s.URL()
}

// workers starts processes.
func workers(t *testing.T, url string, n int) (list []*exec.Cmd) {
	t.Helper()
	for range n {
		list = append(list, startWorker(t, url))
	}
	return list
}

func startWorker(t *testing.T, url string) *exec.Cmd {
	t.Helper()
	w := child("worker", url+"|t")
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.Process.Kill()
		_ = w.Wait()
	})
	return w
}

// runs wants the results of a coordinator to be right.
func runs(t *testing.T, c *Coordinator) {
	t.Helper()
	results, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := hash(results), want(t, string(c.Plan), c.Units); got != want {
		t.Errorf("results %s, want %s", got, want)
	}
}

func TestWorkersChangeNothing(t *testing.T) {
	for _, n := range []int{1, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			url := embedded(t)
			list := workers(t, url, n)
			runs(t, coordinator(url, "x"))
			for _, w := range list {
				if err := w.Wait(); err != nil {
					t.Errorf("worker: %v", err)
				}
			}
		})
	}
}

func TestExternalServer(t *testing.T) {
	s := child("server", t.TempDir())
	in, _ := s.StdinPipe()
	out, _ := s.StdoutPipe()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = s.Wait() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(line)
	workers(t, url, 2)
	runs(t, coordinator(url, "x"))
	if err := Remove(t.Context(), url, "t"); err != nil {
		t.Error(err)
	}
}

// A worker is killed every 300 ms, and another one started in its place.
func TestWorkersAreKilled(t *testing.T) {
	url := embedded(t)
	list := workers(t, url, 2)
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		tick := time.NewTicker(300 * time.Millisecond)
		defer tick.Stop()
		for killed := 0; ; killed++ {
			select {
			case <-tick.C:
				i := killed % 2
				_ = list[i].Process.Kill()
				_ = list[i].Wait()
				list[i] = child("worker", url+"|t")
				if err := list[i].Start(); err != nil {
					t.Error(err)
				}
			case <-stop:
				stopped <- killed
				return
			}
		}
	}()
	c := coordinator(url, "x")
	c.Units = 4000
	runs(t, c)
	close(stop)
	if killed := <-stopped; killed < 2 {
		t.Errorf("%d workers were killed: the test shows nothing", killed)
	}
	for _, w := range list {
		_ = w.Process.Kill()
		_ = w.Wait()
	}
}

// The coordinator, its server with it, is killed at 10 %, 50 % and after the last result, and begins again.
func TestCoordinatorIsKilled(t *testing.T) {
	dir := t.TempDir()
	for _, at := range []int{units / 10, units / 2, units} {
		c := child("coordinator", dir+"|"+strconv.Itoa(at))
		if out, err := c.Output(); err == nil {
			t.Fatalf("it was to be killed at %d results, and printed %s", at, out)
		}
	}
	out, err := child("coordinator", dir+"|0").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.TrimSpace(string(out)), want(t, "x", units); got != want {
		t.Errorf("results %s, want %s", got, want)
	}
}

// A worker that stands still for longer than the ack wait finds its results refused, and equal.
func TestWorkerStandsStill(t *testing.T) {
	url := embedded(t)
	still := startWorker(t, url)
	c := coordinator(url, "x")
	stopped := false
	c.Progress = func(done int) {
		switch {
		case !stopped && done > units/10:
			stopped = true
			_ = still.Process.Signal(syscall.SIGSTOP)
			startWorker(t, url)
		case done == units-1:
			_ = still.Process.Signal(syscall.SIGCONT)
		}
	}
	runs(t, c)
	_ = still.Process.Signal(syscall.SIGCONT)
	if err := still.Wait(); err != nil {
		t.Errorf("the worker that stood still: %v", err)
	}
}

// A unit that comes out differently ends the sweep, by name.
func TestBreach(t *testing.T) {
	url := embedded(t)
	c := coordinator(url, "x/differs")
	c.Units = 20
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// A first result of unit 5, by somebody else.
	nc, js, err := connect(url, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	r := &run{Coordinator: c, js: js}
	if err := r.create(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(ctx, "r.t.5", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	workers(t, url, 1)
	_, err = c.Run(ctx)
	var b *BreachError
	if !errors.As(err, &b) || b.Unit != 5 || b.Stored == b.Other {
		t.Errorf("%v, want a breach of unit 5", err)
	}
}

// Results of 1.5 MiB, beyond what a message holds.
func TestLargeResults(t *testing.T) {
	url := embedded(t)
	workers(t, url, 2)
	c := coordinator(url, "x/large")
	c.Units = 12
	runs(t, c)
}

// The same panic twice is a result.
func TestPanicIsAResult(t *testing.T) {
	url := embedded(t)
	workers(t, url, 1)
	c := coordinator(url, "x/panic")
	c.Units = 12
	results, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(results[7]); got != `{"unit":7,"panic":"unit seven"}` {
		t.Errorf("unit 7: %s", got)
	}
}

// The queue is lost: what is missing is queued again.
func TestQueueIsLost(t *testing.T) {
	url := embedded(t)
	c := coordinator(url, "x")
	nc, js, err := connect(url, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	purged := false
	c.Progress = func(done int) {
		if !purged && done > units/10 {
			purged = true
			s, err := js.Stream(t.Context(), stream("w", "t"))
			if err == nil {
				err = s.Purge(t.Context())
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
	workers(t, url, 1)
	runs(t, c)
	if !purged {
		t.Error("nothing was lost")
	}
}

// No room for results is waited for, and the sweep goes on when there is some.
func TestNoRoom(t *testing.T) {
	url := embedded(t)
	c := coordinator(url, "x")
	c.MaxBytes = 4 << 10
	nc, js, err := connect(url, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	given := false
	c.Progress = func(int) {
		if given {
			return
		}
		given = true
		s, err := js.Stream(t.Context(), stream("r", "t"))
		if err == nil {
			cfg := s.CachedInfo().Config
			cfg.MaxBytes = -1
			_, err = js.UpdateStream(t.Context(), cfg)
		}
		if err != nil {
			t.Error(err)
		}
	}
	workers(t, url, 2)
	runs(t, c)
}

// Results of another plan are not taken.
func TestResultsOfAnotherPlan(t *testing.T) {
	url := embedded(t)
	workers(t, url, 1)
	runs(t, coordinator(url, "x"))
	c := coordinator(url, "x")
	c.Units = 10
	if _, err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another plan's") {
		t.Errorf("%v", err)
	}
}

// Kept results survive a cut-off line, and are refused for another sweep.
func TestKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept")
	k, err := sweep.Keep(path, "a", false)
	if err != nil {
		t.Fatal(err)
	}
	for unit := range 3 {
		if err := k.Add(unit, fmt.Appendf(nil, `{"u":%d}`, unit)); err != nil {
			t.Fatal(err)
		}
	}
	_ = k.Close()
	data, _ := os.ReadFile(path)
	if err := os.WriteFile(path, data[:len(data)-4], 0o666); err != nil {
		t.Fatal(err)
	}
	if k, err = sweep.Keep(path, "a", true); err != nil || len(k.Results) != 2 || string(k.Results[1]) != `{"u":1}` {
		t.Fatalf("%v %v", k, err)
	}
	if err := k.Add(2, []byte(`{"u":2}`)); err != nil {
		t.Fatal(err)
	}
	_ = k.Close()
	if again, _ := os.ReadFile(path); !bytes.Equal(again, data) {
		t.Errorf("%s\nwant\n%s", again, data)
	}
	if _, err := sweep.Keep(path, "b", true); err == nil {
		t.Error("results of another sweep are taken")
	}
}
