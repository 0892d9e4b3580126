package scheduler

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Pod is a pod as the scheduler sees it.
type Pod struct {
	Namespace, Name string
	UID             types.UID
	Labels          map[string]string
	Priority        int32
	Nominated       string // status.nominatedNodeName
	Terminating     bool
	Status          *corev1.PodStatus
	Spec            *corev1.PodSpec
	Owner           *metav1.OwnerReference // its controller; nil = none
	Shape           *Shape

	waitsFor string // the node that it is nominated to in this snapshot; "" = none

	set   *labelSet // in the snapshot; nil = not looked up yet
	slot  int32     // of the node that it counts on; -1 = none
	place int32     // in that node's pods
}

// Shape is what the plugins compiled of a pod's spec. Pods that no plugin can tell apart share it.
type Shape struct {
	*skeleton
	podRequests
	class *class // verdicts remembered of the nodes; nil = none
	seen  bool   // a cycle has looked for a node
}

// skeleton is the part of a Shape that pods share which differ in their requests alone (see Profile.sums).
type skeleton struct {
	profile *Profile
	shapes  map[quantities]*Shape // by what is not in the skeleton
	ports   []hostPort
	claims  []string // that the spec names

	identity bool   // namespace and labels are part of it
	parts    []Part // one a plugin
	reject   Verdict
	narrow   []string // the only nodes to look at; nil = all
	narrows  uint64   // plugins that narrowed

	local  []boundFilter // filters that read the shape and the node alone, up to the first that does not
	rest   []boundFilter // all filters from there on
	fixed  []boundScore  // local scores that need no normalizing
	raw    []boundScore  // local scores that do
	wide   []boundScore
	begins []int     // plugins with a Begin function, in the order of PreFilter
	last   int       // of begins, those that come before the plugin that rejects
	terms  *podTerms // its inter-pod (anti)affinity; nil = none

	containers int
	swift      *swift   // nil: the shape is not a common one
	scanner    *scanner // nil: scans are not for it
}

type boundFilter struct {
	plugin int
	fn     func(c *Cycle, n int32) Verdict
}

type boundScore struct {
	plugin int
	weight int64
	part   *Part
}

// Compiler is what Plugin.Compile gets.
type Compiler struct {
	*Profile
	Spec      *corev1.PodSpec
	Namespace string
	Labels    map[string]string
	plugin    int
	requests  podRequests
}

// Verdict numbers a rejection by the plugin that is being compiled.
func (k *Compiler) Verdict(code Code, reasons ...string) Verdict {
	return k.Profile.verdict(k.plugin, code, reasons...)
}

// templateKey names the pods of a namespace that share a template.
type templateKey struct {
	template  *corev1.Pod
	namespace string
}

// maxTemplates limits the memory of templates. It is dropped when it is full, so that templates of pods long gone are
// not kept.
const maxTemplates = 8192

// compileTemplate is the shape of a template's pods. labels are the pod's own, nil if it has the template's.
func (p *Profile) compileTemplate(t *corev1.Pod, namespace string, labels map[string]string) *Shape {
	key := templateKey{t, namespace}
	s, ok := p.templates[key]
	if !ok {
		if len(p.templates) >= maxTemplates {
			clear(p.templates)
		}
		s = p.shapeOf(&t.Spec, namespace, t.Labels)
		p.templates[key] = s
	}
	if labels != nil && s.identity {
		return p.shapeOf(&t.Spec, namespace, labels)
	}
	return s
}

// Compile makes a Pod of an API object.
func (p *Profile) Compile(pod *corev1.Pod) *Pod {
	c := &Pod{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID, Labels: pod.Labels, Spec: &pod.Spec,
		Status: &pod.Status, Nominated: pod.Status.NominatedNodeName, Terminating: pod.DeletionTimestamp != nil, Owner: metav1.GetControllerOfNoCopy(pod), slot: -1}
	if pod.Spec.Priority != nil {
		c.Priority = *pod.Spec.Priority
	}
	c.Shape = p.shapeOf(&pod.Spec, pod.Namespace, pod.Labels)
	return c
}

func (p *Profile) shapeOf(spec *corev1.PodSpec, namespace string, labels map[string]string) *Shape {
	q, plain := p.sums(spec)
	p.key = appendShapeKey(append(p.key[:0], q.kind()), spec, namespace, labels, plain)
	for _, key := range p.keys {
		p.key = appendText(append(p.key, 'K'), key(spec, namespace, labels))
	}
	sk, ok := p.skeletons[string(p.key)]
	if ok {
		if s, ok := sk.shapes[q]; ok {
			return s
		}
	}
	s := &Shape{skeleton: sk}
	if plain {
		s.podRequests = q.requests()
	} else {
		s.podRequests = p.requestsOf(spec)
	}
	if !ok {
		key := string(p.key) // before plugins use the space
		s.skeleton = p.compile(spec, namespace, labels, s.podRequests)
		p.skeletons[key] = s.skeleton
	}
	s.shapes[q] = s
	return s
}

func (p *Profile) compile(spec *corev1.PodSpec, namespace string, labels map[string]string, r podRequests) *skeleton {
	k := &Compiler{Profile: p, Spec: spec, Namespace: namespace, Labels: labels, requests: r}
	s := &skeleton{profile: p, shapes: map[quantities]*Shape{}, ports: hostPorts(spec), claims: claimNames(spec), identity: readsIdentity(spec) || len(p.keys) > 0, terms: p.podTermsOf(spec, namespace), parts: make([]Part, len(p.plugins))}
	for i, pl := range p.plugins {
		if pl.Compile != nil && p.lineup.points[i] != 0 {
			k.plugin = i
			s.parts[i] = pl.Compile(k)
		}
	}
	s.prepare()
	for _, i := range p.lineup.at(PointFilter) {
		s.addFilter(i)
	}
	for _, i := range p.lineup.at(PointScore) {
		s.addScore(i)
	}
	s.containers = len(spec.InitContainers) + len(spec.Containers)
	s.swift = newSwift(s)
	s.scanner = newScanner(s)
	return s
}

// prepare sorts out what is done before any node is looked at: first what belongs to PreFilter, then what prepares the
// scores of plugins that do not filter.
func (s *skeleton) prepare() {
	l := s.profile.lineup
	for _, i := range l.at(PointPreFilter) {
		part := &s.parts[i]
		if part.Reject != 0 && s.reject == 0 {
			s.reject, s.last = part.Reject, len(s.begins)
		}
		if part.Nodes != nil {
			s.narrowTo(part.Nodes)
			s.narrows |= 1 << i
		}
		if part.Begin != nil {
			s.begins = append(s.begins, i)
		}
	}
	if s.reject == 0 {
		s.last = len(s.begins)
	}
	for i := range s.parts {
		if s.parts[i].Begin == nil || l.has(i, PointPreFilter) {
			continue
		}
		s.begins = append(s.begins, i)
		if s.reject == 0 {
			s.last = len(s.begins)
		}
	}
}

func (s *skeleton) addFilter(i int) {
	part := &s.parts[i]
	if part.Filter == nil {
		return
	}
	if f := (boundFilter{i, part.Filter}); part.Wide || len(s.rest) > 0 {
		s.rest = append(s.rest, f)
	} else {
		s.local = append(s.local, f)
	}
}

func (s *skeleton) addScore(i int) {
	part := &s.parts[i]
	if part.Score == nil {
		return
	}
	switch b := (boundScore{i, s.profile.plugins[i].Weight, part}); {
	case part.Wide:
		s.wide = append(s.wide, b)
	case part.Normalize != nil:
		s.raw = append(s.raw, b)
	default:
		s.fixed = append(s.fixed, b)
	}
}

func (s *skeleton) narrowTo(names []string) {
	if s.narrow == nil {
		s.narrow = names
		return
	}
	both := []string{}
	for _, n := range names {
		for _, m := range s.narrow {
			if n == m {
				both = append(both, n)
			}
		}
	}
	s.narrow = both
}
