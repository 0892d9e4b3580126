package story

import (
	"slices"
	"strings"
	"time"
)

// IsReady is true for what kubectl shows of a node that is Ready, cordoned or not.
func IsReady(status string) bool { return status == "Ready" || strings.HasPrefix(status, "Ready,") }

// LastRow is what kubectl showed of a pod last, and its phase.
func (s *Story) LastRow(p *Pod) (status, phase string) {
	for i := len(p.Rows) - 1; i >= 0; i-- {
		if r := p.Rows[i].Row; r >= 0 {
			return s.Rows[r].Status, s.Rows[r].Phase
		}
	}
	return "", ""
}

// Held is what pods take of a node.
type Held struct {
	Pods        int
	CPU, Memory int64 // thousandths of a core, bytes
}

// Held returns what bound and unfinished pods take of each node at the end.
func (s *Story) Held() []Held {
	held := make([]Held, len(s.Nodes))
	for i := range s.Pods {
		p := &s.Pods[i]
		if p.Node < 0 || p.Gone >= 0 || p.Finished >= 0 {
			continue
		}
		h := &held[p.Node]
		h.Pods, h.CPU, h.Memory = h.Pods+1, h.CPU+p.CPU, h.Memory+p.Memory
	}
	return held
}

// SegmentEnd is when segment i of a pod ends, no later than the run.
func (s *Story) SegmentEnd(g Segment) time.Duration { return min(g.To, s.End) }

// ReadyWaits are the times from creation to ready of the pods that got there, in order.
func (s *Story) ReadyWaits() []time.Duration {
	var waits []time.Duration
	for i := range s.Pods {
		if p := &s.Pods[i]; p.Ready >= 0 {
			waits = append(waits, p.Ready-p.Created)
		}
	}
	slices.Sort(waits)
	return waits
}

// Find returns the series of that name, nil without one.
func (s *Story) Find(series string) *Series {
	for i := range s.Series {
		if s.Series[i].Name == series {
			return &s.Series[i]
		}
	}
	return nil
}

// Value is the series' value at a time, 0 before the first.
func (r *Series) Value(at time.Duration) float64 {
	i, found := slices.BinarySearch(r.At, at)
	if !found {
		i--
	}
	if i < 0 {
		return 0
	}
	return r.Values[i]
}

// Peak is the largest value and when it was first.
func (r *Series) Peak() (value float64, at time.Duration) {
	for i, v := range r.Values {
		if v > value {
			value, at = v, r.At[i]
		}
	}
	return value, at
}
