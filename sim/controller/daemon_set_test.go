package controller

import (
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

func agents(more, podMore string) string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: app, image: app:v1}]%s}}
%s`, podMore, more)
}

// daemonStatus is desired/current/ready/updated/available, and what is misscheduled.
func (p *plant) daemonStatus(want string) {
	p.t.Helper()
	s := get[*appsv1.DaemonSet](p, daemonSetKind, "agent").Status
	got := fmt.Sprintf("%d/%d/%d/%d/%d -%d", s.DesiredNumberScheduled, s.CurrentNumberScheduled, s.NumberReady, s.UpdatedNumberScheduled, s.NumberAvailable, s.NumberMisscheduled)
	if got != want {
		p.t.Errorf("at %v: %s, want %s", p.engine.Now(), got, want)
	}
}

// Where daemons run (controllers.md 8.1, 8.2).
func TestDaemonFilter(t *testing.T) {
	for _, c := range []struct {
		name      string
		spec      corev1.PodSpec
		labels    map[string]string
		taints    []corev1.Taint
		run, stay bool
	}{
		{name: "plain", run: true, stay: true},
		{name: "selector", spec: corev1.PodSpec{NodeSelector: map[string]string{"disk": "ssd"}}},
		{name: "selector met", spec: corev1.PodSpec{NodeSelector: map[string]string{"disk": "ssd"}}, labels: map[string]string{"disk": "ssd"}, run: true, stay: true},
		{name: "NoSchedule", taints: []corev1.Taint{{Key: "x", Effect: corev1.TaintEffectNoSchedule}}, stay: true},
		{name: "NoExecute", taints: []corev1.Taint{{Key: "x", Effect: corev1.TaintEffectNoExecute}}},
		{name: "PreferNoSchedule", taints: []corev1.Taint{{Key: "x", Effect: corev1.TaintEffectPreferNoSchedule}}, run: true, stay: true},
		{name: "cordoned", taints: []corev1.Taint{{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}}, run: true, stay: true},
		{name: "not ready, new", taints: []corev1.Taint{{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule}}, stay: true},
		{name: "unreachable", taints: []corev1.Taint{{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoSchedule}, {Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute}}, stay: true},
		{name: "pressure", taints: []corev1.Taint{{Key: corev1.TaintNodeMemoryPressure, Effect: corev1.TaintEffectNoSchedule}}, run: true, stay: true},
		{name: "no network", taints: []corev1.Taint{{Key: corev1.TaintNodeNetworkUnavailable, Effect: corev1.TaintEffectNoSchedule}}, stay: true},
		{name: "no network, host's", spec: corev1.PodSpec{HostNetwork: true}, taints: []corev1.Taint{{Key: corev1.TaintNodeNetworkUnavailable, Effect: corev1.TaintEffectNoSchedule}}, run: true, stay: true},
		{name: "tolerates", spec: corev1.PodSpec{Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}}}, taints: []corev1.Taint{{Key: "x", Effect: corev1.TaintEffectNoExecute}}, run: true, stay: true},
		{name: "another node", spec: corev1.PodSpec{NodeName: "n2"}},
	} {
		f := newDaemonFilter(&appsv1.DaemonSet{Spec: appsv1.DaemonSetSpec{Template: corev1.PodTemplateSpec{Spec: c.spec}}})
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: c.labels}, Spec: corev1.NodeSpec{Taints: c.taints}}
		if run, stay := f.check(n); run != c.run || stay != c.stay {
			t.Errorf("%s: run %v, stay %v", c.name, run, stay)
		}
	}
}

// The pods ask for their nodes by name, and tolerate what daemons do; what the user wanted for ever stays.
func TestDaemonPods(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.create(agents("", `, tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 5}], affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: none, operator: DoesNotExist}]}]}}}`))
	p.run(2 * time.Second)
	p.daemonStatus("2/2/2/2/2 -0")
	for _, pod := range p.pods(nil) {
		var keys []string
		for _, tol := range pod.Spec().Tolerations {
			keys = append(keys, strings.TrimPrefix(tol.Key, "node.kubernetes.io/")+":"+string(tol.Effect))
			if tol.TolerationSeconds != nil {
				t.Errorf("%s tolerates %s for a time", pod.Name, tol.Key)
			}
		}
		if got, want := strings.Join(keys, " "), "not-ready:NoExecute unreachable:NoExecute disk-pressure:NoSchedule memory-pressure:NoSchedule pid-pressure:NoSchedule unschedulable:NoSchedule"; got != want {
			t.Errorf("tolerations %s", got)
		}
		terms := pod.Spec().Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
		if len(terms) != 1 || len(terms[0].MatchExpressions) != 0 || terms[0].MatchFields[0].Values[0] != pod.NodeName {
			t.Errorf("%s on %s asks for %+v", pod.Name, pod.NodeName, terms)
		}
		if l := pod.LabelSet(); l["pod-template-generation"] != "1" || l["controller-revision-hash"] == "" {
			t.Errorf("labels %v", l)
		}
	}
}

// Nodes come, are tainted, and go.
func TestDaemonSetNodes(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.create(agents("", ""))
	p.run(2 * time.Second)
	p.addNode("n3")
	p.run(4 * time.Second)
	p.daemonStatus("3/3/3/3/3 -0")
	taint := func(node string, effect corev1.TaintEffect) {
		_ = p.store.UpdateNode(node, func(n *corev1.Node) bool {
			n.Spec.Taints = []corev1.Taint{{Key: "x", Effect: effect}}
			return true
		})
	}
	taint("n3", corev1.TaintEffectNoExecute)
	p.run(6 * time.Second)
	p.daemonStatus("2/2/2/2/2 -0")
	taint("n2", corev1.TaintEffectNoSchedule) // stays, and wakes nobody
	p.run(8 * time.Second)
	p.daemonStatus("2/2/2/2/2 -0")
	for _, pod := range p.pods(func(pod *store.Pod) bool { return pod.NodeName == "n1" }) {
		_ = p.store.DeletePod(pod.Key(), "", nil)
	}
	p.run(12 * time.Second)
	p.daemonStatus("1/1/1/1/1 -1")
	if n := len(p.pods(func(pod *store.Pod) bool { return pod.NodeName == "n2" })); n != 1 {
		t.Errorf("%d pods on n2", n)
	}
}

// A failed pod is deleted at once, the next one 1 s after it is found, then 2 s, 4 s and so on.
func TestDaemonSetFailures(t *testing.T) {
	p := newPlant(t, "instant", true)
	p.show = "DaemonSet/"
	p.create(agents("", ", nodeSelector: {only: here}"))
	_ = p.store.UpdateNode("n1", func(n *corev1.Node) bool { n.Labels = map[string]string{"only": "here"}; return true })
	p.life = func(*store.Pod) life { return life{ready: time.Hour, ends: 100 * time.Millisecond, code: 1} }
	p.run(8500 * time.Millisecond)
	var deaths []string
	for _, l := range p.lines {
		if strings.Contains(l, "FailedDaemonPod") {
			deaths = append(deaths, strings.Fields(l)[0])
		}
	}
	if got := strings.Join(deaths, " "); got != "0.6 2.2 4.8" {
		t.Errorf("failed pods were deleted at %s\n%s", got, strings.Join(p.lines, "\n"))
	}
	if !strings.Contains(p.lines[1], "FailedDaemonPod: Found failed daemon pod default/agent-") || !strings.Contains(p.lines[1], "on node n1, will try to kill it") {
		t.Errorf("%q", p.lines[1])
	}
}

// A new template: one node after another, or with surge beside the old pods.
func TestDaemonSetUpdate(t *testing.T) {
	for _, c := range []struct{ name, strategy, during, events string }{
		{"one at a time", "", "2/2/1/1/1 -0", "delete create delete create"},
		{"all at once", `  updateStrategy: {rollingUpdate: {maxUnavailable: "100%"}}`, "2/2/0/2/0 -0", "delete delete create create"},
		{"surge", `  updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}`, "2/2/2/0/2 -0", "create delete create delete"},
		{"by hand", `  updateStrategy: {type: OnDelete}`, "2/2/2/0/2 -0", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlant(t, "v1.36", true)
			p.show = "DaemonSet/"
			p.create(agents(c.strategy, ""))
			p.run(5 * time.Second)
			p.lines = nil
			p.patch(daemonSetKind, "agent", `{"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:v2"}]}}}}`)
			p.run(6300 * time.Millisecond)
			if c.name == "surge" {
				p.run(5300 * time.Millisecond)
			}
			p.daemonStatus(c.during)
			p.run(20 * time.Second)
			var events []string
			for _, l := range p.lines {
				switch {
				case strings.Contains(l, "Created pod"):
					events = append(events, "create")
				case strings.Contains(l, "Deleted pod"):
					events = append(events, "delete")
				}
			}
			if got := strings.Join(events, " "); got != c.events {
				t.Errorf("got %s, want %s", got, c.events)
			}
			set := get[*appsv1.DaemonSet](p, daemonSetKind, "agent")
			if set.Annotations["deprecated.daemonset.template.generation"] != "2" || set.Generation != 2 || set.Status.ObservedGeneration != 2 {
				t.Errorf("annotations %v, generation %d, observed %d", set.Annotations, set.Generation, set.Status.ObservedGeneration)
			}
			if c.events != "" {
				p.daemonStatus("2/2/2/2/2 -0")
			}
		})
	}
}

// A selector for everything is a mistake of which an Event tells.
func TestDaemonSetSelectsAll(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "DaemonSet/"
	o := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "agent"}, Spec: appsv1.DaemonSetSpec{Selector: &metav1.LabelSelector{},
		Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app"}}}}}}
	model.Default(o)
	if err := p.store.Create(daemonSetKind, o); err != nil {
		t.Fatal(err)
	}
	p.run(time.Second)
	p.expect("0.0 DaemonSet/agent SelectingAll: This daemon set is selecting all pods. A non-empty selector is required.")
}
