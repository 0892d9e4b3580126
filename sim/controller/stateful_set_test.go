package controller

import (
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/admission"
	"clustersim/sim/store"
)

func dbSet(replicas int, more, podMore string) string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: %d
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: app, image: app:v1}]%s}}
%s`, replicas, podMore, more)
}

func created(at, pod string) string {
	return at + " StatefulSet/db SuccessfulCreate: Create Pod " + pod + " in StatefulSet db successful"
}

func deleted(at, pod string) string {
	return at + " StatefulSet/db SuccessfulDelete: Delete Pod " + pod + " in StatefulSet db successful"
}

func (p *plant) statusOf(name string) string {
	s := get[*appsv1.StatefulSet](p, statefulSetKind, name).Status
	return fmt.Sprintf("%d replicas, %d ready, %d available, %d current, %d updated", s.Replicas, s.ReadyReplicas, s.AvailableReplicas, s.CurrentReplicas, s.UpdatedReplicas)
}

func (p *plant) wantStatus(want string) {
	p.t.Helper()
	if got := p.statusOf("db"); got != want {
		p.t.Errorf("at %v: %s, want %s", p.engine.Now(), got, want)
	}
}

// One after another, each when the one before is ready; scaled down from the top, each when the one above has gone.
// Pods start half a second after they were created and are ready a second later.
func TestStatefulSetInOrder(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.show = "StatefulSet/"
	p.life = func(*store.Pod) life { return life{ready: time.Second} }
	p.create(dbSet(3, "", ""))
	p.run(10 * time.Second)
	p.expect(created("0.0", "db-0"), created("1.5", "db-1"), created("3.0", "db-2"))
	p.wantStatus("3 replicas, 3 ready, 3 available, 3 current, 3 updated")
	pod := p.store.Pod(key("db-1"))
	if l := pod.LabelSet(); l["statefulset.kubernetes.io/pod-name"] != "db-1" || l["apps.kubernetes.io/pod-index"] != "1" || !strings.HasPrefix(l["controller-revision-hash"], "db-") ||
		pod.Spec().Hostname != "db-1" || pod.Spec().Subdomain != "db" || pod.API().GetGenerateName() != "db-" {
		t.Errorf("labels %v, spec %+v", l, pod.Spec())
	}
	if other := p.store.Pod(key("db-0")); other.Spec().Hostname != "db-0" || &other.Spec().Containers[0] != &pod.Spec().Containers[0] {
		t.Error("pods of one revision share their containers, and nothing else")
	}
	p.patch(statefulSetKind, "db", `{"spec": {"replicas": 1}}`)
	p.run(20 * time.Second)
	p.expect(deleted("10.0", "db-2"), deleted("11.0", "db-1"))
	p.wantStatus("1 replicas, 1 ready, 1 available, 1 current, 1 updated")
}

// Parallel: all at once; but a pod whose object is there is not replaced.
func TestStatefulSetParallel(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "StatefulSet/"
	p.create(dbSet(4, "  podManagementPolicy: Parallel\n  ordinals: {start: 5}", ""))
	p.run(5 * time.Second)
	p.expect(created("0.0", "db-5"), created("0.0", "db-6"), created("0.0", "db-7"), created("0.0", "db-8"))
	p.slow = true
	_ = p.store.DeletePod(key("db-6"), "", nil)
	p.run(60 * time.Second)
	p.expect()
	zero := int64(0)
	_ = p.store.DeletePod(key("db-6"), "", &zero)
	p.run(61 * time.Second)
	if p.store.Pod(key("db-6")).Deletion != nil {
		t.Error("db-6 is not new")
	}
	p.slow = false
	p.patch(statefulSetKind, "db", `{"spec": {"replicas": 0}}`)
	p.run(70 * time.Second)
	if n := len(p.pods(nil)); n != 0 {
		t.Errorf("%d pods left", n)
	}
}

// A pod that has failed, or succeeded, is deleted and made anew; the ones above wait.
func TestStatefulSetFailedPod(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "StatefulSet/"
	tries := 0
	p.life = func(pod *store.Pod) life {
		if pod.Name == "db-0" && tries < 2 {
			tries++
			return life{ready: time.Hour, ends: time.Second, code: int32(tries - 1)}
		}
		return life{}
	}
	p.create(dbSet(2, "", ""))
	p.run(10 * time.Second)
	p.expect(created("0.0", "db-0"), deleted("1.5", "db-0"), created("3.5", "db-1"))
	if tries != 2 {
		t.Errorf("%d tries", tries)
	}
}

// From the partition upwards, highest first, one at a time; below it the old revision comes back.
func TestStatefulSetPartition(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "StatefulSet/"
	p.create(dbSet(4, "  updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}", ""))
	p.run(10 * time.Second)
	first := get[*appsv1.StatefulSet](p, statefulSetKind, "db").Status.CurrentRevision
	p.lines = nil
	p.patch(statefulSetKind, "db", `{"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:v2"}]}}}}`)
	p.run(20 * time.Second)
	p.expect(deleted("10.0", "db-3"), deleted("11.5", "db-2"))
	p.wantStatus("4 replicas, 4 ready, 4 available, 2 current, 2 updated")
	_ = p.store.DeletePod(key("db-1"), "", nil)
	p.run(30 * time.Second)
	if r := revisionOfPod(p.store.Pod(key("db-1"))); r != first {
		t.Errorf("db-1 came back as %s, want %s", r, first)
	}
	p.patch(statefulSetKind, "db", `{"spec": {"updateStrategy": {"rollingUpdate": {"partition": 0}}}}`)
	p.run(60 * time.Second)
	p.wantStatus("4 replicas, 4 ready, 4 available, 4 current, 4 updated")
	st := get[*appsv1.StatefulSet](p, statefulSetKind, "db").Status
	if st.CurrentRevision == first || st.CurrentRevision != st.UpdateRevision {
		t.Errorf("revisions %s, %s", st.CurrentRevision, st.UpdateRevision)
	}
	p.patch(statefulSetKind, "db", `{"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:v1"}]}}}}`)
	p.run(90 * time.Second)
	if n := p.store.Len(controllerRevision); n != 2 {
		t.Errorf("%d revisions after a roll-back, want 2", n)
	}
	if r := get[*appsv1.ControllerRevision](p, controllerRevision, first); r.Revision != 3 {
		t.Errorf("the old revision is number %d, want 3", r.Revision)
	}
}

// minReadySeconds delays each step.
func TestStatefulSetMinReady(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "StatefulSet/"
	p.create(dbSet(2, "  minReadySeconds: 5", ""))
	p.run(4 * time.Second)
	p.wantStatus("1 replicas, 1 ready, 0 available, 1 current, 1 updated")
	p.run(20 * time.Second)
	p.expect(created("0.0", "db-0"), created("5.0", "db-1")) // ready at 0.5, which the condition rounds down
	p.wantStatus("2 replicas, 2 ready, 2 available, 2 current, 2 updated")
}

// Claims are made before their pod, and belong to whom the policy says (controllers.md 7.6).
func TestStatefulSetClaims(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "StatefulSet/"
	p.create(dbSet(2, `  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Delete}
  volumeClaimTemplates:
  - metadata: {name: data, labels: {tier: hot}}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}`, ", volumes: [{name: data, emptyDir: {}}, {name: tmp, emptyDir: {}}]"))
	p.run(5 * time.Second)
	p.expect(
		"0.0 StatefulSet/db SuccessfulCreate: Create Claim data-db-0 Pod db-0 in StatefulSet db success", created("0.0", "db-0"),
		"0.5 StatefulSet/db SuccessfulCreate: Create Claim data-db-1 Pod db-1 in StatefulSet db success", created("0.5", "db-1"))
	pod := p.store.Pod(key("db-1"))
	if v := pod.Spec().Volumes; len(v) != 2 || v[0].PersistentVolumeClaim == nil || v[0].PersistentVolumeClaim.ClaimName != "data-db-1" || v[1].Name != "tmp" {
		t.Errorf("volumes %+v", v)
	}
	owner := func(name string) string {
		c := get[*corev1.PersistentVolumeClaim](p, claimKind, name)
		if c.Labels["tier"] != "hot" || c.Labels["app"] != "db" {
			t.Errorf("labels of %s: %v", name, c.Labels)
		}
		var out []string
		for _, o := range c.OwnerReferences {
			out = append(out, o.Kind+"/"+o.Name)
		}
		return strings.Join(out, " ")
	}
	if o := owner("data-db-1"); o != "StatefulSet/db" {
		t.Errorf("owner %s", o)
	}
	p.slow = true
	p.patch(statefulSetKind, "db", `{"spec": {"replicas": 1}}`)
	p.run(6 * time.Second)
	if o0, o1 := owner("data-db-0"), owner("data-db-1"); o0 != "StatefulSet/db" || o1 != "Pod/db-1" {
		t.Errorf("owners %s, %s", o0, o1)
	}
}

// Pods of the set's name and labels are adopted; one that loses its label is let go, and another takes its place when
// its object has gone.
func TestStatefulSetAdopts(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.create(`{apiVersion: v1, kind: Pod, metadata: {name: db-0, labels: {app: db}}, spec: {containers: [{name: app, image: app}]}}`)
	p.create(`{apiVersion: v1, kind: Pod, metadata: {name: other-1, labels: {app: db}}, spec: {containers: [{name: app, image: app}]}}`)
	p.run(time.Second)
	p.create(dbSet(2, "", ""))
	p.run(5 * time.Second)
	set := get[*appsv1.StatefulSet](p, statefulSetKind, "db")
	if r := controllerOf(p.store.Pod(key("db-0")).OwnerList()); r == nil || r.UID != set.UID {
		t.Errorf("db-0 was not adopted: %v", r)
	}
	if r := controllerOf(p.store.Pod(key("other-1")).OwnerList()); r != nil {
		t.Errorf("other-1 was adopted: %v", r)
	}
	_, _ = p.store.UpdatePod(key("db-1"), "", func(pod *store.Pod) bool { pod.Labels = map[string]string{"app": "mine"}; return true })
	p.run(6 * time.Second)
	if r := controllerOf(p.store.Pod(key("db-1")).OwnerList()); r != nil {
		t.Errorf("db-1 was not let go: %v", r)
	}
}

// Names that a pod of a set can have.
func TestOrdinalOf(t *testing.T) {
	for name, want := range map[string]string{
		"db-0": "db 0", "a-b-12": "a-b 12", "db": " -1", "db-": " -1", "db-x": " -1", "db-+1": " -1", "-3": " 3", "db-99999999999": " -1",
	} {
		if parent, n := ordinalOf(name); fmt.Sprintf("%s %d", parent, n) != want {
			t.Errorf("%s: %q %d, want %s", name, parent, n, want)
		}
	}
}

// A refusal is told and tried again; a name that is too long for a label or host is one.
func TestStatefulSetRefused(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "StatefulSet/"
	p.create(dbSet(1, "", ", serviceAccountName: robot"))
	p.run(time.Second)
	if len(p.lines) == 0 || !strings.HasSuffix(p.lines[0], `StatefulSet/db FailedCreate: Create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found`) {
		t.Errorf("%q", p.lines)
	}
	p.create(`{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot}}`)
	p.run(10 * time.Second)
	p.wantStatus("1 replicas, 1 ready, 1 available, 1 current, 1 updated")
	_, _, err := p.api.CreatePodAs(&corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app"}}}},
		admission.Identity{Name: strings.Repeat("a", 64), Labels: map[string]string{"l": strings.Repeat("a", 64)}, Edit: func(s *corev1.PodSpec) { s.Hostname = strings.Repeat("a", 64) }})
	if err == nil || !strings.Contains(err.Error(), "metadata.labels") || !strings.Contains(err.Error(), "spec.hostname") {
		t.Error(err)
	}

}
