package controller

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"clustersim/model"
)

// slicePlan is what a sync does to the slices of a service. What it creates and updates is its own.
type slicePlan struct{ create, update, remove []*discoveryv1.EndpointSlice }

// reconcile plans the slices for the endpoints that there are. missing tells of pods whose node is not there.
//
// Source: k8s v1.36.3 staging endpointslice/reconciler.go Reconcile, reconcileByAddressType.
func (c *endpointSlices) reconcile(e *endpoints) (plan slicePlan, missing error) {
	c.syncs++
	byKey, missing := c.build(e)
	groups := sortedKeys(byKey)
	existing := map[string][]*discoveryv1.EndpointSlice{}
	all := e.sortedSlices()
	for _, s := range all {
		if s.AddressType != discoveryv1.AddressTypeIPv4 || !ownedByService(s, e.service) {
			plan.remove = append(plan.remove, s)
			continue
		}
		key := newPortSet(s.Ports).key
		existing[key] = append(existing[key], s)
	}
	kept := map[string][]keptSlice{}
	for _, key := range groups {
		kept[key] = c.keep(e, key, existing[key])
	}
	left := map[string][]*member{}
	for _, m := range e.pods { // unordered: sorted by fill
		if m.built.listed && m.placed != c.syncs {
			left[m.built.ports.key] = append(left[m.built.ports.key], m)
		}
	}
	for _, key := range groups {
		plan.fill(e.service, byKey[key], kept[key], left[key])
		delete(existing, key)
	}
	for _, key := range sortedKeys(existing) {
		plan.remove = append(plan.remove, existing[key]...)
	}
	if len(plan.remove) == len(all) && len(plan.create) == 0 {
		plan.placeholder(e.service)
	}
	return plan, missing
}

// build brings the endpoints of all pods up to date and returns their groups of ports. missing tells of pods whose node
// is not there.
func (c *endpointSlices) build(e *endpoints) (groups map[string]*portSet, missing error) {
	groups = map[string]*portSet{}
	var homeless []string
	var last *portSet
	for name, m := range e.pods { // unordered: into sets, sorted below
		b := c.endpointOf(e, m)
		if b.homeless {
			homeless = append(homeless, name)
		}
		if b.ports != nil && b.ports != last {
			last = b.ports
			groups[last.key] = last
		}
	}
	slices.Sort(homeless)
	var errs []error
	for _, name := range homeless {
		errs = append(errs, errors.New("skipping Pod "+name+" for Service "+e.key.String()+": Node "+e.pods[name].pod.NodeName+" Not Found"))
	}
	if len(errs) == 0 {
		return groups, nil
	}
	return groups, utilerrors.NewAggregate(errs)
}

// keptSlice is an existing slice and the endpoints of it that stay.
type keptSlice struct {
	slice   *discoveryv1.EndpointSlice
	stay    []discoveryv1.Endpoint
	labels  map[string]string
	changed bool
}

// keep finds out what stays in the slices of a group of ports.
//
// Source: k8s v1.36.3 reconciler.go reconcileByPortMapping, step 1.
func (c *endpointSlices) keep(e *endpoints, group string, existing []*discoveryv1.EndpointSlice) []keptSlice {
	out := make([]keptSlice, 0, len(existing))
	for _, s := range existing {
		k := keptSlice{slice: s, stay: make([]discoveryv1.Endpoint, 0, len(s.Endpoints)+1)}
		for i := range s.Endpoints {
			have := &s.Endpoints[i]
			if have.TargetRef == nil {
				continue
			}
			m := e.pods[have.TargetRef.Name]
			if m == nil || !m.built.listed || m.placed == c.syncs || m.built.ports.key != group || !sameEndpoint(&m.built.value, have) {
				continue
			}
			m.placed = c.syncs
			k.stay = append(k.stay, m.built.value)
			k.changed = k.changed || !equalEndpoints(&m.built.value, have)
		}
		k.changed = k.changed || len(k.stay) != len(s.Endpoints)
		k.labels = sliceLabels(e.service)
		if !k.changed && !maps.Equal(withoutReserved(s.Labels), withoutReserved(e.service.Labels)) {
			k.changed = true
		}
		out = append(out, k)
	}
	return out
}

// fill puts the endpoints that no slice holds yet into slices that change anyway, the fullest first, then into one
// that has room for all of them, then into new ones.
//
// Source: k8s v1.36.3 reconciler.go reconcileByPortMapping, steps 2 and 3. Upstream's order of new endpoints is that of
// a map; here it is the pods' creation.
func (plan *slicePlan) fill(s *corev1.Service, ports *portSet, kept []keptSlice, left []*member) {
	slices.SortFunc(left, func(a, b *member) int { return cmp.Compare(a.pod.Index, b.pod.Index) })
	var update, same []*keptSlice
	for i := range kept {
		switch k := &kept[i]; {
		case k.changed && len(k.stay) == 0 && len(k.slice.Endpoints) > 0:
			plan.remove = append(plan.remove, k.slice)
		case k.changed:
			update = append(update, k)
		default:
			same = append(same, k)
		}
	}
	slices.SortStableFunc(update, func(a, b *keptSlice) int { return cmp.Compare(len(b.stay), len(a.stay)) })
	take := func(to []discoveryv1.Endpoint) []discoveryv1.Endpoint {
		n := min(len(left), endpointsInSlice-len(to))
		for _, m := range left[:max(n, 0)] {
			to = append(to, m.built.value)
		}
		left = left[max(n, 0):]
		return to
	}
	for _, k := range update {
		k.stay = take(k.stay)
	}
	for len(left) > 0 {
		k := roomiest(same, len(left))
		if k == nil {
			n := newSlice(s, ports)
			n.Endpoints = take(nil)
			plan.create = append(plan.create, n)
			continue
		}
		k.stay, k.changed = take(k.stay), true
		update = append(update, k)
		same = slices.DeleteFunc(same, func(o *keptSlice) bool { return o == k })
	}
	slices.SortFunc(update, func(a, b *keptSlice) int { return strings.Compare(a.slice.Name, b.slice.Name) })
	for _, k := range update {
		n := *k.slice
		n.Endpoints, n.Labels = k.stay, k.labels
		plan.update = append(plan.update, &n)
	}
}

// roomiest is the slice that is fullest once n more endpoints are in it, nil if none has room for all.
//
// Source: k8s v1.36.3 utils.go getSliceToFill.
func roomiest(same []*keptSlice, n int) *keptSlice {
	var best *keptSlice
	for _, k := range same {
		if n < endpointsInSlice && n+len(k.stay) <= endpointsInSlice && (best == nil || len(k.stay) > len(best.stay)) {
			best = k
		}
	}
	return best
}

// placeholder keeps one empty slice for a service without endpoints.
func (plan *slicePlan) placeholder(s *corev1.Service) {
	empty := newSlice(s, &portSet{})
	if len(plan.remove) == 1 {
		if have := plan.remove[0]; len(have.Endpoints) == 0 && len(have.Ports) == 0 && have.AddressType == empty.AddressType &&
			maps.Equal(have.Labels, empty.Labels) && ownedByService(have, s) && len(have.OwnerReferences) == 1 {
			plan.remove = nil
			return
		}
	}
	plan.create = append(plan.create, empty)
}

func newSlice(s *corev1.Service, ports *portSet) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{GenerateName: podPrefix(s.Name), Namespace: s.Namespace, Labels: sliceLabels(s),
			OwnerReferences: []metav1.OwnerReference{newControllerRef(model.Service, s)}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       ports.ports,
	}
}

func ownedByService(s *discoveryv1.EndpointSlice, service *corev1.Service) bool {
	return slices.ContainsFunc(s.OwnerReferences, func(o metav1.OwnerReference) bool {
		return o.UID == service.UID && o.Kind == "Service" && o.APIVersion == "v1"
	})
}

// sliceLabels are the labels of a service's slices: its own, and who keeps them for which service.
//
// Source: k8s v1.36.3 utils.go setEndpointSliceLabels.
func sliceLabels(s *corev1.Service) map[string]string {
	out := withoutReserved(s.Labels)
	if s.Spec.ClusterIP == corev1.ClusterIPNone || s.Spec.ClusterIP == "" {
		out[corev1.IsHeadlessService] = ""
	}
	out[discoveryv1.LabelServiceName], out[discoveryv1.LabelManagedBy] = s.Name, sliceManager
	return out
}

// withoutReserved copies labels without those that the controller gives itself.
func withoutReserved(labels map[string]string) map[string]string {
	out := make(map[string]string, len(labels)+2)
	for k, v := range labels { // unordered: a copy of a map
		if k != discoveryv1.LabelServiceName && k != discoveryv1.LabelManagedBy && k != corev1.IsHeadlessService {
			out[k] = v
		}
	}
	return out
}

// finalize carries the plan out, one write after another: new slices take the place of ones that would go.
//
// Source: k8s v1.36.3 reconciler.go finalize.
func (c *endpointSlices) finalize(s *corev1.Service, plan slicePlan, trigger time.Time, done func(error)) {
	for i := 0; i < len(plan.remove) && len(plan.create) > 0; {
		old, last := plan.remove[i], len(plan.create)-1
		if n := plan.create[last]; old.AddressType == n.AddressType && ownedByService(old, s) {
			to := *old
			to.Labels, to.OwnerReferences, to.Endpoints, to.Ports = n.Labels, n.OwnerReferences, n.Endpoints, n.Ports
			plan.create, plan.update = plan.create[:last], append(plan.update, &to)
			plan.remove = slices.Delete(plan.remove, i, i+1)
			continue
		}
		i++
	}
	if s.DeletionTimestamp != nil {
		plan.create = nil
	}
	creates, updates := len(plan.create), len(plan.update)
	oneByOne(creates+updates+len(plan.remove), func(i int, done func(error)) {
		c.api.write(func() {
			c.writing = true
			defer func() { c.writing = false }()
			switch {
			case i < creates:
				done(c.create(s, plan.create[i], trigger))
			case i < creates+updates:
				done(c.update(s, plan.update[i-creates], trigger))
			default:
				done(c.remove(s, plan.remove[i-creates-updates]))
			}
		})
	}, func(err error) {
		if namespaceTerminating(err) {
			err = nil // further creates would fail as well
		}
		done(err)
	})
}

func (c *endpointSlices) create(s *corev1.Service, n *discoveryv1.EndpointSlice, trigger time.Time) error {
	annotateTrigger(n, trigger)
	_, err := c.env.API.Create(c.kind, n)
	if err != nil && !namespaceTerminating(err) {
		err = errors.New("failed to create EndpointSlice for Service " + s.Namespace + "/" + s.Name + ": " + err.Error())
	}
	return err
}

// update puts n in the place of the slice that it was made from.
func (c *endpointSlices) update(s *corev1.Service, n *discoveryv1.EndpointSlice, trigger time.Time) (err error) {
	defer func() {
		if err != nil {
			err = errors.New("failed to update " + n.Name + " EndpointSlice for Service " + s.Namespace + "/" + s.Name + ": " + err.Error())
		}
	}()
	if now := c.env.Store.Get(c.kind, keyOf(n)); now != nil && now.API().GetResourceVersion() != n.ResourceVersion {
		return conflict(c.kind, n.Name)
	}
	if n.Annotations != nil {
		n.Annotations = maps.Clone(n.Annotations)
	}
	annotateTrigger(n, trigger)
	n.Generation++
	return c.env.Store.Replace(c.kind, n)
}

func (c *endpointSlices) remove(s *corev1.Service, n *discoveryv1.EndpointSlice) error {
	if err := c.env.Store.Remove(c.kind, keyOf(n)); err != nil {
		return errors.New("failed to delete " + n.Name + " EndpointSlice for Service " + s.Namespace + "/" + s.Name + ": " + err.Error())
	}
	return nil
}

// annotateTrigger notes when what led to the change happened, or takes the note off.
//
// Source: k8s v1.36.3 utils.go addTriggerTimeAnnotation.
func annotateTrigger(n *discoveryv1.EndpointSlice, trigger time.Time) {
	if trigger.IsZero() {
		delete(n.Annotations, corev1.EndpointsLastChangeTriggerTime)
		if len(n.Annotations) == 0 {
			n.Annotations = nil
		}
		return
	}
	if n.Annotations == nil {
		n.Annotations = map[string]string{}
	}
	n.Annotations[corev1.EndpointsLastChangeTriggerTime] = trigger.UTC().Format(time.RFC3339Nano)
}
