package controller

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/dump"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Source: k8s v1.36.3 pkg/controller/endpoint/endpoints_controller.go.
const (
	mostAddresses    = 1000 // of an Endpoints object
	endpointsManager = "endpoint-controller"
)

var endpointsKind = model.FindKind("Endpoints")

// legacyEndpoints keeps the Endpoints object of each service with a selector: what EndpointSlices say of ready and not ready
// pods, without those that are being deleted.
//
// Source: k8s v1.36.3 pkg/controller/endpoint/endpoints_controller.go.
type legacyEndpoints struct {
	env    *Env
	api    *api
	events *record.Recorder
	index  *endpointSlices // knows the pods of each service; it writes nothing
}

func newLegacyEndpoints(env *Env) Reconciler {
	c := &legacyEndpoints{env: env, api: env.newAPI()}
	c.events = env.newRecorder(endpointsManager, c.api)
	c.index = &endpointSlices{env: env, api: c.api, events: c.events, services: map[store.Key]*endpoints{}, byPair: map[pair][]*endpoints{}}
	c.index.queue = newWorkQueue(env.Engine, endpointWorkers, c.sync).by(rule.Endpoints)
	c.index.queue.maxTries = endpointTries
	return c
}

// Start implements Reconciler.
func (c *legacyEndpoints) Start() {
	for _, o := range c.env.Store.List(model.Service) {
		c.index.serviceChanged(o.API().(*corev1.Service))
	}
}

// Observe implements store.Watcher.
func (c *legacyEndpoints) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Service:
		c.index.Observe(ch)
		if ch.Verb == journal.Deleted {
			c.index.queue.add(ch.New.Key())
		}
	case model.Pod:
		c.index.Observe(ch)
	case endpointsKind:
		if ch.Verb == journal.Deleted {
			c.index.queue.add(ch.New.Key())
		}
	}
}

// sync brings the Endpoints of one service in line with its pods.
//
// Source: k8s v1.36.3 endpoints_controller.go syncService.
func (c *legacyEndpoints) sync(key store.Key, done func(error)) {
	e := c.index.services[key]
	old, _ := c.env.Store.Get(endpointsKind, key).(*store.Generic)
	switch {
	case e == nil || e.service == nil:
		if old == nil {
			done(nil)
			return
		}
		c.api.write(func() {
			_ = c.env.API.Delete(endpointsKind, key, nil, "Background")
			done(nil)
		})
		return
	case e.service.Spec.Selector == nil || e.service.Spec.Type == corev1.ServiceTypeExternalName:
		done(nil)
		return
	}
	trigger, subsets := e.trigger(), e.subsets()
	ep := &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	if old != nil {
		ep = old.API().(*corev1.Endpoints).DeepCopy()
		if equality.Semantic.DeepEqual(ep.Subsets, subsets) && maps.Equal(ep.Labels, endpointsLabels(e.service)) {
			done(nil)
			return
		}
	}
	ep.Subsets, ep.Labels = subsets, endpointsLabels(e.service)
	delete(ep.Annotations, corev1.EndpointsLastChangeTriggerTime)
	delete(ep.Annotations, corev1.EndpointsOverCapacity)
	if !trigger.IsZero() {
		ep.Annotations = withKey(ep.Annotations, corev1.EndpointsLastChangeTriggerTime, trigger.UTC().Format(time.RFC3339Nano))
	}
	if truncateEndpoints(ep) {
		ep.Annotations = withKey(ep.Annotations, corev1.EndpointsOverCapacity, "truncated")
	}
	c.api.write(func() { c.put(e.service, ep, old != nil, done) })
}

func (c *legacyEndpoints) put(s *corev1.Service, ep *corev1.Endpoints, exists bool, done func(error)) {
	if exists {
		done(c.env.Store.Replace(endpointsKind, ep))
		return
	}
	_, err := c.env.API.Create(endpointsKind, ep)
	switch {
	case err == nil:
	case namespaceTerminating(err):
		err = nil
	default:
		c.events.Event(referenceTo(endpointsKind, ep), record.Warning, "FailedToCreateEndpoint", fmt.Sprintf("Failed to create endpoint for service %v/%v: %v", s.Namespace, s.Name, err))
	}
	done(err)
}

// endpointsLabels are the service's, and two that say what kind of Endpoints these are.
func endpointsLabels(s *corev1.Service) map[string]string {
	labels := withKey(s.Labels, "endpoints.kubernetes.io/managed-by", endpointsManager)
	if s.Spec.ClusterIP == corev1.ClusterIPNone || s.Spec.ClusterIP == "" {
		labels[corev1.IsHeadlessService] = ""
	}
	return labels
}

// subsets groups the addresses of the pods by the ports that they offer.
//
// Source: k8s v1.36.3 endpoints_controller.go syncService, addEndpointSubset; pkg/api/v1/endpoints/util.go RepackSubsets.
func (e *endpoints) subsets() []corev1.EndpointSubset {
	groups := map[string]*corev1.EndpointSubset{} // by the addresses
	ports := map[corev1.EndpointPort]*strings.Builder{}
	offers := map[corev1.EndpointPort]*corev1.EndpointSubset{}
	for _, name := range sortedKeys(e.pods) {
		p := e.pods[name].pod
		publish := e.service.Spec.PublishNotReadyAddresses
		if p.Terminal() || p.Deletion != nil && !publish || len(p.Status.PodIPs) == 0 {
			continue
		}
		ready := publish || podReady(p)
		for _, port := range e.legacyPorts(p) {
			if offers[port] == nil {
				offers[port], ports[port] = &corev1.EndpointSubset{}, &strings.Builder{}
			}
			fmt.Fprintf(ports[port], "%s %v ", p.UID, ready)
			if to := offers[port]; ready {
				to.Addresses = append(to.Addresses, addressOf(p, e.service))
			} else {
				to.NotReadyAddresses = append(to.NotReadyAddresses, addressOf(p, e.service))
			}
		}
	}
	for port, offer := range offers { // unordered: ports and subsets are sorted below
		key := ports[port].String()
		if groups[key] == nil {
			groups[key] = offer
		}
		if port.Port > 0 {
			groups[key].Ports = append(groups[key].Ports, port)
		}
	}
	out := []corev1.EndpointSubset{}
	for _, g := range groups { // unordered: sorted below
		byIP := func(a, b corev1.EndpointAddress) int { return strings.Compare(a.IP, b.IP) }
		slices.SortFunc(g.Addresses, byIP)
		slices.SortFunc(g.NotReadyAddresses, byIP)
		slices.SortFunc(g.Ports, func(a, b corev1.EndpointPort) int { return strings.Compare(deepHash(a), deepHash(b)) })
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b corev1.EndpointSubset) int { return strings.Compare(deepHash(a), deepHash(b)) })
	return out
}

func deepHash(v any) string {
	h := fnv.New128a()
	_, _ = fmt.Fprintf(h, "%v", dump.ForHash(v)) // writing to a hash cannot fail
	return hex.EncodeToString(h.Sum(nil))
}

// legacyPorts are the ports under which the service reaches the pod; port -1 stands for a headless service without ports.
func (e *endpoints) legacyPorts(p *store.Pod) []corev1.EndpointPort {
	if len(e.service.Spec.Ports) == 0 && e.service.Spec.ClusterIP == corev1.ClusterIPNone {
		return []corev1.EndpointPort{{Port: -1}}
	}
	out := []corev1.EndpointPort{}
	for _, port := range endpointPorts(e.service, p.Spec()) {
		out = append(out, corev1.EndpointPort{Name: value(port.Name), Port: value(port.Port), Protocol: value(port.Protocol), AppProtocol: port.AppProtocol})
	}
	return out
}

func addressOf(p *store.Pod, s *corev1.Service) corev1.EndpointAddress {
	node := p.NodeName
	a := corev1.EndpointAddress{IP: p.Status.PodIPs[0].IP, NodeName: &node,
		TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: p.Namespace, Name: p.Name, UID: p.UID}}
	if spec := p.Spec(); spec.Hostname != "" && spec.Subdomain == s.Name {
		a.Hostname = spec.Hostname
	}
	return a
}

// truncateEndpoints leaves at most a thousand addresses, ready ones first, and reports whether there were more.
//
// Differs: the first subsets are filled first; upstream shares the room among them.
//
// Source: k8s v1.36.3 endpoints_controller.go truncateEndpoints.
func truncateEndpoints(ep *corev1.Endpoints) bool {
	left, cut := mostAddresses, false
	take := func(list *[]corev1.EndpointAddress) {
		if len(*list) > left {
			*list, cut = (*list)[:left], true
		}
		left -= len(*list)
	}
	for i := range ep.Subsets {
		take(&ep.Subsets[i].Addresses)
	}
	for i := range ep.Subsets {
		take(&ep.Subsets[i].NotReadyAddresses)
	}
	return cut
}
