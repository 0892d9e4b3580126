package scheduler

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	helper "k8s.io/component-helpers/resource"
)

// What a container without a request counts as, for scores and for a node's NonZeroRequested.
//
// Source: k8s v1.36.3 pkg/scheduler/util/pod_resources.go.
const (
	DefaultMilliCPURequest = 100               // 0.1 core
	DefaultMemoryRequest   = 200 * 1024 * 1024 // 200 MiB
)

// Requests are the resources that a pod or the pods of a node ask for. CPU is in thousandths of a core, the rest in
// whole units (bytes, pieces).
type Requests struct {
	CPUMilli, Memory, EphemeralStorage int64
	Scalars                            []Scalar // by name; extended resources, huge pages, attachable volumes
}

// Scalar is an amount of one of the Profile's named resources.
type Scalar struct {
	ID    int32
	Value int64
}

func (r *Requests) scalar(id int32) int64 {
	for _, s := range r.Scalars {
		if s.ID == id {
			return s.Value
		}
	}
	return 0
}

// Ids of the resources that are not scalars.
const (
	idCPU int32 = -1 - iota
	idMemory
	idEphemeral
	idPods
	idIgnored
)

// resourceID numbers a resource name. Names that are neither native nor extended are ignored everywhere.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/types.go Resource.Add, pkg/scheduler/util/utils.go IsScalarResourceName.
func (d *dictionary) resourceID(name corev1.ResourceName) int32 {
	switch name {
	case corev1.ResourceCPU:
		return idCPU
	case corev1.ResourceMemory:
		return idMemory
	case corev1.ResourceEphemeralStorage:
		return idEphemeral
	case corev1.ResourcePods:
		return idPods
	}
	if id, ok := d.resources[name]; ok {
		return id
	}
	if !isScalar(string(name)) {
		return idIgnored
	}
	id := int32(len(d.resourceNames))
	d.resources[name] = id
	d.resourceNames = append(d.resourceNames, string(name))
	return id
}

func isScalar(name string) bool {
	return strings.Contains(name, "/") && !strings.HasPrefix(name, corev1.DefaultResourceRequestsPrefix) ||
		strings.HasPrefix(name, corev1.ResourceHugePagesPrefix) || strings.HasPrefix(name, corev1.ResourceAttachableVolumesPrefix)
}

// amounts is a small unordered map of resource amounts.
type amounts []Scalar

func (a amounts) get(id int32) (int64, bool) {
	for _, s := range a {
		if s.ID == id {
			return s.Value, true
		}
	}
	return 0, false
}

func (a *amounts) add(id int32, v int64) {
	for i := range *a {
		if (*a)[i].ID == id {
			(*a)[i].Value += v
			return
		}
	}
	*a = append(*a, Scalar{id, v})
}

func (a *amounts) raise(id int32, v int64) {
	for i := range *a {
		if (*a)[i].ID == id {
			(*a)[i].Value = max((*a)[i].Value, v)
			return
		}
	}
	*a = append(*a, Scalar{id, v})
}

func (a *amounts) set(id int32, v int64) {
	a.raise(id, v)
	for i := range *a {
		if (*a)[i].ID == id {
			(*a)[i].Value = v
		}
	}
}

// requests sorts the amounts out. Scalars go by name, so that nothing depends on the order in which names were met.
func (d *dictionary) requests(a amounts) Requests {
	r := Requests{}
	for _, s := range a {
		switch s.ID {
		case idCPU:
			r.CPUMilli = s.Value
		case idMemory:
			r.Memory = s.Value
		case idEphemeral:
			r.EphemeralStorage = s.Value
		case idPods, idIgnored:
		default:
			r.Scalars = append(r.Scalars, s)
		}
	}
	slices.SortFunc(r.Scalars, func(x, y Scalar) int { return strings.Compare(d.resourceNames[x.ID], d.resourceNames[y.ID]) })
	return r
}

// value is a quantity in the unit of its resource. exact is false if it had to be rounded.
func value(id int32, q resource.Quantity) (v int64, exact bool) {
	if id == idCPU {
		v = q.MilliValue()
		return v, q.Cmp(*resource.NewMilliQuantity(v, resource.DecimalSI)) == 0
	}
	v = q.Value()
	return v, q.CmpInt64(v) == 0
}

// list converts a ResourceList. It says so if an amount is not a whole number of units.
func (d *dictionary) list(l corev1.ResourceList) (a amounts, exact bool) {
	exact = true
	a = make(amounts, 0, len(l))
	for name, q := range l { // unordered: amounts are looked up by id, and sorted by name in requests()
		id := d.resourceID(name)
		v, ok := value(id, q)
		exact = exact && ok
		a = append(a, Scalar{id, v})
	}
	return a, exact
}

// podRequests are the three ways in which a pod's requests count.
type podRequests struct {
	Requests          // what filters and a node's Requested count
	nonZero  Requests // what a node's NonZeroRequested counts: cpu and memory alone matter
	scored   Requests // what NodeResourcesFit scores the pod as: cpu and memory alone matter
}

// requestsOf computes a pod's requests. Quantities are summed as integers if all of them are whole units, else by
// upstream's own library, which rounds once a pod.
//
// Source: k8s v1.36.3 staging component-helpers/resource/helpers.go PodRequests, pkg/scheduler/framework/types.go
// PodInfo.CalculateResource, plugins/noderesources/resource_allocation.go calculatePodResourceRequest.
// Differs: requests come from the spec alone; a resize in progress (status.resources) does not count.
func (d *dictionary) requestsOf(spec *corev1.PodSpec) podRequests {
	podLevel := spec.Resources != nil && helper.IsPodLevelRequestsSet(&corev1.Pod{Spec: *spec})
	raw, exact := d.sum(spec, nil)
	if !exact {
		return d.roundedRequestsOf(spec, podLevel)
	}
	defaults := amounts{{idCPU, DefaultMilliCPURequest}, {idMemory, DefaultMemoryRequest}}
	scored, _ := d.sum(spec, defaults)
	overhead, exact := d.list(spec.Overhead)
	r := podRequests{}
	nonZero := slices.Clone(scored)
	if podLevel {
		exact = d.layPodLevel(&raw, spec) && exact
		defaults = slices.DeleteFunc(defaults, func(s Scalar) bool {
			_, has := raw.get(s.ID)
			_, over := overhead.get(s.ID)
			return has || over
		})
		nonZero, _ = d.sum(spec, defaults)
		d.layPodLevel(&nonZero, spec)
	}
	if !exact {
		return d.roundedRequestsOf(spec, podLevel)
	}
	for _, s := range overhead {
		raw.add(s.ID, s.Value)
		nonZero.add(s.ID, s.Value)
		scored.add(s.ID, s.Value)
	}
	r.Requests, r.nonZero, r.scored = d.requests(raw), d.requests(nonZero), d.requests(scored)
	return r
}

// sum adds up the containers: the larger of what runs at the end and what the init containers need on the way.
// defaults stand in for what a container does not name.
func (d *dictionary) sum(spec *corev1.PodSpec, defaults amounts) (total amounts, exact bool) {
	exact = true
	for i := range spec.Containers {
		exact = d.addContainer(&total, &spec.Containers[i], defaults) && exact
	}
	var sidecars, initMax amounts
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		use := sidecars
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			exact = d.addContainer(&total, c, defaults) && exact
			d.addContainer(&sidecars, c, defaults)
			use = sidecars
		} else {
			use = slices.Clone(sidecars)
			exact = d.addContainer(&use, c, defaults) && exact
		}
		for _, s := range use {
			initMax.raise(s.ID, s.Value)
		}
	}
	for _, s := range initMax {
		total.raise(s.ID, s.Value)
	}
	return total, exact
}

func (d *dictionary) addContainer(to *amounts, c *corev1.Container, defaults amounts) bool {
	l, exact := d.list(c.Resources.Requests)
	for _, s := range l {
		to.add(s.ID, s.Value)
	}
	for _, s := range defaults {
		if _, has := l.get(s.ID); !has {
			to.add(s.ID, s.Value)
		}
	}
	return exact
}

func (d *dictionary) layPodLevel(a *amounts, spec *corev1.PodSpec) (exact bool) {
	exact = true
	for name, q := range spec.Resources.Requests { // unordered: each name is set once
		if helper.IsSupportedPodLevelResource(name) {
			id := d.resourceID(name)
			v, ok := value(id, q)
			exact = exact && ok
			a.set(id, v)
		}
	}
	return exact
}

// roundedRequestsOf is requestsOf for specs with fractions of a unit.
func (d *dictionary) roundedRequestsOf(spec *corev1.PodSpec, podLevel bool) podRequests {
	pod := &corev1.Pod{Spec: *spec}
	defaults := corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(DefaultMilliCPURequest, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(DefaultMemoryRequest, resource.DecimalSI),
	}
	get := func(o helper.PodResourcesOptions) Requests {
		a, _ := d.list(helper.PodRequests(pod, o))
		return d.requests(a)
	}
	r := podRequests{}
	r.scored = get(helper.PodResourcesOptions{SkipPodLevelResources: true, NonMissingContainerRequests: defaults})
	exact := helper.PodRequests(pod, helper.PodResourcesOptions{})
	if podLevel {
		missing := corev1.ResourceList{}
		for name, q := range defaults { // unordered: a filter of a map
			if _, has := exact[name]; !has {
				missing[name] = q
			}
		}
		defaults = missing
	}
	r.Requests = get(helper.PodResourcesOptions{})
	r.nonZero = get(helper.PodResourcesOptions{NonMissingContainerRequests: defaults})
	return r
}
