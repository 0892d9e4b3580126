package controller

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var (
	resourceClaimKind = model.FindKind("ResourceClaim")
	claimTemplateKind = model.FindKind("ResourceClaimTemplate")
)

// resourceClaims makes the ResourceClaims of pods from their templates, tells each pod their names, and takes claims away
// from pods that do not need them any more: what nobody uses loses its devices, what was made for a pod that is done goes.
//
// Source: k8s v1.36.3 pkg/controller/resourceclaim/controller.go.
type resourceClaims struct {
	env    *Env
	api    *api
	events *record.Recorder
	pods   *workQueue[store.Key]
	claims *workQueue[store.Key]
}

// resourceClaimWorkers is the number of concurrent syncs. Source: k8s v1.36.3
// pkg/controller/resourceclaim/config/v1alpha1/defaults.go.
const resourceClaimWorkers = 50

func newResourceClaims(env *Env) Reconciler {
	c := &resourceClaims{env: env, api: env.newAPI()}
	c.events = env.newRecorder("resource_claim", c.api)
	c.pods = newWorkQueue(env.Engine, resourceClaimWorkers, c.syncPod).by(rule.ResourceClaim)
	c.claims = newWorkQueue(env.Engine, resourceClaimWorkers, c.syncClaim).by(rule.ResourceClaim)
	return c
}

// Start implements Reconciler.
func (c *resourceClaims) Start() {
	for _, o := range c.env.Store.List(model.Pod) {
		c.podChanged(o.(*store.Pod), false)
	}
	for _, o := range c.env.Store.List(resourceClaimKind) {
		c.claims.add(o.Key())
	}
}

// Observe implements store.Watcher.
func (c *resourceClaims) Observe(ch *store.Change) {
	if _, p, ok := ch.Pods(); ok {
		if len(p.Spec().ResourceClaims) > 0 {
			c.podChanged(p, ch.Verb == journal.Deleted)
		}
		return
	}
	switch ch.Kind() {
	case resourceClaimKind:
		key := ch.New.Key()
		if ch.Verb != journal.Deleted {
			c.claims.add(key)
		}
		c.usersChanged(key.Namespace, func(use *corev1.PodResourceClaim, p *store.Pod) bool { return claimNameOf(use, p) == key.Name })
	case claimTemplateKind:
		key := ch.New.Key()
		if ch.Verb == journal.Added {
			c.usersChanged(key.Namespace, func(use *corev1.PodResourceClaim, _ *store.Pod) bool {
				return use.ResourceClaimTemplateName != nil && *use.ResourceClaimTemplateName == key.Name
			})
		}
	}
}

// usersChanged looks again at the pods of a namespace with an entry that is meant.
func (c *resourceClaims) usersChanged(namespace string, meant func(*corev1.PodResourceClaim, *store.Pod) bool) {
	for _, o := range c.env.Store.List(model.Pod) {
		p := o.(*store.Pod)
		if uses := p.Spec().ResourceClaims; len(uses) > 0 && p.Namespace == namespace {
			if slices.ContainsFunc(uses, func(u corev1.PodResourceClaim) bool { return meant(&u, p) }) {
				c.podChanged(p, false)
			}
		}
	}
}

// podChanged is upstream's enqueuePod.
//
// Differs: a pod that is done gets nothing any more. Upstream still looks after it: it finds the claim that it has just deleted
// in a cache of its own writes, and reserves claims that others share (kubernetes issue 141274), over and over.
func (c *resourceClaims) podChanged(p *store.Pod, deleted bool) {
	uses := p.Spec().ResourceClaims
	if deleted || claimsReleased(p) {
		for i := range uses {
			if name := claimNameOf(&uses[i], p); name != "" {
				c.claims.add(store.Key{Namespace: p.Namespace, Name: name})
			}
		}
	}
	if !deleted && p.Deletion == nil && !p.Terminal() && c.needsWork(p) {
		c.pods.add(p.Key())
	}
}

// claimsReleased reports whether a pod is certain not to need its claims any more.
func claimsReleased(p *store.Pod) bool { return p.Terminal() || p.Deletion != nil && p.NodeName == "" }

// claimNameOf is the claim that a pod's entry stands for, "" if it is not made yet.
func claimNameOf(use *corev1.PodResourceClaim, p *store.Pod) string {
	if use.ResourceClaimName != nil {
		return *use.ResourceClaimName
	}
	for i := range p.Status.ResourceClaimStatuses {
		if s := &p.Status.ResourceClaimStatuses[i]; s.Name == use.Name && s.ResourceClaimName != nil {
			return *s.ResourceClaimName
		}
	}
	return ""
}

func (c *resourceClaims) claim(namespace, name string) *resourcev1.ResourceClaim {
	o := c.env.Store.Get(resourceClaimKind, store.Key{Namespace: namespace, Name: name})
	if name == "" || o == nil {
		return nil
	}
	return o.API().(*resourcev1.ResourceClaim)
}

// needsWork reports whether a claim has to be made, or to be reserved for a pod that was bound without the scheduler.
//
// Source: controller.go podNeedsWork.
func (c *resourceClaims) needsWork(p *store.Pod) bool {
	uses := p.Spec().ResourceClaims
	for i := range uses {
		claim := c.claim(p.Namespace, claimNameOf(&uses[i], p))
		if claim == nil && uses[i].ResourceClaimTemplateName != nil || claim != nil && c.mustReserve(p, claim) {
			return true
		}
	}
	return false
}

func (c *resourceClaims) mustReserve(p *store.Pod, claim *resourcev1.ResourceClaim) bool {
	return p.NodeName != "" && claim.Status.Allocation != nil && !reserves(claim, p)
}

func reserves(claim *resourcev1.ResourceClaim, p *store.Pod) bool {
	return slices.ContainsFunc(claim.Status.ReservedFor, func(r resourcev1.ResourceClaimConsumerReference) bool { return r.UID == p.UID })
}

// syncPod makes the claims of a pod.
func (c *resourceClaims) syncPod(key store.Key, done func(error)) {
	p := c.env.Store.Pod(key)
	if p == nil || p.Deletion != nil {
		done(nil)
		return
	}
	uses := p.Spec().ResourceClaims
	var made []corev1.PodResourceClaimStatus
	oneByOne(len(uses), func(i int, done func(error)) {
		c.make(p, &uses[i], func(name string, err error) {
			if err != nil {
				c.events.Pod(p, "", record.Warning, "FailedResourceClaimCreation", fmt.Sprintf("PodResourceClaim %s: %v", uses[i].Name, err))
				err = fmt.Errorf("pod %s, PodResourceClaim %s: %w", key, uses[i].Name, err)
			}
			if name != "" {
				made = append(made, corev1.PodResourceClaimStatus{Name: uses[i].Name, ResourceClaimName: &name})
			}
			done(err)
		})
	}, func(err error) {
		if err != nil {
			done(err)
			return
		}
		c.tell(p, made, func() { c.reserve(p, done) })
	})
}

// make creates the claim of an entry from its template, unless it is there. name is "" if nothing is new.
//
// Source: controller.go handleClaim.
func (c *resourceClaims) make(p *store.Pod, use *corev1.PodResourceClaim, done func(name string, err error)) {
	if claim := c.claim(p.Namespace, claimNameOf(use, p)); claim != nil || use.ResourceClaimTemplateName == nil {
		done("", nil)
		return
	}
	if claim := c.orphan(p, use); claim != nil {
		done(claim.Name, nil)
		return
	}
	name := *use.ResourceClaimTemplateName
	o := c.env.Store.Get(claimTemplateKind, store.Key{Namespace: p.Namespace, Name: name})
	if o == nil {
		done("", fmt.Errorf("resource claim template %q: resourceclaimtemplate.resource.k8s.io %q not found", name, name))
		return
	}
	claim := claimFor(p, use, o.API().(*resourcev1.ResourceClaimTemplate))
	c.api.write(func() {
		if _, err := c.env.API.Create(resourceClaimKind, claim); err != nil {
			done("", fmt.Errorf("create ResourceClaim : %w", err))
			return
		}
		done(c.orphan(p, use).Name, nil)
	})
}

// orphan is the claim that was made for an entry when the pod has not been told of it yet.
func (c *resourceClaims) orphan(p *store.Pod, use *corev1.PodResourceClaim) *resourcev1.ResourceClaim {
	for _, o := range c.env.Store.List(resourceClaimKind) {
		claim := o.API().(*resourcev1.ResourceClaim)
		owner := metav1.GetControllerOfNoCopy(claim)
		if claim.Namespace == p.Namespace && owner != nil && owner.UID == p.UID && claim.Annotations[resourcev1.PodResourceClaimAnnotation] == use.Name {
			return claim
		}
	}
	return nil
}

// claimFor is a claim for a pod. The API server finishes its name.
func claimFor(p *store.Pod, use *corev1.PodResourceClaim, t *resourcev1.ResourceClaimTemplate) *resourcev1.ResourceClaim {
	const longest = 57 // leaves room for 5 characters in a name of 63, with hyphens
	base := p.Name + "-" + use.Name + "-"
	if n := len(base); n > longest {
		base = p.Name[:len(p.Name)*longest/n] + "-" + use.Name[:len(use.Name)*longest/n]
	}
	yes, t := true, t.DeepCopy()
	claim := &resourcev1.ResourceClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: p.Namespace, GenerateName: base, Annotations: t.Spec.Annotations, Labels: t.Spec.Labels,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID, Controller: &yes}},
	}, Spec: t.Spec.Spec}
	if claim.Annotations == nil {
		claim.Annotations = map[string]string{}
	}
	claim.Annotations[resourcev1.PodResourceClaimAnnotation] = use.Name
	return claim
}

// tell writes the names of new claims into the pod's status.
func (c *resourceClaims) tell(p *store.Pod, made []corev1.PodResourceClaimStatus, done func()) {
	if len(made) == 0 {
		done()
		return
	}
	c.api.write(func() {
		// The pod may be gone; its claims then go with it.
		_, _ = c.env.Store.UpdatePod(p.Key(), string(p.UID), func(p *store.Pod) bool {
			st := *p.Status
			st.ResourceClaimStatuses = slices.Clone(st.ResourceClaimStatuses)
			for _, m := range made {
				st.ResourceClaimStatuses = slices.DeleteFunc(st.ResourceClaimStatuses, func(s corev1.PodResourceClaimStatus) bool { return s.Name == m.Name })
				st.ResourceClaimStatuses = append(st.ResourceClaimStatuses, m)
			}
			p.Status = &st
			return true
		})
		done()
	})
}

// reserve adds a pod that was bound without the scheduler to the users of its claims.
func (c *resourceClaims) reserve(p *store.Pod, done func(error)) {
	uses := p.Spec().ResourceClaims
	oneByOne(len(uses), func(i int, done func(error)) {
		claim := c.claim(p.Namespace, claimNameOf(&uses[i], p))
		if claim == nil || !c.mustReserve(p, claim) {
			done(nil)
			return
		}
		c.update(claim, done, func(claim *resourcev1.ResourceClaim) {
			claim.Status.ReservedFor = append(claim.Status.ReservedFor, resourcev1.ResourceClaimConsumerReference{Resource: "pods", Name: p.Name, UID: p.UID})
		})
	}, done)
}
