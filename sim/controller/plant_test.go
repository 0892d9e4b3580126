package controller

import (
	"fmt"
	"regexp"
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

// plant is a control plane with machines that do as they are told: they start a pod half a second after it was created, on
// the nodes in turn, and stop it a second after its deletion.
type plant struct {
	t       *testing.T
	engine  *engine.Engine
	store   *store.Store
	api     *admission.Admission
	manager *Manager
	lines   []string
	last    map[string]string // messages of Events
	show    string            // kinds whose Events are noted, as a regular expression

	life  func(p *store.Pod) life
	bound int
	slow  bool // pods that are deleted do not end
}

// life is what a pod does once it runs. The zero life runs for ever and is ready at once.
type life struct {
	never   bool          // does not start
	ready   time.Duration // after the start
	ends    time.Duration // after the start; 0 = never
	code    int32
	restart int32 // restarts that it shows when it starts
}

func newPlant(t *testing.T, profile string, unlimited bool) *plant {
	cfg, _ := config.Profile(profile)
	if unlimited {
		cfg.ControllerManager.KubeAPIQPS = -1
	}
	p := &plant{t: t, engine: engine.New(1), show: ".", last: map[string]string{}}
	p.engine.Limits = engine.Limits{Events: 10_000_000, AtInstant: 1_000_000}
	p.store = store.New(p.engine, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), journal.New(p))
	p.api = admission.New(p.engine, p.store, cfg.ControllerManager)
	p.api.Bootstrap()
	p.manager = New(p.engine, p.store, cfg, nil, nil, false)
	p.manager.UseAPI(p.api)
	p.store.Watch(p)
	for _, name := range []string{"n1", "n2"} {
		p.addNode(name)
	}
	p.manager.Start()
	return p
}

// addNode stores a node that is ready and always heard.
func (p *plant) addNode(name string) {
	since := metav1.NewTime(p.store.Now().Add(-time.Minute))
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: since}}
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, LastHeartbeatTime: since, LastTransitionTime: since}}
	if err := p.store.Create(model.Node, n); err != nil {
		p.t.Fatal(err)
	}
}

// Observe implements store.Watcher.
func (p *plant) Observe(c *store.Change) {
	old, pod, ok := c.Pods()
	if !ok {
		return
	}
	key, uid := pod.Key(), string(pod.UID)
	switch {
	case c.Verb == journal.Added:
		p.engine.After(500*time.Millisecond, kindTest, engine.Func(func() { p.begin(key, uid) }))
	case !p.slow && c.Verb == journal.Modified && pod.Deletion != nil && old.Deletion == nil && pod.Deletion.GraceSeconds > 0:
		zero := int64(0)
		p.engine.After(time.Second, kindTest, engine.Func(func() { _ = p.store.DeletePod(key, uid, &zero) }))
	}
}

func (p *plant) begin(key store.Key, uid string) {
	pod := p.store.Pod(key)
	if pod == nil || pod.Deletion != nil || pod.NodeName != "" {
		return
	}
	l := life{}
	if p.life != nil {
		l = p.life(pod)
	}
	node := targetNode(pod)
	if node == "" {
		p.bound++
		node = fmt.Sprintf("n%d", p.bound%2+1)
	}
	if err := p.store.Bind(key, uid, node); err != nil {
		p.t.Error(err)
	}
	if l.never {
		return
	}
	p.phase(key, uid, corev1.PodRunning, l)
	p.engine.After(l.ready, kindTest, engine.Func(func() { p.setReady(key, uid) }))
	if l.ends > 0 {
		phase := corev1.PodSucceeded
		if l.code != 0 {
			phase = corev1.PodFailed
		}
		p.engine.After(l.ends, kindTest, engine.Func(func() { p.phase(key, uid, phase, l) }))
	}
}

// phase writes the status of a pod in that phase.
func (p *plant) phase(key store.Key, uid string, phase corev1.PodPhase, l life) {
	_, _ = p.store.UpdatePod(key, uid, func(pod *store.Pod) bool {
		st := *pod.Status
		now := pod.Clock(p.engine.Now())
		st.Phase = phase
		cs := corev1.ContainerStatus{Name: pod.Spec().Containers[0].Name, RestartCount: l.restart}
		if phase == corev1.PodRunning {
			cs.State.Running = &corev1.ContainerStateRunning{StartedAt: now}
		} else {
			cs.State.Terminated = &corev1.ContainerStateTerminated{ExitCode: l.code, FinishedAt: now}
			st.Conditions = store.SetCondition(st.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse}, now)
		}
		st.ContainerStatuses = []corev1.ContainerStatus{cs}
		pod.Status = &st
		return true
	})
}

func (p *plant) setReady(key store.Key, uid string) {
	_, _ = p.store.UpdatePod(key, uid, func(pod *store.Pod) bool {
		if pod.Terminal() {
			return false
		}
		st := *pod.Status
		st.Conditions = store.SetCondition(st.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue}, pod.Clock(p.engine.Now()))
		pod.Status = &st
		return true
	})
}

var podName = regexp.MustCompile(`-[bcdfghjklmnpqrstvwxz2456789]{5}\b`)

// Record implements journal.Sink: one line for each Event, with what repeats counted.
func (p *plant) Record(r *journal.Record) error {
	e, ok := r.Object.(*store.Event)
	if !ok || r.Verb == journal.Deleted || !regexp.MustCompile(p.show).MatchString(e.Regarding.Kind.Name+"/"+e.Regarding.Name) {
		return nil
	}
	if r.Verb == journal.Modified && p.last[e.Name] == e.Message {
		return nil // counted
	}
	p.last[e.Name] = e.Message
	message := strings.TrimPrefix(e.Message, "(combined from similar events): ")
	if e.Reason == "SuccessfulCreate" || e.Reason == "SuccessfulDelete" {
		message = podName.ReplaceAllString(message, "-?")
	}
	p.lines = append(p.lines, fmt.Sprintf("%s %s/%s %s: %s", tenths(r.At), e.Regarding.Kind.Name, e.Regarding.Name, e.Reason, message))
	return nil
}

// tenths is an instant to the tenth.
func tenths(t engine.Time) string { return fmt.Sprintf("%.1f", t.Seconds()) }

// create sends manifests, as YAML.
func (p *plant) create(manifests string) {
	p.t.Helper()
	list, problems := model.Decode("test.yaml", []byte(manifests), model.Options{})
	if len(list) == 0 {
		p.t.Fatal(problems)
	}
	for _, m := range list {
		if _, err := p.api.Create(m.Kind, m.Object); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *plant) run(until time.Duration) {
	p.t.Helper()
	if err := p.engine.Run(until); err != nil {
		p.t.Fatal(err)
	}
}

// expect compares the Events since the last call with a transcript.
func (p *plant) expect(want ...string) {
	p.t.Helper()
	if got, want := strings.Join(p.lines, "\n"), strings.Join(want, "\n"); got != want {
		p.t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	p.lines = nil
}

func key(name string) store.Key { return store.Key{Namespace: metav1.NamespaceDefault, Name: name} }

// get returns the object of a name.
func get[T model.Object](p *plant, k *model.Kind, name string) T {
	p.t.Helper()
	o := p.store.Get(k, key(name))
	if o == nil {
		p.t.Fatalf("%s %s is not there", k.Name, name)
	}
	return o.API().(T)
}

// patch merges a change into an object.
func (p *plant) patch(k *model.Kind, name, patch string) {
	p.t.Helper()
	if err := p.api.Patch(k, key(name), "merge", "", []byte(patch)); err != nil {
		p.t.Fatal(err)
	}
}

// pods lists the pods that are there, in the order of their creation.
func (p *plant) pods(which func(*store.Pod) bool) (out []*store.Pod) {
	for _, o := range p.store.List(model.Pod) {
		if pod := o.(*store.Pod); which == nil || which(pod) {
			out = append(out, pod)
		}
	}
	return out
}
