package scheduler

import (
	"fmt"
	"slices"

	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var (
	kindClaim = engine.NewKind("scheduler claim write", engine.RankAPI, false).By(rule.DevicesAllocated)

	resourceClaimKind = model.FindKind("ResourceClaim")
)

// claimedDevices is a claim of a pod that has its node, with what is to be written into it.
type claimedDevices struct {
	claim      *resourcev1.ResourceClaim
	allocation *resourcev1.AllocationResult // nil: it has its devices, and the pod joins those that use them
}

// reserveDevices keeps the devices that were found on a node for the pod of the cycle.
//
// Source: k8s v1.36.3 dynamicresources.go Reserve.
func (c *Cycle) reserveDevices(n int32) (out []claimedDevices) {
	a := c.Pod.Shape.allocator()
	if a == nil {
		return nil
	}
	var results []resourcev1.AllocationResult
	if len(a.unallocated) > 0 {
		results = a.search(c, n).results
	}
	for _, claim := range a.claims {
		use := claimedDevices{claim: claim}
		if claim.Status.Allocation == nil && len(results) > 0 {
			use.allocation, results = &results[0], results[1:]
			c.Snap.devices.reserve(claim.UID, use.allocation)
		}
		out = append(out, use)
	}
	return out
}

// settleDevices takes the devices for given at once, where nobody writes anything.
func (s *Snapshot) settleDevices(pod *Pod, list []claimedDevices) {
	for _, use := range list {
		claim := use.claim.DeepCopy()
		s.devices.release(claim.UID)
		use.write(claim, pod)
		s.SetObject(claim)
	}
}

// write puts the allocation and the pod into the claim's status.
func (use *claimedDevices) write(claim *resourcev1.ResourceClaim, pod *Pod) {
	if use.allocation != nil {
		claim.Status.Allocation = use.allocation.DeepCopy()
	}
	claim.Status.ReservedFor = append(claim.Status.ReservedFor, resourcev1.ResourceClaimConsumerReference{Resource: "pods", Name: pod.Name, UID: pod.UID})
}

// prepareDevices is DynamicResources' PreBind: nil for pods without claims.
func (b *binding) prepareDevices() func(done func(error)) {
	if len(b.devices) == 0 {
		return nil
	}
	return func(done func(error)) { b.bindDevices(0, done) }
}

// bindDevices writes one claim after another: its finalizer, then its status.
//
// Source: k8s v1.36.3 dynamicresources.go PreBind, bindClaim.
// Differs: a write finds the claim as it is then; upstream reads it again after a conflict and comes to the same.
func (b *binding) bindDevices(i int, done func(error)) {
	if i == len(b.devices) {
		done(nil)
		return
	}
	use := &b.devices[i]
	steps := []func(claim *resourcev1.ResourceClaim) error{func(claim *resourcev1.ResourceClaim) error { return use.join(claim, b.s, &b.e.Pod) }}
	if use.allocation != nil && !slices.Contains(use.claim.Finalizers, resourcev1.Finalizer) {
		steps = append([]func(*resourcev1.ResourceClaim) error{func(claim *resourcev1.ResourceClaim) error {
			claim.Finalizers = append(claim.Finalizers, resourcev1.Finalizer)
			return use.allocatable(claim)
		}}, steps...)
	}
	b.writeClaim(use.claim, steps, func(err error) {
		if use.allocation != nil {
			b.s.snap.devices.release(use.claim.UID)
		}
		if err != nil {
			done(err)
			return
		}
		b.bindDevices(i+1, done)
	})
}

// allocatable says why the claim may not be allocated any more, nil if it may.
func (use *claimedDevices) allocatable(claim *resourcev1.ResourceClaim) error {
	switch {
	case claim.DeletionTimestamp != nil:
		return fmt.Errorf("claim %s/%s got deleted in the meantime", claim.Namespace, claim.Name)
	case use.allocation != nil && claim.Status.Allocation != nil:
		return fmt.Errorf("claim %s/%s got allocated elsewhere in the meantime", claim.Namespace, claim.Name)
	}
	return nil
}

func (use *claimedDevices) join(claim *resourcev1.ResourceClaim, s *Scheduler, pod *Pod) error {
	if err := use.allocatable(claim); err != nil {
		return err
	}
	if use.allocation == nil && claim.Status.Allocation == nil {
		return fmt.Errorf("claim %s/%s got deallocated elsewhere in the meantime", claim.Namespace, claim.Name)
	}
	use.write(claim, pod)
	if claim.Status.Allocation.AllocationTimestamp == nil {
		now := metav1.NewTime(s.store.Now()).Rfc3339Copy()
		claim.Status.Allocation.AllocationTimestamp = &now
	}
	return nil
}

// writeClaim performs the writes one after another.
func (b *binding) writeClaim(claim *resourcev1.ResourceClaim, steps []func(*resourcev1.ResourceClaim) error, done func(error)) {
	if len(steps) == 0 {
		done(nil)
		return
	}
	b.s.engine.At(b.s.client.Reserve(b.s.engine.Now())+b.s.write, kindClaim, engine.Func(func() {
		var refused error
		err := b.s.store.Update(resourceClaimKind, store.Key{Namespace: claim.Namespace, Name: claim.Name}, func(o model.Object) bool {
			if o.GetUID() != claim.UID {
				refused = store.NotFound(resourceClaimKind, claim.Name)
				return false
			}
			refused = steps[0](o.(*resourcev1.ResourceClaim))
			return refused == nil
		})
		if err == nil {
			err = refused
		}
		if err != nil {
			done(err)
			return
		}
		b.writeClaim(claim, steps[1:], done)
	}))
}

// releaseDevices gives back what a pod that was not bound after all has of its claims.
//
// Source: k8s v1.36.3 dynamicresources.go Unreserve.
func (b *binding) releaseDevices() {
	for i := range b.devices {
		use := &b.devices[i]
		if use.allocation != nil {
			b.s.snap.devices.release(use.claim.UID)
		}
		claim := b.s.snap.devices.claims[objectKey{use.claim.Namespace, use.claim.Name}]
		if claim == nil || !reservedFor(claim, b.pod) {
			continue
		}
		b.writeClaim(claim, []func(*resourcev1.ResourceClaim) error{func(claim *resourcev1.ResourceClaim) error {
			claim.Status.ReservedFor = slices.DeleteFunc(claim.Status.ReservedFor, func(r resourcev1.ResourceClaimConsumerReference) bool { return r.UID == b.pod.UID })
			return nil
		}}, func(error) {}) // it is gone, and the reservation with it
	}
}

func reservedFor(claim *resourcev1.ResourceClaim, pod *store.Pod) bool {
	return slices.ContainsFunc(claim.Status.ReservedFor, func(r resourcev1.ResourceClaimConsumerReference) bool { return r.UID == pod.UID })
}

// deallocateClaim writes that a claim has no devices any more, so that they can be had elsewhere.
func (s *Scheduler) deallocateClaim(claim *resourcev1.ResourceClaim) {
	s.engine.At(s.client.Reserve(s.engine.Now())+s.write, kindClaim, engine.Func(func() {
		// The claim may be gone.
		_ = s.store.Update(resourceClaimKind, store.Key{Namespace: claim.Namespace, Name: claim.Name}, func(o model.Object) bool {
			c := o.(*resourcev1.ResourceClaim)
			if c.ResourceVersion != claim.ResourceVersion {
				return false // a conflict: the next attempt sees to it
			}
			c.Status.ReservedFor, c.Status.Allocation, c.Status.Devices = nil, nil, nil
			return true
		})
	}))
}
