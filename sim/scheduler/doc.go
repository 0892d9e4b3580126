// Package scheduler is kube-scheduler: it sees pods without a node in the store, decides on nodes, and binds.
//
// It has two halves.
//
// The pure half knows no clock and no store. A Profile is the compiled set of plugins (registry.go lists them with
// their order and weights); a Snapshot holds nodes and the pods that count on them; Profile.Schedule runs one cycle
// for one pod and says what every node was told. `simulate schedule` needs no more than that.
//
//	p := scheduler.NewProfile(scheduler.Args{})
//	s := p.NewSnapshot()
//	s.SetNode(node)
//	pod := p.Compile(object)
//	res := p.Schedule(pod, s, scheduler.Options{})
//	s.AddPod(pod, res.Chosen)
//
// The other half is the Scheduler: the queue with its backoff and queueing hints, the write of bindings, conditions
// and Events. It lives in the engine and meets the rest of the run in the store alone.
//
//	      new pod ──PreEnqueue──▶ gated
//	         │                      │ gates gone
//	         ▼                      ▼
//	      activeQ ◀──────────────────
//	      │   ▲  ▲  ▲
//	cycle │   │  │  └─ backoffQ ◀── an event that may help (hint), 5 minutes
//	      │   │  └─ errorBackoffQ ◀─ no nodes, bind refused
//	      ▼   │          ▲
//	 assumed ─┼──────────┘        unschedulable ◀── no node fits
//	      ▼   │                        │
//	   bound  └────────────────────────┘ event, no longer backing off
//
// A plugin is one file with one Plugin value and one line in registry.go. Compile turns a pod's spec into a Part, the
// functions that filter and score nodes for such pods; pods that no plugin can tell apart share a Shape of Parts, and
// those that differ in requests alone the Parts. What filters and scores say of a node is remembered per Shape for as
// long as the node does not change (class.go), unless the Part is Wide, that is reads more than the node. The first pod
// of a Shape, of which nothing is remembered, is placed by a scan that scores only the nodes that may be the best
// (scan.go). Profile.Reference switches all that off; every result is the same with it and without.
//
// A decision takes no virtual time, so upstream's list of events that happen during an attempt is always empty here.
// What an attempt costs is in its latency before (Latency.Bind less Latency.APIWrite, for new pods) and after it. The
// loop waits for the condition of a pod that failed to be written, as upstream's does; it does not wait for bindings.
//
// Source: k8s v1.36.3 pkg/scheduler; the facts are numbered in scheduler.md, sections 0 to 12.
package scheduler
