package controller

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// cluster is a control plane with kubelets that do nothing but renew leases and post Ready.
type cluster struct {
	t       *testing.T
	engine  *engine.Engine
	store   *store.Store
	journal *journal.Journal
	api     *admission.Admission
	manager *Manager
	beats   map[string]*beat
	lines   []string
	quiet   bool
}

// beat is a node's lease: renewed at phase + k*period, but not in the silences.
type beat struct {
	phase, period engine.Time
	silences      []silence
}

type silence struct{ from, to engine.Time }

func (b *beat) heard(t engine.Time) bool {
	for _, s := range b.silences {
		if s.from <= t && t < s.to {
			return false
		}
	}
	return true
}

var kindTest = engine.NewKind("test step", engine.RankWorld, false)

type options struct {
	profile   string
	seed      uint64
	reference bool
	change    func(*config.Components)
	metrics   Metrics
}

// newCluster returns a cluster with namespaces but without nodes. Call start when its nodes are there.
func newCluster(t *testing.T, o options) *cluster {
	cfg, _ := config.Profile(o.profile)
	if o.change != nil {
		o.change(&cfg)
	}
	c := &cluster{t: t, engine: engine.New(o.seed), beats: map[string]*beat{}}
	c.journal = journal.New(c)
	c.store = store.New(c.engine, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), c.journal)
	c.api = admission.New(c.engine, c.store, cfg.ControllerManager)
	c.api.Bootstrap()
	c.manager = New(c.engine, c.store, cfg, c, o.metrics, o.reference)
	return c
}

func (c *cluster) start() {
	c.manager.Start()
	c.lines = nil
}

// phase sets the phases of the loops: the node monitor, pod GC, NoExecute tainting.
func (c *cluster) phases(monitor, gc, tainting engine.Time) {
	l, g := c.lifecycle(), c.manager.running[2].(*podGC)
	for loop, phase := range map[*loop]engine.Time{l.monitor: monitor, g.loop: gc, l.tainter: tainting} {
		loop.stretches = []stretch{{phase - 4096*loop.period, never}}
	}
}

func (c *cluster) lifecycle() *nodeLifecycle { return c.manager.running[0].(*nodeLifecycle) }

// LastRenewal implements Heartbeats.
func (c *cluster) LastRenewal(node string, before engine.Time) (engine.Time, bool) {
	b := c.beats[node]
	if b == nil {
		return 0, false
	}
	for t := b.phase + (before-b.phase)/b.period*b.period; t > b.phase-100*b.period; t -= b.period {
		if t < before && b.heard(t) {
			return t, true
		}
	}
	return 0, false
}

// NextRenewal implements Heartbeats.
func (c *cluster) NextRenewal(node string, after engine.Time) (engine.Time, bool) {
	b := c.beats[node]
	if b == nil || !b.heard(c.engine.Now()) {
		return 0, false
	}
	return engine.NextTick(after, b.phase-100*b.period, b.period), true
}

// node adds a node that is ready and renews its lease from the phase on.
func (c *cluster) node(name, zone string, phase engine.Time) {
	c.beats[name] = &beat{phase: phase, period: 10 * time.Second}
	ts := metav1.NewTime(c.store.Now().Add(-time.Minute))
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: ts}}
	if zone != "" {
		n.Labels = map[string]string{corev1.LabelTopologyZone: zone}
	}
	for _, t := range []corev1.NodeConditionType{corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure, corev1.NodeReady} {
		s := corev1.ConditionFalse
		if t == corev1.NodeReady {
			s = corev1.ConditionTrue
		}
		n.Status.Conditions = append(n.Status.Conditions, corev1.NodeCondition{Type: t, Status: s, LastHeartbeatTime: ts, LastTransitionTime: ts})
	}
	if err := c.store.Create(model.Node, n); err != nil {
		c.t.Fatal(err)
	}
}

// pod adds a running and ready pod that tolerates what the function says, bound to a node.
func (c *cluster) pod(name, node string, edit func(*corev1.PodSpec)) {
	m := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "i"}}}}
	if edit != nil {
		edit(&m.Spec)
	}
	if _, err := c.api.CreatePod(m); err != nil {
		c.t.Fatal(err)
	}
	key := store.Key{Namespace: "default", Name: name}
	if err := c.store.Bind(key, "", node); err != nil {
		c.t.Fatal(err)
	}
	c.store.UpdatePod(key, "", func(p *store.Pod) bool {
		st := *p.Status
		st.Phase = corev1.PodRunning
		st.Conditions = store.SetCondition(st.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue}, p.Clock(0))
		p.Status = &st
		return true
	})
}

// at does something at an instant.
func (c *cluster) at(t engine.Time, f func()) { c.engine.At(t, kindTest, engine.Func(f)) }

// silence stops the node's heartbeats.
func (c *cluster) silence(nodes ...string) {
	for _, n := range nodes {
		if b := c.beats[n]; b.heard(c.engine.Now()) {
			b.silences = append(b.silences, silence{c.engine.Now(), never})
			c.manager.NodeSilent(n)
		}
	}
}

// speak lets the node renew its lease and post Ready again.
func (c *cluster) speak(nodes ...string) {
	for _, n := range nodes {
		if b := c.beats[n]; !b.heard(c.engine.Now()) {
			b.silences[len(b.silences)-1].to = c.engine.Now()
			c.manager.NodeSpeaks(n)
		}
		c.ready(n, corev1.ConditionTrue)
	}
}

// ready posts a Ready condition as the kubelet does.
func (c *cluster) ready(node string, s corev1.ConditionStatus) {
	c.store.UpdateNode(node, func(n *corev1.Node) bool {
		r := nodeCondition(n, corev1.NodeReady)
		r.Status, r.LastHeartbeatTime, r.LastTransitionTime = s, metav1.NewTime(c.store.Now().Truncate(time.Second)), metav1.NewTime(c.store.Now().Truncate(time.Second))
		r.Reason, r.Message = "KubeletReady", "kubelet is posting ready status"
		return true
	})
}

// taint sets the node's taints.
func (c *cluster) taint(node string, taints ...corev1.Taint) {
	c.store.UpdateNode(node, func(n *corev1.Node) bool { n.Spec.Taints = taints; return true })
}

func (c *cluster) run(until engine.Time) {
	c.t.Helper()
	if err := c.engine.Run(until); err != nil {
		c.t.Fatal(err)
	}
}

// Record implements journal.Sink: one line a change.
func (c *cluster) Record(r *journal.Record) error {
	if c.quiet {
		return nil
	}
	what := ""
	switch o := r.Object.API().(type) {
	case *corev1.Node:
		what = "node " + o.Name + " " + string(readyStatus(o)) + taintText(o.Spec.Taints)
	case *corev1.Pod:
		what = "pod " + o.Name + " " + string(o.Status.Phase)
		for _, cond := range o.Status.Conditions {
			if cond.Type != corev1.PodScheduled {
				what += fmt.Sprintf(" %s=%s", cond.Type, cond.Status)
			}
			if cond.Reason != "" {
				what += "(" + cond.Reason + ")"
			}
		}
		if o.DeletionTimestamp != nil {
			what += fmt.Sprintf(" deleted+%d", *o.DeletionGracePeriodSeconds)
		}
	case *corev1.Event:
		what = fmt.Sprintf("event %s/%s %s %s: %s", strings.ToLower(o.InvolvedObject.Kind), o.InvolvedObject.Name, o.Type, o.Reason, o.Message)
	default:
		what = strings.ToLower(r.Object.Kind().Name) + " " + o.(metav1.Object).GetName()
	}
	c.lines = append(c.lines, fmt.Sprintf("%9.3f %s %s", r.At.Seconds(), r.Verb, what))
	return nil
}

func taintText(taints []corev1.Taint) string {
	s := ""
	for _, t := range taints {
		s += " " + strings.TrimPrefix(t.Key, "node.kubernetes.io/") + ":" + string(t.Effect)
	}
	return s
}

// expect compares what happened since the start, or the last expect, with a transcript.
func (c *cluster) expect(want string) {
	c.t.Helper()
	var lines []string
	for _, l := range strings.Split(strings.Trim(want, "\n"), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	for i := range c.lines {
		c.lines[i] = strings.TrimSpace(c.lines[i])
	}
	if got, want := strings.Join(c.lines, "\n"), strings.Join(lines, "\n"); got != want {
		c.t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	c.lines = nil
}

// firstLine returns the time of the first line that contains all parts, -1 without one.
func (c *cluster) firstLine(parts ...string) float64 {
	for _, l := range c.lines {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(l, p)
		}
		if all {
			var at float64
			fmt.Sscan(l, &at)
			return at
		}
	}
	return -1
}
