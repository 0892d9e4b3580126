package sweep

import (
	"context"
	"runtime"
	"sync"
)

// Runner carries out one unit and returns its result. It may be called from several goroutines.
type Runner func(ctx context.Context, unit int) ([]byte, error)

// Local runs the units that are not done yet on this process's cores and hands each result to keep, one at a time, in the
// order in which they come. It returns the first error of a unit or of keep, or that of the context.
func Local(ctx context.Context, units, workers int, done func(unit int) bool, run Runner, keep func(unit int, result []byte) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var lock sync.Mutex
	var wg sync.WaitGroup
	for range min(workers, max(1, units)) {
		wg.Go(func() {
			for unit := range next {
				result, err := Twice(ctx, run, unit)
				if err == nil {
					lock.Lock()
					err = keep(unit, result)
					lock.Unlock()
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
feed:
	for unit := range units {
		if done != nil && done(unit) {
			continue
		}
		select {
		case next <- unit:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}
