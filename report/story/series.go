package story

import (
	"time"

	"clustersim/report/timeline"
)

// totals are numbers about the whole cluster at one moment.
type totals struct {
	pods, pending, running, ready     int64
	cpuRequested, cpuAllocatable      int64 // thousandths of a core
	memoryRequested                   int64 // bytes
	memoryAllocatable, nodesReady     int64
	failed, terminating, waitsBackOff int64
	cpuUsed, memoryUsed               int64 // as the requested ones; of the last sample
}

// charted names the series, in the order in which totals.values has them.
var charted = []struct{ name, unit string }{
	{"pods", "pods"}, {"pending", "pods"}, {"running", "pods"}, {"ready", "pods"}, {"backing off", "pods"}, {"terminating", "pods"}, {"failed", "pods"},
	{"cpu requested", "cores"}, {"cpu allocatable", "cores"}, {"memory requested", "bytes"}, {"memory allocatable", "bytes"}, {"nodes ready", "nodes"},
	{"cpu used", "cores"}, {"memory used", "bytes"},
}

// usedFrom is where the columns begin that runs have in which the scenario says what containers use.
const usedFrom = 12

type row [usedFrom + 2]float64

func (t *totals) values() row {
	return row{
		float64(t.pods), float64(t.pending), float64(t.running), float64(t.ready), float64(t.waitsBackOff), float64(t.terminating), float64(t.failed),
		float64(t.cpuRequested) / 1000, float64(t.cpuAllocatable) / 1000, float64(t.memoryRequested), float64(t.memoryAllocatable), float64(t.nodesReady),
		float64(t.cpuUsed) / 1000, float64(t.memoryUsed),
	}
}

// add counts a pod that is in a state, or with -1 no longer is.
func (t *totals) add(state timeline.State, by int64) {
	t.pods += by
	switch state {
	case timeline.Pending:
		t.pending += by
	case timeline.Ready:
		t.running, t.ready = t.running+by, t.ready+by
	case timeline.NotReady:
		t.running += by
	case timeline.BackOff:
		t.waitsBackOff += by
	case timeline.Terminating:
		t.terminating += by
	case timeline.Failed:
		t.failed += by
	}
}

// count moves a pod from the state that it was counted in to its new one.
func (c *Collector) count(l *podLife, at time.Duration, state timeline.State) {
	if l.shown && l.state == state && l.bound == (l.node != "" && l.Finished < 0) {
		return
	}
	if l.shown {
		c.totals.add(l.state, -1)
	}
	c.totals.add(state, 1)
	l.state, l.shown = state, true
	c.request(l, l.node != "" && l.Finished < 0)
	c.sample(at)
}

func (c *Collector) uncount(l *podLife, at time.Duration) {
	if l.shown {
		c.totals.add(l.state, -1)
		l.shown = false
	}
	c.request(l, false)
	c.sample(at)
}

// request counts what a bound and unfinished pod requests.
func (c *Collector) request(l *podLife, bound bool) {
	by := one(bound) - one(l.bound)
	c.totals.cpuRequested += by * l.CPU
	c.totals.memoryRequested += by * l.Memory
	l.bound = bound
}

func (c *Collector) sample(at time.Duration) { c.series.add(max(at, 0), c.totals.values()) }

// seriesSet are the series while they grow. All share their times: a row holds all values.
type seriesSet struct {
	limit int
	width time.Duration // of a row; at least 1
	at    []time.Duration
	rows  []row
}

// add notes the values from a moment on. Beyond the limit the width of a row doubles, and of the rows that share it the last
// one stays, at the time of the first.
func (s *seriesSet) add(at time.Duration, values row) {
	s.width = max(s.width, 1)
	if n := len(s.at); n > 0 && (s.at[n-1]/s.width == at/s.width) {
		s.rows[n-1] = values
		return
	}
	s.at, s.rows = append(s.at, at), append(s.rows, values)
	for s.limit > 0 && len(s.at) > s.limit {
		s.width = max(2*s.width, time.Millisecond)
		n := 0
		for i := range s.at {
			if n > 0 && s.at[n-1]/s.width == s.at[i]/s.width {
				s.rows[n-1] = s.rows[i]
				continue
			}
			s.at[n], s.rows[n] = s.at[i], s.rows[i]
			n++
		}
		s.at, s.rows = s.at[:n], s.rows[:n]
	}
}

// list makes a Series of each of the first columns, without points that repeat the one before.
func (s *seriesSet) list(columns int) []Series {
	out := make([]Series, columns)
	for k, c := range charted[:columns] {
		out[k] = Series{Name: c.name, Unit: c.unit}
		for i, row := range s.rows {
			if n := len(out[k].Values); n > 0 && out[k].Values[n-1] == row[k] {
				continue
			}
			out[k].At, out[k].Values = append(out[k].At, s.at[i]), append(out[k].Values, row[k])
		}
	}
	return out
}
