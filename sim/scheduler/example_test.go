package scheduler_test

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/config"
	"clustersim/sim/scheduler"
)

// tenants is a plugin that no Kubernetes has: a node with the label tenant takes pods of that namespace alone, and pods go
// rather to such nodes than to those for everybody.
var tenants = &scheduler.Plugin{
	Name:   "Tenants",
	Doc:    "Turns nodes of other tenants down, and scores those of the pod's own.",
	Events: scheduler.NodeAdd | scheduler.NodeLabel,
	Key:    func(_ *corev1.PodSpec, namespace string, _ map[string]string) string { return namespace },
	Compile: func(k *scheduler.Compiler) scheduler.Part {
		namespace := k.Namespace
		reject := k.Verdict(scheduler.UnschedulableAndUnresolvable, "node(s) belonged to another tenant")
		return scheduler.Part{
			Filter: func(c *scheduler.Cycle, n int32) scheduler.Verdict {
				if tenant := c.Node(n).Labels["tenant"]; tenant != "" && tenant != namespace {
					return reject
				}
				return 0
			},
			Score: func(c *scheduler.Cycle, n int32) int64 {
				if c.Node(n).Labels["tenant"] == namespace {
					return scheduler.MaxNodeScore
				}
				return 0
			},
		}
	},
}

// A plugin of one's own is a value beside those of the registry. sim.Options.SchedulerPlugins takes it for a whole run.
func Example_outOfTreePlugin() {
	node := func(name, tenant string) *corev1.Node {
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}}
		if tenant != "" {
			n.Labels["tenant"] = tenant
		}
		n.Status.Allocatable = corev1.ResourceList{"cpu": resource.MustParse("4"), "memory": resource.MustParse("8Gi"), "pods": resource.MustParse("1")}
		return n
	}
	pod := func(namespace, name string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: corev1.PodSpec{
			SchedulerName: scheduler.DefaultSchedulerName, Containers: []corev1.Container{{Name: "app", Image: "app"}},
		}}
	}
	p := scheduler.NewPlanner(config.Scheduler{}, scheduler.Registered{Plugin: tenants, Weight: 5})
	p.SetNode(node("shared", ""))
	p.SetNode(node("red-1", "red"))
	for _, pod := range []*corev1.Pod{pod("blue", "a"), pod("blue", "b"), pod("red", "a")} {
		res := p.Place(pod, scheduler.Options{})
		fmt.Println(res.Pod, cmp.Or(res.Chosen, res.Message))
		for _, n := range res.Nodes {
			fmt.Println(" ", n.Node, n.Plugin, n.Scores["Tenants"], n.Total)
		}
	}
	// Output:
	// blue/a shared
	//   red-1 Tenants 0 0
	//   shared  0 397
	// blue/b 0/2 nodes are available: 1 Too many pods, 1 node(s) belonged to another tenant.
	//   red-1 Tenants 0 0
	//   shared NodeResourcesFit 0 0
	// red/a red-1
	//   red-1  500 897
	//   shared NodeResourcesFit 0 0
}
