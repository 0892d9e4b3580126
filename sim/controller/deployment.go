package controller

import (
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

const (
	deploymentWorkers = 5  // concurrent syncs. Source: k8s v1.36.3 pkg/controller/deployment/config/v1alpha1/defaults.go
	deploymentRetries = 15 // Source: k8s v1.36.3 pkg/controller/deployment/deployment_controller.go maxRetries
)

// deployments rolls out Deployments: it makes a ReplicaSet for each template and moves replicas to the newest one.
//
// Source: k8s v1.36.3 pkg/controller/deployment.
type deployments struct {
	env    *Env
	api    *api
	events *record.Recorder
	queue  *workQueue[store.Key]

	states  map[types.UID]*deploymentState
	orphans map[string]map[store.Key]bool // ReplicaSets without a controller, by namespace
}

// deploymentState is what the controller remembers of a Deployment between syncs.
type deploymentState struct {
	equal      map[types.UID]templateMatch // by ReplicaSet
	selector   labels.Selector
	generation int64 // of which the selector is
}

// templateMatch says whether a ReplicaSet has the Deployment's template, as of their generations.
type templateMatch struct {
	replicaSet, deployment int64
	equal                  bool
}

func newDeployments(env *Env) Reconciler {
	c := &deployments{env: env, api: env.newAPI(), states: map[types.UID]*deploymentState{}, orphans: map[string]map[store.Key]bool{}}
	c.events = env.newRecorder("deployment-controller", c.api)
	c.queue = newWorkQueue(env.Engine, deploymentWorkers, c.sync).by(rule.DeploymentSync)
	c.queue.maxTries = deploymentRetries
	return c
}

// Start implements Reconciler.
func (c *deployments) Start() {
	for _, o := range c.env.Store.List(model.ReplicaSet) {
		c.noteOrphan(journal.Added, o.API())
	}
	for _, o := range c.env.Store.List(model.Deployment) {
		c.queue.add(o.Key())
	}
}

// Observe implements store.Watcher.
func (c *deployments) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Deployment:
		if ch.Verb == journal.Deleted {
			uid := ch.New.API().GetUID()
			delete(c.states, uid)
			c.events.Forget(uid)
			c.queue.cancelDelayed(ch.New.Key())
		}
		c.queue.add(ch.New.Key())
	case model.ReplicaSet:
		c.observeReplicaSet(ch)
	case model.Pod:
		if ch.Verb == journal.Deleted {
			c.podGone(ch.New.(*store.Pod))
		}
	}
}

func (c *deployments) observeReplicaSet(ch *store.Change) {
	rs := ch.New.API()
	c.noteOrphan(ch.Verb, rs)
	owner := controllerUID(rs.GetOwnerReferences())
	changed := ch.Old == nil
	if ch.Old != nil {
		if was := controllerOf(ch.Old.API().GetOwnerReferences()); was != nil && was.UID != owner {
			changed = true
			c.queueOwner(rs.GetNamespace(), was)
		}
		changed = changed || !maps.Equal(ch.Old.API().GetLabels(), rs.GetLabels())
	}
	if owner != "" {
		c.queueOwner(rs.GetNamespace(), controllerOf(rs.GetOwnerReferences()))
		return
	}
	if !changed || ch.Verb == journal.Deleted {
		return
	}
	for _, o := range c.env.Store.List(model.Deployment) {
		if d := o.API().(*appsv1.Deployment); d.Namespace == rs.GetNamespace() && selects(d.Spec.Selector, rs.GetLabels()) {
			c.queue.add(o.Key())
		}
	}
}

func (c *deployments) noteOrphan(verb journal.Verb, rs model.Object) {
	set := c.orphans[rs.GetNamespace()]
	if verb == journal.Deleted || controllerOf(rs.GetOwnerReferences()) != nil {
		delete(set, keyOf(rs))
		return
	}
	if set == nil {
		set = map[store.Key]bool{}
		c.orphans[rs.GetNamespace()] = set
	}
	set[keyOf(rs)] = true
}

// selects reports whether the selector matches; an empty one matches nothing here.
func selects(s *metav1.LabelSelector, l map[string]string) bool {
	return selectorOf(s).Matches(labels.Set(l))
}

// selectorOf compiles a selector; an empty one matches nothing here.
func selectorOf(s *metav1.LabelSelector) labels.Selector {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil || selector.Empty() {
		return labels.Nothing()
	}
	return selector
}

// queueOwner queues the Deployment that a reference means.
func (c *deployments) queueOwner(namespace string, r *metav1.OwnerReference) {
	key := store.Key{Namespace: namespace, Name: r.Name}
	if r.Kind == model.Deployment.Name {
		if o := c.env.Store.Get(model.Deployment, key); o != nil && o.API().GetUID() == r.UID {
			c.queue.add(key)
		}
	}
}

// podGone queues a Deployment of the strategy Recreate once all of its pods are gone.
//
// Source: k8s v1.36.3 deployment_controller.go deletePod.
func (c *deployments) podGone(p *store.Pod) {
	d := c.deploymentOf(p)
	if d == nil || d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		return
	}
	for _, rs := range c.env.owned.controlledBy(d.UID, model.ReplicaSet) {
		if len(c.env.owned.pods[rs.GetUID()]) > 0 {
			return
		}
	}
	c.queue.add(keyOf(d))
}

// deploymentOf returns the Deployment of a pod's ReplicaSet, nil if there is none.
func (c *deployments) deploymentOf(p *store.Pod) *appsv1.Deployment {
	r := controllerOf(p.OwnerList())
	if r == nil || r.Kind != model.ReplicaSet.Name {
		return nil
	}
	rs := c.env.Store.Get(model.ReplicaSet, store.Key{Namespace: p.Namespace, Name: r.Name})
	if rs == nil || rs.API().GetUID() != r.UID {
		return nil
	}
	owner := controllerOf(rs.API().GetOwnerReferences())
	if owner == nil || owner.Kind != model.Deployment.Name {
		return nil
	}
	o := c.env.Store.Get(model.Deployment, store.Key{Namespace: p.Namespace, Name: owner.Name})
	if o == nil || o.API().GetUID() != owner.UID {
		return nil
	}
	return o.API().(*appsv1.Deployment)
}

// sync does one step of a Deployment.
//
// Source: k8s v1.36.3 deployment_controller.go syncDeployment.
func (c *deployments) sync(key store.Key, done func(error)) {
	o := c.env.Store.Get(model.Deployment, key)
	if o == nil {
		done(nil)
		return
	}
	d := o.API().(*appsv1.Deployment)
	if c.states[d.UID] == nil {
		c.states[d.UID] = &deploymentState{equal: map[types.UID]templateMatch{}}
	}
	r := &rollout{c: c, state: c.states[d.UID], revision: d.ResourceVersion}
	r.d = *d // its fields are replaced, never changed
	if r.state.selector == nil || r.state.generation != d.Generation {
		r.state.selector, r.state.generation = selectorOf(d.Spec.Selector), d.Generation
	}
	if equality.Semantic.DeepEqual(d.Spec.Selector, &metav1.LabelSelector{}) {
		r.selectsAll()
	} else {
		r.sets = r.listSets()
		r.claim()
		r.decide()
	}
	r.run(func(err error) {
		if namespaceTerminating(err) {
			err = nil
		}
		done(err)
	})
}
