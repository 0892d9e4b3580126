package model

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Object is any API object.
type Object interface {
	runtime.Object
	metav1.Object
}

// Kind is one row of the table of known kinds.
type Kind struct {
	Name       string // "Pod"
	Group      string // "" for the core group
	Version    string // "v1"
	Plural     string // "pods": the resource name
	Short      []string
	Namespaced bool
	// Simulated kinds have a behaviour in this simulator. The others are stored and shown, with one warning each.
	Simulated bool
	New       func() Object
}

// APIVersion is "v1" or "group/version".
func (k *Kind) APIVersion() string {
	if k.Group == "" {
		return k.Version
	}
	return k.Group + "/" + k.Version
}

// Resource is the name with which API errors speak of the kind: "pods", "deployments.apps".
func (k *Kind) Resource() string {
	if k.Group == "" {
		return k.Plural
	}
	return k.Plural + "." + k.Group
}

// The kinds that code speaks of by name.
var (
	Pod                   = &Kind{"Pod", "", "v1", "pods", []string{"po"}, true, true, func() Object { return &corev1.Pod{} }}
	Node                  = &Kind{"Node", "", "v1", "nodes", []string{"no"}, false, true, func() Object { return &corev1.Node{} }}
	Namespace             = &Kind{"Namespace", "", "v1", "namespaces", []string{"ns"}, false, true, func() Object { return &corev1.Namespace{} }}
	Event                 = &Kind{"Event", "", "v1", "events", []string{"ev"}, true, true, func() Object { return &corev1.Event{} }}
	ConfigMap             = &Kind{"ConfigMap", "", "v1", "configmaps", []string{"cm"}, true, true, func() Object { return &corev1.ConfigMap{} }}
	Secret                = &Kind{"Secret", "", "v1", "secrets", nil, true, true, func() Object { return &corev1.Secret{} }}
	ServiceAccount        = &Kind{"ServiceAccount", "", "v1", "serviceaccounts", []string{"sa"}, true, true, func() Object { return &corev1.ServiceAccount{} }}
	Service               = &Kind{"Service", "", "v1", "services", []string{"svc"}, true, true, func() Object { return &corev1.Service{} }}
	PriorityClass         = &Kind{"PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", []string{"pc"}, false, true, func() Object { return &schedulingv1.PriorityClass{} }}
	ReplicationController = &Kind{"ReplicationController", "", "v1", "replicationcontrollers", []string{"rc"}, true, true, func() Object { return &corev1.ReplicationController{} }}
	Deployment            = &Kind{"Deployment", "apps", "v1", "deployments", []string{"deploy"}, true, true, func() Object { return &appsv1.Deployment{} }}
	ReplicaSet            = &Kind{"ReplicaSet", "apps", "v1", "replicasets", []string{"rs"}, true, true, func() Object { return &appsv1.ReplicaSet{} }}
	Job                   = &Kind{"Job", "batch", "v1", "jobs", nil, true, true, func() Object { return &batchv1.Job{} }}
	CronJob               = &Kind{"CronJob", "batch", "v1", "cronjobs", []string{"cj"}, true, true, func() Object { return &batchv1.CronJob{} }}
	Lease                 = &Kind{"Lease", "coordination.k8s.io", "v1", "leases", nil, true, true, func() Object { return &coordinationv1.Lease{} }}
)

// Kinds is every kind that a manifest may hold, in the order in which tables and help list them.
var Kinds = []*Kind{
	Pod, Node, Namespace, Event, ConfigMap, Secret, ServiceAccount, Service, PriorityClass, Lease,
	ReplicationController,
	Deployment,
	ReplicaSet,
	{"StatefulSet", "apps", "v1", "statefulsets", []string{"sts"}, true, true, func() Object { return &appsv1.StatefulSet{} }},
	{"DaemonSet", "apps", "v1", "daemonsets", []string{"ds"}, true, true, func() Object { return &appsv1.DaemonSet{} }},
	{"ControllerRevision", "apps", "v1", "controllerrevisions", nil, true, true, func() Object { return &appsv1.ControllerRevision{} }},
	Job,
	CronJob,
	{"HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers", []string{"hpa"}, true, true, func() Object { return &autoscalingv2.HorizontalPodAutoscaler{} }},
	{"PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", []string{"pdb"}, true, true, func() Object { return &policyv1.PodDisruptionBudget{} }},
	{"EndpointSlice", "discovery.k8s.io", "v1", "endpointslices", nil, true, true, func() Object { return &discoveryv1.EndpointSlice{} }},
	{"Endpoints", "", "v1", "endpoints", []string{"ep"}, true, false, func() Object { return &corev1.Endpoints{} }},
	{"ResourceQuota", "", "v1", "resourcequotas", []string{"quota"}, true, true, func() Object { return &corev1.ResourceQuota{} }},
	{"LimitRange", "", "v1", "limitranges", []string{"limits"}, true, true, func() Object { return &corev1.LimitRange{} }},
	{"PersistentVolume", "", "v1", "persistentvolumes", []string{"pv"}, false, true, func() Object { return &corev1.PersistentVolume{} }},
	{"PersistentVolumeClaim", "", "v1", "persistentvolumeclaims", []string{"pvc"}, true, true, func() Object { return &corev1.PersistentVolumeClaim{} }},
	{"StorageClass", "storage.k8s.io", "v1", "storageclasses", []string{"sc"}, false, true, func() Object { return &storagev1.StorageClass{} }},
	{"CSINode", "storage.k8s.io", "v1", "csinodes", nil, false, true, func() Object { return &storagev1.CSINode{} }},
	{"CSIDriver", "storage.k8s.io", "v1", "csidrivers", nil, false, true, func() Object { return &storagev1.CSIDriver{} }},
	{"CSIStorageCapacity", "storage.k8s.io", "v1", "csistoragecapacities", nil, true, true, func() Object { return &storagev1.CSIStorageCapacity{} }},
	{"VolumeAttachment", "storage.k8s.io", "v1", "volumeattachments", nil, false, true, func() Object { return &storagev1.VolumeAttachment{} }},
	{"ResourceClaim", "resource.k8s.io", "v1", "resourceclaims", nil, true, true, func() Object { return &resourcev1.ResourceClaim{} }},
	{"ResourceClaimTemplate", "resource.k8s.io", "v1", "resourceclaimtemplates", nil, true, true, func() Object { return &resourcev1.ResourceClaimTemplate{} }},
	{"ResourceSlice", "resource.k8s.io", "v1", "resourceslices", nil, false, true, func() Object { return &resourcev1.ResourceSlice{} }},
	{"DeviceClass", "resource.k8s.io", "v1", "deviceclasses", nil, false, true, func() Object { return &resourcev1.DeviceClass{} }},
}

// FindKind finds a kind by any of the names kubectl takes, whatever the case: Pod, pod, pods, po, deployments.apps.
// It returns nil if there is none.
func FindKind(name string) *Kind {
	name, group, _ := strings.Cut(strings.ToLower(name), ".")
	for _, k := range Kinds {
		if group != "" && !strings.HasPrefix(k.Group, group) {
			continue
		}
		if name == strings.ToLower(k.Name) || name == k.Plural {
			return k
		}
		for _, s := range k.Short {
			if name == s {
				return k
			}
		}
	}
	return nil
}
