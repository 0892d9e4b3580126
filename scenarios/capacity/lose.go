package capacity

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/sim"
	"clustersim/sim/fault"
)

// Parts are the steps from a loss to a replacement that is ready, in order. Each is the time that it took by itself, so
// that they add up.
var Parts = []string{"detect", "taint", "toleration", "delete", "queue", "bind", "pull", "init", "start", "probe"}

// TimedLoss is a loss in simulated time. Times are in seconds.
type TimedLoss struct {
	Lost     []string `json:"lost"`    // nodes
	At       float64  `json:"at"`      // of the loss, once the cluster had settled
	Until    float64  `json:"until"`   // how long after it was looked
	Pods     int      `json:"pods"`    // that ran on the lost nodes, without those of DaemonSets
	Bare     int      `json:"bare"`    // of those, without a controller: nobody replaces them
	Stayed   int      `json:"stayed"`  // of those, that were not even evicted in that time
	Unready  int      `json:"unready"` // replacements that were not ready in that time
	Ready    int      `json:"ready"`   // replacements that were
	TTR      Spread   `json:"timeToReady"`
	Parts    []Part   `json:"parts"`
	Workload []Outage `json:"workloads"`
	// Lost replica-seconds of all workloads, and what share of the wanted ones was there.
	LostReplicaSeconds float64 `json:"lostReplicaSeconds"`
	Availability       float64 `json:"availability"`
}

// Spread is how a time is distributed over replacements.
type Spread struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Part is one of Parts.
type Part struct {
	Name string `json:"name"`
	Spread
}

// Outage is what a workload had of it.
type Outage struct {
	Name    string  `json:"name"`
	Desired int     `json:"desired"`
	Trough  int     `json:"trough"` // fewest that were ready
	Lost    float64 `json:"lostReplicaSeconds"`
	Back95  float64 `json:"back95"` // until 95 % were ready again; -1 = not in that time
}

// LoseOptions say what is lost.
type LoseOptions struct {
	What  []string       // node/NAME, zone=a, KEY=VALUE of a label
	For   time.Duration  // how long is looked after the loss; 0 = 30 min
	Begin func(*sim.Run) // told of each run before it goes on; may be nil
	// Timeline has the options' own steps happen too, counted from then. Lose leaves them out.
	Timeline bool
}

// Lose lets a cluster settle, cuts the power of nodes, and tells what happens to their pods. The timeline of the options
// is left out. It returns an error for a target that does not exist, and those of runs.
func Lose(o sim.Options, lo LoseOptions) (*TimedLoss, error) {
	nodes, err := targets(o, lo.What)
	if err != nil {
		return nil, err
	}
	if lo.For <= 0 {
		lo.For = 30 * time.Minute
	}
	at, err := settled(o, lo.Begin)
	if err != nil {
		return nil, err
	}
	change{}.into(&o, at, lo.For)
	for _, n := range nodes {
		a := &fault.NodeCrash{}
		a.Node = n
		o.Steps = append(o.Steps, fault.Step{Name: "lose " + n, At: at, ActionName: "nodeCrash", Action: a, Position: "--lose"})
	}
	t := newToll(at)
	for _, n := range nodes {
		t.lost[n] = true
	}
	if _, err := t.run(o, lo.Begin); err != nil {
		return nil, err
	}
	return t.end(nodes, o.Duration), nil
}

func newToll(at time.Duration) *toll {
	t := &toll{watch: newWatch(at), lost: map[string]bool{}, loads: map[types.UID]*load{}}
	t.watch.moved = t.moved
	return t
}

// run carries out a run to its end and counts from the instant of the watch on.
func (t *toll) run(o sim.Options, begin func(*sim.Run)) (*sim.Run, error) {
	r, err := sim.New(o, t.watch)
	if err != nil {
		return nil, err
	}
	if begin != nil {
		begin(r)
	}
	if err := r.Until(t.at); err != nil {
		return nil, err
	}
	t.begin()
	return r, r.Until(o.Duration)
}

// settled is an instant, a whole ten seconds, at which nothing is left to happen but periodic work.
func settled(o sim.Options, begin func(*sim.Run)) (time.Duration, error) {
	o.Consume, o.Duration, o.Steps, o.Extend = false, 0, nil, nil
	r, err := sim.New(o)
	if err != nil {
		return 0, err
	}
	if begin != nil {
		begin(r)
	}
	if _, err := r.Run(); err != nil {
		return 0, err
	}
	return r.Engine.Now().Truncate(10*time.Second) + 20*time.Second, nil
}

// targets are the nodes that are meant, by name.
func targets(o sim.Options, what []string) ([]string, error) {
	found := map[string]bool{}
	for _, w := range what {
		n := 0
		for _, t := range o.Nodes {
			name, is := strings.CutPrefix(w, "node/")
			key, value, _ := strings.Cut(w, "=")
			if is && t.Object.Name == name || !is && t.Object.Labels[labelKey(key)] == value && strings.Contains(w, "=") && value != "" {
				found[t.Object.Name] = true
				n++
			}
		}
		if n == 0 {
			return nil, fmt.Errorf("%s: no such node (node/NAME, zone=a, or LABEL=VALUE)", w)
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// toll counts what a loss costs.
type toll struct {
	*watch
	lost    map[string]bool
	loads   map[types.UID]*load
	order   []*load
	begun   bool
	states  map[*life]bool          // counted as ready
	rolling string                  // the Deployment that is being rolled out
	same    map[types.UID]types.UID // controllers that count as another: the ReplicaSets of one Deployment
}

// controller is what a pod counts for.
func (t *toll) controller(l *life) types.UID {
	if to, ok := t.same[l.owner.UID]; ok {
		return to
	}
	return l.owner.UID
}

// load is a workload: the pods of one controller.
type load struct {
	name    string
	desired int
	ready   int
	trough  int
	last    time.Duration
	area    float64 // lost replica-seconds
	below   bool    // 95 % have not been there since the loss
	back    time.Duration
}

// moved keeps count of ready pods. Those on lost nodes are not ready, whatever the API says.
func (t *toll) moved(at time.Duration, l *life) {
	if t.begun {
		t.count(at, l)
	}
}

func (t *toll) count(at time.Duration, l *life) {
	if l.owner == nil || l.daemon {
		return
	}
	up := l.up && !t.lost[l.node] && l.gone == never
	was := t.states[l]
	g := t.loads[t.controller(l)]
	if up == was || g == nil {
		return
	}
	g.pass(at)
	t.states[l] = up
	if up {
		g.ready++
	} else {
		g.ready--
	}
	g.trough = min(g.trough, g.ready)
	if enough := 20*g.ready >= 19*g.desired; !enough {
		g.below, g.back = true, never
	} else if g.below {
		g.below, g.back = false, at
	}
}

// pass adds up what was missing until now.
func (g *load) pass(at time.Duration) {
	g.area += float64(max(0, g.desired-g.ready)) * (at - g.last).Seconds()
	g.last = at
}

// begin takes stock at the instant of the loss, just before it.
func (t *toll) begin() {
	t.begun, t.states = true, map[*life]bool{}
	for _, l := range t.pods {
		if l == nil || l.owner == nil || l.daemon || !l.up {
			continue
		}
		g := t.loads[t.controller(l)]
		if g == nil {
			g = &load{name: l.owner.Kind + "/" + l.owner.Name, last: t.at}
			if t.controller(l) != l.owner.UID {
				g.name = t.rolling
			}
			if l.namespace != "default" {
				g.name = l.namespace + "/" + g.name
			}
			t.loads[t.controller(l)] = g
			t.order = append(t.order, g)
		}
		g.desired++
		g.ready++
		t.states[l] = true
	}
	for _, g := range t.order {
		g.trough = g.ready
	}
	for _, l := range t.pods {
		if l != nil && t.lost[l.node] {
			t.count(t.at, l)
		}
	}
}

// end puts the answer together.
func (t *toll) end(nodes []string, end time.Duration) *TimedLoss {
	out := &TimedLoss{Lost: nodes, At: t.at.Seconds(), Until: (end - t.at).Seconds()}
	samples := make([][]float64, len(Parts))
	var all []float64
	for _, p := range t.pairs(out) {
		parts := t.parts(p[0], p[1])
		sum := 0.0
		for i, v := range parts {
			samples[i] = append(samples[i], v)
			sum += v
		}
		all = append(all, sum)
	}
	out.Ready, out.TTR = len(all), spread(all)
	for i, name := range Parts {
		out.Parts = append(out.Parts, Part{name, spread(samples[i])})
	}
	out.Workload, out.LostReplicaSeconds, out.Availability = t.outages(end)
	return out
}

// outages is what each workload missed until an instant, those that missed most first, and all of them together.
func (t *toll) outages(end time.Duration) (list []Outage, lost, availability float64) {
	wanted := 0.0
	for _, g := range t.order {
		g.pass(end)
		back := 0.0
		if g.below {
			back = -1
		} else if g.back > 0 {
			back = (g.back - t.at).Seconds()
		}
		if g.area > 0 {
			list = append(list, Outage{g.name, g.desired, g.trough, g.area, back})
		}
		lost += g.area
		wanted += float64(g.desired) * (end - t.at).Seconds()
	}
	availability = 1
	if wanted > 0 {
		availability = 1 - lost/wanted
	}
	slices.SortStableFunc(list, func(a, b Outage) int { return cmp.Compare(b.Lost, a.Lost) })
	return list, lost, availability
}

// pairs are lost pods and their replacements that got ready: of one controller, the first that had to go and the first
// that came.
func (t *toll) pairs(out *TimedLoss) (pairs [][2]*life) {
	gone, came := map[types.UID][]*life{}, map[types.UID][]*life{}
	var owners []types.UID
	for _, l := range t.pods {
		switch {
		case l == nil || l.daemon || l.bound == never:
		case t.lost[l.node] && l.created < t.at && (l.gone == never || l.gone >= t.at) && l.ready != never:
			out.Pods++
			switch {
			case l.owner == nil:
				out.Bare++
			case l.deleting == never:
				out.Stayed++
			default:
				if gone[l.owner.UID] == nil {
					owners = append(owners, l.owner.UID)
				}
				gone[l.owner.UID] = append(gone[l.owner.UID], l)
			}
		}
	}
	for _, l := range t.pods {
		if l != nil && l.owner != nil && !l.daemon && l.created >= t.at && !(l.gone != never && l.ready == never) {
			came[l.owner.UID] = append(came[l.owner.UID], l)
		}
	}
	by := func(at func(*life) time.Duration) func(a, b *life) int {
		return func(a, b *life) int { return cmp.Or(cmp.Compare(at(a), at(b)), strings.Compare(a.name, b.name)) }
	}
	for _, o := range owners {
		slices.SortStableFunc(gone[o], by(func(l *life) time.Duration { return l.deleting }))
		slices.SortStableFunc(came[o], by(func(l *life) time.Duration { return l.created }))
		for i, l := range gone[o] {
			if i < len(came[o]) && came[o][i].ready != never {
				pairs = append(pairs, [2]*life{l, came[o][i]})
			} else {
				out.Unready++
			}
		}
	}
	return pairs
}

// parts are the seconds that each of Parts took.
func (t *toll) parts(l, r *life) []float64 {
	n := t.nodes[l.node]
	if n == nil {
		n = &nodeSeen{never, never}
	}
	out := make([]float64, 0, len(Parts))
	at := t.at
	until := func(to time.Duration) time.Duration {
		d := max(0, to-at)
		at = max(at, to)
		return d
	}
	step := func(to time.Duration) { out = append(out, until(to).Seconds()) }
	step(n.notReady)
	step(n.tainted)
	step(l.deleting)
	step(r.created)
	wait := until(r.bound)
	bind := min(wait, bindTime)
	out = append(out, (wait - bind).Seconds(), bind.Seconds())
	init, start := until(r.initialized), time.Duration(0)
	pullInit := r.pulled(r.bound, r.initialized)
	start = until(r.started)
	pullStart := r.pulled(r.initialized, r.started)
	out = append(out, (min(init, pullInit) + min(start, pullStart)).Seconds(), (init - min(init, pullInit)).Seconds(), (start - min(start, pullStart)).Seconds())
	step(r.ready)
	return out
}

// bindTime is what a binding takes where nothing else waits; what is more is the queue's.
const bindTime = 6 * time.Millisecond

func spread(x []float64) Spread {
	if len(x) == 0 {
		return Spread{}
	}
	x = slices.Sorted(slices.Values(x))
	q := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, x, nil) }
	return Spread{N: len(x), P50: q(0.5), P90: q(0.9), P99: q(0.99), Max: x[len(x)-1]}
}
