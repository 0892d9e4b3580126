package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"clustersim/scenarios/sweep"
	"clustersim/scenarios/sweep/jetstream"
)

// remote runs the sweep over a queue: of this process, or of a NATS server.
func (f *sweepFlags) remote(ctx context.Context, plan *sweep.Plan, bundle []byte, bar *sweepBar) ([][]byte, error) {
	url, dir := f.nats, filepath.Join(f.out, "queue")
	if url == "" {
		if !f.resume {
			if err := os.RemoveAll(dir); err != nil {
				return nil, err
			}
		}
		s, err := jetstream.Start(dir)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		url = s.URL()
	}
	id := plan.ID()
	c := &jetstream.Coordinator{URL: url, ID: id, Units: plan.Units(), Plan: plan.JSON(), Bundle: bundle, Grain: min(32, max(1, plan.Units()/512)), Progress: bar.show}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	over, pool := make(chan struct{}), sync.WaitGroup{}
	for i := range int(f.workers) {
		pool.Go(func() {
			if err := keepWorker(ctx, over, url, id, i); err != nil {
				cancel(err)
			}
		})
	}
	results, err := c.Run(ctx)
	close(over)
	if err != nil {
		cancel(err)
		pool.Wait()
		return nil, errors.Join(err, notCanceled(context.Cause(ctx), err))
	}
	pool.Wait()
	if f.nats == "" {
		return results, os.RemoveAll(dir)
	}
	return results, jetstream.Remove(ctx, url, id)
}

// notCanceled is a cause that says more than the error that it led to.
func notCanceled(cause, err error) error {
	if cause == nil || errors.Is(err, cause) || errors.Is(cause, err) {
		return nil
	}
	return cause
}

// mostDeaths is how many workers in a row may die within a second before that is the sweep's error.
const mostDeaths = 20

// keepWorker keeps a worker process alive until the sweep is over.
func keepWorker(ctx context.Context, over <-chan struct{}, url, id string, n int) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	for deaths := 0; ; {
		c := exec.CommandContext(ctx, exe, "sweep-worker", "--nats", url, "--sweep", id, "--name", fmt.Sprintf("worker-%d", n))
		c.Args[0] = os.Args[0]
		c.Stderr = os.Stderr
		c.Env = append(os.Environ(), "GOMAXPROCS=1") // a unit is one core's work
		begun := time.Now()
		err := c.Run()
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return nil
		default:
		}
		if err == nil {
			return nil // it saw the end before us
		}
		if c.ProcessState != nil && c.ProcessState.ExitCode() == exitUsage {
			return errors.New("a worker could not take the sweep; it said why above")
		}
		if deaths++; time.Since(begun) > time.Second {
			deaths = 0
		}
		if deaths > mostDeaths {
			return fmt.Errorf("workers die at once: %w", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// newSweepWorker is `simulate sweep-worker`, which sweeps start, and people where they run workers elsewhere.
func newSweepWorker(a *app) *cobra.Command {
	var url, id, name string
	c := &cobra.Command{
		Use:    "sweep-worker --nats URL [flags]",
		Short:  "Run units of sweeps that a NATS server hands out",
		Hidden: true,
		Args:   cobra.NoArgs,
		Example: `  # Work for whatever sweeps there are
  simulate sweep-worker --nats nats://nats:4222`,
		RunE: func(*cobra.Command, []string) error {
			if url == "" {
				return usagef("say where the sweeps are: --nats URL")
			}
			ctx, cancel := a.context()
			defer cancel()
			err := jetstream.Work(ctx, jetstream.WorkerOptions{URL: url, ID: id, Name: name, Load: loadSweep})
			if a.interrupted.Load() {
				return errInterrupted
			}
			if err != nil {
				return usagef("%v", err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&url, "nats", "", "`URL` of the NATS server")
	c.Flags().StringVar(&id, "sweep", "", "work for the sweep with this `ID` alone, and end with it")
	c.Flags().StringVar(&name, "name", hostName(), "`NAME` in messages")
	return c
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "worker"
	}
	return name
}

// loadSweep makes the runner of a sweep that comes from elsewhere.
func loadSweep(plan, bundle []byte) (sweep.Runner, error) {
	p, err := sweep.ParsePlan(plan)
	if err != nil {
		return nil, err
	}
	if p.Version != version() {
		return nil, fmt.Errorf("the sweep is of simulate %s, this worker is %s: their results may differ", p.Version, version())
	}
	l, err := p.Open(bundle)
	if err != nil {
		return nil, err
	}
	return l.Run, nil
}
