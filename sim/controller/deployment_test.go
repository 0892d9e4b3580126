package controller

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/model"
	"clustersim/sim/store"
)

// Hashes that a real control plane gave (recordings node-crash and node-partition-heals).
func TestPodTemplateHash(t *testing.T) {
	const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: %s
`
	for _, c := range []struct{ spec, want string }{
		{`{containers: [{name: app, image: "registry.test/app:v1"}], nodeSelector: {scenario: node-partition-heals}}`, "b986bf4c9"},
		{`{topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}, nodeTaintsPolicy: Honor}],
      tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 20}, {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 20}],
      containers: [{name: app, image: "registry.test/app:v1"}], nodeSelector: {scenario: node-crash}}`, "788d6bfd4f"},
	} {
		p := newPlant(t, "instant", true)
		p.create(fmt.Sprintf(manifest, c.spec))
		d := get[*appsv1.Deployment](p, model.Deployment, "web")
		if got := podTemplateHash(&d.Spec.Template, nil); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		one := int32(1)
		if podTemplateHash(&d.Spec.Template, &one) == c.want {
			t.Error("a collision does not change the hash")
		}
	}
}

// Source: controllers.md 6.3.
func TestFenceposts(t *testing.T) {
	for _, c := range []struct {
		replicas           int32
		surge, unavailable string
		wantS, wantU       int32
	}{
		{1, "25%", "25%", 1, 0}, {2, "25%", "25%", 1, 0}, {3, "25%", "25%", 1, 0}, {4, "25%", "25%", 1, 1}, {5, "25%", "25%", 2, 1},
		{8, "25%", "25%", 2, 2}, {10, "25%", "25%", 3, 2}, {20, "25%", "25%", 5, 5},
		{2, "0%", "1%", 0, 1}, {1, "0%", "1%", 0, 1}, {2, "1%", "25%", 1, 0}, {2, "1%", "0%", 1, 0}, {0, "25%", "25%", 0, 0}, {1, "0", "3", 0, 1},
	} {
		s, u := intstr.Parse(c.surge), intstr.Parse(c.unavailable)
		d := &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: &c.replicas, Strategy: appsv1.DeploymentStrategy{
			Type: appsv1.RollingUpdateDeploymentStrategyType, RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &s, MaxUnavailable: &u}}}}
		if gs, gu := maxSurge(d), maxUnavailable(d); gs != c.wantS || gu != c.wantU {
			t.Errorf("%d replicas, %s, %s: got %d/%d, want %d/%d", c.replicas, c.surge, c.unavailable, gs, gu, c.wantS, c.wantU)
		}
	}
}

func webDeployment(replicas int, more string) string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "app:1"}]}}
%s`, replicas, more)
}

const newImage = `{"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:%d"}]}}}}`

// scalings are the steps of a rollout in short: "new 0-3" for "Scaled up replica set web-x from 0 to 3".
func (p *plant) scalings() string {
	names := map[string]string{}
	var out []string
	for _, l := range p.lines {
		_, l, ok := strings.Cut(l, "replica set ")
		if !ok {
			continue
		}
		f := strings.Fields(l)
		if names[f[0]] == "" {
			names[f[0]] = fmt.Sprintf("r%d", len(names)+1)
		}
		out = append(out, fmt.Sprintf("%s %s-%s", names[f[0]], f[2], f[4]))
	}
	p.lines = nil
	return strings.Join(out, ", ")
}

// Source: controllers.md 6.4, the sequences for 3 and for 10 replicas.
func TestRollingUpdate(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "Deployment/web"
	p.create(webDeployment(3, ""))
	p.run(5 * time.Second)
	p.patch(model.Deployment, "web", fmt.Sprintf(newImage, 2))
	p.run(30 * time.Second)
	if got, want := p.scalings(), "r1 0-3, r2 0-1, r1 3-2, r2 1-2, r1 2-1, r2 2-3, r1 1-0"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	d := get[*appsv1.Deployment](p, model.Deployment, "web")
	if c := deploymentCondition(&d.Status, appsv1.DeploymentProgressing); c == nil || c.Reason != "NewReplicaSetAvailable" || d.Annotations[revisionAnnotation] != "2" {
		t.Errorf("status %+v, annotations %v", d.Status, d.Annotations)
	}

	p = newPlant(t, "v1.36", true)
	p.show = "Deployment/web"
	p.create(webDeployment(10, ""))
	p.run(5 * time.Second)
	p.patch(model.Deployment, "web", fmt.Sprintf(newImage, 2))
	p.run(5*time.Second + 400*time.Millisecond)
	if got, want := p.scalings(), "r1 0-10, r2 0-3, r1 10-8, r2 3-5"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Going back to an old template takes up its ReplicaSet again, under a new and higher revision.
func TestRollBack(t *testing.T) {
	p := newPlant(t, "instant", true)
	p.create(webDeployment(1, ""))
	p.run(2 * time.Second)
	for i, image := range []int{2, 1} {
		p.patch(model.Deployment, "web", fmt.Sprintf(newImage, image))
		p.run(time.Duration(10*(i+1)) * time.Second)
	}
	sets := p.store.List(model.ReplicaSet)
	var have []string
	for _, o := range sets {
		rs := o.API().(*appsv1.ReplicaSet)
		have = append(have, fmt.Sprintf("%s %d revision %s history %q", rs.Spec.Template.Spec.Containers[0].Image, *rs.Spec.Replicas, rs.Annotations[revisionAnnotation], rs.Annotations[revisionHistoryAnnotation]))
	}
	slices.Sort(have)
	if got, want := strings.Join(have, "; "), `app:1 1 revision 3 history "1"; app:2 0 revision 2 history ""`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Source: controllers.md 6.7: time-out, and later progress that clears it.
func TestProgressDeadline(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	stuck := true
	p.life = func(*store.Pod) life { return life{never: stuck} }
	p.create(webDeployment(1, "  progressDeadlineSeconds: 30"))
	at := func(until time.Duration, status corev1.ConditionStatus, reason string) {
		t.Helper()
		p.run(until)
		d := get[*appsv1.Deployment](p, model.Deployment, "web")
		if c := deploymentCondition(&d.Status, appsv1.DeploymentProgressing); c.Status != status || c.Reason != reason {
			t.Errorf("at %s: %s (%s), want %s (%s)", until, c.Status, c.Reason, status, reason)
		}
	}
	at(30*time.Second, corev1.ConditionTrue, "ReplicaSetUpdated")
	at(32*time.Second, corev1.ConditionFalse, "ProgressDeadlineExceeded")
	stuck = false
	p.patch(model.Deployment, "web", fmt.Sprintf(newImage, 2))
	at(40*time.Second, corev1.ConditionTrue, "NewReplicaSetAvailable")
	p.patch(model.Deployment, "web", `{"spec": {"paused": true}}`)
	at(41*time.Second, corev1.ConditionUnknown, "DeploymentPaused")
	p.patch(model.Deployment, "web", `{"spec": {"paused": false}}`)
	at(42*time.Second, corev1.ConditionTrue, "NewReplicaSetAvailable")
}

// Recreate waits for the objects of old pods: one on a lost node blocks it.
func TestRecreate(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "Deployment/web"
	p.create(webDeployment(2, "  strategy: {type: Recreate}"))
	p.run(3 * time.Second)
	first := p.pods(nil)[0]
	_, _ = p.store.UpdatePod(first.Key(), "", func(pod *store.Pod) bool { // nobody is left to end it
		pod.Finalizers = []string{"example.com/stuck"}
		return true
	})
	p.patch(model.Deployment, "web", fmt.Sprintf(newImage, 2))
	p.run(10 * time.Second)
	if got, want := p.scalings(), "r1 0-2, r1 2-0"; got != want {
		t.Errorf("while an old pod is there: got %s, want %s", got, want)
	}
	_, _ = p.store.UpdatePod(first.Key(), "", func(pod *store.Pod) bool {
		pod.Finalizers = []string{}
		return true
	})
	p.run(12 * time.Second)
	if got, want := p.scalings(), "r1 0-2"; got != want {
		t.Errorf("afterwards: got %s, want %s", got, want)
	}
}

// Source: controllers.md 6.6, worked out by hand: 10 replicas with surge 3, of which 5 are new when it is scaled to 20.
func TestScaleInProportion(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "Deployment/web"
	p.create(webDeployment(10, ""))
	p.run(5 * time.Second)
	p.life = func(*store.Pod) life { return life{never: true} }
	p.patch(model.Deployment, "web", fmt.Sprintf(newImage, 2))
	p.run(10 * time.Second)
	p.scalings()
	p.patch(model.Deployment, "web", `{"spec": {"replicas": 20}}`)
	p.run(11 * time.Second)
	// 25 allowed, 13 there: of 12 the old one (8 of 13) gets round(8*25/13)-8 = 7, the new one (5) round(5*25/13)-5 = 5.
	if got, want := p.scalings(), "r1 8-15, r2 5-10"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Old, empty ReplicaSets go, those of the lowest revisions first.
func TestRevisionHistory(t *testing.T) {
	p := newPlant(t, "instant", true)
	p.create(webDeployment(1, "  revisionHistoryLimit: 2"))
	for i := range 5 {
		p.run(time.Duration(10*(i+1)) * time.Second)
		p.patch(model.Deployment, "web", fmt.Sprintf(newImage, i+2))
	}
	p.run(2 * time.Minute)
	var images []string
	for _, o := range p.store.List(model.ReplicaSet) {
		images = append(images, o.API().(*appsv1.ReplicaSet).Spec.Template.Spec.Containers[0].Image)
	}
	slices.Sort(images)
	if got := strings.Join(images, " "); got != "app:4 app:5 app:6" {
		t.Errorf("got %s", got)
	}
}

// A ReplicaSet of the name that belongs to somebody else makes the next hash differ.
func TestCollision(t *testing.T) {
	p := newPlant(t, "instant", true)
	p.create(webDeployment(1, ""))
	hash := podTemplateHash(&get[*appsv1.Deployment](p, model.Deployment, "web").Spec.Template, nil)
	p.create(fmt.Sprintf(`
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-%s}
spec:
  replicas: 0
  selector: {matchLabels: {app: other}}
  template: {metadata: {labels: {app: other}}, spec: {containers: [{name: app, image: other}]}}
`, hash))
	p.run(5 * time.Second)
	d := get[*appsv1.Deployment](p, model.Deployment, "web")
	if d.Status.CollisionCount == nil || *d.Status.CollisionCount != 1 || d.Status.ReadyReplicas != 1 || p.store.Len(model.ReplicaSet) != 2 {
		t.Errorf("status %+v, %d replica sets", d.Status, p.store.Len(model.ReplicaSet))
	}
}

// A Deployment that comes again adopts the ReplicaSet that the one before left as an orphan, and rolls out nothing. A
// ReplicaSet whose labels do not match any more is released.
func TestDeploymentAdopts(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.create(webDeployment(2, ""))
	p.run(3 * time.Second)
	before := p.store.List(model.ReplicaSet)[0].API().GetUID()
	if err := p.api.Delete(model.Deployment, key("web"), nil, "Orphan"); err != nil {
		t.Fatal(err)
	}
	p.run(4 * time.Second)
	p.create(webDeployment(2, ""))
	p.run(6 * time.Second)
	d := get[*appsv1.Deployment](p, model.Deployment, "web")
	sets := p.store.List(model.ReplicaSet)
	if len(sets) != 1 || sets[0].API().GetUID() != before || controllerUID(sets[0].API().GetOwnerReferences()) != d.UID || d.Status.AvailableReplicas != 2 {
		t.Fatalf("%d replica sets, owners %v, status %+v", len(sets), sets[0].API().GetOwnerReferences(), d.Status)
	}
	p.patch(model.ReplicaSet, sets[0].Key().Name, `{"metadata": {"labels": {"app": "mine"}}}`)
	p.run(8 * time.Second)
	if o := p.store.Get(model.ReplicaSet, sets[0].Key()); len(o.API().GetOwnerReferences()) != 0 {
		t.Errorf("the released one belongs to %v", o.API().GetOwnerReferences())
	}
}
