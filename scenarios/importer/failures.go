package importer

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// Removals is what Google's trace of 2011 tells of machines that were taken out, by failure or for maintenance.
type Removals struct {
	Events, Removed, Final int // removals; machines removed at least once; removals for good
	Machines               int // in the cell
	Days                   float64
	PerMachine             []int // removals of each machine that had one, sorted
	Burst10m               int   // most removals in ten minutes
}

// MachineRemovals reads machine_remove_events.csv. machines is how many the cell had, days how long was watched; 0 = those
// of the cell of May 2011: 12,583 machines, 29 days.
func MachineRemovals(name string, in io.Reader, machines int, days float64) (*Removals, error) {
	t, err := readTable(name, in, "time_us", "machine_id", "last_event_of_machine")
	if err != nil {
		return nil, err
	}
	r := &Removals{Machines: machines, Days: days, Events: len(t.rows)}
	if machines == 0 {
		r.Machines = 12583
	}
	if days == 0 {
		r.Days = 29
	}
	count := map[string]int{}
	var times []int64
	for i := range t.rows {
		at, err := t.number(i, "time_us")
		if err != nil {
			return nil, err
		}
		times = append(times, at)
		count[t.text(i, "machine_id")]++
		if t.text(i, "last_event_of_machine") == "1" {
			r.Final++
		}
	}
	for _, n := range count { // unordered: sorted below
		r.PerMachine = append(r.PerMachine, n)
	}
	slices.Sort(r.PerMachine)
	r.Removed = len(r.PerMachine)
	if r.Removed > r.Machines || r.Events == 0 {
		return nil, fmt.Errorf("%s: error: %d machines were removed at least once: the cell cannot have had %d", name, r.Removed, r.Machines)
	}
	slices.Sort(times)
	from := 0
	for i, at := range times {
		for at-times[from] > (10 * time.Minute).Microseconds() {
			from++
		}
		r.Burst10m = max(r.Burst10m, i-from+1)
	}
	return r, nil
}

// MTBF is the mean time between removals of one machine.
func (r *Removals) MTBF() time.Duration {
	hours := 24 * r.Days * float64(r.Machines) / float64(r.Events)
	return time.Duration(math.Round(hours)) * time.Hour
}

// Model is the failure model as a node template of a scenario holds it, with what it leaves out.
func (r *Removals) Model() string {
	var b strings.Builder
	perYear := float64(r.Events) / float64(r.Machines) / r.Days * 365
	half, few := 0, r.PerMachine[len(r.PerMachine)-1]
	for i := len(r.PerMachine) - 1; i >= 0 && half < r.Events/2; i-- {
		half += r.PerMachine[i]
		few = len(r.PerMachine) - i
	}
	fmt.Fprintf(&b, "# %d removals of %d machines in %g days: %.1f a machine and year, failures and maintenance alike.\n", r.Events, r.Machines, r.Days, perYear)
	fmt.Fprintf(&b, "# %d machines (%.0f%%) were removed at all; %d of them make up half of the removals, one of them was removed %d times.\n",
		r.Removed, 100*float64(r.Removed)/float64(r.Machines), few, r.PerMachine[len(r.PerMachine)-1])
	fmt.Fprintf(&b, "# %d removals were for good. Removals come in bursts (up to %d in ten minutes): this model draws each machine alone.\n", r.Final, r.Burst10m)
	b.WriteString("# The trace does not say how long machines were away: mttr is an assumption.\n")
	fmt.Fprintf(&b, "failures: {mtbf: {exponential: {mean: %dh}}, mttr: {lognormal: {median: 12m, p95: 45m}}}\n", int64(r.MTBF().Hours()))
	return b.String()
}
