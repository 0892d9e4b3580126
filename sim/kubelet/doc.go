// Package kubelet simulates the kubelets of all nodes with the container runtimes under them: what really happens to
// processes, when each kubelet notices, and what it writes to the API server and when.
//
// One pod is one worker. A worker runs one sync at a time; what arrives meanwhile collapses into one pending update.
//
//	      update, PLEG event, probe result, requeue
//	                       |
//	+--------+  pending    v     newer cache    +------+   clean: relist of this pod
//	|  idle  |-----------------> waiting ------>| sync |---------------------------+
//	+--------+                   (next relist)  +------+   error: requeue          |
//	    ^                                          | terminal phase, deletion      |
//	    +------------------------------------------|-------------------------------+
//	                                               v
//	                           terminating (kill, stop sandbox) --> terminated (unmount, DELETE)
//
// Runtime records (container.go) hold true times. What a sync sees of them is the runtime as of the last relist: a
// snapshot is a time, not a copy. Relists, the 1 s work-queue tick, probe ticks, heartbeats and resyncs that can
// change nothing are not executed: their next effective moment is computed (design: work follows change). With
// Options.Reference they are.
//
// What containers use of a node's memory is piecewise constant (usage.go): when a container outgrows its limit (oom.go), when
// the machine has none left, and in which of its rounds the eviction manager sees too little (eviction.go) is computed anew
// at each change.
//
// Upstream files followed: k8s v1.36.3 pkg/kubelet/{kubelet,kubelet_pods,pod_workers,reason_cache,active_deadline}.go,
// pkg/kubelet/{kuberuntime,images,pleg,prober,status,volumemanager,lifecycle,config,container,eviction,nodeshutdown}/.
package kubelet
