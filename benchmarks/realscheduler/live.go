package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// step is one change of a script, at a time of its own.
type step struct {
	at  time.Duration
	op  Op
	pod string // for what is said of it
}

// liveSide is one of the two sides of a script.
type liveSide interface {
	SetPod(p *corev1.Pod)
	RemovePod(key string)
	SetNode(n *corev1.Node)
	RemoveNode(name string)
}

func applyStep(op Op, s liveSide) {
	switch o := op.Object.(type) {
	case *corev1.Node:
		s.SetNode(o)
	case *corev1.Pod:
		s.SetPod(o)
	case nil:
		if op.Do == DoRemoveNode {
			s.RemoveNode(op.Key)
		} else {
			s.RemovePod(op.Key)
		}
	}
}

// liveDiff runs a script on both sides. It returns where they differ first, nil if nowhere, and how many attempts agreed.
func liveDiff(script func(t *live) bool) (lines []string, attempts int, err error) {
	real, err := NewLiveReal()
	if err != nil {
		return nil, 0, err
	}
	defer real.stop()
	l := &live{real: real, ours: NewLiveOurs()}
	for script(l) {
		if lines := l.compare(); lines != nil {
			return lines, l.agreed, nil
		}
	}
	return nil, l.agreed, nil
}

// live is a script at work.
type live struct {
	real   *LiveReal
	ours   *LiveOurs
	now    time.Duration
	agreed int
	log    []string
}

// step lets time pass and then changes something on both sides.
func (l *live) step(after time.Duration, draw func() Op) {
	l.now += after
	l.real.RunUntil(l.now)
	op := draw()
	l.log = append(l.log, fmt.Sprintf("%v %s", l.now, describe(op)))
	applyStep(op, l.real)
	l.real.drain()
	l.ours.do(l.now, func() { applyStep(op, l.ours) })
	l.settle()
}

// settle gives what a change sets off at once the time for its writes.
func (l *live) settle() {
	l.now += 100 * time.Millisecond
	l.real.RunUntil(l.now)
	l.ours.RunUntil(l.now)
}

func describe(op Op) string {
	switch o := op.Object.(type) {
	case *corev1.Node:
		return "node " + o.Name
	case *corev1.Pod:
		return "pod " + keyOf(o)
	}
	return op.Do + " " + op.Key
}

// compare checks the attempts since the last call and the state of every pod.
func (l *live) compare() []string {
	want, got := order(l.real.attempts), order(l.ours.attempts)
	if !slices.Equal(want, got) {
		lines := append(slices.Clone(l.log), "order of attempts:", "  real "+strings.Join(want, ", "), "  ours "+strings.Join(got, ", "))
		return slices.Concat(lines, []string{"real:"}, l.real.State(), []string{"ours:"}, l.ours.State())
	}
	l.agreed += len(want)
	l.real.attempts, l.ours.attempts = nil, nil
	a, b := l.real.State(), l.ours.State()
	for i := range max(len(a), len(b)) {
		x, y := "nothing", "nothing"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return append(slices.Clone(l.log), "state:", "  real "+x, "  ours "+y)
		}
	}
	return nil
}

// order names the attempts with their times to 100 ms, so that latencies are left out.
func order(list []attempt) (out []string) {
	for _, a := range list {
		out = append(out, fmt.Sprintf("%v %s", a.At.Truncate(100*time.Millisecond), a.Pod))
	}
	return out
}

func runQueue(args []string) error {
	fs := flag.NewFlagSet("queue", flag.ExitOnError)
	seeds := fs.String("seeds", "1-200", "seeds, from-to")
	most := fs.Int("differences", 1, "stop after so many")
	_ = fs.Parse(args)
	from, to, err := seedRange(*seeds)
	if err != nil {
		return err
	}
	total, found, err := queueSeeds(from, to, *most)
	if err != nil {
		return err
	}
	fmt.Printf("seeds %d-%d: %d attempts in the same order, %d seeds differ\n", from, to, total, found)
	if found > 0 {
		return fmt.Errorf("%d seeds differ", found)
	}
	return nil
}

// queueSeeds runs the scripts of some seeds, prints where they differ, and returns how many attempts agreed and how many
// seeds differ. It stops after most.
func queueSeeds(from, to uint64, most int) (total, found int, err error) {
	for seed := from; seed <= to && found < most; seed++ {
		lines, n, err := liveDiff(script(seed))
		if err != nil {
			return total, found, err
		}
		total += n
		if lines != nil {
			found++
			fmt.Fprintf(os.Stdout, "seed %d differs:\n%s\n\n", seed, strings.Join(lines, "\n"))
		}
	}
	return total, found, nil
}

func split(key string) (namespace, name string) {
	namespace, name, _ = strings.Cut(key, "/")
	return namespace, name
}
