package scheduler

// Placer runs the cycles of Scheduler without a store: for benchmarks, and for comparisons with other schedulers.
type Placer struct {
	Start int // index in the order of nodes at which the next cycle begins

	p    *Profile
	snap *Snapshot
	c    Cycle
}

// NewPlacer returns a Placer of pods on the snapshot's nodes. The caller counts the pods there.
func (p *Profile) NewPlacer(s *Snapshot) *Placer { return &Placer{p: p, snap: s} }

// Placement is what a cycle decided.
type Placement struct {
	Chosen  string
	Message string   // why there is none, with what PostFilter says
	Plugins []string // that turned the pod or nodes down if there is none, sorted
	// What PostFilter asks for: the node to wait for ("" = none), and the pods to be evicted from it.
	Nominated string
	Victims   []*Pod
}

// Pick runs a cycle and returns the chosen node's name, "" if there is none.
func (l *Placer) Pick(pod *Pod) string {
	l.snap.Update()
	if len(l.snap.order) == 0 || l.c.begin(l.p, l.snap, pod) != 0 {
		return ""
	}
	o := l.c.pick(l.Start)
	l.Start = o.next
	if o.slot < 0 {
		return ""
	}
	return l.snap.nodes[o.slot].name
}

// Place is Pick with the reasons of a failure.
func (l *Placer) Place(pod *Pod) Placement {
	if chosen := l.Pick(pod); chosen != "" {
		return Placement{Chosen: chosen}
	}
	if len(l.snap.order) == 0 {
		return Placement{Message: MessageNoNodes}
	}
	d := l.c.diagnose(l.c.begin(l.p, l.snap, pod))
	pl := Placement{Message: l.p.FilterMessage(d), Plugins: l.p.namesOf(d.Plugins), Nominated: pod.Nominated}
	r := l.c.postFilter(d)
	if r.Message != "" {
		pl.Message += " " + r.Message
	}
	if r.Override {
		pl.Nominated, pl.Victims = r.Node, r.Victims
	}
	return pl
}
