package kubelet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// cluster is one node with its kubelet and nothing else: pods are bound by hand.
type cluster struct {
	*testing.T
	engine   *engine.Engine
	store    *store.Store
	kubelets *Kubelets
	lines    []string
}

func newCluster(t *testing.T, reference bool, behaviors []world.Behavior, images []world.NamedImage, cached ...string) *cluster {
	c := &cluster{T: t, engine: engine.New(1)}
	c.store = store.New(c.engine, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), journal.New(c))
	p, _ := config.Profile("v1.36")
	c.kubelets = New(c.engine, c.store, world.New(behaviors, nil, images), p.Kubelet, p.Latency, reference)
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}}
	node.Status.Allocatable = corev1.ResourceList{"pods": resource.MustParse("110"), "cpu": resource.MustParse("4"), "memory": resource.MustParse("8Gi")}
	c.kubelets.AddNode(world.NodeTemplate{Object: node, Images: cached}, true)
	return c
}

// Record notes pods and events in one line each.
func (c *cluster) Record(r *journal.Record) error {
	switch o := r.Object.(type) {
	case *store.Event:
		c.lines = append(c.lines, fmt.Sprintf("%8.3f EVT %s %s x%d %s", r.At.Seconds(), o.Regarding.Name, o.Reason, o.Count, o.Message))
	case *store.Pod:
		var b strings.Builder
		for _, s := range append(append([]corev1.ContainerStatus{}, o.Status.InitContainerStatuses...), o.Status.ContainerStatuses...) {
			fmt.Fprintf(&b, " %s", s.Name)
			switch {
			case s.State.Waiting != nil:
				fmt.Fprintf(&b, "=waiting:%s", s.State.Waiting.Reason)
			case s.State.Running != nil:
				b.WriteString("=running")
			case s.State.Terminated != nil:
				fmt.Fprintf(&b, "=%s:%d", s.State.Terminated.Reason, s.State.Terminated.ExitCode)
			}
			fmt.Fprintf(&b, " rc=%d", s.RestartCount)
			if s.Ready {
				b.WriteString(" ready")
			}
		}
		for _, k := range o.Status.Conditions {
			fmt.Fprintf(&b, " %s=%.1s", k.Type, k.Status)
			if k.Reason != "" {
				fmt.Fprintf(&b, "(%s)", k.Reason)
			}
		}
		del := ""
		if o.Deletion != nil {
			del = " deleting"
		}
		c.lines = append(c.lines, fmt.Sprintf("%8.3f %s %s %s%s |%s", r.At.Seconds(), r.Verb, o.Name, o.Status.Phase, del, b.String()))
	}
	return nil
}

var kindTest = engine.NewKind("test", engine.RankWorld, false)

func (c *cluster) at(t time.Duration, f func()) { c.engine.At(t, kindTest, engine.Func(f)) }

// pod creates a pod bound to n1 at t.
func (c *cluster) pod(t time.Duration, manifest string) {
	p := &corev1.Pod{}
	if err := yaml.UnmarshalStrict([]byte(manifest), p); err != nil {
		c.Fatal(err)
	}
	p.Namespace = "default"
	model.Default(p)
	c.at(t, func() {
		status := &corev1.PodStatus{Phase: corev1.PodPending, QOSClass: model.QOSClass(&p.Spec)}
		if err := c.store.CreatePod(&store.Pod{Namespace: "default", Name: p.Name, Template: p, Token: "kube-api-access-xxxxx", Status: status}); err != nil {
			c.Fatal(err)
		}
		if err := c.store.Bind(store.Key{Namespace: "default", Name: p.Name}, "", "n1"); err != nil {
			c.Fatal(err)
		}
	})
}

func (c *cluster) run(until time.Duration) string {
	if err := c.engine.Run(until); err != nil {
		c.Fatal(err)
	}
	return strings.Join(c.lines, "\n")
}

func fixed(d time.Duration) world.Value { return world.Constant(int64(d)) }

// times returns when lines that hold all the words were noted.
func (c *cluster) times(words ...string) (out []float64) {
	for _, l := range c.lines {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(l, w) }) {
			t, err := strconv.ParseFloat(strings.Fields(l)[0], 64)
			if err != nil {
				c.Fatal(err)
			}
			out = append(out, t)
		}
	}
	return out
}

// near wants exactly one line with the words, within a tenth of a second of at plus at most slack.
func (c *cluster) near(at, slack float64, words ...string) {
	c.Helper()
	got := c.times(words...)
	if len(got) != 1 || got[0] < at-0.1 || got[0] > at+slack+0.1 {
		c.Errorf("%q at %v, want once from %v on, at most %v later; all:\n%s", words, got, at, slack, strings.Join(c.lines, "\n"))
	}
}

func (c *cluster) never(words ...string) {
	c.Helper()
	if got := c.times(words...); len(got) > 0 {
		c.Errorf("%q at %v, want never; all:\n%s", words, got, strings.Join(c.lines, "\n"))
	}
}
