package store

import (
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
)

// seen notes what a watch would print.
type seen struct{ lines []string }

func (s *seen) Record(r *journal.Record) error {
	s.lines = append(s.lines, r.Verb.String()+" "+r.Object.API().GetName())
	return nil
}

func (s *seen) take() string {
	out := strings.Join(s.lines, ", ")
	s.lines = nil
	return out
}

func newStore() (*Store, *engine.Engine, *seen) {
	e, log := engine.New(1), &seen{}
	return New(e, time.Date(2026, 1, 1, 0, 0, 0, 500_000_000, time.UTC), journal.New(log)), e, log
}

func newPod(name, node string) *Pod {
	grace := int64(30)
	t := &corev1.Pod{Spec: corev1.PodSpec{TerminationGracePeriodSeconds: &grace, Containers: []corev1.Container{{Name: "app"}}}}
	return &Pod{Namespace: "default", Name: name, Template: t, NodeName: node, Token: "kube-api-access-abcde", Status: &corev1.PodStatus{Phase: corev1.PodPending}}
}

var web = Key{"default", "web"}

func mustCreate(t *testing.T, s *Store, p *Pod) *Pod {
	t.Helper()
	if err := s.CreatePod(p); err != nil {
		t.Fatal(err)
	}
	return s.Pod(p.Key())
}

func grace(n int64) *int64 { return &n }

// The arithmetic of pod deletion: controllers.md 0.6.
func TestDeletePod(t *testing.T) {
	for _, v := range []struct {
		name      string
		node      string
		phase     corev1.PodPhase
		first     *int64 // of the first DELETE
		second    *int64 // of a second one 10 s later; nil = none
		log       string
		left      bool
		endsAt    time.Duration // deletionTimestamp, where the pod is left
		graceLeft int64
	}{
		{"bound: the pod's own grace", "n1", corev1.PodRunning, nil, nil, "MODIFIED web", true, 30 * time.Second, 30},
		{"an option beats it", "n1", corev1.PodRunning, grace(5), nil, "MODIFIED web", true, 5 * time.Second, 5},
		{"negative is 1", "n1", corev1.PodRunning, grace(-3), nil, "MODIFIED web", true, time.Second, 1},
		{"not bound: at once", "", corev1.PodPending, nil, nil, "MODIFIED web, DELETED web", false, 0, 0},
		{"finished: at once", "n1", corev1.PodSucceeded, nil, nil, "MODIFIED web, DELETED web", false, 0, 0},
		{"forced: at once", "n1", corev1.PodRunning, grace(0), nil, "MODIFIED web, DELETED web", false, 0, 0},
		{"a longer one later changes nothing", "n1", corev1.PodRunning, grace(20), grace(60), "MODIFIED web", true, 20 * time.Second, 20},
		{"a shorter one counts from the first", "n1", corev1.PodRunning, grace(20), grace(15), "MODIFIED web, MODIFIED web", true, 15 * time.Second, 15},
		{"but never ends before now", "n1", corev1.PodRunning, grace(20), grace(5), "MODIFIED web, MODIFIED web", true, 10 * time.Second, 1},
		{"forced later", "n1", corev1.PodRunning, grace(20), grace(0), "MODIFIED web, MODIFIED web, DELETED web", false, 0, 0},
	} {
		t.Run(v.name, func(t *testing.T) {
			s, e, log := newStore()
			p := newPod("web", v.node)
			p.Status.Phase = v.phase
			mustCreate(t, s, p)
			log.take()
			if err := s.DeletePod(web, "", v.first); err != nil {
				t.Fatal(err)
			}
			if v.second != nil {
				if err := e.Run(10 * time.Second); err != nil {
					t.Fatal(err)
				}
				if err := s.DeletePod(web, "", v.second); err != nil {
					t.Fatal(err)
				}
			}
			if got := log.take(); got != v.log {
				t.Errorf("watchers saw %q, want %q", got, v.log)
			}
			left := s.Pod(web)
			if (left != nil) != v.left {
				t.Fatalf("left: %v", left != nil)
			}
			if v.left && (left.Deletion.At != v.endsAt || left.Deletion.GraceSeconds != v.graceLeft || left.Generation != 2) {
				t.Errorf("deletion %+v, generation %d", *left.Deletion, left.Generation)
			}
		})
	}
}

func TestDeleteNeedsTheRightUID(t *testing.T) {
	s, _, _ := newStore()
	mustCreate(t, s, newPod("web", "n1"))
	if err := s.DeletePod(web, "another", grace(0)); err == nil || err.Error() != `pods "web" not found` {
		t.Errorf("%v", err)
	}
}

func TestBind(t *testing.T) {
	s, e, _ := newStore()
	if err := s.Create(model.Node, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: map[string]string{corev1.LabelTopologyZone: "a", "disk": "ssd"}}}); err != nil {
		t.Fatal(err)
	}
	mustCreate(t, s, newPod("web", ""))
	if err := e.Run(1500 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := s.Bind(web, "", "n1"); err != nil {
		t.Fatal(err)
	}
	o := s.Pod(web).API().(*corev1.Pod)
	c := o.Status.Conditions[0]
	if o.Spec.NodeName != "n1" || o.Generation != 1 || c.Type != corev1.PodScheduled || c.Status != corev1.ConditionTrue || c.ObservedGeneration != 0 {
		t.Errorf("bound pod: %+v %+v", o.Spec.NodeName, c)
	}
	if got := c.LastTransitionTime.UTC().Format(time.RFC3339); got != "2026-01-01T00:00:02Z" {
		t.Errorf("timestamps are whole seconds of the wall clock: %s", got)
	}
	if o.Labels[corev1.LabelTopologyZone] != "a" || o.Labels["disk"] != "" {
		t.Errorf("labels %v: the zone is copied, nothing else", o.Labels)
	}
	for _, v := range []struct {
		prepare func()
		want    string
	}{
		{func() {}, `Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "n1"`},
		{func() { _ = s.DeletePod(web, "", nil) }, `Operation cannot be fulfilled on pods/binding "web": pod web is being deleted, cannot be assigned to a host`},
	} {
		v.prepare()
		if err := s.Bind(web, "", "n2"); err == nil || err.Error() != v.want {
			t.Errorf("%v, want %s", err, v.want)
		}
	}
}

func TestAlreadyExists(t *testing.T) {
	s, _, _ := newStore()
	mustCreate(t, s, newPod("web", "n1"))
	if err := s.CreatePod(newPod("web", "")); err == nil || err.Error() != `pods "web" already exists` {
		t.Errorf("%v", err)
	}
	_ = s.DeletePod(web, "", nil)
	if err := s.CreatePod(newPod("web", "")); err == nil || err.Error() != `object is being deleted: pods "web" already exists` {
		t.Errorf("%v", err)
	}
}

// A pod's object is its template with the token laid over; the template that siblings share stays as it was.
func TestPodObjectLeavesTheTemplateAlone(t *testing.T) {
	s, _, _ := newStore()
	p := newPod("web", "")
	p.Template.Spec.Containers = append(p.Template.Spec.Containers, corev1.Container{Name: "own", VolumeMounts: []corev1.VolumeMount{{Name: "x", MountPath: TokenPath}}})
	o := mustCreate(t, s, p).API().(*corev1.Pod)
	if len(o.Spec.Volumes) != 1 || o.Spec.Volumes[0].Name != "kube-api-access-abcde" || o.Spec.Containers[0].VolumeMounts[0].MountPath != TokenPath || !o.Spec.Containers[0].VolumeMounts[0].ReadOnly {
		t.Errorf("token: %+v", o.Spec)
	}
	if len(o.Spec.Containers[1].VolumeMounts) != 1 || o.Spec.Containers[1].VolumeMounts[0].Name != "x" {
		t.Error("a container that mounts there itself gets no second mount")
	}
	if len(p.Template.Spec.Volumes) != 0 || len(p.Template.Spec.Containers[0].VolumeMounts) != 0 {
		t.Error("the template was changed")
	}
}

func TestIdentities(t *testing.T) {
	s, _, _ := newStore()
	a := mustCreate(t, s, newPod("web", ""))
	_ = s.DeletePod(web, "", nil)
	b := mustCreate(t, s, newPod("web", ""))
	if a.UID == b.UID || a.Index == b.Index {
		t.Error("a second life has another UID")
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(string(a.UID)) {
		t.Errorf("UID %s", a.UID)
	}
	other, _, _ := newStore()
	mustCreate(t, other, newPod("first", ""))
	if c := mustCreate(t, other, newPod("web", "")); c.UID != a.UID {
		t.Error("another object moved a UID")
	}
	name := s.GenerateName(model.Pod, "default", strings.Repeat("x", 80)+"-")
	if !regexp.MustCompile(`^x{58}[bcdfghjklmnpqrstvwxz2456789]{5}$`).MatchString(name) {
		t.Errorf("generated name %s", name)
	}
}

func TestRevisionsRise(t *testing.T) {
	s, _, _ := newStore()
	last := uint64(0)
	step := func(what string) {
		if s.Revision() <= last {
			t.Errorf("%s: revision %d after %d", what, s.Revision(), last)
		}
		last = s.Revision()
	}
	mustCreate(t, s, newPod("web", ""))
	step("create")
	_, _ = s.UpdatePod(web, "", func(p *Pod) bool { p.NodeName = "n1"; return true })
	step("update")
	before := s.Revision()
	_, _ = s.UpdatePod(web, "", func(*Pod) bool { return false })
	if s.Revision() != before {
		t.Error("a write that changes nothing is none")
	}
}

func TestClientLimits(t *testing.T) {
	c := NewClient(config.Client{KubeAPIQPS: 10, KubeAPIBurst: 3})
	var got []time.Duration
	for range 5 {
		got = append(got, c.Reserve(0))
	}
	if want := []time.Duration{0, 0, 0, 100 * time.Millisecond, 200 * time.Millisecond}; !equal(got, want) {
		t.Errorf("requests at %v, want %v", got, want)
	}
	if at := c.Reserve(10 * time.Second); at != 10*time.Second {
		t.Errorf("after a pause at %v", at)
	}
	if off := NewClient(config.Client{KubeAPIQPS: -1}); off.Reserve(5) != 5 {
		t.Error("a limit that is off delays nothing")
	}
}

func equal(a, b []time.Duration) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// Every field that a status can change in must move the digest.
func TestDigestCoversTheStatus(t *testing.T) {
	s, _, _ := newStore()
	base := func() *Pod {
		p := newPod("web", "n1")
		p.clock, p.UID = s.Clock, "u"
		p.Status = &corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
			ContainerStatuses: []corev1.ContainerStatus{{Name: "app", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}}
		return p
	}
	want := string(base().AppendDigest(nil))
	for name, change := range map[string]func(*Pod){
		"phase":     func(p *Pod) { p.Status.Phase = corev1.PodFailed },
		"reason":    func(p *Pod) { p.Status.Reason = "x" },
		"message":   func(p *Pod) { p.Status.Message = "x" },
		"ip":        func(p *Pod) { p.Status.PodIP = "x" },
		"condition": func(p *Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse },
		"ready":     func(p *Pod) { p.Status.ContainerStatuses[0].Ready = true },
		"restarts":  func(p *Pod) { p.Status.ContainerStatuses[0].RestartCount = 1 },
		"state": func(p *Pod) {
			p.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}
		},
		"node":     func(p *Pod) { p.NodeName = "n2" },
		"labels":   func(p *Pod) { p.Labels = map[string]string{"a": "b"} },
		"deletion": func(p *Pod) { p.Deletion = &Deletion{} },
		"revision": func(p *Pod) { p.Revision++ },
	} {
		p := base()
		change(p)
		if string(p.AppendDigest(nil)) == want {
			t.Errorf("a change of %s does not move the digest", name)
		}
	}
}

// An Event lives for an hour after its last write.
func TestEventsExpire(t *testing.T) {
	s, e, log := newStore()
	ref := Reference{Kind: model.Pod, Namespace: "default", Name: "web"}
	var last *Event
	s.Watch(watcher(func(c *Change) { last, _ = c.New.(*Event) }))
	quiet, busy := &Event{EventClass: &EventClass{Reason: "Quiet"}, Regarding: ref}, &Event{EventClass: &EventClass{Reason: "Busy"}, Regarding: ref}
	s.CreateEvent(quiet)
	s.CreateEvent(busy)
	e.At(30*time.Minute, kindTestTTL, engine.Func(func() { busy = s.UpdateEvent(busy, func(ev *Event) { ev.Count++ }) }))
	left := func(at time.Duration) int {
		if err := e.Run(at); err != nil {
			t.Fatal(err)
		}
		return s.Len(model.Event)
	}
	if n := left(59 * time.Minute); n != 2 {
		t.Errorf("%d events after 59 min", n)
	}
	if n := left(61 * time.Minute); n != 1 || s.Get(model.Event, quiet.Key()) != nil {
		t.Errorf("%d events after 61 min", n)
	}
	if n := left(91 * time.Minute); n != 0 {
		t.Errorf("%d events after 91 min", n)
	}
	if r := last.Revision; r <= busy.Revision || r != s.Revision() {
		t.Errorf("the last event went with resourceVersion %d, it had %d and the last write %d", r, busy.Revision, s.Revision())
	}
	if !strings.Contains(log.take(), "DELETED") {
		t.Error("watchers are told")
	}
	if !e.Settled() {
		t.Error("expiry keeps no run from settling")
	}
}

var kindTestTTL = engine.NewKind("test event", engine.RankWorld, false)

type watcher func(*Change)

func (w watcher) Observe(c *Change) { w(c) }
