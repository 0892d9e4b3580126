package sim_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// invariants is a journal.Sink that holds every record to what must be so in any run, whatever happens to the cluster.
// A broken one ends the run with an error that names it. Use newInvariants.
type invariants struct {
	at       time.Duration
	version  uint64
	live     map[string]types.UID // by kind, namespace and name
	used     map[types.UID]bool
	pods     map[types.UID]*store.Pod // the last state, also of pods that are gone
	nodes    map[string]*corev1.Node
	records  int
	restarts int // the highest seen, so that a test can tell that something has happened
}

func newInvariants() *invariants {
	return &invariants{live: map[string]types.UID{}, used: map[types.UID]bool{}, pods: map[types.UID]*store.Pod{}, nodes: map[string]*corev1.Node{}}
}

// Record implements journal.Sink.
func (v *invariants) Record(r *journal.Record) error {
	v.records++
	o := r.Object.API()
	broken := v.order(r, o)
	if broken == "" {
		broken = v.identity(r, o)
	}
	if p, ok := r.Object.(*store.Pod); ok && broken == "" {
		broken = v.pod(p)
		v.pods[p.UID] = p
	}
	if n, ok := o.(*corev1.Node); ok {
		v.nodes[n.Name] = n
		if r.Verb == journal.Deleted {
			delete(v.nodes, n.Name)
		}
	}
	if broken == "" {
		return nil
	}
	return fmt.Errorf("record %d at %v, %s %s %s: %s", r.Seq, r.At, r.Verb, r.Object.Kind().Name, keyOf(r), broken)
}

// order: time never runs backwards, and every record has a resourceVersion above all before it.
func (v *invariants) order(r *journal.Record, o model.Object) string {
	if r.At < v.at {
		return fmt.Sprintf("time runs back from %v", v.at)
	}
	v.at = r.At
	version, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	if err != nil || version <= v.version {
		return fmt.Sprintf("resourceVersion %q after %d", o.GetResourceVersion(), v.version)
	}
	v.version = version
	if r.Cause >= r.Seq {
		return fmt.Sprintf("caused by record %d, which is not before it", r.Cause)
	}
	return ""
}

// identity: an object is added before it is changed or deleted, keeps its UID while it lives, and no UID comes twice.
func (v *invariants) identity(r *journal.Record, o model.Object) string {
	id := r.Object.Kind().Name + " " + keyOf(r).String()
	uid, there := v.live[id]
	if r.Verb == journal.Added {
		switch {
		case r.Object.Kind() == model.Event && v.used[o.GetUID()]:
			return "" // an Event whose time to live was over, and which is recorded again
		case there:
			return "added while it is there"
		case o.GetUID() == "" || v.used[o.GetUID()]:
			return fmt.Sprintf("UID %q was used before", o.GetUID())
		}
		v.live[id], v.used[o.GetUID()] = o.GetUID(), true
		return ""
	}
	if !there || uid != o.GetUID() {
		return fmt.Sprintf("UID %q, but the living one is %q", o.GetUID(), uid)
	}
	if r.Verb == journal.Deleted {
		delete(v.live, id)
	}
	return ""
}

// pod runs the checks of one pod's state and of the step from its last one.
func (v *invariants) pod(p *store.Pod) string {
	for _, check := range []func(*store.Pod) string{checkConditions, checkContainers, checkOwner, v.checkRoom} {
		if broken := check(p); broken != "" {
			return broken
		}
	}
	old := v.pods[p.UID]
	if old == nil {
		return ""
	}
	for _, check := range []func(old, p *store.Pod) string{checkPhase, checkBinding, v.checkRestarts} {
		if broken := check(old, p); broken != "" {
			return broken
		}
	}
	return ""
}

// checkConditions: Ready implies ContainersReady, of which there is one each.
func checkConditions(p *store.Pod) string {
	seen := map[corev1.PodConditionType]corev1.ConditionStatus{}
	for _, c := range p.Status.Conditions {
		if seen[c.Type] != "" {
			return fmt.Sprintf("condition %s twice", c.Type)
		}
		seen[c.Type] = c.Status
	}
	if seen[corev1.PodReady] == corev1.ConditionTrue && seen[corev1.ContainersReady] != corev1.ConditionTrue {
		return "Ready, and its containers are not"
	}
	if seen[corev1.PodReady] == corev1.ConditionTrue && p.Terminal() {
		return fmt.Sprintf("Ready and %s", p.Status.Phase)
	}
	return ""
}

// checkContainers: a status has at most one state, ends after it began, and nothing runs where the phase is terminal.
func checkContainers(p *store.Pod) string {
	for _, list := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range list {
			c := &list[i]
			n := 0
			for _, set := range []bool{c.State.Waiting != nil, c.State.Running != nil, c.State.Terminated != nil} {
				if set {
					n++
				}
			}
			t := c.State.Terminated
			switch {
			case n != 1:
				return fmt.Sprintf("container %s has %d states", c.Name, n)
			case c.Ready && c.State.Running == nil && !slices.ContainsFunc(p.Status.InitContainerStatuses, func(o corev1.ContainerStatus) bool { return o.Name == c.Name }):
				return fmt.Sprintf("container %s is ready and does not run", c.Name)
			case t != nil && t.FinishedAt.Before(&t.StartedAt):
				return fmt.Sprintf("container %s ended at %v, before it began at %v", c.Name, t.FinishedAt, t.StartedAt)
			case c.State.Running != nil && p.Status.Phase == corev1.PodSucceeded:
				return fmt.Sprintf("container %s runs in a pod that has succeeded", c.Name)
			}
		}
	}
	return ""
}

// checkOwner: one controller at most.
func checkOwner(p *store.Pod) string {
	n := 0
	for _, o := range p.Owners {
		if o.Controller != nil && *o.Controller {
			n++
		}
	}
	if n > 1 {
		return fmt.Sprintf("%d controllers own it", n)
	}
	return ""
}

// checkRoom: what runs on a node has room on it.
func (v *invariants) checkRoom(p *store.Pod) string {
	node := v.nodes[p.NodeName]
	if node == nil || p.Status.Phase != corev1.PodRunning {
		return ""
	}
	room := node.Status.Allocatable.Cpu().MilliValue()
	for uid, o := range v.pods { // unordered: a sum
		if uid == p.UID {
			o = p
		}
		if v.live["Pod "+o.Key().String()] != uid || o.NodeName != node.Name || o.Status.Phase != corev1.PodRunning {
			continue
		}
		for i := range o.Spec().Containers {
			room -= o.Spec().Containers[i].Resources.Requests.Cpu().MilliValue()
		}
	}
	if room < 0 {
		return fmt.Sprintf("node %s is %d milli-CPU short for what runs on it", node.Name, -room)
	}
	return ""
}

// checkPhase: Succeeded and Failed are final. (Running is not: where a new sandbox runs the init containers again, a pod
// is Pending again.)
func checkPhase(old, p *store.Pod) string {
	was, is := old.Status.Phase, p.Status.Phase
	if was != is && old.Terminal() {
		return fmt.Sprintf("phase goes from %s to %s", was, is)
	}
	return ""
}

// checkBinding: a pod stays where it is bound, and a deletion is not taken back.
func checkBinding(old, p *store.Pod) string {
	switch {
	case old.NodeName != "" && p.NodeName != old.NodeName:
		return fmt.Sprintf("moved from %q to %q", old.NodeName, p.NodeName)
	case old.Deletion != nil && (p.Deletion == nil || p.Deletion.GraceSeconds > old.Deletion.GraceSeconds):
		return "its grace period grew"
	case old.Created != p.Created:
		return "creationTimestamp changed"
	}
	return ""
}

// checkRestarts: restart counts never fall.
func (v *invariants) checkRestarts(old, p *store.Pod) string {
	counts := map[string]int32{}
	for _, c := range append(slices.Clone(old.Status.InitContainerStatuses), old.Status.ContainerStatuses...) {
		counts[c.Name] = c.RestartCount
	}
	for _, c := range append(slices.Clone(p.Status.InitContainerStatuses), p.Status.ContainerStatuses...) {
		v.restarts = max(v.restarts, int(c.RestartCount))
		if was, there := counts[c.Name]; there && c.RestartCount < was {
			return fmt.Sprintf("container %s: restart count falls from %d to %d", c.Name, was, c.RestartCount)
		}
	}
	return ""
}

// The checkers see what they should: a run with records changed by hand breaks them.
func TestInvariantsBite(t *testing.T) {
	pod := func(change func(*store.Pod)) *store.Pod {
		p := &store.Pod{Name: "p", Namespace: "default", UID: "u", NodeName: "n", Template: &corev1.Pod{}, Status: &corev1.PodStatus{
			Phase:             corev1.PodRunning,
			ContainerStatuses: []corev1.ContainerStatus{{Name: "c", RestartCount: 2, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}},
		}}
		if change != nil {
			change(p)
		}
		return p
	}
	yes := true
	done := newInvariants()
	done.pods["u"] = pod(func(p *store.Pod) { p.Status.Phase = corev1.PodFailed })
	if done.pod(pod(nil)) == "" {
		t.Error("a pod that had failed runs again, and nothing was noticed")
	}
	for name, change := range map[string]func(*store.Pod){ // unordered: each by itself
		"restarts": func(p *store.Pod) { p.Status.ContainerStatuses[0].RestartCount = 1 },
		"moved":    func(p *store.Pod) { p.NodeName = "m" },
		"conditions": func(p *store.Pod) {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
		},
		"states": func(p *store.Pod) { p.Status.ContainerStatuses[0].State.Waiting = &corev1.ContainerStateWaiting{} },
		"owners": func(p *store.Pod) { p.Owners = []metav1.OwnerReference{{Controller: &yes}, {Controller: &yes}} },
	} {
		v := newInvariants()
		if broken := v.pod(pod(nil)); broken != "" {
			t.Fatal(broken)
		}
		v.pods["u"] = pod(nil)
		if v.pod(pod(change)) == "" {
			t.Errorf("%s: nothing was noticed", name)
		}
	}
}
