package metric

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	helper "k8s.io/component-helpers/resource"

	"clustersim/sim/journal"
)

// resources are those that nodes are measured in, in the order of amounts.
var resources = [...]string{"cpu", "memory", "pods"}

// amounts are of cpu in thousandths of a core, of memory in bytes, and of pods: whole numbers, so that sums are exact.
type amounts [len(resources)]float64

// nodeState is what is known of a node of one name; a node that comes back goes on.
type nodeState struct {
	of          [len(resources)]*Object // one for each resource
	used        [len(resources)]*Object
	cost        *Object
	has         amounts
	there       bool
	since       time.Duration // when it came
	seconds     float64       // that it was there before
	use, useHas amounts       // as node_used_ratio stands
}

func (c *Collector) node(r *journal.Record, n *corev1.Node) {
	s := c.nodeNamed(n.Name)
	has := amounts{float64(n.Status.Allocatable.Cpu().MilliValue()), float64(n.Status.Allocatable.Memory().Value()), float64(n.Status.Allocatable.Pods().Value())}
	if r.Verb == journal.Deleted {
		has = amounts{}
	}
	for i := range resources {
		if d := has[i] - s.has[i]; d != 0 {
			c.numbers[mRequested] = append(c.numbers[mRequested], Number{At: r.At, Whole: d, Of: s.of[i]})
		}
	}
	s.has = has
	there := r.Verb != journal.Deleted
	switch {
	case there && !s.there:
		s.since = r.At
	case !there && s.there:
		s.seconds += (r.At - s.since).Seconds()
	}
	s.there = there
}

func (c *Collector) nodeNamed(name string) *nodeState {
	s := c.nodes[name]
	if s == nil {
		s = &nodeState{cost: &Object{Kind: "Node", Name: name, Node: name}}
		for i, r := range resources {
			s.of[i] = &Object{Kind: "Node", Name: name, Node: name, Resource: r}
			s.used[i] = &Object{Kind: "Node", Name: name, Node: name, Resource: r}
		}
		c.nodes[name] = s
		c.nodeOrder = append(c.nodeOrder, s)
	}
	return s
}

// request counts a pod on its node, or not any more.
func (c *Collector) request(at time.Duration, p *podState, f journal.PodFacts, over bool) {
	switch {
	case p.onNode == nil && f.NodeName != "" && !over:
		p.onNode, p.asked = c.nodeNamed(f.NodeName), c.requestOf(f.Spec)
		c.charge(at, p, 1)
	case p.onNode != nil && over:
		c.charge(at, p, -1)
		p.onNode = nil
	}
}

func (c *Collector) charge(at time.Duration, p *podState, sign float64) {
	for i := range resources {
		if p.asked[i] != 0 {
			c.add(mRequested, at, sign*p.asked[i], p.onNode.of[i])
		}
	}
}

// requestOf is what a pod asks of its node; pods of one template are computed once.
func (c *Collector) requestOf(spec *corev1.PodSpec) amounts {
	a, ok := c.requests[spec]
	if !ok {
		r := helper.PodRequests(&corev1.Pod{Spec: *spec}, helper.PodResourcesOptions{})
		a = amounts{float64(r.Cpu().MilliValue()), float64(r.Memory().Value()), 1}
		c.requests[spec] = a
	}
	return a
}

// sampleEvery is how often metrics-server scrapes the kubelets by default.
//
// Source: metrics-server v0.7 --metric-resolution.
const sampleEvery = 15 * time.Second

// sample asks for what containers used at the instants before a record.
func (c *Collector) sample(at time.Duration) {
	if c.options.Used == nil {
		return
	}
	for ; c.sampled < at; c.sampled += sampleEvery {
		c.options.Used(c.sampled, func(node, resource string, amount float64) {
			s := c.nodeNamed(node)
			for i, r := range resources {
				if n := (Number{At: c.sampled, Value: amount - s.use[i], Whole: s.has[i] - s.useHas[i], Of: s.used[i]}); r == resource && (n.Value != 0 || n.Whole != 0) {
					c.numbers[mUsed] = append(c.numbers[mUsed], n)
					s.use[i], s.useHas[i] = amount, s.has[i]
				}
			}
		})
	}
}

// closeNodes adds up what nodes cost.
func (c *Collector) closeNodes(r *run) {
	if c.options.Price == nil {
		return
	}
	for _, s := range c.nodeOrder {
		seconds := s.seconds
		if s.there {
			seconds += (r.end - s.since).Seconds()
		}
		if price := c.options.Price(s.cost.Name); price != 0 {
			r.add(mCost, float64(price*seconds)/3600, s.cost, false)
		}
	}
}
