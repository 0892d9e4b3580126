package config

import corev1 "k8s.io/api/core/v1"

// SchedulerProfile is one profile of a KubeSchedulerConfiguration: how the pods of one schedulerName are placed. The zero
// value is the default profile; so is what is left out of another.
//
// Source: k8s v1.36.3 staging kube-scheduler/config/v1/types.go, types_pluginargs.go.
type SchedulerProfile struct {
	SchedulerName            string // "" = default-scheduler
	PercentageOfNodesToScore *int32 // nil = Scheduler.PercentageOfNodesToScore
	Plugins                  SchedulerPlugins

	DefaultPreemption               DefaultPreemptionArgs
	InterPodAffinity                InterPodAffinityArgs
	NodeAffinity                    NodeAffinityArgs
	NodeResourcesBalancedAllocation NodeResourcesBalancedAllocationArgs
	NodeResourcesFit                NodeResourcesFitArgs
	PodTopologySpread               PodTopologySpreadArgs
	VolumeBinding                   VolumeBindingArgs
}

// SchedulerPlugins changes the default plugins, extension point by extension point.
type SchedulerPlugins struct {
	PreEnqueue, QueueSort, PreFilter, Filter, PostFilter, PreScore, Score, Reserve, Permit, PreBind, Bind, PostBind PluginSet
	// MultiPoint is about all points at which a plugin does something.
	MultiPoint PluginSet
}

// PluginSet adds plugins to a point and takes others away.
type PluginSet struct {
	Enabled  []SchedulerPlugin
	Disabled []SchedulerPlugin // "*" = all default ones
}

// SchedulerPlugin is a plugin by its name.
type SchedulerPlugin struct {
	Name   string
	Weight int64 // of its score; 0 = 1
}

// DefaultPreemptionArgs say how many nodes preemption tries, of those on which it may help.
type DefaultPreemptionArgs struct {
	MinCandidateNodesPercentage *int32 // nil = 10
	MinCandidateNodesAbsolute   *int32 // nil = 100
}

// InterPodAffinityArgs are about scores.
type InterPodAffinityArgs struct {
	HardPodAffinityWeight              *int32 // what required affinity of existing pods counts, 0..100; nil = 1
	IgnorePreferredTermsOfExistingPods bool   // for pods without preferred terms of their own
}

// NodeAffinityArgs add node affinity to all pods of the profile.
type NodeAffinityArgs struct {
	AddedAffinity *corev1.NodeAffinity
}

// ResourceSpec is the weight of a resource in a score.
type ResourceSpec struct {
	Name   string
	Weight int64 // 0 = 1
}

// NodeResourcesBalancedAllocationArgs name the resources that are balanced.
type NodeResourcesBalancedAllocationArgs struct {
	Resources []ResourceSpec // nil = cpu and memory; weights are 1
}

// NodeResourcesFitArgs say what fits and what scores well.
type NodeResourcesFitArgs struct {
	IgnoredResources      []string // extended resources that the filter lets pass
	IgnoredResourceGroups []string // the same, by what stands before the slash
	ScoringStrategy       ScoringStrategy
}

// ScoringStrategyType is the type of a scoringStrategy.
type ScoringStrategyType string

// The strategies.
const (
	LeastAllocated           ScoringStrategyType = "LeastAllocated" // the default
	MostAllocated            ScoringStrategyType = "MostAllocated"
	RequestedToCapacityRatio ScoringStrategyType = "RequestedToCapacityRatio"
)

// ScoringStrategy is NodeResourcesFit's score.
type ScoringStrategy struct {
	Type                     ScoringStrategyType // "" = LeastAllocated
	Resources                []ResourceSpec      // nil = cpu and memory, 1 each
	RequestedToCapacityRatio RequestedToCapacityRatioParam
}

// RequestedToCapacityRatioParam is the function of the strategy of that name.
type RequestedToCapacityRatioParam struct {
	Shape []UtilizationShapePoint
}

// UtilizationShapePoint is a point of a piecewise linear function.
type UtilizationShapePoint struct {
	Utilization int64 // 0..100
	Score       int64 // 0..10
}

// DefaultingType says where the constraints of pods without any come from.
type DefaultingType string

// The values of DefaultingType.
const (
	SystemDefaulting DefaultingType = "System" // the default: softly over nodes and zones
	ListDefaulting   DefaultingType = "List"   // DefaultConstraints
)

// PodTopologySpreadArgs are about pods without topologySpreadConstraints.
type PodTopologySpreadArgs struct {
	DefaultConstraints []corev1.TopologySpreadConstraint // without labelSelector
	DefaultingType     DefaultingType                    // "" = System
}

// VolumeBindingArgs limit the wait for a volume.
type VolumeBindingArgs struct {
	BindTimeoutSeconds *int64 // nil = 600
}
