package sim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"clustersim/model"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/invariant"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// libraryOptions reads a scenario of the library; set holds parameters, as pairs.
func libraryOptions(t *testing.T, name string, set ...string) sim.Options {
	t.Helper()
	opt := scenarios.LoadOptions{Set: map[string]string{}}
	for i := 0; i < len(set); i += 2 {
		opt.Set[set[i]] = set[i+1]
	}
	s, problems := scenarios.LoadLibrary(name, opt)
	if s == nil {
		t.Fatalf("%s: %v", name, problems)
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// textOptions reads a scenario from a string.
func textOptions(t *testing.T, text string, opt scenarios.LoadOptions) sim.Options {
	t.Helper()
	s, problems := scenarios.Load("test.yaml", []byte(text), opt)
	if s == nil {
		t.Fatalf("%v", problems)
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// checkers hold every run of these tests to the invariants, until toEnd.
var checkers = map[*sim.Run]*invariant.Checker{}

// newRun makes a run or fails the test.
func newRun(t *testing.T, o sim.Options, sinks ...journal.Sink) *sim.Run {
	t.Helper()
	c := invariant.New()
	r, err := sim.New(o, append(sinks, c)...)
	if err != nil {
		t.Fatal(err)
	}
	checkers[r] = c
	return r
}

// toEnd runs to the end and returns the digest of the journal.
func toEnd(t *testing.T, r *sim.Run) string {
	t.Helper()
	if err := finish(r); err != nil {
		t.Fatal(err)
	}
	return r.Journal.Digest()
}

// finish runs to the end and looks at what is left then.
func finish(r *sim.Run) error {
	c := checkers[r]
	delete(checkers, r)
	if _, err := r.Run(); err != nil {
		return err
	}
	return c.End(r.Engine.Now())
}

// digestOf runs a scenario once.
func digestOf(t *testing.T, o sim.Options) string {
	t.Helper()
	return toEnd(t, newRun(t, o))
}

// lines is a sink that keeps every record as a line of text, to show where two journals part.
type lines struct {
	all   []string
	short []string // the same for reading
	// keep, if set, chooses the records.
	keep func(*journal.Record) bool
	// loose leaves out what counts all writes of the API server: resourceVersions.
	loose bool
}

// Record implements journal.Sink.
func (l *lines) Record(r *journal.Record) error {
	if l.keep != nil && !l.keep(r) {
		return nil
	}
	o := r.Object.API()
	if l.loose {
		o = o.DeepCopyObject().(model.Object)
		o.SetResourceVersion("")
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if l.loose {
		text = []byte(withoutVersion(string(text)))
	}
	l.all = append(l.all, fmt.Sprintf("%v %s %s %s", r.At, r.Verb, r.Object.Kind().Name, text))
	l.short = append(l.short, fmt.Sprintf("%v %s %s %s %s", r.At, r.Verb, r.Object.Kind().Name, keyOf(r), summary(r.Object)))
	return nil
}

// summary is what a reader of a failure wants to know of an object.
func summary(o journal.Object) string {
	switch o := o.(type) {
	case *store.Pod:
		return describe(o)
	case *store.Event:
		return fmt.Sprintf("%s x%d %s", o.Reason, max(o.Count, o.SeriesCount), o.Message)
	}
	return ""
}

// withoutVersion takes out the resourceVersion of an Event's involved object.
func withoutVersion(text string) string {
	const field = `"resourceVersion":"`
	for {
		before, after, found := strings.Cut(text, field)
		if !found {
			return text
		}
		_, rest, _ := strings.Cut(after, `"`)
		text = before + strings.TrimPrefix(rest, ",")
	}
}

// sameLines fails the test at the first record in which two journals differ, and shows it with some before.
func sameLines(t *testing.T, what string, want, got *lines) {
	t.Helper()
	for i := range max(len(want.all), len(got.all)) {
		if i < len(want.all) && i < len(got.all) && want.all[i] == got.all[i] {
			continue
		}
		var b strings.Builder
		for _, line := range want.short[max(0, min(i, len(want.short))-8):min(i, len(want.short))] {
			fmt.Fprintf(&b, "both   %s\n", line)
		}
		for name, l := range map[string]*lines{"want  ": want, "got   ": got} { // unordered: two sides, each by its name
			if i < len(l.all) {
				fmt.Fprintf(&b, "%s %s\n       ...%s\n", name, l.short[i], l.all[i][parting(want, got, i):])
			} else {
				fmt.Fprintf(&b, "%s nothing more\n", name)
			}
		}
		t.Errorf("%s: record %d differs\n%s", what, i+1, b.String())
		return
	}
}

// parting is shortly before the place at which two records part.
func parting(a, b *lines, i int) int {
	if i >= len(a.all) || i >= len(b.all) {
		return 0
	}
	x, y, n := a.all[i], b.all[i], 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return max(0, n-40)
}

// length is how long a scenario runs: its duration, or what it takes to settle.
func length(t *testing.T, o sim.Options) time.Duration {
	t.Helper()
	if o.Duration > 0 {
		return o.Duration
	}
	r := newRun(t, o)
	toEnd(t, r)
	return r.Engine.Now()
}

func keyOf(r *journal.Record) store.Key {
	o := r.Object.API()
	return store.Key{Namespace: o.GetNamespace(), Name: o.GetName()}
}
