package controller

import (
	"slices"

	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// syncClaim takes pods that are done off a claim. The last one leaves it without devices.
//
// Source: k8s v1.36.3 pkg/controller/resourceclaim/controller.go syncClaim.
func (c *resourceClaims) syncClaim(key store.Key, done func(error)) {
	claim := c.claim(key.Namespace, key.Name)
	if claim == nil {
		done(nil)
		return
	}
	left := slices.DeleteFunc(slices.Clone(claim.Status.ReservedFor), func(r resourcev1.ResourceClaimConsumerReference) bool {
		return r.APIGroup == "" && r.Resource == "pods" && c.gone(key.Namespace, r)
	})
	finish := func(err error) {
		if err != nil || len(left) > 0 {
			done(err)
			return
		}
		c.drop(claim, done)
	}
	ours := slices.Contains(claim.Finalizers, resourcev1.Finalizer)
	switch {
	case len(left) < len(claim.Status.ReservedFor):
		c.update(claim, func(err error) {
			if err != nil || !ours || len(left) > 0 {
				finish(err)
				return
			}
			c.unprotect(key, finish)
		}, func(claim *resourcev1.ResourceClaim) {
			if claim.Status.ReservedFor = left; len(left) == 0 && ours {
				claim.Status.Allocation = nil
			}
		})
	case ours && claim.DeletionTimestamp != nil && len(left) == 0 && claim.Status.Allocation != nil:
		c.update(claim, func(err error) {
			if err != nil {
				finish(err)
				return
			}
			c.unprotect(key, finish)
		}, func(claim *resourcev1.ResourceClaim) { claim.Status.Allocation = nil })
	case ours && claim.DeletionTimestamp != nil && len(left) == 0:
		c.unprotect(key, finish)
	default:
		finish(nil)
	}
}

// gone reports whether the pod of an entry does not use its claim any more.
func (c *resourceClaims) gone(namespace string, r resourcev1.ResourceClaimConsumerReference) bool {
	p := c.env.Store.Pod(store.Key{Namespace: namespace, Name: r.Name})
	return p == nil || p.UID != r.UID || claimsReleased(p)
}

// update changes a claim, unless it is not what it was any more: that is looked at again.
func (c *resourceClaims) update(claim *resourcev1.ResourceClaim, done func(error), change func(*resourcev1.ResourceClaim)) {
	c.api.write(func() {
		key := store.Key{Namespace: claim.Namespace, Name: claim.Name}
		if now := c.claim(key.Namespace, key.Name); now == nil || now.ResourceVersion != claim.ResourceVersion {
			c.claims.add(key)
			done(nil)
			return
		}
		done(c.env.Store.Update(resourceClaimKind, key, func(o model.Object) bool {
			change(o.(*resourcev1.ResourceClaim))
			return true
		}))
	})
}

// unprotect takes the finalizer off a claim that has no devices.
func (c *resourceClaims) unprotect(key store.Key, done func(error)) {
	c.api.write(func() {
		// Gone is gone.
		_ = c.env.Store.Update(resourceClaimKind, key, func(o model.Object) bool {
			claim := o.(*resourcev1.ResourceClaim)
			i := slices.Index(claim.Finalizers, resourcev1.Finalizer)
			if i < 0 || claim.Status.Allocation != nil {
				return false
			}
			claim.Finalizers = slices.Delete(claim.Finalizers, i, i+1)
			return true
		})
		done(nil)
	})
}

// drop deletes a claim that was made for a pod which is done.
func (c *resourceClaims) drop(claim *resourcev1.ResourceClaim, done func(error)) {
	owner := metav1.GetControllerOfNoCopy(claim)
	if owner == nil || owner.Kind != "Pod" || claim.DeletionTimestamp != nil {
		done(nil)
		return
	}
	p := c.env.Store.Pod(store.Key{Namespace: claim.Namespace, Name: owner.Name})
	if p == nil || p.UID == owner.UID && !claimsReleased(p) {
		done(nil) // the garbage collector knows what to do
		return
	}
	c.api.write(func() {
		// Gone is gone.
		_ = c.env.API.DeleteUID(resourceClaimKind, store.Key{Namespace: claim.Namespace, Name: claim.Name}, string(claim.UID), nil, "")
		done(nil)
	})
}
