package engine

import "clustersim/sim/rule"

// Rank orders engine events of one instant. ARCHITECTURE.md gives the reasons for this order.
type Rank uint8

// The ranks, first to last. Changes of the world come first, then what the API server commits, then the control
// plane's timers, then the kubelets' work in the order of the relist loop, then controllers, scheduler and checks.
const (
	RankWorld      Rank = iota // faults, arrivals, container exits, pulls that end
	RankAPI                    // a write is committed and seen by watchers
	RankTimer                  // timers of the control plane
	RankRelist                 // PLEG relists
	RankProbe                  // probe ticks
	RankSyncTick               // the kubelet's 1 s work-queue tick
	RankWatch                  // a kubelet sees a change
	RankBegin                  // a pod worker begins a sync
	RankSync                   // a step inside a sync ends
	RankStatus                 // the status manager sends
	RankController             // controllers' queues
	RankScheduler              // a scheduling cycle
	RankCheck                  // checks look at what is so
)

// Kind describes a sort of engine event. Kinds are package variables made by NewKind; they are never changed.
type Kind struct {
	Name string // for limits and profiles: "kubelet relist"
	Rank Rank
	// Idle events do not keep a run from having settled: periodic work and retries that are at their cap.
	Idle bool
	// Rule is the rule by which events of this kind act, if it is always the same one; 0 = that of whoever queues them.
	Rule rule.ID
	// look: it changes nothing, and does not count among the engine events that have run.
	look bool
	id   uint32
}

var kinds []*Kind

// NewKind registers a kind. Call it only from the initialisation of package variables.
func NewKind(name string, rank Rank, idle bool) *Kind {
	k := &Kind{Name: name, Rank: rank, Idle: idle, id: uint32(len(kinds))}
	kinds = append(kinds, k)
	return k
}

// By sets the rule by which events of the kind act. It returns the kind, for the declaration of package variables.
func (k *Kind) By(r rule.ID) *Kind {
	k.Rule = r
	return k
}

// NewLook registers a kind of engine events that only look at what is so: Ran does not count them, so that a run is the same
// whoever watches it.
func NewLook(name string, rank Rank, idle bool) *Kind {
	k := NewKind(name, rank, idle)
	k.look = true
	return k
}

// Handler is what an engine event does when it is due.
type Handler interface{ Fire() }

// Func makes a Handler of a function.
type Func func()

// Fire calls f.
func (f Func) Fire() { f() }
