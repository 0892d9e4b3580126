package admission

import (
	"maps"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// Identity is what pods of one manifest do not share.
type Identity struct {
	Namespace    string // "" = default
	Name         string // "" = generated from GenerateName
	GenerateName string
	Owners       []metav1.OwnerReference // nil = the manifest's
	Labels       map[string]string       // nil = the manifest's
	// Edit, if set, makes the spec of this pod differ from that of its siblings. It gets a shallow copy and must replace,
	// not alter, what it points to. Nothing but a hostname is checked afterwards.
	Edit func(*corev1.PodSpec)
}

func identityOf(p *corev1.Pod) Identity {
	return Identity{Namespace: p.Namespace, Name: p.Name, GenerateName: p.GenerateName}
}

// prototype is an admitted manifest: what its pods share.
type prototype struct {
	manifest  *corev1.Pod
	namespace string
	generate  string
	name      string // that was checked with it, "" if it is generated
	version   uint64 // Admission.version at the time

	template *corev1.Pod
	status   *corev1.PodStatus
	token    bool
	nodeName string
	warnings []string
}

var purposeToken = engine.HashString("service account token volume")

// CreatePod admits and stores a pod as its manifest describes it.
func (a *Admission) CreatePod(m *corev1.Pod) (warnings []string, err error) {
	_, warnings, err = a.CreatePodAs(m, identityOf(m))
	return warnings, err
}

// CreateMirror admits and stores the mirror of a static pod, for its kubelet.
func (a *Admission) CreateMirror(m *corev1.Pod) error {
	_, err := a.CreatePod(m)
	return err
}

// CreatePodAs admits and stores a pod of that identity. The manifest must not be changed afterwards: pods of the same
// manifest share what comes of it. It returns the pod as stored, the API server's warnings, and its refusal.
func (a *Admission) CreatePodAs(m *corev1.Pod, id Identity) (*store.Pod, []string, error) {
	p, warnings, err := a.createPod(m, id)
	if err != nil && a.Refused != nil {
		name := id.Name
		if name == "" {
			name = id.GenerateName
		}
		a.Refused(model.Pod, id.Namespace, name, err)
	}
	return p, warnings, err
}

func (a *Admission) createPod(m *corev1.Pod, id Identity) (*store.Pod, []string, error) {
	if id.Namespace == "" {
		id.Namespace = metav1.NamespaceDefault
	}
	a.gate.Namespace, a.gate.Name, a.gate.GenerateName = id.Namespace, id.Name, id.GenerateName
	for _, p := range podGates {
		if err := p.admit(a, &request{kind: model.Pod, object: &a.gate}); err != nil {
			return nil, nil, err
		}
	}
	t, err := a.prototype(m, id)
	if err != nil {
		return nil, nil, err
	}
	if id.Name == "" && id.GenerateName != "" {
		id.Name = a.store.GenerateName(model.Pod, id.Namespace, id.GenerateName)
	}
	if id.Name == "" || id.Name != t.name {
		if err := checkName(id.Name); err != nil {
			return nil, nil, err
		}
	}
	p := a.newPod(t, id)
	if err := checkIdentity(p, id); err != nil {
		return nil, nil, err
	}
	a.gate.Name = id.Name
	for _, c := range podChecks {
		if err := c.admit(a, &request{kind: model.Pod, object: &a.gate, pod: p.Template}); err != nil {
			return nil, nil, err
		}
	}
	if err := a.store.CreatePod(p); err != nil {
		return nil, nil, err
	}
	return p, t.warnings, nil
}

func (a *Admission) newPod(t *prototype, id Identity) *store.Pod {
	p := &store.Pod{Namespace: id.Namespace, Name: id.Name, Owners: id.Owners, Labels: id.Labels, Template: t.template, NodeName: t.nodeName, Status: t.status}
	if id.Edit != nil {
		own := *t.template
		id.Edit(&own.Spec)
		p.Template = &own
	}
	if p.Owners == nil {
		p.Owners = t.template.OwnerReferences
	}
	if t.token {
		p.Token = tokenVolume + store.Suffix(a.engine.Seed(), engine.HashString(id.Namespace+"/"+id.Name)^purposeToken, 0)
	}
	return p
}

// checkName is the one check that pods of the same manifest do not share.
func checkName(name string) error {
	if plainName(name) {
		return nil
	}
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}}
	path := field.NewPath("metadata", "name")
	if name == "" {
		return store.Errorf(store.CodeInvalid, "%s", model.InvalidMessage(p, field.ErrorList{field.Required(path, "name or generateName is required")}))
	}
	var errs field.ErrorList
	for _, why := range validation.NameIsDNSSubdomain(name, false) {
		errs = append(errs, field.Invalid(path, name, why))
	}
	if len(errs) > 0 {
		return store.Errorf(store.CodeInvalid, "%s", model.InvalidMessage(p, errs))
	}
	return nil
}

// plainName reports names that are surely right, which saves the regular expressions.
func plainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '-' || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return s != "" && len(s) <= 253
}

// checkIdentity checks what the manifest did not tell.
func checkIdentity(p *store.Pod, id Identity) error {
	var errs field.ErrorList
	if id.Labels != nil {
		errs = metavalidation.ValidateLabels(id.Labels, field.NewPath("metadata", "labels"))
	}
	if host := p.Spec().Hostname; id.Edit != nil && host != "" {
		for _, why := range utilvalidation.IsDNS1123Label(host) {
			errs = append(errs, field.Invalid(field.NewPath("spec", "hostname"), host, why))
		}
	}
	if len(errs) > 0 {
		return store.Errorf(store.CodeInvalid, "%s", model.InvalidMessage(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: p.Name}}, errs))
	}
	return nil
}

// prototype returns the admitted manifest: one that was admitted before, if nothing on which admission depends has
// changed, or a new one.
func (a *Admission) prototype(m *corev1.Pod, id Identity) (*prototype, error) {
	fits := func(t *prototype) bool {
		return t.version == a.version && t.namespace == id.Namespace && t.generate == id.GenerateName
	}
	for _, t := range a.prototypes[m] {
		if fits(t) {
			return t, nil
		}
	}
	print := fingerprint(&m.Spec)
	if t := a.alike[print]; t != nil && fits(t) && sameManifest(t.manifest, m) {
		return t, nil
	}
	t, err := a.admit(m, id)
	if err != nil {
		return nil, err
	}
	a.alike[print] = t
	if id.GenerateName == "" {
		return t, nil // its name makes it the only one of its manifest, but others may be alike
	}
	if known := a.prototypes[m]; len(known) > 0 && known[0].version != a.version {
		a.prototypes[m] = nil // out of date
	}
	a.prototypes[m] = append(a.prototypes[m], t)
	return t, nil
}

// fingerprint tells most manifests apart at little cost: those of one workload, written out one by one, have the same.
func fingerprint(s *corev1.PodSpec) uint64 {
	h := uint64(len(s.Containers)<<16 | len(s.InitContainers)<<8 | len(s.Tolerations))
	mix := func(x uint64) { h = engine.Mix(h ^ x) }
	for i := range s.Containers {
		c := &s.Containers[i]
		mix(engine.HashString(c.Image))
		for _, l := range [...]corev1.ResourceList{c.Resources.Requests, c.Resources.Limits} {
			mix(uint64(len(l)))
			mix(uint64(l.Cpu().MilliValue()))
			mix(uint64(l.Memory().Value()))
		}
	}
	return h
}

// sameManifest reports whether two manifests differ in nothing but the identity of their pods.
func sameManifest(a, b *corev1.Pod) bool {
	return maps.Equal(a.Labels, b.Labels) && maps.Equal(a.Annotations, b.Annotations) && len(a.OwnerReferences) == 0 && len(b.OwnerReferences) == 0 &&
		len(a.Finalizers) == 0 && len(b.Finalizers) == 0 && reflect.DeepEqual(&a.Spec, &b.Spec)
}

// admit does to a copy of the manifest what the API server does once for each pod and, here, once for all of them.
func (a *Admission) admit(m *corev1.Pod, id Identity) (*prototype, error) {
	o := m.DeepCopy()
	clearSystemFields(o)
	o.Status = corev1.PodStatus{}
	o.Namespace, o.Name, o.GenerateName = id.Namespace, id.Name, id.GenerateName
	model.Default(o)
	r := &request{kind: model.Pod, object: o, pod: o}
	for _, p := range podPlugins {
		if err := p.admit(a, r); err != nil {
			return nil, err
		}
	}
	status := newStatus(&o.Spec)
	mergeLabelKeys(&o.Spec, o.Labels)
	if errs := model.Validate(o); len(errs) > 0 {
		if o.Name == "" && o.GenerateName != "" {
			o.Name = a.store.GenerateName(model.Pod, o.Namespace, o.GenerateName) // has happened by then upstream
		}
		return nil, store.Errorf(store.CodeInvalid, "%s", model.InvalidMessage(o, errs))
	}
	t := &prototype{manifest: m, namespace: id.Namespace, generate: id.GenerateName, name: id.Name, version: a.version, token: r.token, status: status, nodeName: o.Spec.NodeName}
	t.warnings = model.Warnings(o)
	o.Namespace, o.Name, o.Spec.NodeName = "", "", ""
	o.Status = corev1.PodStatus{}
	t.template = o
	return t, nil
}

// newStatus is the status that every new pod has.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/strategy.go PrepareForCreate, applySchedulingGatedCondition.
func newStatus(s *corev1.PodSpec) *corev1.PodStatus {
	st := &corev1.PodStatus{Phase: corev1.PodPending, QOSClass: model.QOSClass(s)}
	if len(s.SchedulingGates) > 0 {
		st.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse,
			Reason: corev1.PodReasonSchedulingGated, Message: "Scheduling is blocked due to non-empty scheduling gates"}}
	}
	return st
}

// mergeLabelKeys merges the pod's own label values into its selectors, as matchLabelKeys and mismatchLabelKeys ask.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/strategy.go mutatePodAffinity, mutateTopologySpreadConstraints.
func mergeLabelKeys(s *corev1.PodSpec, labels map[string]string) {
	for i := range s.TopologySpreadConstraints {
		c := &s.TopologySpreadConstraints[i]
		addRequirements(c.LabelSelector, c.MatchLabelKeys, metav1.LabelSelectorOpIn, labels)
	}
	term := func(t *corev1.PodAffinityTerm) {
		addRequirements(t.LabelSelector, t.MatchLabelKeys, metav1.LabelSelectorOpIn, labels)
		addRequirements(t.LabelSelector, t.MismatchLabelKeys, metav1.LabelSelectorOpNotIn, labels)
	}
	terms := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) {
		for i := range preferred {
			term(&preferred[i].PodAffinityTerm)
		}
		for i := range required {
			term(&required[i])
		}
	}
	if s.Affinity != nil && s.Affinity.PodAffinity != nil {
		terms(s.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, s.Affinity.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if s.Affinity != nil && s.Affinity.PodAntiAffinity != nil {
		terms(s.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, s.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	}
}

// addRequirements adds a requirement for each key that the pod has a label of. A selector that is not there selects
// nothing and stays so.
func addRequirements(selector *metav1.LabelSelector, keys []string, op metav1.LabelSelectorOperator, labels map[string]string) {
	if selector == nil {
		return
	}
	for _, k := range keys {
		if v, ok := labels[k]; ok {
			selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{Key: k, Operator: op, Values: []string{v}})
		}
	}
}
