package kubelet

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/store"
)

var (
	claimKind      = model.FindKind("PersistentVolumeClaim")
	volumeKind     = model.FindKind("PersistentVolume")
	csiDriverKind  = model.FindKind("CSIDriver")
	attachmentKind = model.FindKind("VolumeAttachment")
)

// device is a volume of a pod that has to be attached to the node before it can be mounted.
type device struct {
	volume     string // of the pod
	name       corev1.UniqueVolumeName
	attachment string // its VolumeAttachment
}

// claimed reports whether the pod has volumes that claims stand for: pods without them have nothing to do with this file.
func (w *worker) claimed() bool {
	return slices.ContainsFunc(w.pod.Spec().Volumes, func(v corev1.Volume) bool { return v.PersistentVolumeClaim != nil || v.Ephemeral != nil })
}

// devices lists what the pod mounts and a driver has to attach. why says what is wrong with the pod's claims, "" if nothing is;
// failed are the volumes that it is about.
//
// Source: k8s v1.36.3 pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go processPodVolumes,
// getPVCExtractPV.
func (w *worker) devices() (list []device, why string, failed []string) {
	for _, v := range w.pod.Spec().Volumes {
		name := ""
		switch {
		case !w.mountsVolume(v):
			continue
		case v.PersistentVolumeClaim != nil:
			name = v.PersistentVolumeClaim.ClaimName
		case v.Ephemeral != nil:
			name = w.pod.Name + "-" + v.Name
		default:
			continue
		}
		source, problem := w.node.k.claimSource(store.Key{Namespace: w.pod.Namespace, Name: name})
		if problem != "" {
			if why != "" {
				why += "; "
			}
			why += fmt.Sprintf("error processing PVC %s/%s: %s", w.pod.Namespace, name, problem)
			failed = append(failed, v.Name)
		}
		if source != nil {
			list = append(list, device{v.Name, model.UniqueVolumeName(source), model.AttachmentName(source, w.node.name)})
		}
	}
	return list, why, failed
}

// claimSource is the CSI volume behind a claim if it has to be attached, and what is wrong with the claim if something is.
func (k *Kubelets) claimSource(key store.Key) (source *corev1.CSIPersistentVolumeSource, problem string) {
	o := k.store.Get(claimKind, key)
	if o == nil {
		return nil, fmt.Sprintf("failed to fetch PVC from API server: persistentvolumeclaims %q not found", key.Name)
	}
	c := o.API().(*corev1.PersistentVolumeClaim)
	switch {
	case c.DeletionTimestamp != nil:
		return nil, "PVC is being deleted"
	case c.Status.Phase != corev1.ClaimBound || c.Spec.VolumeName == "":
		return nil, "PVC is not bound"
	}
	o = k.store.Get(volumeKind, store.Key{Name: c.Spec.VolumeName})
	if o == nil {
		return nil, fmt.Sprintf("failed to fetch PV %s from API server: persistentvolumes %q not found", c.Spec.VolumeName, c.Spec.VolumeName)
	}
	source = o.API().(*corev1.PersistentVolume).Spec.CSI
	if source == nil {
		return nil, ""
	}
	if o := k.store.Get(csiDriverKind, store.Key{Name: source.Driver}); o != nil {
		if required := o.API().(*storagev1.CSIDriver).Spec.AttachRequired; required != nil && !*required {
			return nil, ""
		}
	}
	return source, ""
}

// resolveDevices finds out what the pod needs attached, once it can be known, and has the node say that it uses it. It returns
// why the pod's volumes cannot be processed, "" if they can.
func (w *worker) resolveDevices() string {
	if !w.claimed() {
		return ""
	}
	list, why, failed := w.devices()
	w.volumes.devices = list
	for _, d := range list {
		if !slices.Contains(w.node.inUse, d.name) {
			w.node.statusChanged()
			break
		}
	}
	if why == "" {
		return ""
	}
	return fmt.Sprintf("unmounted volumes=%v, unattached volumes=%v, failed to process volumes=%v: %s", w.unmounted(), w.unattached(), failed, why)
}

// unmounted names the volumes that the pod mounts; none is before all are.
func (w *worker) unmounted() (names []string) {
	for _, v := range w.pod.Spec().Volumes {
		if w.mountsVolume(v) {
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return names
}

// unattached names the volumes of the pod that the node does not have.
func (w *worker) unattached() []string {
	names := []string{}
	for _, d := range w.volumes.devices {
		if !w.node.has(d) {
			names = append(names, d.volume)
		}
	}
	slices.Sort(names)
	return names
}

// has reports whether a volume is attached, as the API server has it: the node must have reported before that it uses it.
//
// Source: k8s v1.36.3 pkg/kubelet/volumemanager/reconciler/reconciler_common.go waitForVolumeAttach,
// pkg/volume/util/operationexecutor/operation_generator.go GenerateVerifyControllerAttachedVolumeFunc.
func (n *Node) has(d device) bool {
	o := n.k.store.Node(n.name)
	return o != nil && slices.Contains(n.inUse, d.name) &&
		slices.ContainsFunc(o.Status.VolumesAttached, func(a corev1.AttachedVolume) bool { return a.Name == d.name })
}

func (w *worker) devicesReady() bool {
	return !slices.ContainsFunc(w.volumes.devices, func(d device) bool { return !w.node.has(d) })
}

// devicesMoved lets the pods that wait for their volumes look again.
func (n *Node) devicesMoved() {
	for _, w := range n.order {
		if w.volumes.waiter != nil && len(w.volumes.devices) > 0 && !w.volumes.trying && w.devicesReady() {
			w.volumes.trying = true
			w.after(mountLoop, kindMount, w.tryMount)
		}
	}
}

// volumesInUse are what the node's status says that it uses: everything that its pods want or have mounted.
//
// Source: k8s v1.36.3 pkg/kubelet/volumemanager/volume_manager.go GetVolumesInUse, pkg/kubelet/nodestatus/setters.go
// VolumesInUse.
func (n *Node) volumesInUse() (names []corev1.UniqueVolumeName) {
	for _, w := range n.order {
		if w.volumes.mounted && w.volumes.devices == nil && w.claimed() { // adopted
			w.volumes.devices, _, _ = w.devices()
		}
		for _, d := range w.volumes.devices {
			if !slices.Contains(names, d.name) {
				names = append(names, d.name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// ReasonVolumeAttachmentLimitExceeded is the reason of a pod that was turned away because no more volumes can be attached.
const ReasonVolumeAttachmentLimitExceeded = "VolumeAttachmentLimitExceeded"

// exhausted reports whether a driver has said that the node takes no more volumes.
//
// Source: k8s v1.36.3 pkg/volume/csi/csi_plugin.go VerifyExhaustedResource (gate MutableCSINodeAllocatableCount, locked on).
func (w *worker) exhausted() bool {
	const resourceExhausted = 8 // of gRPC
	return slices.ContainsFunc(w.volumes.devices, func(d device) bool {
		o := w.node.k.store.Get(attachmentKind, store.Key{Name: d.attachment})
		if o == nil || w.node.has(d) {
			return false
		}
		e := o.API().(*storagev1.VolumeAttachment).Status.AttachError
		return e != nil && e.ErrorCode != nil && *e.ErrorCode == resourceExhausted
	})
}

// mountsOverdue ends a wait that has taken too long.
//
// Source: k8s v1.36.3 pkg/kubelet/volumemanager/volume_manager.go WaitForAttachAndMount, pkg/kubelet/kubelet.go SyncPod.
func (w *worker) mountsOverdue() {
	v := &w.volumes
	if v.waiter == nil {
		return
	}
	if len(v.devices) > 0 && w.exhausted() {
		v.waiter, w.cancel, w.busy = nil, nil, false
		w.node.reject(w, ReasonVolumeAttachmentLimitExceeded, fmt.Sprintf("Node has reached its volume attachment limit, rejecting pod. unmounted volumes=%v, unattached volumes=%v, failed to process volumes=%v: %s",
			w.unmounted(), w.unattached(), []string{}, "context deadline exceeded"))
		w.node.release(w)
		w.node.finished(w)
		return
	}
	v.waiter(false)
}

// refuseVolumes ends a wait for volumes that cannot even be waited for.
func (w *worker) refuseVolumes(why string) {
	w.volumes.timeout = w.after(w.node.k.latency.VolumeWait, kindStep, func() {
		if w.volumes.waiter != nil {
			w.event("", record.Warning, "FailedMount", "Unable to attach or mount volumes: "+why)
			w.volumes.waiter(false)
		}
	})
}

// onPoll is the first of the kubelet's looks at or after t, of those that it takes from the beginning of the wait on.
func (v *volumes) onPoll(t engine.Time) engine.Time {
	return engine.NextTick(t-1, v.since, mountRetry)
}
