package capacity

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/sim"
	"clustersim/sim/fault"
	"clustersim/sim/journal"
)

// Notyet is the time of what did not come to an end.
const Notyet = -1

// TimedDrain is a drain in simulated time. Times are in seconds.
type TimedDrain struct {
	Nodes   []string `json:"nodes"` // in the order in which they were drained
	At      float64  `json:"at"`    // of the drain, once the cluster had settled
	Until   float64  `json:"until"` // how long after it was looked
	Took    float64  `json:"took"`  // from the first cordon until the last node was empty; -1 = not in that time
	Pods    int      `json:"pods"`  // that ran there, without those of DaemonSets
	Bare    int      `json:"bare"`  // of those, without a controller: nobody replaces them
	Left    int      `json:"left"`  // of those, that are still there
	Unready int      `json:"unready"`
	Ready   int      `json:"ready"` // replacements that were ready in that time
	// Bound is what no drain that keeps to the budgets can be faster than, and BoundBy why.
	Bound   float64       `json:"lowerBound"`
	BoundBy string        `json:"boundBy"`
	Budgets []DrainBudget `json:"budgets"`
	Wait    Spread        `json:"wait"`        // from the beginning of a node's drain to the eviction of a pod
	Stop    Spread        `json:"stop"`        // from its eviction until it is gone
	TTR     Spread        `json:"timeToReady"` // from its eviction to a ready replacement

	Workload           []Outage `json:"workloads"`
	LostReplicaSeconds float64  `json:"lostReplicaSeconds"`
	Availability       float64  `json:"availability"`
	Notes              []string `json:"notes,omitempty"` // what the drain said
}

// DrainBudget is what a PodDisruptionBudget does to a drain.
type DrainBudget struct {
	Name    string  `json:"name"`
	Pods    int     `json:"pods"`    // of it on the nodes
	Allowed int     `json:"allowed"` // disruptions when the drain began
	Waves   int     `json:"waves"`   // Pods / Allowed, rounded up; 0 where none is allowed
	Fastest float64 `json:"fastest"` // the quickest replacement: from an eviction until it is ready
	// Bound is (Waves - 1) x Fastest + the quickest stop; -1 where the budget allows no disruption.
	Bound float64 `json:"lowerBound"`
}

// Drain lets a cluster settle, drains nodes as `kubectl drain --force --ignore-daemonsets --delete-emptydir-data` does, and
// tells how long it takes. It returns an error for a target that does not exist, and those of runs.
func Drain(o sim.Options, lo LoseOptions) (*TimedDrain, error) {
	nodes, err := targets(o, lo.What)
	if err != nil {
		return nil, err
	}
	if lo.For <= 0 {
		lo.For = time.Hour
	}
	at, err := settled(o, lo.Begin)
	if err != nil {
		return nil, err
	}
	a := &fault.Drain{Force: true, IgnoreDaemonSets: true, DeleteEmptyDirData: true}
	a.Select = corev1.LabelHostname + " in (" + strings.Join(hostNames(o, nodes), ",") + ")"
	change{name: "drain", action: a, calls: "drain", timeline: lo.Timeline}.into(&o, at, lo.For)
	d := &drained{toll: newToll(at), budgets: map[types.UID]*policyv1.PodDisruptionBudget{}, nodes: nodes}
	d.other = d.budget
	r, err := d.run(o, lo.Begin)
	if err != nil {
		return nil, err
	}
	out := d.end(o.Duration)
	for _, n := range r.Notes {
		if n.At >= at {
			out.Notes = append(out.Notes, n.Message)
		}
	}
	return out, nil
}

// hostNames are the values of kubernetes.io/hostname of nodes.
func hostNames(o sim.Options, nodes []string) (out []string) {
	for _, t := range o.Nodes {
		if slices.Contains(nodes, t.Object.Name) {
			out = append(out, cmp.Or(t.Object.Labels[corev1.LabelHostname], t.Object.Name))
		}
	}
	return out
}

// drained sees a drain.
type drained struct {
	*toll
	nodes   []string
	budgets map[types.UID]*policyv1.PodDisruptionBudget // as they were when it began
	order   []types.UID
}

func (d *drained) budget(r *journal.Record) {
	if r.At >= d.at || r.Object.Kind().Name != "PodDisruptionBudget" {
		return
	}
	b := r.Object.API().(*policyv1.PodDisruptionBudget)
	if d.budgets[b.UID] == nil {
		d.order = append(d.order, b.UID)
	}
	d.budgets[b.UID] = b
}

// end puts the answer together.
func (d *drained) end(end time.Duration) *TimedDrain {
	out := &TimedDrain{At: d.at.Seconds(), Until: (end - d.at).Seconds()}
	gone := d.there(out)
	turns := d.turns(gone)
	out.Nodes = d.nodes
	took := time.Duration(0)
	var waits, stops []float64
	for _, l := range gone {
		if l.deleting != never {
			waits = append(waits, max(0, l.deleting-turns[l.node]).Seconds())
		}
		if l.gone != never {
			stops = append(stops, (l.gone - l.deleting).Seconds())
			took = max(took, l.gone-d.at)
		} else {
			out.Left++
		}
	}
	out.Took = took.Seconds()
	if out.Left > 0 {
		out.Took = Notyet
	}
	ttr := map[*life]float64{}
	var all []float64
	for _, p := range d.replaced(gone, &out.Unready) {
		ttr[p[0]] = (p[1].ready - p[0].deleting).Seconds()
		all = append(all, ttr[p[0]])
	}
	out.Ready = len(all)
	out.Wait, out.Stop, out.TTR = spread(waits), spread(stops), spread(all)
	d.bounds(out, gone, ttr)
	out.Workload, out.LostReplicaSeconds, out.Availability = d.outages(end)
	return out
}

// there are the pods that the drain is for.
func (d *drained) there(out *TimedDrain) (list []*life) {
	for _, l := range d.pods {
		if l == nil || l.daemon || l.bound == never || l.created >= d.at || l.gone != never && l.gone < d.at || !slices.Contains(d.nodes, l.node) {
			continue
		}
		list = append(list, l)
		out.Pods++
		if l.owner == nil {
			out.Bare++
		}
	}
	return list
}

// turns says when the drain of each node began: when the one before it was empty. It puts the nodes in that order.
func (d *drained) turns(gone []*life) map[string]time.Duration {
	first := map[string]time.Duration{}
	last := map[string]time.Duration{}
	for _, l := range gone {
		if t, ok := first[l.node]; l.deleting != never && (!ok || l.deleting < t) {
			first[l.node] = l.deleting
		}
		last[l.node] = max(last[l.node], l.gone)
	}
	when := func(n string) time.Duration {
		if t, ok := first[n]; ok {
			return t
		}
		return 1 << 62
	}
	slices.SortStableFunc(d.nodes, func(a, b string) int { return cmp.Compare(when(a), when(b)) })
	turns, at := map[string]time.Duration{}, d.at
	for _, n := range d.nodes {
		turns[n] = at
		at = max(at, last[n])
	}
	return turns
}

// replaced pairs pods with the pods that came for them and got ready: of one controller, the first that had to go and the
// first that came.
func (t *toll) replaced(gone []*life, unready *int) (pairs [][2]*life) {
	by := func(at func(*life) time.Duration) func(a, b *life) int {
		return func(a, b *life) int { return cmp.Or(cmp.Compare(at(a), at(b)), strings.Compare(a.name, b.name)) }
	}
	went := map[types.UID][]*life{}
	var owners []types.UID
	for _, l := range gone {
		if l.owner == nil || l.deleting == never {
			continue
		}
		if went[l.owner.UID] == nil {
			owners = append(owners, l.owner.UID)
		}
		went[l.owner.UID] = append(went[l.owner.UID], l)
	}
	came := map[types.UID][]*life{}
	for _, l := range t.pods {
		if l != nil && l.owner != nil && l.created >= t.at && went[l.owner.UID] != nil {
			came[l.owner.UID] = append(came[l.owner.UID], l)
		}
	}
	for _, o := range owners {
		slices.SortStableFunc(went[o], by(func(l *life) time.Duration { return l.deleting }))
		slices.SortStableFunc(came[o], by(func(l *life) time.Duration { return l.created }))
		for i, l := range went[o] {
			if i < len(came[o]) && came[o][i].ready != never {
				pairs = append(pairs, [2]*life{l, came[o][i]})
			} else {
				*unready++
			}
		}
	}
	return pairs
}

// bounds says what no drain can be faster than: the pods of a budget of which a allow themselves to be disrupted at once go in
// waves, each of which waits for the replacements of the one before; and nodes go one after another, each at least as long as
// the pod of it that takes longest to stop.
func (d *drained) bounds(out *TimedDrain, gone []*life, ttr map[*life]float64) {
	stop := map[string]float64{}
	for _, l := range gone {
		if l.gone != never {
			stop[l.node] = max(stop[l.node], (l.gone - l.deleting).Seconds())
		}
	}
	for _, n := range d.nodes {
		out.Bound += stop[n]
	}
	out.BoundBy = "one node after another, each as long as its slowest pod stops"
	for _, uid := range d.order {
		b := d.bound(d.budgets[uid], gone, ttr)
		if b == nil {
			continue
		}
		out.Budgets = append(out.Budgets, *b)
		switch {
		case out.Bound == Notyet:
		case b.Bound == Notyet:
			out.Bound, out.BoundBy = Notyet, "budget "+b.Name+" allows no disruption"
		case b.Bound > out.Bound:
			out.Bound, out.BoundBy = b.Bound, "budget "+b.Name+": "+strconv.Itoa(b.Waves)+" waves, all but the last as long as the quickest replacement"
		}
	}
}

func (d *drained) bound(b *policyv1.PodDisruptionBudget, gone []*life, ttr map[*life]float64) *DrainBudget {
	selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	if err != nil {
		return nil
	}
	out := &DrainBudget{Name: b.Name, Allowed: int(b.Status.DisruptionsAllowed), Fastest: Notyet, Bound: Notyet}
	if b.Namespace != metav1.NamespaceDefault {
		out.Name = b.Namespace + "/" + b.Name
	}
	stop := Notyet + 0.0
	quicker := func(to *float64, v float64) {
		if *to == Notyet || v < *to {
			*to = v
		}
	}
	for _, l := range gone {
		if l.namespace != b.Namespace || !selector.Matches(labels.Set(l.labels)) {
			continue
		}
		out.Pods++
		if l.gone != never {
			quicker(&stop, (l.gone - l.deleting).Seconds())
		}
		if t, ok := ttr[l]; ok {
			quicker(&out.Fastest, t)
		}
	}
	if out.Pods == 0 {
		return nil
	}
	if out.Allowed > 0 {
		out.Waves = ceil(out.Pods, out.Allowed)
		out.Bound = float64(out.Waves-1)*max(0, out.Fastest) + max(0, stop)
	}
	return out
}
