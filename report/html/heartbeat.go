package html

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/journal"
)

// reportsAtMost bounds the versions of a node that differ in nothing but when its kubelet last reported.
const reportsAtMost = 300

// beats makes versions of Nodes from what the run does not write one by one: the reports of kubelets that have nothing new
// to say, of which only the time shows.
type beats struct {
	start time.Time // the virtual wall clock at t=0
	nodes map[string]*journal.Heartbeat
	made  map[string]int
}

// Heartbeat implements journal.HeartbeatSink. It fails only on a Node that cannot be encoded.
func (r *Recorder) Heartbeat(h *journal.Heartbeat) error {
	if err := r.versions.report(h.Node, h.At); err != nil {
		return err
	}
	copied := *h
	r.versions.beats.nodes[h.Node] = &copied
	return nil
}

// clock learns the virtual wall clock from the first namespace, which comes with the run.
func (b *beats) clock(r *journal.Record) {
	if b.start.IsZero() && r.Object.Kind() == model.Namespace && r.At == 0 {
		b.start = r.Object.API().GetCreationTimestamp().Time
	}
}

// report adds the versions of a node that its reports before an instant make.
func (v *versions) report(name string, until time.Duration) error {
	h := v.beats.nodes[name]
	o := v.living[objectKey{kind: model.Node, name: name}]
	if h == nil || o == nil || len(o.versions) == 0 || h.Gone || v.beats.start.IsZero() {
		return nil
	}
	for at := max(o.versions[len(o.versions)-1].at, 0); v.beats.made[name] < reportsAtMost && v.all > 0; {
		next, ok := h.LastReport(at + h.ReportEvery)
		if !ok || next <= at || next >= until {
			return nil
		}
		at = next
		shown := h.Show(o.last.(*corev1.Node), at, v.beats.start)
		lines, err := v.print(o.kind, shown)
		if err != nil {
			return err
		}
		if delta := difference(o.lines, lines); len(delta) > 0 {
			// A report counts from its very instant on, unlike a write.
			o.versions = append(o.versions, version{at: at - time.Microsecond, verb: journal.Modified, text: "its kubelet reports nothing new", delta: delta})
			o.lines, o.last = lines, shown
			v.beats.made[name]++
			v.all--
		}
	}
	return nil
}

// finish adds the reports up to the end of the run.
func (v *versions) finish(end time.Duration) error {
	for _, o := range v.objects {
		if o.kind == model.Node && v.living[o.objectKey] == o {
			if err := v.report(o.name, end+1); err != nil {
				return err
			}
		}
	}
	return nil
}
