package metric

import "clustersim/model"

// Type says what a metric's numbers are and what can be asked of them.
type Type uint8

// The types; doc.go says what each means.
const (
	Samples Type = iota
	Counter
	Rate
	Level
	Total
)

// String names the type as `simulate explain metric` does.
func (t Type) String() string {
	return [...]string{"samples", "counter", "rate", "level", "total"}[t]
}

// Metric is an entry of the catalogue.
type Metric struct {
	Name   string
	Type   Type
	Unit   string   // seconds, pods, ratio, ...; money for cost: whatever the prices are in
	Labels []string // built-in labels; pod labels can be used as well where PodLabels is set
	// PodLabels says that selectors may name labels of pods.
	PodLabels bool
	Doc       string // one line
	How       string // how it is computed, precisely
}

// Catalogue lists all metrics, by name.
var Catalogue = []Metric{
	{Name: "container_restarts", Type: Counter, Unit: "restarts", Labels: podLabels, PodLabels: true,
		Doc: "Restarts of containers.",
		How: "Increases of restartCount in pod status, all containers of a pod together. count: all; max: the most of one pod; rate: per second of the run."},
	{Name: "cost", Type: Total, Unit: "money", Labels: []string{"node", "name"},
		Doc: "What the nodes cost.",
		How: "For each node, its price per hour times the time that its Node object exists."},
	{Name: "evictions", Type: Counter, Unit: "evictions", Labels: append([]string{"reason"}, podLabels...), PodLabels: true,
		Doc: "Pods that were evicted, by anything but preemption.",
		How: "Pods whose condition DisruptionTarget turned True for another reason than PreemptionByScheduler; label reason is that of the condition."},
	{Name: "job_failed_ratio", Type: Rate, Unit: "ratio", Labels: objectLabels, PodLabels: true,
		Doc: "Share of the finished Jobs that failed.",
		How: "Jobs with the condition Failed among those with Complete or Failed."},
	{Name: "job_seconds", Type: Samples, Unit: "seconds", Labels: objectLabels, PodLabels: true,
		Doc: "From a Job's creation to its end.",
		How: "From the creation of the Job to its condition Complete or Failed. A Job that has not ended counts with the time until the end of the run."},
	{Name: "lost_replica_seconds", Type: Total, Unit: "seconds", Labels: workloadLabels, PodLabels: true,
		Doc: "Replicas that were wanted and not ready, times how long.",
		How: "For each workload the integral of max(0, wanted - ready) over the run; wanted is spec.replicas (desiredNumberScheduled of a DaemonSet; 1 for a pod without a controller whose restartPolicy is Always, until it is deleted or finished), ready are its pods with Ready=True that are not being deleted. Jobs do not count."},
	{Name: "node_requested_ratio", Type: Level, Unit: "ratio", Labels: []string{"node", "resource"},
		Doc: "What the pods of a node request of what it has.",
		How: "For each node and resource (cpu, memory, pods), the requests of the bound pods that have not finished over the allocatable amount. Curves of all nodes are taken together: max is the fullest node ever."},
	{Name: "node_used_ratio", Type: Level, Unit: "ratio", Labels: []string{"node", "resource"},
		Doc: "What the containers of a node use of what it has.",
		How: "For each node and resource (cpu, memory), what running containers use by the scenario's word over the allocatable amount, sampled every 15 s as metrics-server does."},
	{Name: "pod_wait_seconds", Type: Samples, Unit: "seconds", Labels: podLabels, PodLabels: true,
		Doc: "From a pod's creation to its node.",
		How: "From the creation of a pod to its binding. A pod without a node at the end counts with the time that it has waited; one that was deleted unbound does not count."},
	{Name: "pods_pending", Type: Level, Unit: "pods", Labels: podLabels, PodLabels: true,
		Doc: "Pods in phase Pending.",
		How: "Pods of phase Pending that are in the API: without a node, pulling, or running their init containers."},
	{Name: "pods_ready", Type: Level, Unit: "pods", Labels: podLabels, PodLabels: true,
		Doc: "Pods that are ready.",
		How: "Pods whose condition Ready is True, those that are being deleted included."},
	{Name: "pods_unschedulable", Type: Level, Unit: "pods", Labels: podLabels, PodLabels: true,
		Doc: "Pods that the scheduler found no node for.",
		How: "Pods without a node whose condition PodScheduled is False with reason Unschedulable."},
	{Name: "preemptions", Type: Counter, Unit: "preemptions", Labels: podLabels, PodLabels: true,
		Doc: "Pods that had to go for one of higher priority.",
		How: "Pods whose condition DisruptionTarget turned True with reason PreemptionByScheduler."},
	{Name: "pull_seconds", Type: Samples, Unit: "seconds", Labels: append([]string{"image"}, podLabels...), PodLabels: true,
		Doc: "How long the pull of an image took.",
		How: "The time including waiting in the message of each Event Pulled that says \"Successfully pulled image\"."},
	{Name: "ready_ratio", Type: Level, Unit: "ratio", Labels: workloadLabels, PodLabels: true,
		Doc: "Ready replicas of those that are wanted.",
		How: "Over all selected workloads, pods with Ready=True that are not being deleted over the replicas wanted, as for lost_replica_seconds; at most 1 for each workload. Without any wanted replica there is no value."},
	{Name: "startup_seconds", Type: Samples, Unit: "seconds", Labels: podLabels, PodLabels: true,
		Doc: "From a pod's node to its being ready.",
		How: "From the binding of a pod to the first time that its condition Ready is True. A bound pod that is not ready at the end counts with the time until then; one that finished or went without ever being ready does not count."},
	{Name: "time_to_ready_seconds", Type: Samples, Unit: "seconds", Labels: podLabels, PodLabels: true,
		Doc: "From a pod's creation to its being ready.",
		How: "From the creation of a pod to the first time that its condition Ready is True. A pod that is not ready at the end counts with the time that it has waited, so that what never starts cannot meet a threshold; one that finished or went without ever being ready does not count."},
}

var (
	podLabels      = []string{"namespace", "name", "owner", "node"}
	workloadLabels = []string{"namespace", "name", "kind"}
	objectLabels   = []string{"namespace", "name"}
)

// Find returns the metric of that name, or nil.
func Find(name string) *Metric {
	for i := range Catalogue {
		if Catalogue[i].Name == name {
			return &Catalogue[i]
		}
	}
	return nil
}

// Names lists the names of all metrics.
func Names() []string {
	names := make([]string, len(Catalogue))
	for i := range Catalogue {
		names[i] = Catalogue[i].Name
	}
	return names
}

// suggest is the hint for a name that is not in the catalogue.
func suggest(name string) string { return model.DidYouMean(name, Names()) }
