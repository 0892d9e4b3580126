package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/scheduler"
)

// tally counts what was compared and what agreed, by subject: a plugin's name, or one of those of diff.
type tally struct {
	pods   int
	agreed int                  // pods
	counts map[string]*[2]int64 // compared, agreed
}

func newTally() *tally { return &tally{counts: map[string]*[2]int64{}} }

func (t *tally) note(subject string, agreed bool) {
	c := t.counts[subject]
	if c == nil {
		c = &[2]int64{}
		t.counts[subject] = c
	}
	c[0]++
	if agreed {
		c[1]++
	}
}

// write prints the table.
func (t *tally) write(w io.Writer) {
	fmt.Fprintf(w, "%-34s %10s %10s\n", "", "compared", "agreed")
	for _, k := range slices.Sorted(maps.Keys(t.counts)) {
		fmt.Fprintf(w, "%-34s %10d %10d\n", k, t.counts[k][0], t.counts[k][1])
	}
}

// difference is the first thing on which the two sides do not agree.
type difference struct {
	Op    int // index in the Scenario
	Pod   string
	Lines []string
}

// compare runs the Scenario on both sides. A nil tally is fine. It returns the first difference, or nil.
func compare(sc Scenario, t *tally) (d *difference, err error) {
	if t == nil {
		t = newTally()
	}
	profile := ""
	if len(sc) > 0 && sc[0].Do == DoProfile {
		profile = sc[0].Key
	}
	real, err := NewRealWith(profile)
	if err != nil {
		return nil, err
	}
	defer real.Close()
	ours, err := NewOursWith(profile)
	if err != nil {
		return nil, err
	}
	at := 0
	defer func() {
		if p := recover(); p != nil {
			d = &difference{Op: at, Lines: []string{fmt.Sprint("panic: ", p)}}
		}
	}()
	st := newState(sc)
	for i := range sc {
		at = i
		op := st.resolve(sc[i])
		if op == nil {
			continue
		}
		if op.Do != DoSchedule {
			st.apply(op, real, ours)
			continue
		}
		pod := op.Object.(*corev1.Pod)
		want := real.Schedule(pod)
		got := ours.Schedule(pod)
		t.pods++
		if lines := diff(&want, &got, t); len(lines) > 0 {
			return &difference{i, keyOf(pod), lines}, nil
		}
		t.agreed++
		for _, next := range st.after(&want, pod) {
			if next := st.resolve(next); next != nil {
				st.apply(next, real, ours)
			}
		}
	}
	return nil, nil
}

// diff compares two answers and says in words where they differ.
func diff(want, got *Answer, t *tally) (lines []string) {
	check := func(subject string, w, g any) {
		same := fmt.Sprint(w) == fmt.Sprint(g)
		t.note(subject, same)
		if !same {
			lines = append(lines, fmt.Sprintf("%s:\n  real %v\n  ours %v", subject, w, g))
		}
	}
	theirs := map[string]*scheduler.NodeResult{}
	for i := range got.Nodes {
		theirs[got.Nodes[i].Node] = &got.Nodes[i]
	}
	check("nodes looked at", names(want.Nodes), names(got.Nodes))
	for i := range want.Nodes {
		w, g := &want.Nodes[i], theirs[want.Nodes[i].Node]
		if g == nil {
			continue
		}
		if w.Plugin != "" || g.Plugin != "" {
			check("filter "+max(w.Plugin, g.Plugin)+" (verdicts)", w.Node+": "+verdict(w), g.Node+": "+verdict(g))
			continue
		}
		for _, p := range union(w.Scores, g.Scores) {
			ws, inW := w.Scores[p]
			gs, inG := g.Scores[p]
			if inW != inG && p == "DynamicResources" {
				continue // 0 for every pod without claims, and none has any
			}
			check("score "+p, fmt.Sprint(w.Node, " ", inW, " ", ws), fmt.Sprint(g.Node, " ", inG, " ", gs))
		}
		check("total score", fmt.Sprint(w.Node, " ", w.Total), fmt.Sprint(g.Node, " ", g.Total))
	}
	check("where the next search starts", want.Next, got.Next)
	if chosen := got.Chosen; want.Narrowed && want.tied(want.Chosen, chosen) {
		check("chosen node", want.Chosen, want.Chosen)
	} else {
		check("chosen node", want.Chosen, chosen)
	}
	if want.Chosen == "" || got.Chosen == "" {
		check("text of FailedScheduling", want.Message, got.Message)
		check("plugins to hear events", want.Plugins, got.Plugins)
		check("nominated node", want.Nominated, got.Nominated)
		check("victims", want.Victims, got.Victims)
		if len(want.Victims) > 0 {
			check("preemption", want.Nominated+fmt.Sprint(want.Victims), got.Nominated+fmt.Sprint(got.Victims))
		}
	}
	return lines
}

func verdict(n *scheduler.NodeResult) string {
	if n.Plugin == "" {
		return "feasible"
	}
	reasons := slices.Sorted(slices.Values(n.Reasons)) // upstream's come from a map
	return n.Plugin + " " + n.Code + " " + strings.Join(reasons, ", ")
}

func names(nodes []scheduler.NodeResult) (out []string) {
	for _, n := range nodes {
		out = append(out, n.Node)
	}
	return out
}

func union(a, b map[string]int64) []string {
	keys := slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b)))
	slices.Sort(keys)
	return slices.Compact(keys)
}
