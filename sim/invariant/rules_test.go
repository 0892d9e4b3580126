package invariant

import (
	"errors"
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// fake is a stored object of any kind but Pod.
type fake struct {
	kind *model.Kind
	o    model.Object
}

func (f fake) Kind() *model.Kind            { return f.kind }
func (f fake) API() model.Object            { return f.o }
func (f fake) AppendDigest(b []byte) []byte { return b }
func (f fake) Key() store.Key               { return store.Key{Namespace: f.o.GetNamespace(), Name: f.o.GetName()} }

// tape writes records and keeps the first rule that one of them broke.
type tape struct {
	c      *Checker
	at     time.Duration
	seq    uint64
	broken *Broken
}

func newTape() *tape {
	t := &tape{c: New(), at: time.Minute}
	t.add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default"}})
	t.add(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}, Status: corev1.NodeStatus{Allocatable: list("cpu", "1", "pods", "2")}})
	return t
}

func (t *tape) record(r journal.Record) {
	t.seq++
	t.at += time.Millisecond
	r.Seq = t.seq
	if r.At == 0 {
		r.At = t.at
	}
	var b *Broken
	if err := t.c.Record(&r); t.broken == nil && errors.As(err, &b) {
		t.broken = b
	}
}

func (t *tape) write(verb journal.Verb, o model.Object) {
	kind := kindFor(o)
	o.GetObjectKind().SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind(kind.Name))
	if o.GetUID() == "" {
		o.SetUID(types.UID(kind.Name + o.GetName()))
	}
	if kind.Namespaced {
		o.SetNamespace("default")
	}
	if o.GetResourceVersion() == "" {
		o.SetResourceVersion(fmt.Sprint(t.seq + 1))
	}
	t.record(journal.Record{Verb: verb, Object: fake{kind, o}})
}

func kindFor(o model.Object) *model.Kind {
	for _, k := range model.Kinds {
		if fmt.Sprintf("%T", k.New()) == fmt.Sprintf("%T", o) {
			return k
		}
	}
	panic(fmt.Sprintf("%T", o))
}

func (t *tape) add(o model.Object)    { t.write(journal.Added, o) }
func (t *tape) modify(o model.Object) { t.write(journal.Modified, o) }
func (t *tape) remove(o model.Object) { t.write(journal.Deleted, o) }

// pod writes a state of a pod, made from a plain one by changes.
func (t *tape) pod(verb journal.Verb, name string, changes ...func(*store.Pod)) {
	p := &store.Pod{Namespace: "default", Name: name, UID: types.UID("pod" + name), Revision: t.seq + 1, Generation: 1, Template: &corev1.Pod{}, Status: &corev1.PodStatus{Phase: corev1.PodPending}}
	p.Template.Spec.Containers = []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{Requests: list("cpu", "600m")}, Ports: []corev1.ContainerPort{{HostPort: 80}}}}
	for _, change := range changes {
		change(p)
	}
	t.record(journal.Record{Verb: verb, Object: p})
}

func list(pairs ...string) corev1.ResourceList {
	l := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		l[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return l
}

func running(p *store.Pod) {
	p.NodeName = "n"
	p.Status.Phase = corev1.PodRunning
	p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
}

func ready(p *store.Pod) {
	running(p)
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}, {Type: corev1.ContainersReady, Status: corev1.ConditionTrue}}
}

func small(p *store.Pod) {
	p.Template.Spec.Containers[0].Resources.Requests = nil
	p.Template.Spec.Containers[0].Ports = nil
}

func cost(cpu string) func(*store.Pod) {
	return func(p *store.Pod) { p.Template.Spec.Containers[0].Resources.Requests = list("cpu", cpu) }
}

func ownedBy(uid string) func(*store.Pod) {
	return func(p *store.Pod) { p.Owners = []metav1.OwnerReference{{UID: types.UID(uid), Controller: &yes}} }
}

func deleting(p *store.Pod) { p.Deletion = &store.Deletion{GraceSeconds: 5, At: time.Hour} }

func number32(n int32) *int32 { return &n }

var yes = true

// breaks holds, for each rule, what breaks it, with what is right beside it.
var breaks = map[string]func(t *tape){
	"time": func(t *tape) { t.record(journal.Record{At: time.Second, Object: &store.Pod{Name: "p"}}) },
	"version": func(t *tape) {
		t.add(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "m", ResourceVersion: "1"}})
	},
	"cause": func(t *tape) { t.record(journal.Record{Cause: 99, Object: &store.Pod{Name: "p", Revision: 9}}) },
	"identity": func(t *tape) {
		t.pod(journal.Added, "p")
		t.pod(journal.Modified, "p", func(p *store.Pod) { p.UID = "another" })
	},
	"deletion": func(t *tape) {
		t.pod(journal.Added, "p", running, deleting)
		t.pod(journal.Modified, "p", running, deleting, func(p *store.Pod) { p.Deletion.GraceSeconds = 6 })
	},
	"finalizers": func(t *tape) {
		t.pod(journal.Added, "p")
		t.pod(journal.Deleted, "p", func(p *store.Pod) { p.Finalizers = []string{"f"} })
	},
	"generation": func(t *tape) {
		t.add(&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "rs", Generation: 2}})
		t.modify(&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "rs", Generation: 1}})
	},
	"namespace": func(t *tape) { t.pod(journal.Added, "p", func(p *store.Pod) { p.Namespace = "none" }) },
	"pod-conditions": func(t *tape) {
		t.pod(journal.Added, "p", ready)
		t.pod(journal.Modified, "p", ready, func(p *store.Pod) { p.Status.Conditions = p.Status.Conditions[:1] })
	},
	"pod-containers": func(t *tape) {
		t.pod(journal.Added, "p", running)
		t.pod(journal.Modified, "p", running, func(p *store.Pod) { p.Status.ContainerStatuses[0].State.Waiting = &corev1.ContainerStateWaiting{} })
	},
	"pod-order": func(t *tape) {
		t.pod(journal.Added, "p", running, func(p *store.Pod) {
			p.Template.Spec.InitContainers = []corev1.Container{{Name: "i"}}
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "i", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}}}
		})
	},
	"pod-owner": func(t *tape) {
		t.pod(journal.Added, "p", func(p *store.Pod) { p.Owners = []metav1.OwnerReference{{Controller: &yes}, {Controller: &yes}} })
	},
	"pod-phase": func(t *tape) {
		t.pod(journal.Added, "p", func(p *store.Pod) { p.Status.Phase = corev1.PodFailed })
		t.pod(journal.Modified, "p", running)
	},
	"pod-binding": func(t *tape) {
		t.add(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "m"}})
		t.pod(journal.Added, "p", running)
		t.pod(journal.Modified, "p", running, func(p *store.Pod) { p.NodeName = "m" })
	},
	"pod-restarts": func(t *tape) {
		t.pod(journal.Added, "p", running, func(p *store.Pod) { p.Status.ContainerStatuses[0].RestartCount = 2 })
		t.pod(journal.Modified, "p", running, func(p *store.Pod) { p.Status.ContainerStatuses[0].RestartCount = 1 })
	},
	"node-room": func(t *tape) {
		noPorts := func(p *store.Pod) { p.Template.Spec.Containers[0].Ports = nil }
		t.pod(journal.Added, "p", running, noPorts)
		t.pod(journal.Added, "q", noPorts)
		t.pod(journal.Modified, "q", running, noPorts)
	},
	"node-exists": func(t *tape) {
		t.pod(journal.Added, "p")
		t.pod(journal.Modified, "p", func(p *store.Pod) { p.NodeName = "m" })
	},
	"node-ports": func(t *tape) {
		t.pod(journal.Added, "p", running, cost("1m"))
		t.pod(journal.Added, "q", cost("1m"))
		t.pod(journal.Modified, "q", running, cost("1m"))
	},
	"pod-ip": func(t *tape) {
		ip := func(p *store.Pod) { p.Status.PodIP = "10.0.0.1" }
		t.pod(journal.Added, "p", running, small, ip)
		t.pod(journal.Added, "q", small)
		t.pod(journal.Modified, "q", running, small, ip)
	},
	"service-ip": func(t *tape) {
		t.add(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.1"}}})
		t.add(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Spec: corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.1"}}})
	},
	"replicas": func(t *tape) {
		t.add(&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "rs", UID: "rs"}, Spec: appsv1.ReplicaSetSpec{Replicas: number32(1)}})
		t.pod(journal.Added, "a", ownedBy("rs"))
		t.pod(journal.Modified, "a", ownedBy("rs"), deleting)
		t.pod(journal.Added, "b", ownedBy("rs")) // the other is going
		t.pod(journal.Added, "c", ownedBy("rs"))
	},
	"deployment-surge": func(t *tape) {
		percent := intstr.FromString("25%")
		t.add(&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "d", UID: "d"}, Spec: appsv1.DeploymentSpec{Replicas: number32(5),
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType, RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &percent}}}})
		set := func(name string, n int32) *appsv1.ReplicaSet {
			return &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{{UID: "d", Controller: &yes}}}, Spec: appsv1.ReplicaSetSpec{Replicas: &n}}
		}
		t.add(set("a", 5))
		t.add(set("b", 2)) // a quarter of five, rounded up
		t.modify(set("b", 3))
	},
	"statefulset-ordinals": func(t *tape) {
		t.add(&appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "s", UID: "s"}, Spec: appsv1.StatefulSetSpec{Replicas: number32(3)}})
		t.pod(journal.Added, "s-0", ownedBy("s"))
		t.pod(journal.Modified, "s-0", ownedBy("s"), ready)
		t.pod(journal.Added, "s-1", ownedBy("s"))
		t.pod(journal.Added, "s-2", ownedBy("s")) // s-1 is not ready
	},
	"daemonset-node": func(t *tape) {
		t.add(&appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "d", UID: "d"}})
		t.pod(journal.Added, "a", ownedBy("d"), running)
		t.pod(journal.Added, "b", ownedBy("d"), func(p *store.Pod) {
			p.Template.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: []corev1.NodeSelectorRequirement{{Key: "metadata.name", Values: []string{"n"}}}}},
			}}}
		})
	},
	"job-parallelism": func(t *tape) {
		t.add(&batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "j", UID: "j"}, Spec: batchv1.JobSpec{Parallelism: number32(2)}})
		index := func(p *store.Pod) { p.Annotations = map[string]string{batchv1.JobCompletionIndexAnnotation: "0"} }
		t.pod(journal.Added, "a", ownedBy("j"), index)
		t.pod(journal.Added, "b", ownedBy("j"), index)
	},
	"budget": func(t *tape) {
		t.add(&policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{}},
			Status: policyv1.PodDisruptionBudgetStatus{DesiredHealthy: 1}})
		evict := func(p *store.Pod) {
			deleting(p)
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "EvictionByEvictionAPI"})
		}
		t.pod(journal.Added, "a", ready)
		t.pod(journal.Added, "b", ready)
		t.pod(journal.Modified, "a", ready, evict)
		t.at += time.Hour
		t.pod(journal.Modified, "b", ready, evict)
	},
	"quota": func(t *tape) {
		t.add(&corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "q"}, Status: corev1.ResourceQuotaStatus{Hard: list("requests.cpu", "1")}})
		t.pod(journal.Added, "a")
		t.pod(journal.Added, "b", cost("400m"))
		t.pod(journal.Added, "c", cost("1m"))
	},
	"owner-alive": func(t *tape) {
		rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "rs", UID: "rs"}}
		t.add(rs)
		t.pod(journal.Added, "p", ownedBy("rs"))
		rs.ResourceVersion = ""
		t.remove(rs)
		t.at += time.Hour
	},
	"node-collected": func(t *tape) {
		t.pod(journal.Added, "p", running)
		t.remove(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}})
		t.at += time.Hour
	},
}

// Every rule sees what breaks it, and nothing in what comes before.
func TestEveryRuleBites(t *testing.T) {
	names := map[string]bool{}
	for _, r := range Rules() {
		names[r.Name] = true
	}
	for _, r := range endRules {
		names[r.name] = true
	}
	for name := range names { // unordered: each by itself
		t.Run(name, func(t *testing.T) {
			act := breaks[name]
			if act == nil {
				t.Fatal("nothing breaks it here")
			}
			tp := newTape()
			if act(tp); tp.broken == nil {
				_ = errors.As(tp.c.End(tp.at), &tp.broken)
			}
			switch b := tp.broken; {
			case b == nil:
				t.Error("nothing was noticed")
			case b.Rule != name:
				t.Errorf("%v", b)
			case b.Seq != 0 && b.Seq != tp.seq:
				t.Errorf("broken before the last record, %d: %v", tp.seq, b)
			}
		})
	}
	for name := range breaks { // unordered: each by itself
		if !names[name] {
			t.Errorf("there is no rule %s", name)
		}
	}
}
