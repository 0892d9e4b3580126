package sim_test

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// losses notes when nodes became Unknown and were tainted NoExecute, and when pods were first deleted and created.
type losses struct {
	unknown, tainted map[string]float64 // by node, seconds
	freed            map[string]float64 // when the last of its taints went
	created, deleted map[string]float64 // by pod
	gone             map[string]float64
	on               map[string]string // the pod's node
}

func newLosses() *losses {
	m := func() map[string]float64 { return map[string]float64{} }
	return &losses{m(), m(), m(), m(), m(), m(), map[string]string{}}
}

// Record implements journal.Sink.
func (l *losses) Record(r *journal.Record) error {
	at := r.At.Seconds()
	first := func(m map[string]float64, name string) {
		if _, ok := m[name]; !ok {
			m[name] = at
		}
	}
	switch o := r.Object.(type) {
	case *store.Pod:
		first(l.created, o.Name)
		if o.NodeName != "" {
			l.on[o.Name] = o.NodeName
		}
		if o.Deletion != nil {
			first(l.deleted, o.Name)
		}
		if r.Verb == journal.Deleted {
			first(l.gone, o.Name)
		}
	default:
		n, ok := r.Object.API().(*corev1.Node)
		if !ok {
			return nil
		}
		for _, c := range n.Status.Conditions {
			if c.Type == corev1.NodeReady && c.Status == corev1.ConditionUnknown {
				first(l.unknown, n.Name)
			}
		}
		for _, t := range n.Spec.Taints {
			if t.Effect == corev1.TaintEffectNoExecute {
				first(l.tainted, n.Name)
			}
		}
		if len(n.Spec.Taints) == 0 {
			l.freed[n.Name] = at
		} else {
			delete(l.freed, n.Name)
		}
	}
	return nil
}

func values(m map[string]float64) []float64 {
	list := []float64{}
	for _, at := range m { // unordered: sorted below
		list = append(list, at)
	}
	slices.Sort(list)
	return list
}

// between reports an error unless every one of the times lies between from and to.
func between(t *testing.T, what string, times []float64, n int, from, to float64) {
	t.Helper()
	if len(times) != n {
		t.Errorf("%s: %d, want %d", what, len(times), n)
	}
	for _, at := range times {
		if at < from || at > to {
			t.Errorf("%s: at %.3f, want from %.3f to %.3f", what, at, from, to)
		}
	}
}

// gaps are the times between one and the next.
func gaps(times []float64) []float64 {
	list := []float64{}
	for i := 1; i < len(times); i++ {
		list = append(list, times[i]-times[i-1])
	}
	return list
}

func lossesOf(t *testing.T, name string, set ...string) *losses {
	t.Helper()
	l := newLosses()
	toEnd(t, newRun(t, libraryOptions(t, name, set...), l))
	return l
}

// The times of a zone's loss, by hand from controllers.md 2: heartbeats come each 10 to 10.4 s and passes each 5 s, so that the
// last heartbeat before 60 s was seen from 49.6 to 65 s, and the node is Unknown 50 s later; the controller's 20 requests a
// second stretch a pass that has 25 nodes and their pods to write of by some seconds. One NoExecute taint is free; no other comes
// while a part of the zone is Unknown, and when all of it is, the next needs 10 s, as does each that follows: a second pass
// of 5 s, stretched, and 10 s after the first. The taint loop runs each 0.1 s.
func TestZoneLoss(t *testing.T) {
	l := lossesOf(t, "nodeloss/zone-of-a-hundred")
	between(t, "Unknown", values(l.unknown), 25, 99.6, 120)
	taints := values(l.tainted)
	between(t, "the first taint", taints[:1], 1, values(l.unknown)[0], values(l.unknown)[0]+2)
	between(t, "the second after the first", gaps(taints)[:1], 1, 10, 25)
	between(t, "a taint after the one before", gaps(taints)[1:], 23, 10, 10.11)

	after, replaced := []float64{}, 0
	for pod, at := range l.deleted { // unordered: each for itself
		after = append(after, at-l.tainted[l.on[pod]])
		for other, made := range l.created { // unordered: a count
			if made >= at && made < at+1 {
				replaced++
				if _, lost := l.tainted[l.on[other]]; lost {
					t.Errorf("%s is on %s, which is lost", other, l.on[other])
				}
			}
		}
	}
	between(t, "deleted after the node's taint", after, 25, 300, 300.1)
	if replaced != 25 || len(l.created) != 125 {
		t.Errorf("%d pods replaced within a second, %d ever created, want 25 and 125", replaced, len(l.created))
	}
	between(t, "gone when their kubelets are back", values(l.gone), 25, 800, 805)
	free := []float64{}
	for node := range l.tainted { // unordered: each for itself
		free = append(free, l.freed[node])
	}
	between(t, "without taints again", free, 25, 800, 810)
}

// 30 of 50 are more than 55 %, and 50 is not more than 50: no NoExecute taint at all, until the zone has 15 of 50 left to give up,
// 30 %, one each 10 s. With the usual heartbeats the first pass finds so few that the zone is still Normal; the third ends more than 10 s later, when
// a second node may have been tainted.
func TestPartialDisruption(t *testing.T) {
	l := lossesOf(t, "nodeloss/zone-of-fifty")
	between(t, "Unknown", values(l.unknown), 30, 110, 117)
	taints := values(l.tainted)
	between(t, "tainted when half of them are back", taints, 15, 900, 900+15+14*10.2)
	between(t, "a taint after the one before", gaps(taints), 14, 10, 10.11)
	between(t, "deleted", values(l.deleted), 30, 1200, 1200+15+14*10.2)

	l = lossesOf(t, "nodeloss/zone-of-fifty", "lease", "40", "qps", "20")
	between(t, "Unknown by default", values(l.unknown), 30, 101.6, 122)
	if n := len(slices.DeleteFunc(values(l.tainted), func(at float64) bool { return at > 899 })); n < 1 || n > 2 {
		t.Errorf("by default %d nodes are tainted before the zone is in partial disruption, want one or two", n)
	}
}
