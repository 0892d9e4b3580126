package controller

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// rollout is one sync of a Deployment: steps that are done one after another until one fails. Steps read what was there
// when the sync began, and what earlier steps are expected to have made of it; a write that finds something else fails.
type rollout struct {
	c        *deployments
	state    *deploymentState
	d        appsv1.Deployment // with the changes that the sync has made so far
	revision string            // of the Deployment when the sync began: the sync's second write of it fails, as upstream's does
	sets     []*appsv1.ReplicaSet
	newRS    *appsv1.ReplicaSet
	oldRSs   []*appsv1.ReplicaSet
	steps    []func(done func(error))
	urgent   []func(done func(error)) // done before the sync ends with an error
}

// do appends a step that takes no time.
func (r *rollout) do(f func()) {
	r.steps = append(r.steps, func(done func(error)) {
		rest := r.steps
		r.steps = nil
		f()
		r.steps = append(r.steps, rest...) // what f appended comes next
		done(nil)
	})
}

// write appends a step that is one request.
func (r *rollout) write(f func() error) {
	r.steps = append(r.steps, func(done func(error)) { r.c.api.write(func() { done(f()) }) })
}

func (r *rollout) run(done func(error)) {
	if len(r.steps) == 0 {
		done(nil)
		return
	}
	step := r.steps[0]
	r.steps = r.steps[1:]
	step(func(err error) {
		if err != nil {
			done(err)
			return
		}
		r.run(done)
	})
}

// act says by which rule the steps from here on are done.
func (r *rollout) act(by rule.ID) { r.c.env.Engine.Act(by) }

func (r *rollout) now() metav1.Time { return metav1.NewTime(r.c.env.Store.Now()).Rfc3339Copy() }

func (r *rollout) event(typ, reason, format string, args ...any) {
	r.c.events.Event(referenceTo(model.Deployment, &r.d), typ, reason, fmt.Sprintf(format, args...))
}

// selectsAll complains of a Deployment that would select every pod.
func (r *rollout) selectsAll() {
	r.event(record.Warning, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.")
	if r.d.Status.ObservedGeneration < r.d.Generation {
		r.d.Status.ObservedGeneration = r.d.Generation
		r.putStatus()
	}
}

// decide chooses what this sync is about.
func (r *rollout) decide() {
	if len(r.steps) > 0 { // first, owners change
		r.do(func() {
			r.sets = r.listSets()
			r.decide()
		})
		return
	}
	switch {
	case r.d.DeletionTimestamp != nil:
		r.findSets(false)
		r.do(func() { r.putPlainStatus() })
	default:
		r.checkPaused()
		if r.d.Spec.Paused {
			r.act(rule.DeploymentScale)
			r.scaleOnly()
			return
		}
		if _, ok := rollbackTo(&r.d); ok {
			r.rollback()
			return
		}
		r.findSets(false)
		r.do(func() {
			switch {
			case r.isScaling():
				r.act(rule.DeploymentScale)
				r.scaleOnly()
			case r.d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType:
				r.act(rule.DeploymentRecreate)
				r.recreate()
			default:
				r.act(rule.DeploymentRollout)
				r.rolling()
			}
		})
	}
}

// listSets are the Deployment's ReplicaSets, the oldest first.
func (r *rollout) listSets() []*appsv1.ReplicaSet {
	var out []*appsv1.ReplicaSet
	for _, o := range r.c.env.owned.controlledBy(r.d.UID, model.ReplicaSet) {
		if r.state.selector.Matches(labels.Set(o.GetLabels())) || r.d.DeletionTimestamp != nil {
			out = append(out, o.(*appsv1.ReplicaSet))
		}
	}
	slices.SortStableFunc(out, byAge)
	return out
}

// byAge puts older ReplicaSets first, and those of one second in the order of their names.
//
// Source: k8s v1.36.3 pkg/controller/controller_utils.go ReplicaSetsByCreationTimestamp.
func byAge(a, b *appsv1.ReplicaSet) int {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return before(a.CreationTimestamp.Before(&b.CreationTimestamp))
	}
	return compareKeys(keyOf(a), keyOf(b))
}

// claim adopts ReplicaSets that the selector matches and releases those that it does not match.
//
// Source: k8s v1.36.3 pkg/controller/controller_ref_manager.go ClaimReplicaSets.
func (r *rollout) claim() {
	if r.d.DeletionTimestamp != nil {
		return
	}
	if len(r.c.env.owned.objects[r.d.UID]) != len(r.sets) {
		for _, o := range r.c.env.owned.controlledBy(r.d.UID, model.ReplicaSet) {
			if !r.state.selector.Matches(labels.Set(o.GetLabels())) {
				r.write(func() error { return r.setOwner(keyOf(o), false) })
			}
		}
	}
	var found []store.Key
	for key := range r.c.orphans[r.d.Namespace] { // unordered: sorted below
		o := r.c.env.Store.Get(model.ReplicaSet, key)
		if o.API().GetDeletionTimestamp() == nil && r.state.selector.Matches(labels.Set(o.API().GetLabels())) {
			found = append(found, key)
		}
	}
	slices.SortFunc(found, compareKeys)
	if len(found) > 0 {
		r.c.api.read() // is the Deployment still there?
	}
	for _, key := range found {
		r.write(func() error { return r.setOwner(key, true) })
	}
}

func (r *rollout) setOwner(key store.Key, adopt bool) error {
	err := r.c.env.Store.Update(model.ReplicaSet, key, func(o model.Object) bool {
		switch refs := o.GetOwnerReferences(); {
		case !adopt:
			o.SetOwnerReferences(withoutOwner(refs, r.d.UID))
		case controllerOf(refs) != nil:
			return false // somebody was faster
		default:
			o.SetOwnerReferences(append(refs, newControllerRef(model.Deployment, &r.d)))
		}
		return true
	})
	if isNotFound(err) {
		return nil
	}
	return err
}

// putStatus appends the write of the Deployment's status and annotations as they are when the step begins.
func (r *rollout) putStatus() {
	r.steps = append(r.steps, func(done func(error)) {
		status, annotations := r.d.Status, r.d.Annotations
		before := r.c.env.Engine.Why.Rule()
		r.act(rule.DeploymentProgress)
		r.c.api.write(func() {
			err := r.writeStatus(status, annotations)
			r.act(before)
			done(err)
		})
	})
}

func (r *rollout) writeStatus(status appsv1.DeploymentStatus, annotations map[string]string) error {
	o := r.c.env.Store.Get(model.Deployment, keyOf(&r.d))
	if o == nil {
		return store.NotFound(model.Deployment, r.d.Name)
	}
	if o.API().GetResourceVersion() != r.revision {
		return conflict(model.Deployment, r.d.Name)
	}
	d := *o.API().(*appsv1.Deployment)
	d.Status, d.Annotations = status, annotations
	return r.c.env.Store.Replace(model.Deployment, &d)
}

// putSet appends the write of a ReplicaSet of which was is the state that it was made from. then is called if it succeeded.
func (r *rollout) putSet(was, rs *appsv1.ReplicaSet, then func()) {
	r.write(func() error {
		err := r.c.writeSet(was, rs)
		if err == nil && then != nil {
			then()
		}
		return err
	})
}

func (c *deployments) writeSet(was, rs *appsv1.ReplicaSet) error {
	o := c.env.Store.Get(model.ReplicaSet, keyOf(rs))
	if o == nil {
		return store.NotFound(model.ReplicaSet, rs.Name)
	}
	if o.API().GetResourceVersion() != was.ResourceVersion {
		return conflict(model.ReplicaSet, rs.Name)
	}
	to := *o.API().(*appsv1.ReplicaSet)
	if *to.Spec.Replicas != *rs.Spec.Replicas || to.Spec.MinReadySeconds != rs.Spec.MinReadySeconds {
		to.Generation++
	}
	to.Spec.Replicas, to.Spec.MinReadySeconds, to.Annotations = rs.Spec.Replicas, rs.Spec.MinReadySeconds, rs.Annotations
	return c.env.Store.Replace(model.ReplicaSet, &to)
}

// matches reports whether the ReplicaSet has the Deployment's template.
func (r *rollout) matches(rs *appsv1.ReplicaSet) bool {
	m, ok := r.state.equal[rs.UID]
	if !ok || m.replicaSet != rs.Generation || m.deployment != r.d.Generation {
		m = templateMatch{rs.Generation, r.d.Generation, equalIgnoringHash(&rs.Spec.Template, &r.d.Spec.Template)}
		r.state.equal[rs.UID] = m
	}
	return m.equal
}
