package report

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	helper "k8s.io/component-helpers/resource"

	"clustersim/report/kubectl"
	"clustersim/report/timeline"
)

// usage is what the pods of a node ask for.
type usage struct {
	pods        int
	milliCPU    int64
	memoryBytes int64
}

// requests adds up, by node, what bound and unfinished pods ask for. Pods of one template are computed once.
func (c *Collector) requests() map[string]usage {
	total := map[string]usage{}
	known := map[*corev1.PodSpec]usage{}
	for i := range c.pods {
		l := c.pods[i]
		if l.last == nil || l.node == "" || l.finished >= 0 {
			continue
		}
		f := l.last.Facts()
		u, ok := known[f.Spec]
		if !ok {
			r := helper.PodRequests(&corev1.Pod{Spec: *f.Spec}, helper.PodResourcesOptions{})
			u = usage{1, r.Cpu().MilliValue(), r.Memory().Value()}
			known[f.Spec] = u
		}
		t := total[l.node]
		total[l.node] = usage{t.pods + u.pods, t.milliCPU + u.milliCPU, t.memoryBytes + u.memoryBytes}
	}
	return total
}

// Timeline is the run as package timeline tells it, as of the given time: the whole story if the pods were few, else
// their times and states alone.
func (c *Collector) Timeline(title string, until time.Duration) timeline.Run {
	var r timeline.Run
	if c.history != nil {
		r = c.history.Run(title, until)
	} else {
		r = timeline.Run{Title: title, Until: until, Pods: c.timelinePods()}
	}
	r.Nodes, r.Cluster = c.timelineNodes(), c.cluster.Happenings
	return r
}

func (c *Collector) timelinePods() []timeline.Pod {
	pods := make([]timeline.Pod, 0, len(c.pods))
	for i := range c.pods {
		l := c.pods[i]
		status, restarts := l.status, l.restarts
		if l.last != nil {
			f := l.last.Facts()
			s := c.summary(&f)
			status, restarts = s.Status, s.Restarts
		}
		pods = append(pods, timeline.Pod{
			Namespace: l.namespace, Name: l.name, Owner: l.owner, Node: l.node, Status: status, Restarts: restarts, WhyNot: l.whyNot,
			Created: l.created, Bound: l.scheduled, Ready: l.ready, Finished: l.finished, Gone: l.deleted,
		})
	}
	return pods
}

func (c *Collector) timelineNodes() []timeline.Node {
	total := c.requests()
	nodes := make([]timeline.Node, 0, len(c.order))
	for _, l := range c.order {
		if l.gone {
			continue
		}
		u, of := total[l.name], l.last.Status.Allocatable
		nodes = append(nodes, timeline.Node{
			Name: l.name, Status: kubectl.NodeStatus(l.last), Pods: u.pods, CPURequested: u.milliCPU, CPUAllocatable: of.Cpu().MilliValue(),
			MemoryRequested: u.memoryBytes, MemoryAllocatable: of.Memory().Value(), PodsAllocatable: of.Pods().Value(),
		})
	}
	return nodes
}
