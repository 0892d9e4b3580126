package controller

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Settings of the endpoint slice controller.
//
// Source: k8s v1.36.3 pkg/controller/endpointslice/config/v1alpha1/defaults.go, endpointslice_controller.go.
const (
	endpointWorkers  = 5
	endpointsInSlice = 100 // --max-endpoints-per-slice
	endpointRetry    = time.Second
	endpointTries    = 15
	sliceChangeDelay = time.Second // before a sync because somebody else changed a slice
	sliceManager     = "endpointslice-controller.k8s.io"
)

// endpointSlices lists in EndpointSlices the pods that each service with a selector leads to.
//
// Differs: hints of the annotation service.kubernetes.io/topology-mode are not computed.
//
// Source: k8s v1.36.3 pkg/controller/endpointslice/endpointslice_controller.go, staging endpointslice/reconciler.go.
type endpointSlices struct {
	env    *Env
	api    *api
	events *record.Recorder
	queue  *workQueue[store.Key]
	kind   *model.Kind

	services map[store.Key]*endpoints
	byPair   map[pair][]*endpoints // services by the first pair of their selector
	writing  bool                  // the change that is seen is the controller's own
	zones    uint64                // counts changes of the nodes' zones
	syncs    uint64
}

// pair is one label, in a namespace.
type pair struct{ namespace, key, value string }

// endpoints is what the controller knows of one service.
type endpoints struct {
	key     store.Key
	service *corev1.Service
	first   pair
	pods    map[string]*member                    // that the selector matches, by name
	slices  map[string]*discoveryv1.EndpointSlice // of this service and controller, by name
	ports   portCache
	synced  bool
	created time.Time // of the service at the last sync
	changed []*member // since the last sync, in their readiness
}

// member is a pod of a service and the endpoint that came of it last.
type member struct {
	pod *store.Pod

	made    *store.Pod // pod, service and zones that the endpoint was made of
	service *corev1.Service
	zones   uint64
	built   endpoint
	placed  uint64    // the sync in which a slice was found to hold it
	noted   bool      // in endpoints.changed
	since   time.Time // at the last sync: when its readiness changed last
}

func newEndpointSlices(env *Env) Reconciler {
	c := &endpointSlices{env: env, api: env.newAPI(), kind: model.FindKind("EndpointSlice"), services: map[store.Key]*endpoints{}, byPair: map[pair][]*endpoints{}}
	c.events = env.newRecorder("endpoint-slice-controller", c.api)
	c.queue = newWorkQueue(env.Engine, endpointWorkers, c.sync).by(rule.EndpointSlices)
	c.queue.base, c.queue.maxTries = endpointRetry, endpointTries
	return c
}

// Start implements Reconciler.
func (c *endpointSlices) Start() {
	for _, o := range c.env.Store.List(c.kind) {
		c.observeSlice(&store.Change{Verb: journal.Added, New: o})
	}
	for _, o := range c.env.Store.List(model.Service) {
		c.serviceChanged(o.API().(*corev1.Service))
	}
}

// Observe implements store.Watcher.
func (c *endpointSlices) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Pod:
		if len(c.byPair) > 0 {
			c.observePod(ch)
		}
	case model.Service:
		s := ch.New.API().(*corev1.Service)
		if ch.Verb == journal.Deleted {
			c.serviceGone(s)
		} else {
			c.serviceChanged(s)
		}
	case model.Node:
		old, now := store.AsNode(ch.Old), store.AsNode(ch.New)
		if ch.Verb != journal.Modified || old.Labels[corev1.LabelTopologyZone] != now.Labels[corev1.LabelTopologyZone] {
			c.zones++
		}
	case c.kind:
		c.observeSlice(ch)
	}
}

// of returns what is known of a service of that key, which may not exist.
func (c *endpointSlices) of(key store.Key) *endpoints {
	e := c.services[key]
	if e == nil {
		e = &endpoints{key: key, slices: map[string]*discoveryv1.EndpointSlice{}}
		c.services[key] = e
	}
	return e
}

func (c *endpointSlices) serviceChanged(s *corev1.Service) {
	e := c.of(store.Key{Namespace: s.Namespace, Name: s.Name})
	old := e.service
	e.service = s
	if old == nil || !sameLabels(old.Spec.Selector, s.Spec.Selector) {
		c.dropSelector(e)
		c.addSelector(e)
	}
	if s.Spec.Selector != nil || old != nil {
		c.queue.add(e.key)
	}
}

func (c *endpointSlices) serviceGone(s *corev1.Service) {
	e := c.of(store.Key{Namespace: s.Namespace, Name: s.Name})
	c.dropSelector(e)
	c.events.Forget(s.UID)
	c.queue.forget(e.key)
	e.service, e.synced, e.changed = nil, false, nil
	if len(e.slices) == 0 {
		delete(c.services, e.key)
	}
}

// addSelector finds the pods that the service selects. A service without a selector selects none; the selector {} all.
func (c *endpointSlices) addSelector(e *endpoints) {
	e.pods, e.changed = map[string]*member{}, nil
	if e.service.Spec.Selector == nil || e.service.Spec.Type == corev1.ServiceTypeExternalName {
		return
	}
	e.first = pair{namespace: e.key.Namespace}
	for k := range e.service.Spec.Selector { // unordered: the least
		if e.first.key == "" || k < e.first.key {
			e.first.key, e.first.value = k, e.service.Spec.Selector[k]
		}
	}
	c.byPair[e.first] = append(c.byPair[e.first], e)
	for _, o := range c.env.Store.List(model.Pod) {
		if p := o.(*store.Pod); p.Namespace == e.key.Namespace && hasLabels(p.LabelSet(), e.service.Spec.Selector) {
			e.set(p)
		}
	}
}

func (c *endpointSlices) dropSelector(e *endpoints) {
	list := c.byPair[e.first]
	if list = slices.DeleteFunc(list, func(x *endpoints) bool { return x == e }); len(list) == 0 {
		delete(c.byPair, e.first)
	} else {
		c.byPair[e.first] = list
	}
	e.pods, e.first = nil, pair{}
}

// selecting calls f for each service that selects pods of these labels.
//
// Source: k8s v1.36.3 staging endpointslice/util/controller_utils.go getServicesForPod.
func (c *endpointSlices) selecting(namespace string, labels map[string]string, f func(*endpoints)) {
	visit := func(p pair) {
		for _, e := range c.byPair[p] {
			if hasLabels(labels, e.service.Spec.Selector) {
				f(e)
			}
		}
	}
	visit(pair{namespace: namespace})
	if len(labels) == 1 {
		for k, v := range labels { // unordered: one
			visit(pair{namespace, k, v})
		}
		return
	}
	for _, k := range sortedKeys(labels) {
		visit(pair{namespace, k, labels[k]})
	}
}

func (c *endpointSlices) observePod(ch *store.Change) {
	old, p, _ := ch.Pods()
	switch {
	case ch.Verb == journal.Added:
		c.selecting(p.Namespace, p.LabelSet(), func(e *endpoints) {
			e.set(p)
			c.queue.add(e.key)
		})
		return
	case ch.Verb == journal.Deleted:
		c.selecting(p.Namespace, p.LabelSet(), func(e *endpoints) {
			delete(e.pods, p.Name)
			c.queue.add(e.key)
		})
		return
	}
	changed := endpointsChanged(old, p)
	if sameMap(old.LabelSet(), p.LabelSet()) || sameLabels(old.LabelSet(), p.LabelSet()) {
		c.selecting(p.Namespace, p.LabelSet(), func(e *endpoints) {
			e.set(p)
			if changed {
				c.queue.add(e.key)
			}
		})
		return
	}
	c.relabelled(old, p, changed)
}

// relabelled is for a pod whose labels changed: services that select it before or after, but not both, are synced; all
// of them if the pod changed otherwise too.
//
// Source: k8s v1.36.3 controller_utils.go determineNeededServiceUpdates.
func (c *endpointSlices) relabelled(old, p *store.Pod, changed bool) {
	c.selecting(p.Namespace, old.LabelSet(), func(e *endpoints) {
		stays := hasLabels(p.LabelSet(), e.service.Spec.Selector)
		if !stays {
			delete(e.pods, p.Name)
		}
		if changed || !stays {
			c.queue.add(e.key)
		}
	})
	c.selecting(p.Namespace, p.LabelSet(), func(e *endpoints) {
		known := e.pods[p.Name] != nil
		e.set(p)
		if !known {
			c.queue.add(e.key)
		}
	})
}

// endpointsChanged reports whether the change may change the pod's endpoints. A pod that is being deleted counts as
// changed each time, for upstream compares pointers there.
//
// Source: k8s v1.36.3 controller_utils.go podEndpointsChanged.
func endpointsChanged(old, p *store.Pod) bool {
	if old.Deletion != nil || p.Deletion != nil || podReady(old) != podReady(p) {
		return true
	}
	return !slices.Equal(old.Status.PodIPs, p.Status.PodIPs)
}

// observeSlice keeps the slices of the services, and syncs a service of which somebody else changed a slice.
//
// Source: k8s v1.36.3 endpointslice_controller.go onEndpointSliceAdd, onEndpointSliceUpdate, onEndpointSliceDelete.
func (c *endpointSlices) observeSlice(ch *store.Change) {
	mine := func(o store.Object) *endpoints {
		if o == nil {
			return nil
		}
		s := o.API().(*discoveryv1.EndpointSlice)
		if s.Labels[discoveryv1.LabelManagedBy] != sliceManager || s.Labels[discoveryv1.LabelServiceName] == "" {
			return nil
		}
		return c.of(store.Key{Namespace: s.Namespace, Name: s.Labels[discoveryv1.LabelServiceName]})
	}
	name := ch.New.Key().Name
	before, after := mine(ch.Old), mine(ch.New)
	if ch.Verb == journal.Deleted {
		after = nil
	}
	if before != nil && before != after {
		delete(before.slices, name)
		c.disturbed(before)
	}
	if after != nil {
		after.slices[name] = ch.New.API().(*discoveryv1.EndpointSlice)
		c.disturbed(after)
	}
}

func (c *endpointSlices) disturbed(e *endpoints) {
	switch {
	case e.service == nil && len(e.slices) == 0:
		delete(c.services, e.key)
	case !c.writing && e.service != nil:
		c.queue.addAfter(e.key, sliceChangeDelay)
	}
}

// trigger is when what led to this sync happened, as far as the objects tell: the earliest of the changes of the pods'
// readiness since the last sync, or the service's creation. The zero time stands for none.
//
// Source: k8s v1.36.3 staging endpointslice/util/trigger_time_tracker.go ComputeEndpointLastChangeTriggerTime.
func (e *endpoints) trigger() time.Time {
	var least time.Time
	note := func(t, before time.Time) {
		if t.After(before) && (least.IsZero() || t.Before(least)) {
			least = t
		}
	}
	for _, m := range e.changed {
		m.noted = false
		if c := store.Condition(m.pod.Status, corev1.PodReady); c != nil && e.pods[m.pod.Name] == m {
			note(c.LastTransitionTime.Time, m.since)
			m.since = c.LastTransitionTime.Time
		}
	}
	e.changed = e.changed[:0]
	created, first := e.service.CreationTimestamp.Time, !e.synced
	note(created, e.created)
	e.created, e.synced = created, true
	if first {
		return created
	}
	return least
}

// set notes the state of a pod that the service selects.
func (e *endpoints) set(p *store.Pod) {
	m := e.pods[p.Name]
	if m == nil {
		m = &member{}
		e.pods[p.Name] = m
	}
	m.pod = p
	if c := store.Condition(p.Status, corev1.PodReady); c != nil && !m.noted && c.LastTransitionTime.After(m.since) {
		m.noted = true
		e.changed = append(e.changed, m)
	}
}

// sync brings the slices of one service in line with its pods.
//
// Source: k8s v1.36.3 endpointslice_controller.go syncService.
func (c *endpointSlices) sync(key store.Key, done func(error)) {
	e := c.services[key]
	if e == nil || e.service == nil || e.service.Spec.Selector == nil || e.service.Spec.Type == corev1.ServiceTypeExternalName {
		done(nil)
		return
	}
	service, trigger := e.service, e.trigger()
	plan, missing := c.reconcile(e)
	c.finalize(service, plan, trigger, func(err error) {
		if err == nil {
			err = missing
		}
		if err != nil {
			c.events.Event(referenceTo(model.Service, service), record.Warning, "FailedToUpdateEndpointSlices",
				"Error updating Endpoint Slices for Service "+key.String()+": "+err.Error())
		}
		done(err)
	})
}

// sameLabels reports whether two sets of labels are equal. Nil and empty differ, as they do in a service's selector.
func sameLabels(a, b map[string]string) bool {
	return len(a) == len(b) && (a == nil) == (b == nil) && hasLabels(a, b)
}

// sortedSlices returns the slices of a service by name.
func (e *endpoints) sortedSlices() []*discoveryv1.EndpointSlice {
	out := make([]*discoveryv1.EndpointSlice, 0, len(e.slices))
	for _, s := range e.slices { // unordered: sorted below
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *discoveryv1.EndpointSlice) int { return strings.Compare(a.Name, b.Name) })
	return out
}
