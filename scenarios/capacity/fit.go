package capacity

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Fit is what fits of all pods, and what is left of the nodes.
type Fit struct {
	Nodes      int `json:"nodes"`
	EmptyNodes int `json:"emptyNodes"` // without pods other than those of DaemonSets
	Pods       int `json:"pods"`       // all that should run, but for those of DaemonSets
	Bound      int `json:"bound"`      // had a node from the start
	Placed     int `json:"placed"`     // got one
	Pending    int `json:"pending"`
	Daemons    int `json:"daemonSetPods"`

	Unplaced  []Unplaced     `json:"unplaced,omitempty"`
	Resources []ResourceFit  `json:"resources"`
	Classes   []ClassFit     `json:"classes"`
	GPU       *Fragmentation `json:"gpu,omitempty"`
	NodeFits  []NodeFit      `json:"nodeList,omitempty"`
	Notes     []string       `json:"notes,omitempty"`
}

// Unplaced are the pods that the same reasons keep from every node.
type Unplaced struct {
	Reasons []string `json:"reasons"`
	Pods    int      `json:"pods"`
	Classes []string `json:"classes"` // by number of pods
	Message string   `json:"message"` // upstream's, of the last of them
	First   string   `json:"first"`   // namespace/name
}

// ResourceFit is one resource of all nodes. Amounts are in Unit; shares are from 0 to 1.
type ResourceFit struct {
	Name        string  `json:"name"`
	Unit        string  `json:"unit"`
	Allocatable float64 `json:"allocatable"`
	Requested   float64 `json:"requested"`
	Utilisation float64 `json:"utilisation"`
	// Wanted is what all pods ask for, those without a node included.
	Wanted float64 `json:"wanted"`
	// Stranded is free on nodes that no class of the input fits on any more.
	Stranded      float64 `json:"stranded"`
	StrandedShare float64 `json:"strandedShare"`
	// Packing is what is requested of what the nodes in use have.
	Packing float64 `json:"packing"`
}

// ClassFit is one class.
type ClassFit struct {
	Name     string `json:"name"`
	Needs    string `json:"needs"`
	Pods     int    `json:"pods"`
	Pending  int    `json:"pending"`
	Headroom int    `json:"headroom"` // how many more of it fit now; -1 = not asked
}

// NodeFit is one node.
type NodeFit struct {
	Name      string             `json:"name"`
	Pods      int                `json:"pods"`
	Requested map[string]float64 `json:"requested"`
	Free      map[string]float64 `json:"free"`
}

// headroomClasses is for how many classes Fit also tells the headroom: those with most pods.
const headroomClasses = 10

// Fit places every pod that waits and looks at what is left.
func (c *Cluster) Fit() *Fit {
	t := c.newTrial(c.Nodes, false)
	t.bindAll()
	f := &Fit{Nodes: len(c.Nodes), Notes: c.Notes}
	why := map[*Class]Unplaced{} // siblings fail for the same reasons as long as nothing was placed in between
	for _, p := range c.Waiting {
		if t.place(p) != "" {
			f.Placed++
			clear(why)
			continue
		}
		f.Pending++
		u, ok := why[p.Class]
		if !ok {
			u.Message, u.Reasons = t.Why(t.compiled(p))
			why[p.Class] = u
		}
		f.refused(p, u)
	}
	for i := range f.Unplaced {
		f.Unplaced[i].order()
	}
	slices.SortStableFunc(f.Unplaced, func(a, b Unplaced) int { return cmp.Compare(b.Pods, a.Pods) })
	f.measure(t)
	f.classes(t)
	f.GPU = fragmentation(t)
	return f
}

// refused counts a pod without a node under its reasons.
func (f *Fit) refused(p *Pod, why Unplaced) {
	i := slices.IndexFunc(f.Unplaced, func(o Unplaced) bool { return slices.Equal(o.Reasons, why.Reasons) })
	if i < 0 {
		i = len(f.Unplaced)
		f.Unplaced = append(f.Unplaced, Unplaced{Reasons: why.Reasons, First: p.Namespace + "/" + p.Name})
	}
	u := &f.Unplaced[i]
	u.Pods++
	u.Message = why.Message
	u.Classes = append(u.Classes, p.Class.Name)
}

// order makes of the names of all pods' classes those of the classes, the most frequent first.
func (u *Unplaced) order() {
	count := map[string]int{}
	var names []string
	for _, n := range u.Classes {
		if count[n]++; count[n] == 1 {
			names = append(names, n)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	u.Classes = names
}

// usage is what is on a node.
type usage struct {
	node   *corev1.Node
	gives  Amounts
	takes  Amounts
	pods   int // other than those of DaemonSets
	orders []*Pod
}

// usages are those of all nodes, in order.
func (t *trial) usages() []usage {
	c := t.cluster
	out := make([]usage, len(t.nodes))
	at := map[string]int{}
	for i, n := range t.nodes {
		out[i] = usage{node: n, gives: c.gives(n), takes: make(Amounts, len(c.resources))}
		at[n.Name] = i
	}
	add := func(p *Pod) {
		s := t.of[p]
		if s == nil {
			return
		}
		i, ok := at[t.NodeOf(s)]
		if !ok {
			return
		}
		u := &out[i]
		u.takes.add(p.Needs)
		if !p.daemon {
			u.pods++
			u.orders = append(u.orders, p)
		}
	}
	for _, p := range c.Bound {
		add(p)
	}
	for _, p := range c.Waiting {
		add(p)
	}
	for _, d := range t.daemons {
		if i, ok := at[d.node]; ok {
			out[i].takes.add(c.needs(t.daemonPod(d)))
		}
	}
	return out
}

// daemonPod is a pod with the spec of a DaemonSet's pod.
func (t *trial) daemonPod(d placedDaemon) *corev1.Pod { return &corev1.Pod{Spec: *d.pod.Spec} }

// measure fills what is left of the nodes.
func (f *Fit) measure(t *trial) {
	c := t.cluster
	stranded := t.strandedNodes()
	var gives, takes, lost, inUse, wanted Amounts = make(Amounts, len(c.resources)), make(Amounts, len(c.resources)), make(Amounts, len(c.resources)), make(Amounts, len(c.resources)), make(Amounts, len(c.resources))
	for _, u := range t.usages() {
		gives.add(u.gives)
		takes.add(u.takes)
		free := slices.Clone(u.gives)
		free.sub(u.takes)
		if stranded[u.node.Name] {
			lost.add(free)
		}
		if u.pods > 0 {
			inUse.add(u.gives)
		} else {
			f.EmptyNodes++
		}
		n := NodeFit{Name: u.node.Name, Pods: u.pods, Requested: map[string]float64{}, Free: map[string]float64{}}
		for i, name := range c.resources {
			_, d := unit(name)
			n.Requested[string(name)], n.Free[string(name)] = float64(u.takes[i])/d, float64(free[i])/d
		}
		f.NodeFits = append(f.NodeFits, n)
	}
	for _, p := range c.Pods() {
		wanted.add(p.Needs)
		f.Pods++
	}
	f.Bound = f.Pods - len(c.Waiting)
	f.Daemons = len(t.daemons)
	for _, p := range c.Bound {
		if p.daemon {
			f.Daemons++
			wanted.add(p.Needs)
		}
	}
	for i, name := range c.resources {
		u, d := unit(name)
		r := ResourceFit{Name: string(name), Unit: u, Allocatable: float64(gives[i]) / d, Requested: float64(takes[i]) / d, Wanted: float64(wanted[i]) / d, Stranded: float64(max(0, lost[i])) / d}
		r.Utilisation, r.StrandedShare, r.Packing = share(takes[i], gives[i]), share(max(0, lost[i]), gives[i]), share(takes[i], inUse[i])
		f.Resources = append(f.Resources, r)
	}
}

func share(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// strandedNodes are those that no class of the input fits on any more.
func (t *trial) strandedNodes() map[string]bool {
	out := make(map[string]bool, len(t.nodes))
	for _, n := range t.nodes {
		out[n.Name] = true
	}
	for _, cl := range t.cluster.Classes {
		if len(cl.Pods) == 0 || cl.Pods[0].daemon || len(out) == 0 {
			continue
		}
		t.Fits(t.Compile(unbound(cl.Pods[0].Pod)), func(node string) { delete(out, node) })
	}
	return out
}

// unbound is a pod as it was before it had a node.
func unbound(p *corev1.Pod) *corev1.Pod {
	q := *p
	q.Name, q.UID, q.Spec.NodeName, q.Status = p.Name+"-more", "", "", corev1.PodStatus{}
	q.DeletionTimestamp = nil
	return &q
}

// classes fills the table of classes.
func (f *Fit) classes(t *trial) {
	c := t.cluster
	for i, cl := range c.Classes {
		if len(cl.Pods) == 0 || cl.Pods[0].daemon {
			continue
		}
		r := ClassFit{Name: cl.Name, Needs: c.describe(cl.Needs), Pods: len(cl.Pods), Headroom: -1}
		for _, p := range cl.Pods {
			if s := t.of[p]; s == nil || t.NodeOf(s) == "" {
				r.Pending++
			}
		}
		if i < headroomClasses {
			r.Headroom = t.headroom(cl.Pods[0].Pod, 0).Count
		}
		f.Classes = append(f.Classes, r)
	}
}
