package controller

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// claimUsers knows which pods use which claims. Pods without claims cost it a look at their volumes, once.
type claimUsers struct {
	pods map[store.Key][]store.Key // by claim; pods sorted by namespace and name
}

func newClaimUsers() *claimUsers { return &claimUsers{map[store.Key][]store.Key{}} }

func (u *claimUsers) fill(s *store.Store) {
	for _, o := range s.List(model.Pod) {
		u.add(o.(*store.Pod))
	}
}

func (u *claimUsers) observe(c *store.Change) {
	_, p, ok := c.Pods()
	switch {
	case !ok:
	case c.Verb == journal.Added:
		u.add(p)
	case c.Verb == journal.Deleted:
		for _, claim := range claimsOf(p) {
			u.pods[claim] = slices.DeleteFunc(u.pods[claim], func(k store.Key) bool { return k == p.Key() })
			if len(u.pods[claim]) == 0 {
				delete(u.pods, claim)
			}
		}
	}
}

func (u *claimUsers) add(p *store.Pod) {
	for _, claim := range claimsOf(p) {
		list := u.pods[claim]
		if i, found := slices.BinarySearchFunc(list, p.Key(), compareKeys); !found {
			u.pods[claim] = slices.Insert(list, i, p.Key())
		}
	}
}

// of lists the pods that use a claim.
func (u *claimUsers) of(claim store.Key) []store.Key { return u.pods[claim] }

// claimsOf names the claims of a pod's volumes, those of generic ephemeral volumes included.
func claimsOf(p *store.Pod) (claims []store.Key) {
	volumes := p.Spec().Volumes
	for i := range volumes {
		if name := volumeClaim(p.Name, &volumes[i]); name != "" {
			claims = append(claims, store.Key{Namespace: p.Namespace, Name: name})
		}
	}
	return claims
}

// volumeClaim is the name of the claim of a pod's volume, "" if it has none.
func volumeClaim(pod string, v *corev1.Volume) string {
	switch {
	case v.PersistentVolumeClaim != nil:
		return v.PersistentVolumeClaim.ClaimName
	case v.Ephemeral != nil:
		return pod + "-" + v.Name
	}
	return ""
}

// volumesReleased reports whether a pod is done with its volumes: it has finished, or it is being deleted and nothing of it runs.
//
// Source: k8s v1.36.3 pkg/volume/util/util.go IsPodTerminated.
func volumesReleased(p *store.Pod) bool {
	if p.Terminal() {
		return true
	}
	return p.Deletion != nil && !running(p.Status.InitContainerStatuses) && !running(p.Status.ContainerStatuses)
}

func running(list []corev1.ContainerStatus) bool {
	return slices.ContainsFunc(list, func(c corev1.ContainerStatus) bool { return c.State.Terminated == nil && c.State.Waiting == nil })
}
