package find

import (
	"fmt"
	"math/rand/v2"
	"time"

	"clustersim/model"
	"clustersim/report"
	"clustersim/scenarios"
)

// Search is what to look for and where.
type Search struct {
	File  string // name of the scenario's file, for messages and for paths that lead from it
	Text  []byte
	Load  scenarios.LoadOptions
	Seed  uint64 // the first seed to try
	Tries int    // seeds to try; fewer than 1 = 1
	Runs  int    // most runs of the shrinking; 0 = no limit
	Check string // the name of the check that is to break; "" = any
	// Shift moves each step of the timeline that has a time by up to so much, another way for each seed; 0 = not at all.
	Shift     time.Duration
	Interrupt func() error
	// Tried is how many variants have been run in the search, and BrokenBy the seed that was found, nil while there is none: how far
	// a search came that was interrupted.
	Tried    int
	BrokenBy *uint64
	// Tell, if set, is told how far it is.
	Tell func(format string, args ...any)
}

// Found is a scenario that breaks a check.
type Found struct {
	Seed   uint64
	Tried  int // runs of the search
	Shrunk int // runs of the shrinking
	Check  report.CheckResult
	Before Size
	After  Size
	Text   []byte // the scenario, as small as it could be made
}

// witnesses is how many seeds with which the scenario holds are looked at while it is made smaller.
const witnesses = 4

// outcome is what a variant came to.
type outcome struct {
	check report.CheckResult
	end   time.Duration
}

// Run searches, and shrinks what it finds. found is nil if no try broke a check. The errors are those of the input, and of Interrupt.
func (s *Search) Run() (found *Found, err error) {
	v, err := s.parse()
	if err != nil {
		return nil, err
	}
	f := &Found{}
	var passed []uint64
	for i := range max(s.Tries, 1) {
		c := v.clone()
		seed := s.Seed + uint64(i)
		c.setSeed(seed)
		if s.Shift > 0 {
			c.shift(rand.New(rand.NewPCG(seed, uint64(s.Shift))), s.Shift)
		}
		f.Tried++
		s.Tried = f.Tried
		o, err := s.try(c, s.Check)
		if err != nil {
			return nil, err
		}
		if o == nil {
			passed = append(passed, seed)
			continue
		}
		for next := seed + 1; len(passed) < witnesses && next < seed+4*witnesses; next++ {
			c := v.clone()
			c.setSeed(next)
			other, err := s.try(c, title(&o.check))
			if err != nil {
				return nil, err
			}
			if other == nil {
				passed = append(passed, next)
			}
		}
		f.Seed, f.Check = seed, o.check
		f.Before = c.size()
		s.BrokenBy = &f.Seed
		s.tell("seed %d breaks %q after %d of %d; shrinking", seed, title(&o.check), i+1, s.Tries)
		k := &shrinker{search: s, best: c, outcome: *o, seed: seed, passed: passed[:min(len(passed), witnesses)], duration: value(get(c.root, "spec"), "duration")}
		if err := k.run(); err != nil {
			return nil, err
		}
		f.Shrunk, f.Check, f.After = k.runs, k.outcome.check, k.best.size()
		f.Text, err = k.best.write(f)
		return f, err
	}
	return nil, nil
}

func (s *Search) tell(format string, args ...any) {
	if s.Tell != nil {
		s.Tell(format, args...)
	}
}

// title is what a check is called: its name, or what it expects.
func title(c *report.CheckResult) string {
	if c.Name != "" {
		return c.Name
	}
	return c.Expects
}

// try runs a variant. It returns nil if it is no scenario, cannot run to its end, or does not break the check.
func (s *Search) try(v *variant, check string) (*outcome, error) {
	if s.Interrupt != nil {
		if err := s.Interrupt(); err != nil {
			return nil, err
		}
	}
	text, err := v.bytes()
	if err != nil {
		return nil, err
	}
	loaded, problems := scenarios.Load(s.File, text, s.Load)
	if loaded == nil || problems.HasErrors() {
		return nil, nil
	}
	e, err := loaded.Execute(0, s.Interrupt)
	if err != nil && s.Interrupt != nil {
		if stop := s.Interrupt(); stop != nil {
			return nil, stop
		}
	}
	if err != nil {
		return nil, nil
	}
	for _, c := range e.Checks {
		if c.Outcome == report.Failed && (check == "" || title(&c) == check) {
			return &outcome{c, e.Time}, nil
		}
	}
	return nil, nil
}

// parse reads the scenario as it stands, once, so that its mistakes are told.
func (s *Search) parse() (*variant, error) {
	loaded, problems := scenarios.Load(s.File, s.Text, s.Load)
	if loaded == nil || problems.HasErrors() {
		return nil, &Invalid{problems}
	}
	if !loaded.Demands() {
		return nil, fmt.Errorf("%s: expects nothing: a search needs a check that can break (spec.expect)", s.File)
	}
	return parse(s.File, s.Text, s.Load)
}

// Invalid is the error of a scenario that is none.
type Invalid struct{ Problems model.Problems }

// Error says how many mistakes there are.
func (e *Invalid) Error() string { return fmt.Sprintf("%d mistakes", len(e.Problems.Errors())) }
