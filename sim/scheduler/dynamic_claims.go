package scheduler

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/devices"
)

// deviceState is what the scheduler knows of devices and of who has them.
type deviceState struct {
	inventory *devices.Inventory
	claims    map[objectKey]*resourcev1.ResourceClaim
	used      map[devices.ID]int                           // by claims that are allocated or pending
	pending   map[types.UID][]*resourcev1.AllocationResult // allocations that are not written yet
}

func newDeviceState() deviceState {
	return deviceState{inventory: devices.NewInventory(), claims: map[objectKey]*resourcev1.ResourceClaim{}, used: map[devices.ID]int{},
		pending: map[types.UID][]*resourcev1.AllocationResult{}}
}

// setDevices takes in an object of the kinds of devices. It reports whether it is one.
func (s *Snapshot) setDevices(o model.Object) bool {
	d := &s.devices
	switch o := o.(type) {
	case *resourcev1.ResourceClaim:
		key := objectKey{o.Namespace, o.Name}
		if old := d.claims[key]; old != nil {
			d.use(old.Status.Allocation, -1)
		}
		d.claims[key] = o
		d.use(o.Status.Allocation, 1)
	case *resourcev1.DeviceClass:
		d.inventory.SetClass(o)
	case *resourcev1.ResourceSlice:
		d.inventory.SetSlice(o)
	default:
		return false
	}
	s.gen++
	return true
}

// removeDevices forgets it.
func (s *Snapshot) removeDevices(o model.Object) bool {
	d := &s.devices
	switch o := o.(type) {
	case *resourcev1.ResourceClaim:
		key := objectKey{o.Namespace, o.Name}
		if old := d.claims[key]; old != nil {
			d.use(old.Status.Allocation, -1)
		}
		delete(d.claims, key)
	case *resourcev1.DeviceClass:
		d.inventory.RemoveClass(o.Name)
	case *resourcev1.ResourceSlice:
		d.inventory.RemoveSlice(o.Name)
	default:
		return false
	}
	s.gen++
	return true
}

// use counts the devices of an allocation. Those that admins look into stay free for others.
func (d *deviceState) use(a *resourcev1.AllocationResult, by int) {
	if a == nil {
		return
	}
	for i := range a.Devices.Results {
		r := &a.Devices.Results[i]
		if r.AdminAccess == nil || !*r.AdminAccess {
			d.used[devices.ID{Driver: r.Driver, Pool: r.Pool, Device: r.Device}] += by
		}
	}
}

// reserve keeps what was found for a claim until it is written.
func (d *deviceState) reserve(claim types.UID, a *resourcev1.AllocationResult) {
	d.pending[claim] = append(d.pending[claim], a)
	d.use(a, 1)
}

// release gives it back.
func (d *deviceState) release(claim types.UID) {
	for _, a := range d.pending[claim] {
		d.use(a, -1)
	}
	delete(d.pending, claim)
}

// resourceClaims are the claims of a pod, in the order of its spec.
//
// Source: k8s v1.36.3 dynamicresources.go foreachPodResourceClaim, staging
// dynamic-resource-allocation/resourceclaim/resourceclaim.go Name, IsForPod.
func (s *Snapshot) resourceClaims(pod *Pod) (out []*resourcev1.ResourceClaim, err error) {
	for i := range pod.Spec.ResourceClaims {
		use := &pod.Spec.ResourceClaims[i]
		name, generated := resourceClaimName(use, pod.Status)
		switch {
		case name == nil && !generated:
			return nil, fmt.Errorf(`pod "%s/%s": ResourceClaim not created yet`, pod.Namespace, pod.Name)
		case name == nil:
			continue // none is needed
		}
		claim := s.devices.claims[objectKey{pod.Namespace, *name}]
		switch {
		case claim == nil:
			return nil, fmt.Errorf("resourceclaim.resource.k8s.io %q not found", *name)
		case claim.DeletionTimestamp != nil:
			return nil, fmt.Errorf("resourceclaim %q is being deleted", claim.Name)
		case generated && !metav1.IsControlledBy(claim, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: pod.UID}}):
			return nil, fmt.Errorf("ResourceClaim %s/%s was not created for Pod %s/%s (Pod is not owner)", claim.Namespace, claim.Name, pod.Namespace, pod.Name)
		}
		out = append(out, claim)
	}
	return out, nil
}

// resourceClaimName is the claim that a pod's entry stands for, nil if there is none (yet). generated says that it is, or
// would be, made from a template.
func resourceClaimName(use *corev1.PodResourceClaim, st *corev1.PodStatus) (name *string, generated bool) {
	if use.ResourceClaimName != nil {
		return use.ResourceClaimName, false
	}
	if st == nil {
		return nil, false
	}
	for i := range st.ResourceClaimStatuses {
		if c := &st.ResourceClaimStatuses[i]; c.Name == use.Name {
			return c.ResourceClaimName, true
		}
	}
	return nil, false
}
