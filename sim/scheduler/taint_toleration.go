package scheduler

import corev1 "k8s.io/api/core/v1"

// ReasonTaint is TaintToleration's only reason. It names no taint since 1.36.
const ReasonTaint = "node(s) had untolerated taint(s)"

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go.
var taintToleration = &Plugin{
	Name:   "TaintToleration",
	Points: PointFilter | PointPreScore | PointScore,
	Doc: "Turns nodes down that have a NoSchedule or NoExecute taint which the pod does not tolerate. " +
		"Scores nodes by how few PreferNoSchedule taints the pod does not tolerate.",
	Events: NodeAdd | NodeTaint | PodToleration,
	Compile: func(k *Compiler) Part {
		memo := k.tolerationMemo(k.Spec.Tolerations)
		reject := k.Verdict(UnschedulableAndUnresolvable, ReasonTaint)
		return Part{
			Queue: memo.queue,
			Filter: func(c *Cycle, n int32) Verdict {
				if id := c.Snap.rows[n].taints; id != 0 && memo.of(c.p.dictionary, id).untolerated {
					return reject
				}
				return 0
			},
			Score: func(c *Cycle, n int32) int64 {
				if id := c.Snap.rows[n].taints; id != 0 {
					return memo.of(c.p.dictionary, id).preferred
				}
				return 0
			},
			Normalize: func(_ *Cycle, _ []int32, scores []int64) { normalize(scores, true) },
		}
	},
}

// tolerationMemo remembers what a list of tolerations makes of each list of taints.
type tolerationMemo struct {
	tolerations []corev1.Toleration
	known       []taintsMemo // by number of the list of taints
}

type taintsMemo struct {
	known       bool
	untolerated bool  // has a NoSchedule or NoExecute taint that is not tolerated
	preferred   int64 // PreferNoSchedule taints that are not tolerated
}

// tolerationMemo is shared by all shapes with these tolerations.
func (d *dictionary) tolerationMemo(ts []corev1.Toleration) *tolerationMemo {
	var b []byte
	for i := range ts {
		t := &ts[i]
		b = appendText(appendText(appendText(appendText(b, t.Key), string(t.Operator)), t.Value), string(t.Effect))
	}
	m := d.tolerations[string(b)]
	if m == nil {
		m = &tolerationMemo{tolerations: ts}
		d.tolerations[string(b)] = m
	}
	return m
}

func (m *tolerationMemo) of(d *dictionary, id int32) *taintsMemo {
	for int(id) >= len(m.known) {
		m.known = append(m.known, taintsMemo{})
	}
	t := &m.known[id]
	if !t.known {
		*t = judgeTaints(m.tolerations, d.taints[id])
	}
	return t
}

func judgeTaints(ts []corev1.Toleration, taints []corev1.Taint) taintsMemo {
	m := taintsMemo{known: true}
	for i := range taints {
		switch taint := &taints[i]; {
		case tolerates(ts, taint):
		case taint.Effect == corev1.TaintEffectPreferNoSchedule:
			m.preferred++
		case taint.Effect == corev1.TaintEffectNoSchedule, taint.Effect == corev1.TaintEffectNoExecute:
			m.untolerated = true
		}
	}
	return m
}

func (m *tolerationMemo) queue(ev *Event) bool {
	if ev.Type == PodToleration {
		return ev.Own
	}
	was := ev.OldNode == nil || judgeTaints(m.tolerations, ev.OldNode.Spec.Taints).untolerated
	return was && !judgeTaints(m.tolerations, ev.NewNode.Spec.Taints).untolerated
}

// tolerates reports whether any of the tolerations covers the taint. The operators Gt and Lt never do: their gate,
// TaintTolerationComparisonOperators, is alpha and off.
//
// Source: k8s v1.36.3 staging api/core/v1/toleration.go ToleratesTaint.
func tolerates(ts []corev1.Toleration, taint *corev1.Taint) bool {
	for i := range ts {
		t := &ts[i]
		if t.Effect != "" && t.Effect != taint.Effect || t.Key != "" && t.Key != taint.Key {
			continue
		}
		switch t.Operator {
		case "", corev1.TolerationOpEqual:
			if t.Value == taint.Value {
				return true
			}
		case corev1.TolerationOpExists:
			return true
		}
	}
	return false
}
