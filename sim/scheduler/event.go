package scheduler

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"clustersim/model"
)

// EventType is a set of sorts of change in the cluster that may make waiting pods fit.
type EventType uint64

// The sorts of change. Those of pods that wait are only ever offered to the pod itself (Event.Own).
const (
	NodeAdd EventType = 1 << iota
	NodeDelete
	NodeAllocatable
	NodeLabel
	NodeTaint // also: unschedulable turned false
	NodeCondition
	NodeAnnotation
	NodeDeclaredFeature
	PodAdd    // a pod was bound
	PodDelete // a bound pod went, or turned terminal
	PodLabel
	PodScaleDown
	PodToleration
	PodGatesEliminated
	PodUpdate // a pod changed in no way that has a name of its own
	ClaimAdd  // of PersistentVolumeClaims, and so on for the kinds of storage
	ClaimUpdate
	VolumeAdd
	VolumeUpdate
	ClassAdd
	ClassUpdate
	CSINodeAdd
	CSINodeUpdate
	AttachmentDelete
	CSIDriverUpdate
	CapacityAdd
	CapacityUpdate
	ResourceClaimAdd // of ResourceClaims, and so on for the kinds of devices
	ResourceClaimUpdate
	DeviceClassAdd
	DeviceClassUpdate
	SliceAdd
	SliceUpdate
	PodGeneratedClaims // the pod's status names claims that were made for it
)

// eventNames are upstream's.
//
// Source: k8s v1.36.3 staging kube-scheduler/framework/types.go ActionType.String, EventResource.
var eventNames = [...]struct {
	t    EventType
	name string
}{
	{NodeAdd, "Node/Add"}, {NodeDelete, "Node/Delete"}, {NodeAllocatable, "Node/UpdateNodeAllocatable"}, {NodeLabel, "Node/UpdateNodeLabel"},
	{NodeTaint, "Node/UpdateNodeTaint"}, {NodeCondition, "Node/UpdateNodeCondition"}, {NodeAnnotation, "Node/UpdateNodeAnnotation"},
	{NodeDeclaredFeature, "Node/UpdateNodeDeclaredFeature"}, {PodAdd, "Pod/Add"}, {PodDelete, "Pod/Delete"}, {PodLabel, "Pod/UpdatePodLabel"},
	{PodScaleDown, "Pod/UpdatePodScaleDown"}, {PodToleration, "Pod/UpdatePodToleration"},
	{PodGatesEliminated, "Pod/UpdatePodSchedulingGatesEliminated"}, {PodUpdate, "Pod/Update"},
	{ClaimAdd, "PersistentVolumeClaim/Add"}, {ClaimUpdate, "PersistentVolumeClaim/Update"}, {VolumeAdd, "PersistentVolume/Add"},
	{VolumeUpdate, "PersistentVolume/Update"}, {ClassAdd, "StorageClass/Add"}, {ClassUpdate, "StorageClass/Update"},
	{CSINodeAdd, "CSINode/Add"}, {CSINodeUpdate, "CSINode/Update"}, {AttachmentDelete, "VolumeAttachment/Delete"},
	{CSIDriverUpdate, "CSIDriver/Update"}, {CapacityAdd, "CSIStorageCapacity/Add"}, {CapacityUpdate, "CSIStorageCapacity/Update"},
	{ResourceClaimAdd, "ResourceClaim/Add"}, {ResourceClaimUpdate, "ResourceClaim/Update"}, {DeviceClassAdd, "DeviceClass/Add"},
	{DeviceClassUpdate, "DeviceClass/Update"}, {SliceAdd, "ResourceSlice/Add"}, {SliceUpdate, "ResourceSlice/Update"},
	{PodGeneratedClaims, "Pod/UpdatePodGeneratedResourceClaim"},
}

// names lists the events of a set.
func (t EventType) names() (out []string) {
	for _, n := range eventNames {
		if t&n.t != 0 {
			out = append(out, n.name)
		}
	}
	return out
}

// Event is one change in the cluster, as queueing hints see it.
type Event struct {
	Type             EventType // exactly one
	OldNode, NewNode *corev1.Node
	// OldPod and NewPod are the pod that changed: OldPod alone for PodDelete, NewPod alone for PodAdd.
	OldPod, NewPod *Pod
	// OldObject and NewObject are the object that changed, of the kinds of storage.
	OldObject, NewObject model.Object
	Own                  bool // the pod that changed is the one that waits
	Pod                  *Pod // the pod that waits; the queue fills it in for each
	snap                 *Snapshot
	wildcard             bool // moves every pod, whatever rejected it
}

// nodeEvents says in what ways a node changed, in upstream's order.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/events.go NodeSchedulingPropertiesChange.
func nodeEvents(old, new *corev1.Node) []EventType {
	var out []EventType
	if old.Spec.Unschedulable && !new.Spec.Unschedulable {
		out = append(out, NodeTaint)
	}
	if !equality.Semantic.DeepEqual(old.Status.Allocatable, new.Status.Allocatable) {
		out = append(out, NodeAllocatable)
	}
	if !maps.Equal(old.Labels, new.Labels) {
		out = append(out, NodeLabel)
	}
	if !equality.Semantic.DeepEqual(old.Spec.Taints, new.Spec.Taints) {
		out = append(out, NodeTaint)
	}
	if !maps.Equal(conditionStatuses(old), conditionStatuses(new)) {
		out = append(out, NodeCondition)
	}
	if !maps.Equal(old.Annotations, new.Annotations) {
		out = append(out, NodeAnnotation)
	}
	if !slices.Equal(old.Status.DeclaredFeatures, new.Status.DeclaredFeatures) {
		out = append(out, NodeDeclaredFeature)
	}
	return out
}

func conditionStatuses(n *corev1.Node) map[corev1.NodeConditionType]corev1.ConditionStatus {
	m := make(map[corev1.NodeConditionType]corev1.ConditionStatus, len(n.Status.Conditions))
	for i := range n.Status.Conditions {
		m[n.Status.Conditions[i].Type] = n.Status.Conditions[i].Status
	}
	return m
}

// podEvents says in what ways a pod changed, in upstream's order.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/events.go PodSchedulingPropertiesChange.
func podEvents(old, new *Pod) []EventType {
	var out []EventType
	if !maps.Equal(old.Labels, new.Labels) {
		out = append(out, PodLabel)
	}
	if scaledDown(&old.Shape.Requests, &new.Shape.Requests) {
		out = append(out, PodScaleDown)
	}
	if len(old.Spec.SchedulingGates) > 0 && len(new.Spec.SchedulingGates) == 0 {
		out = append(out, PodGatesEliminated)
	}
	if len(old.Spec.Tolerations) != len(new.Spec.Tolerations) {
		out = append(out, PodToleration)
	}
	if len(out) == 0 {
		out = append(out, PodUpdate)
	}
	return out
}

// storageEvents are what the addition, change and deletion of an object of a kind of storage or devices is called; 0 = nobody
// asks.
var storageEvents = map[string][3]EventType{
	"PersistentVolumeClaim": {ClaimAdd, ClaimUpdate, 0},
	"PersistentVolume":      {VolumeAdd, VolumeUpdate, 0},
	"StorageClass":          {ClassAdd, ClassUpdate, 0},
	"CSINode":               {CSINodeAdd, CSINodeUpdate, 0},
	"VolumeAttachment":      {0, 0, AttachmentDelete},
	"CSIDriver":             {0, CSIDriverUpdate, 0},
	"CSIStorageCapacity":    {CapacityAdd, CapacityUpdate, 0},
	"ResourceClaim":         {ResourceClaimAdd, ResourceClaimUpdate, 0},
	"DeviceClass":           {DeviceClassAdd, DeviceClassUpdate, 0},
	"ResourceSlice":         {SliceAdd, SliceUpdate, 0},
}

func scaledDown(old, new *Requests) bool {
	if old == new {
		return false
	}
	if old.CPUMilli > new.CPUMilli || old.Memory > new.Memory || old.EphemeralStorage > new.EphemeralStorage {
		return true
	}
	for _, a := range old.Scalars {
		if a.Value > new.scalar(a.ID) {
			return true
		}
	}
	return false
}
