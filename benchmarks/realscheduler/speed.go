package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// workload is one row of the speed table: what the pods ask for.
type workload struct {
	name string
	with func(p *corev1.Pod, class int)
}

var workloads = []workload{
	{"resources", func(*corev1.Pod, int) {}},
	{"node affinity", nodeAffinityOf},
	{"spread", spreadOf},
	{"inter-pod affinity", interPodOf},
}

// variety is how many kinds of pods there are; 0 = each is its own.
var varieties = []struct {
	name    string
	classes int
}{{"identical", 1}, {"50 classes", 50}, {"all different", 0}}

func runSpeed(args []string) error {
	fs := flag.NewFlagSet("speed", flag.ExitOnError)
	sizes := fs.String("nodes", "1000,5000", "numbers of nodes, with commas between")
	only := fs.String("only", "", "workloads to run, with commas between")
	kind := fs.String("variety", "", "identical, 50 classes or all different; all three if empty")
	budget := fs.Duration("budget", 5*time.Second, "processor time for each side in each row")
	profile := fs.String("cpuprofile", "", "file for a profile of ours")
	_ = fs.Parse(args)
	runtime.GOMAXPROCS(1)
	profiling = *profile
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "nodes\tpods ask for\tpods are\treal pods/s\tours pods/s\tratio\tsame node\t")
	for _, size := range strings.Split(*sizes, ",") {
		var n int
		if _, err := fmt.Sscan(size, &n); err != nil {
			return err
		}
		for _, l := range workloads {
			if *only != "" && !slices.Contains(strings.Split(*only, ","), l.name) {
				continue
			}
			for _, v := range varieties {
				if *kind != "" && v.name != *kind {
					continue
				}
				r := race(n, l, v.classes, *budget)
				fmt.Fprintf(w, "%d\t%s\t%s\t%.0f\t%.0f\t%.0f\t%d of %d\t\n", n, l.name, v.name, r.real, r.ours, r.ours/r.real, r.same, r.compared)
				_ = w.Flush()
			}
		}
	}
	return nil
}

type result struct {
	real, ours     float64 // pods/s
	same, compared int     // nodes chosen
}

// profiling is the file for a profile of ours, "" = none.
var profiling string

// race places the same pods on equal clusters, on the real scheduler and on ours, as many as the budget lasts for.
// Both compile the pod, take a snapshot, choose a node and count the pod there; nothing else.
func race(nodes int, l workload, classes int, budget time.Duration) (r result) {
	const most = 30000
	fleet, pods := fleet(nodes), make([]*corev1.Pod, most)
	for i := range pods {
		pods[i] = speedPod(i, classes, l)
	}
	real, err := NewReal()
	must(err)
	defer real.Close()
	ours := NewOurs()
	for _, n := range fleet {
		real.SetNode(n)
		ours.SetNode(n)
	}
	for _, ns := range namespaces {
		o := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}
		real.SetObject(o)
		ours.SetObject(o)
	}
	var chosen []string
	r.real, chosen = run(pods, budget, real.Pick, func(p *corev1.Pod, node string) {
		bound := *p
		bound.Spec.NodeName = node
		real.SetPod(&bound)
	})
	runtime.GC()
	var got []string
	if profiling != "" {
		f, err := os.Create(profiling)
		must(err)
		must(pprof.StartCPUProfile(f))
		defer f.Close()
		defer pprof.StopCPUProfile()
	}
	r.ours, got = run(pods, budget, ours.Pick, func(p *corev1.Pod, node string) { ours.bind(node) })
	r.compared = min(len(chosen), len(got))
	for i := range r.compared {
		if chosen[i] == got[i] {
			r.same++
		}
	}
	return r
}

// cpu is the processor time of this process so far. One thread runs at a time, so it is what a core of its own would
// take, whatever else the machine does.
func cpu() time.Duration {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// run places pods until the budget is spent, and returns pods/s and the nodes chosen.
func run(pods []*corev1.Pod, budget time.Duration, pick func(*corev1.Pod) string, bind func(*corev1.Pod, string)) (float64, []string) {
	var chosen []string
	begin, n := cpu(), 0
	for i, p := range pods {
		node := pick(p)
		chosen = append(chosen, node)
		if node != "" {
			bind(p, node)
		}
		if n++; i&15 == 15 && cpu()-begin > budget {
			break
		}
	}
	return float64(n) / (cpu() - begin).Seconds(), chosen
}

// fleet is nodes of four sizes in three zones.
func fleet(n int) (out []*corev1.Node) {
	for i := range n {
		name := fmt.Sprintf("node-%05d", i)
		a := corev1.ResourceList{
			"cpu": *resource.NewQuantity(int64(16+16*(i%4)), resource.DecimalSI), "memory": *resource.NewQuantity(int64(64+64*(i%3))<<30, resource.BinarySI),
			"pods": *resource.NewQuantity(110, resource.DecimalSI),
		}
		out = append(out, &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
				corev1.LabelHostname: name, corev1.LabelTopologyZone: string(rune('a' + i%3)), "disk": []string{"ssd", "hdd"}[i/3%2], "generation": fmt.Sprint(i % 7)}},
			Status: corev1.NodeStatus{Allocatable: a, Capacity: a},
		})
	}
	return out
}

// speedPod is the i-th pod. Pods of a class differ in nothing but their names; without classes each has requests and
// an app label of its own.
func speedPod(i, classes int, l workload) *corev1.Pod {
	class := i
	if classes > 0 {
		class = i % classes
	}
	name := fmt.Sprintf("pod-%06d", i)
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name), Labels: map[string]string{"app": fmt.Sprint("app-", class)}}}
	p.Spec.SchedulerName = corev1.DefaultSchedulerName
	p.Spec.Containers = []corev1.Container{{Name: "c", Image: "app:v1", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
		"cpu": *resource.NewMilliQuantity(int64(100+class%9000), resource.DecimalSI), "memory": *resource.NewQuantity(int64(128+class%977)<<20, resource.BinarySI)}}}}
	if classes > 0 { // small: a fleet takes them all
		p.Spec.Containers[0].Resources.Requests["cpu"] = *resource.NewMilliQuantity(int64(100+class*10), resource.DecimalSI)
	}
	l.with(p, class)
	return p
}

// nodeAffinityOf asks for ssd nodes, and prefers one generation.
func nodeAffinityOf(p *corev1.Pod, class int) {
	in := func(key, value string) corev1.NodeSelectorTerm {
		return corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{value}}}}
	}
	p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution:  &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{in("disk", "ssd")}},
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{Weight: 10, Preference: in("generation", fmt.Sprint(class%7))}},
	}}
}

// spreadOf spreads the pods of an app over zones strictly and over nodes if possible.
func spreadOf(p *corev1.Pod, _ int) {
	own := &metav1.LabelSelector{MatchLabels: p.Labels}
	p.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{
		{MaxSkew: 5, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: own},
		{MaxSkew: 1, TopologyKey: corev1.LabelHostname, WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: own},
	}
}

// interPodOf keeps pods of an app off one another's nodes if possible, and in the zone where the first one is.
func interPodOf(p *corev1.Pod, _ int) {
	own := &metav1.LabelSelector{MatchLabels: p.Labels}
	p.Spec.Affinity = &corev1.Affinity{
		PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{TopologyKey: corev1.LabelTopologyZone, LabelSelector: own}}},
		PodAntiAffinity: &corev1.PodAntiAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{
			{Weight: 100, PodAffinityTerm: corev1.PodAffinityTerm{TopologyKey: corev1.LabelHostname, LabelSelector: own}}}},
	}
}
