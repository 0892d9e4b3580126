package scheduler

import (
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// load is a cluster and the pods to place on it.
type load struct {
	nodes  []*corev1.Node
	pods   []*corev1.Pod // templates, one each pod
	owners []*appsv1.ReplicaSet
}

// likeOpenB has the sizes of Alibaba's openb trace: 1,213 nodes of a dozen shapes, 7,064 pods whose manifests are all
// objects of their own, of about 200 different requests.
func likeOpenB() load {
	var l load
	shapes := [][2]string{{"32", "128Gi"}, {"64", "256Gi"}, {"96", "384Gi"}, {"96", "512Gi"}, {"128", "768Gi"}, {"104", "786Gi"}}
	for i := range 1213 {
		s := shapes[i*7%len(shapes)]
		l.nodes = append(l.nodes, makeNode(fmt.Sprintf("openb-%04d", i), resources("cpu", s[0], "memory", s[1], "pods", "110", "nvidia.com/gpu", fmt.Sprint(i%9))))
	}
	x := uint64(7)
	for i := range 7064 {
		x = x*6364136223846793005 + 1442695040888963407
		r := resources("cpu", fmt.Sprint(1+x>>60, "000m"), "memory", fmt.Sprint((x>>50&7+1)*2048, "Mi"))
		if x>>40&3 == 0 {
			r["nvidia.com/gpu"] = resources("g", "1")["g"]
		}
		l.pods = append(l.pods, makePod(fmt.Sprintf("pod-%05d", i), r))
	}
	return l
}

// fleet is 5,000 nodes and 150,000 pods in runs of equal replicas.
func fleet() load {
	var l load
	for i := range 5000 {
		l.nodes = append(l.nodes, makeNode(fmt.Sprintf("node-%05d", i), resources("cpu", fmt.Sprint(16+16*(i%4)), "memory", fmt.Sprint(64+64*(i%3), "Gi"), "pods", "110"),
			label(corev1.LabelTopologyZone, string(rune('a'+i%3)))))
	}
	x := uint64(7)
	for len(l.pods) < 150000 {
		x = x*6364136223846793005 + 1442695040888963407
		t := makePod("x", resources("cpu", fmt.Sprint(100+x>>59*10, "m"), "memory", fmt.Sprint(128+(x>>50&15)*64, "Mi")))
		for range min(1+int(x>>40&31), 150000-len(l.pods)) {
			l.pods = append(l.pods, t)
		}
	}
	return l
}

// deployments is fleet as ReplicaSets own it: labels, owners, and so the default spread constraints.
func deployments() load {
	l := fleet()
	owner, last := 0, (*corev1.Pod)(nil)
	for i, t := range l.pods {
		if t != last {
			owner, last = owner+1, t
		}
		yes, name := true, fmt.Sprintf("rs-%d", owner)
		l.pods[i].Labels = map[string]string{"app": name, "pod-template-hash": fmt.Sprint(owner)}
		l.pods[i].OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: name, Controller: &yes}}
	}
	for i := range owner {
		name := fmt.Sprintf("rs-%d", i+1)
		l.owners = append(l.owners, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
			Spec: appsv1.ReplicaSetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name, "pod-template-hash": fmt.Sprint(i + 1)}}}})
	}
	return l
}

// BenchmarkCycles is the pure half: compile, decide, count.
func BenchmarkCycles(b *testing.B) {
	for _, c := range []struct {
		name string
		load load
	}{{"openb", likeOpenB()}, {"fleet", fleet()}, {"deployments", deployments()}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				placeAll(b, c.load)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(c.load.pods)), "ns/pod")
		})
	}
}

func placeAll(b *testing.B, l load) {
	p := NewProfile(Args{})
	s := p.NewSnapshot()
	for _, n := range l.nodes {
		s.SetNode(n)
	}
	for _, o := range l.owners {
		s.SetObject(o)
	}
	c, start, placed := &Cycle{}, 0, 0
	pods := make([]Pod, len(l.pods))
	for i, t := range l.pods {
		pod := &pods[i]
		pod.slot, pod.Spec, pod.Shape = -1, &t.Spec, p.compileTemplate(t, "default", nil)
		pod.Namespace, pod.Labels, pod.Owner = "default", t.Labels, metav1.GetControllerOfNoCopy(t)
		s.Update()
		if c.begin(p, s, pod) == 0 {
			if o := c.pick(start); o.slot >= 0 {
				start = o.next
				s.AddPod(pod, s.nodes[o.slot].name)
				placed++
			}
		}
	}
	if placed < len(pods)*9/10 {
		b.Fatalf("placed %d of %d", placed, len(pods))
	}
}

// BenchmarkRun is the whole scheduler in a run with nothing else in it: store, journal, queue, bindings, Events.
func BenchmarkRun(b *testing.B) {
	for _, c := range []struct {
		name string
		load load
	}{{"openb", likeOpenB()}, {"fleet", fleet()}, {"deployments", deployments()}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				runAll(b, c.load)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(c.load.pods)), "ns/pod")
		})
	}
}

func runAll(b *testing.B, l load) {
	cfg, _ := config.Profile("")
	cfg.Scheduler.KubeAPIQPS = -1
	e := engine.New(1)
	s := store.New(e, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), journal.New())
	sc := New(e, s, cfg.Scheduler, cfg.Latency)
	for _, n := range l.nodes {
		if err := s.Create(model.Node, n.DeepCopy()); err != nil {
			b.Fatal(err)
		}
	}
	for _, o := range l.owners {
		if err := s.Create(model.FindKind("ReplicaSet"), o.DeepCopy()); err != nil {
			b.Fatal(err)
		}
	}
	for i, t := range l.pods {
		if err := s.CreatePod(&store.Pod{Namespace: "default", Name: fmt.Sprintf("p-%06d", i), Template: t, Status: &corev1.PodStatus{Phase: corev1.PodPending}}); err != nil {
			b.Fatal(err)
		}
	}
	if err := e.Run(time.Minute); err != nil {
		b.Fatal(err)
	}
	if sc.Attempts < uint64(len(l.pods)) {
		b.Fatalf("%d attempts", sc.Attempts)
	}
}

// BenchmarkBacklog is a full cluster with 20,000 pods of 20 shapes waiting, in which 200 pods end one after another: each
// end has every waiting pod tried again.
func BenchmarkBacklog(b *testing.B) {
	for b.Loop() {
		cfg, _ := config.Profile("")
		cfg.Scheduler.KubeAPIQPS = -1
		cfg.Latency = config.Latency{}
		e := engine.New(1)
		s := store.New(e, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), journal.New())
		sc := New(e, s, cfg.Scheduler, cfg.Latency)
		for i := range 100 {
			if err := s.Create(model.Node, makeNode(fmt.Sprintf("n%03d", i), resources("cpu", "4", "memory", "64Gi"))); err != nil {
				b.Fatal(err)
			}
		}
		for i := range 20400 {
			t := makePod("t", resources("cpu", "1", "memory", fmt.Sprint(100+i%20, "Mi")))
			if err := s.CreatePod(&store.Pod{Namespace: "default", Name: fmt.Sprintf("p-%06d", i), Template: t, Status: &corev1.PodStatus{Phase: corev1.PodPending}}); err != nil {
				b.Fatal(err)
			}
		}
		for i := range 200 {
			e.At(time.Duration(i+1)*time.Second, kindStep, engine.Func(func() {
				grace := int64(0)
				if err := s.DeletePod(store.Key{Namespace: "default", Name: fmt.Sprintf("p-%06d", i)}, "", &grace); err != nil {
					b.Fatal(err)
				}
			}))
		}
		if err := e.Run(202 * time.Second); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(b.N, 1))/float64(sc.Attempts), "ns/attempt")
		b.ReportMetric(float64(sc.Attempts), "attempts")
	}
}
