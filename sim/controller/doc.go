// Package controller holds the controllers of kube-controller-manager. Each one watches the store, decides what ought to
// be, and writes it with the latency and the request limits of its own client.
//
//	store change --Observe--> note, queue --engine event--> decide (pure) --write, +latency--> store
//
// A controller is one file (or a few with its name) and one line in registry.go. Controllers do not know each other:
// they meet in the store.
//
// # Nothing ticks
//
// Upstream's loops (node monitor 5 s, NoExecute tainting 100 ms, pod GC 20 s) are loops here too (loop.go), but only
// passes that can change something are executed: whoever changes something that a pass would react to asks for the
// first pass at or after that moment, and what skipped passes would have seen is computed when somebody needs it
// (loop.after). With Env.Reference every pass is executed as an idle engine event and nothing is computed; the
// state changes are the same.
//
// # Vocabulary
//
// A renewal is a kubelet's write of its Lease. Leases are not stored: Heartbeats answers when they were renewed. A probe
// is the pass in which the node monitor first saw a node's last heartbeat; its grace period counts from there.
package controller
