package model

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Default fills in what the API server fills in when it reads an object: the defaults of the API, the fields that
// conversion to and from its internal types sets, and the status that every new pod and namespace has. Admission
// (service accounts, tolerations, priorities, quotas) is not here. Defaulting twice is defaulting once.
//
// Source: k8s v1.36.3 pkg/apis/*/v*/defaults.go and zz_generated.defaults.go.
func Default(o Object) {
	switch o := o.(type) {
	case *corev1.Pod:
		defaultPod(o)
	case *corev1.Node:
		defaultNode(o)
	case *corev1.Namespace:
		defaultNamespace(o)
	case *corev1.ConfigMap:
		if o.Data == nil {
			o.Data = map[string]string{}
		}
	case *corev1.Secret:
		defaultSecret(o)
	case *corev1.Service:
		defaultService(o)
	case *corev1.Endpoints:
		defaultEndpoints(o)
	case *corev1.LimitRange:
		defaultLimitRange(o)
	case *corev1.ResourceQuota:
		roundResources(o.Spec.Hard)
		roundResources(o.Status.Hard)
		roundResources(o.Status.Used)
	case *corev1.PersistentVolume:
		defaultPersistentVolume(o)
	case *corev1.PersistentVolumeClaim:
		setString(&o.Status.Phase, corev1.ClaimPending)
		defaultClaimSpec(&o.Spec)
		roundResources(o.Status.Capacity)
		roundResources(o.Status.AllocatedResources)
	default:
		defaultWorkload(o)
	}
}

// defaultWorkload defaults the kinds of the groups other than core, and ReplicationController.
func defaultWorkload(o Object) {
	switch o := o.(type) {
	case *corev1.ReplicationController:
		defaultReplicationController(o)
	case *appsv1.Deployment:
		defaultDeployment(o)
	case *appsv1.ReplicaSet:
		setPointer(&o.Spec.Replicas, 1)
		defaultTemplate(&o.Spec.Template)
	case *appsv1.StatefulSet:
		defaultStatefulSet(o)
	case *appsv1.DaemonSet:
		defaultDaemonSet(o)
	case *batchv1.Job:
		defaultJob(o)
	case *batchv1.CronJob:
		defaultCronJob(o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		defaultAutoscaler(o)
	case *schedulingv1.PriorityClass:
		setPointer(&o.PreemptionPolicy, corev1.PreemptLowerPriority)
	case *storagev1.StorageClass:
		setPointer(&o.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete)
		setPointer(&o.VolumeBindingMode, storagev1.VolumeBindingImmediate)
	case *resourcev1.ResourceClaim:
		defaultDevices(&o.Spec.Devices)
	case *resourcev1.ResourceClaimTemplate:
		defaultDevices(&o.Spec.Spec.Devices)
	case *storagev1.CSIDriver:
		defaultCSIDriver(o)
	case *discoveryv1.EndpointSlice:
		for i := range o.Ports {
			setPointer(&o.Ports[i].Name, "")
			setPointer(&o.Ports[i].Protocol, corev1.ProtocolTCP)
		}
	}
}

// setPointer sets a pointer that is nil.
func setPointer[T any](p **T, value T) {
	if *p == nil {
		*p = &value
	}
}

// setString sets a string that is empty.
func setString[T ~string](p *T, value T) {
	if *p == "" {
		*p = value
	}
}

// defaultNode makes all of the capacity allocatable if nothing else is said. podCIDR and the first of podCIDRs are one
// field under two names.
func defaultNode(n *corev1.Node) {
	if len(n.Spec.PodCIDRs) > 0 {
		n.Spec.PodCIDR = n.Spec.PodCIDRs[0]
	} else if n.Spec.PodCIDR != "" {
		n.Spec.PodCIDRs = []string{n.Spec.PodCIDR}
	}
	if n.Status.Allocatable == nil && n.Status.Capacity != nil {
		n.Status.Allocatable = n.Status.Capacity.DeepCopy()
	}
	roundResources(n.Status.Capacity)
	roundResources(n.Status.Allocatable)
}

// defaultNamespace adds the label that names it. Phase and finalizer are set by the registry's strategy.
//
// Source: also k8s v1.36.3 pkg/registry/core/namespace/strategy.go PrepareForCreate.
func defaultNamespace(n *corev1.Namespace) {
	if n.Name != "" {
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		n.Labels[corev1.LabelMetadataName] = n.Name
	}
	setString(&n.Status.Phase, corev1.NamespaceActive)
	for _, f := range n.Spec.Finalizers {
		if f == corev1.FinalizerKubernetes {
			return
		}
	}
	if n.DeletionTimestamp == nil {
		n.Spec.Finalizers = append(n.Spec.Finalizers, corev1.FinalizerKubernetes)
	}
}

// defaultSecret moves stringData to data, where it wins.
//
// Source: also k8s v1.36.3 pkg/apis/core/v1/conversion.go Convert_v1_Secret_To_core_Secret.
func defaultSecret(s *corev1.Secret) {
	if len(s.StringData) > 0 {
		if s.Data == nil {
			s.Data = map[string][]byte{}
		}
		for k, v := range s.StringData { // unordered: each key by itself
			s.Data[k] = []byte(v)
		}
		s.StringData = nil
	}
	setString(&s.Type, corev1.SecretTypeOpaque)
}

// defaultLimitRange derives limits and requests that are missing for containers: the limit from the maximum, the request
// from the limit, then from the minimum.
func defaultLimitRange(l *corev1.LimitRange) {
	for i := range l.Spec.Limits {
		item := &l.Spec.Limits[i]
		if item.Type == corev1.LimitTypeContainer {
			fillResources(&item.Default, item.Max)
			fillResources(&item.DefaultRequest, item.Default)
			fillResources(&item.DefaultRequest, item.Min)
		}
		for _, list := range []corev1.ResourceList{item.Max, item.Min, item.Default, item.DefaultRequest, item.MaxLimitRequestRatio} {
			roundResources(list)
		}
	}
}

// fillResources adds to a list, which is made if it is nil, the entries of from that it lacks.
func fillResources(to *corev1.ResourceList, from corev1.ResourceList) {
	if *to == nil {
		*to = make(corev1.ResourceList, len(from))
	}
	for name, q := range from { // unordered: each entry by itself
		if _, ok := (*to)[name]; !ok {
			(*to)[name] = q.DeepCopy()
		}
	}
}

// roundResources rounds amounts up to thousandths.
func roundResources(list corev1.ResourceList) {
	const milli = -3
	for name, q := range list { // unordered: each entry by itself
		if exact := q.RoundUp(milli); !exact {
			list[name] = q
		}
	}
}

// defaultPersistentVolume fills in a volume.
func defaultPersistentVolume(v *corev1.PersistentVolume) {
	setString(&v.Status.Phase, corev1.VolumePending)
	setString(&v.Spec.PersistentVolumeReclaimPolicy, corev1.PersistentVolumeReclaimRetain)
	setPointer(&v.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	roundResources(v.Spec.Capacity)
	if v.Spec.HostPath != nil {
		setPointer(&v.Spec.HostPath.Type, corev1.HostPathUnset)
	}
	if s := v.Spec.ISCSI; s != nil {
		setString(&s.ISCSIInterface, "default")
	}
	if s := v.Spec.RBD; s != nil {
		setString(&s.RBDPool, "rbd")
		setString(&s.RadosUser, "admin")
		setString(&s.Keyring, "/etc/ceph/keyring")
	}
	defaultAzureDisk(v.Spec.AzureDisk)
	if s := v.Spec.ScaleIO; s != nil {
		setString(&s.StorageMode, "ThinProvisioned")
		setString(&s.FSType, "xfs")
	}
}

// defaultClaimSpec fills in what a claim asks for.
func defaultClaimSpec(s *corev1.PersistentVolumeClaimSpec) {
	setPointer(&s.VolumeMode, corev1.PersistentVolumeFilesystem)
	roundResources(s.Resources.Limits)
	roundResources(s.Resources.Requests)
}

func defaultAzureDisk(s *corev1.AzureDiskVolumeSource) {
	if s == nil {
		return
	}
	setPointer(&s.CachingMode, corev1.AzureDataDiskCachingReadWrite)
	setPointer(&s.FSType, "ext4")
	setPointer(&s.ReadOnly, false)
	setPointer(&s.Kind, corev1.AzureSharedBlobDisk)
}

// defaultCSIDriver fills in a storage driver. SELinuxMount is beta and on, PreventPodSchedulingIfMissing alpha and off.
func defaultCSIDriver(d *storagev1.CSIDriver) {
	setPointer(&d.Spec.AttachRequired, true)
	setPointer(&d.Spec.PodInfoOnMount, false)
	setPointer(&d.Spec.StorageCapacity, false)
	setPointer(&d.Spec.FSGroupPolicy, storagev1.ReadWriteOnceWithFSTypeFSGroupPolicy)
	setPointer(&d.Spec.RequiresRepublish, false)
	setPointer(&d.Spec.SELinuxMount, false)
	if len(d.Spec.VolumeLifecycleModes) == 0 {
		d.Spec.VolumeLifecycleModes = []storagev1.VolumeLifecycleMode{storagev1.VolumeLifecyclePersistent}
	}
}
