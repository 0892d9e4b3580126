package sweep

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"clustersim/scenarios/capacity"
)

// Precision is how a sweep that runs until it is precise came to its end. It looks at 32 runs a cell, at 64, and so on, and
// stops at the first look at which the mean of its metric is precise in every cell.
type Precision struct {
	Metric   string  `json:"metric"`
	Relative float64 `json:"relative"` // half the interval's width, at most, as a share of the mean
	Looks    []int   `json:"looks"`    // all that could come; alpha is shared out over them
	Runs     int     `json:"runs"`     // of each cell, when it stopped
	Reached  bool    `json:"reached"`  // every cell is precise
	// Cells are the intervals, in the order of Summary.Cells: of the look at which a cell was precise first, else of the last.
	Cells []PreciseCell `json:"cells"`
}

// PreciseCell is the interval of one cell.
type PreciseCell struct {
	capacity.Interval
	Precise bool `json:"precise"`
}

// Look is what the results of a plan, in unit order, come to if at most so many runs of each cell may follow. All inputs
// have the same number of runs. It returns an error for results that cannot be read.
func Look(p *Plan, results [][]byte, most int, relative float64) (*Precision, error) {
	out := &Precision{Metric: p.Metrics[0], Relative: relative, Looks: capacity.Looks(most), Runs: p.Inputs[0].Runs, Reached: true}
	for at := 0; at < len(results); at += out.Runs {
		var values []float64
		for _, data := range results[at : at+out.Runs] {
			var r Result
			if err := json.Unmarshal(data, &r); err != nil {
				return nil, err
			}
			if v := r.Metrics[out.Metric]; v != nil {
				values = append(values, *v)
			}
		}
		i, precise := capacity.Sequential(values, most, 0, relative, Level)
		if still := i.N > 1 && i.Half() == 0; still {
			precise = true // no run differs from another: also where the mean is 0
		}
		out.Cells = append(out.Cells, PreciseCell{i, precise})
		out.Reached = out.Reached && precise
	}
	return out, nil
}

// Again makes a runner that knows runs from before: a plan with more replications of the same inputs runs the new ones alone.
type Again struct {
	lock sync.Mutex
	runs map[[3]int]Result
}

// Runner carries out units of a plan with run, unless an earlier plan has.
func (a *Again) Runner(p *Plan, run Runner) Runner {
	return func(ctx context.Context, unit int) ([]byte, error) {
		u := p.At(unit)
		key := [3]int{u.Input, u.Cell, u.Run}
		a.lock.Lock()
		r, ok := a.runs[key]
		a.lock.Unlock()
		if ok {
			r.Unit = unit
			return json.Marshal(&r)
		}
		data, err := run(ctx, unit)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, fmt.Errorf("unit %d: %w", unit, err)
		}
		a.lock.Lock()
		defer a.lock.Unlock()
		if a.runs == nil {
			a.runs = map[[3]int]Result{}
		}
		a.runs[key] = r
		return data, nil
	}
}
