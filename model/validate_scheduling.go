package model

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// tolerations checks tolerations.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateTolerations; the gate
// TaintTolerationComparisonOperators is off.
func (e *errs) tolerations(list []corev1.Toleration, p *field.Path) {
	for i, t := range list {
		at := p.Index(i)
		if t.Key != "" {
			e.labelName(t.Key, at, "key")
		} else if t.Operator != corev1.TolerationOpExists {
			e.invalid(at.Child("operator"), t.Operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"")
		}
		if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
			e.invalid(at.Child("effect"), t.Effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
		}
		switch t.Operator {
		case corev1.TolerationOpEqual, "":
			if bad := is.IsValidLabelValue(t.Value); len(bad) > 0 {
				e.invalid(at.Child("operator"), t.Value, strings.Join(bad, ";"))
			}
		case corev1.TolerationOpExists:
			if t.Value != "" {
				e.invalid(at.Child("operator"), t.Value, "value must be empty when `operator` is 'Exists'")
			}
		case corev1.TolerationOpLt, corev1.TolerationOpGt:
			e.add(field.NotSupported(at.Child("operator"), t.Operator, []corev1.TolerationOperator{
				corev1.TolerationOpEqual, corev1.TolerationOpExists, corev1.TolerationOpLt, corev1.TolerationOpGt}))
		default:
			oneOf(e, t.Operator, false, at.Child("operator"), corev1.TolerationOpEqual, corev1.TolerationOpExists)
		}
		if t.Effect != "" {
			e.taintEffect(t.Effect, at)
		}
	}
}

func (e *errs) taintEffect(effect corev1.TaintEffect, p *field.Path) {
	switch effect {
	case corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
	default:
		oneOf(e, effect, true, p.Child("effect"), corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute)
	}
}

// labelName wants the name of a label.
func (e *errs) labelName(name string, p *field.Path, child string) {
	e.invalid(p.Child(child), name, is.IsQualifiedName(name)...)
}

// schedulingGates checks gates.
func (e *errs) schedulingGates(gates []corev1.PodSchedulingGate, p *field.Path) {
	seen := map[string]bool{}
	for i, g := range gates {
		at := p.Child("schedulingGates").Index(i)
		e.invalid(at, g.Name, is.IsQualifiedName(g.Name)...)
		if seen[g.Name] {
			e.duplicate(at, g.Name)
		}
		seen[g.Name] = true
	}
}

// affinity checks all three sorts of affinity.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateAffinity.
func (e *errs) affinity(a *corev1.Affinity, p *field.Path) {
	const required, preferred = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
	if a == nil {
		return
	}
	if n := a.NodeAffinity; n != nil {
		at := p.Child("affinity", "nodeAffinity")
		if n.RequiredDuringSchedulingIgnoredDuringExecution != nil {
			e.nodeSelector(n.RequiredDuringSchedulingIgnoredDuringExecution, at.Child(required))
		}
		for i := range n.PreferredDuringSchedulingIgnoredDuringExecution {
			term, at := &n.PreferredDuringSchedulingIgnoredDuringExecution[i], at.Child(preferred).Index(i)
			e.weight(term.Weight, at)
			e.nodeSelectorTerm(&term.Preference, true, at.Child("preference"))
		}
	}
	pods := func(name string, must []corev1.PodAffinityTerm, should []corev1.WeightedPodAffinityTerm) {
		at := p.Child("affinity", name)
		for i := range must {
			e.podAffinityTerm(&must[i], at.Child(required).Index(i))
		}
		for i := range should {
			at := at.Child(preferred).Index(i)
			e.weight(should[i].Weight, at)
			e.podAffinityTerm(&should[i].PodAffinityTerm, at.Child("podAffinityTerm"))
		}
	}
	if n := a.PodAffinity; n != nil {
		pods("podAffinity", n.RequiredDuringSchedulingIgnoredDuringExecution, n.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if n := a.PodAntiAffinity; n != nil {
		pods("podAntiAffinity", n.RequiredDuringSchedulingIgnoredDuringExecution, n.PreferredDuringSchedulingIgnoredDuringExecution)
	}
}

// weight wants a weight from 1 to 100.
func (e *errs) weight(w int32, p *field.Path) {
	if w < 1 || w > 100 {
		e.invalid(p.Child("weight"), w, "must be in the range 1-100")
	}
}

func (e *errs) nodeSelector(s *corev1.NodeSelector, p *field.Path) {
	p = p.Child("nodeSelectorTerms")
	if len(s.NodeSelectorTerms) == 0 {
		e.required(p, "must have at least one node selector term")
	}
	for i := range s.NodeSelectorTerms {
		e.nodeSelectorTerm(&s.NodeSelectorTerms[i], false, p.Index(i))
	}
}

// nodeSelectorTerm checks a term; values of preferred ones may be anything.
func (e *errs) nodeSelectorTerm(t *corev1.NodeSelectorTerm, anyValue bool, p *field.Path) {
	for i := range t.MatchExpressions {
		e.nodeRequirement(&t.MatchExpressions[i], anyValue, p.Child("matchExpressions").Index(i))
	}
	for i := range t.MatchFields {
		e.nodeFieldRequirement(&t.MatchFields[i], p.Child("matchFields").Index(i))
	}
}

// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateNodeSelectorRequirement.
func (e *errs) nodeRequirement(r *corev1.NodeSelectorRequirement, anyValue bool, p *field.Path) {
	switch r.Operator {
	case corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn:
		if len(r.Values) == 0 {
			e.required(p.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
		}
	case corev1.NodeSelectorOpExists, corev1.NodeSelectorOpDoesNotExist:
		if len(r.Values) > 0 {
			e.forbidden(p.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
		}
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
		if len(r.Values) != 1 {
			e.required(p.Child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'")
		}
	default:
		e.invalid(p.Child("operator"), r.Operator, "not a valid selector operator")
	}
	e.labelName(r.Key, p, "key")
	for i, value := range r.Values {
		if bad := is.IsValidLabelValue(value); !anyValue && len(bad) > 0 {
			e.invalid(p.Child("values").Index(i), value, bad...)
		}
	}
}

func (e *errs) nodeFieldRequirement(r *corev1.NodeSelectorRequirement, p *field.Path) {
	switch r.Operator {
	case corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn:
		if len(r.Values) != 1 {
			e.required(p.Child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
		}
	default:
		e.invalid(p.Child("operator"), r.Operator, "not a valid selector operator")
	}
	if r.Key != metav1.ObjectNameField {
		e.invalid(p.Child("key"), r.Key, "not a valid field selector key")
		return
	}
	for i, value := range r.Values {
		e.invalid(p.Child("values").Index(i), value, is.IsDNS1123Subdomain(value)...)
	}
}

// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validatePodAffinityTerm.
func (e *errs) podAffinityTerm(t *corev1.PodAffinityTerm, p *field.Path) {
	e.labelSelector(t.LabelSelector, p.Child("labelSelector"))
	e.labelSelector(t.NamespaceSelector, p.Child("namespaceSelector"))
	for _, name := range t.Namespaces {
		e.invalid(p.Child("namespace"), name, is.IsDNS1123Label(name)...)
	}
	e.matchLabelKeys(t.MatchLabelKeys, t.MismatchLabelKeys, t.LabelSelector, p)
	if t.TopologyKey == "" {
		e.required(p.Child("topologyKey"), "can not be empty")
	}
	e.labelName(t.TopologyKey, p, "topologyKey")
}

// matchLabelKeys checks the keys whose values a pod lends to its selectors.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateMatchLabelKeysAndMismatchLabelKeys.
func (e *errs) matchLabelKeys(match, mismatch []string, s *metav1.LabelSelector, p *field.Path) {
	for _, keys := range []struct {
		name string
		list []string
	}{{"matchLabelKeys", match}, {"mismatchLabelKeys", mismatch}} {
		if len(keys.list) > 0 && s == nil {
			e.forbidden(p.Child(keys.name), "must not be specified when labelSelector is not set")
			continue
		}
		for i, key := range keys.list {
			e.add(metavalidation.ValidateLabelName(key, p.Child(keys.name).Index(i))...)
		}
	}
	if s != nil && len(match) > 0 {
		index, used := map[string]int{}, map[string]bool{}
		for i, key := range match {
			index[key] = i
		}
		for key := range s.MatchLabels { // unordered: a set is filled
			used[key] = true
		}
		for _, r := range s.MatchExpressions {
			if i, ok := index[r.Key]; ok && used[r.Key] {
				e.invalid(p.Index(i), r.Key, "exists in both matchLabelKeys and labelSelector")
			}
			used[r.Key] = true
		}
	}
	for i, key := range match {
		if contains(mismatch, key) {
			e.invalid(p.Child("matchLabelKeys").Index(i), key, "exists in both matchLabelKeys and mismatchLabelKeys")
		}
	}
}

// topologySpread checks spread constraints.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateTopologySpreadConstraints.
func (e *errs) topologySpread(list []corev1.TopologySpreadConstraint, p *field.Path) {
	p = p.Child("topologySpreadConstraints")
	for i := range list {
		c, at := &list[i], p.Index(i)
		e.positive(int64(c.MaxSkew), at.Child("maxSkew"))
		if c.TopologyKey == "" {
			e.required(at.Child("topologyKey"), "can not be empty")
		}
		oneOf(e, c.WhenUnsatisfiable, false, at.Child("whenUnsatisfiable"), corev1.DoNotSchedule, corev1.ScheduleAnyway)
		for _, other := range list[i+1:] {
			if c.TopologyKey == other.TopologyKey && c.WhenUnsatisfiable == other.WhenUnsatisfiable {
				e.duplicate(at.Child("{topologyKey, whenUnsatisfiable}"), fmt.Sprintf("{%v, %v}", c.TopologyKey, c.WhenUnsatisfiable))
				break
			}
		}
		if c.MinDomains != nil {
			e.positive(int64(*c.MinDomains), at.Child("minDomains"))
			if c.WhenUnsatisfiable != corev1.DoNotSchedule {
				e.invalid(at.Child("minDomains"), *c.MinDomains, fmt.Sprintf("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not %s", c.WhenUnsatisfiable))
			}
		}
		oneOfPointer(e, c.NodeAffinityPolicy, at.Child("nodeAffinityPolicy"), corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore)
		oneOfPointer(e, c.NodeTaintsPolicy, at.Child("nodeTaintsPolicy"), corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore)
		e.matchLabelKeys(c.MatchLabelKeys, nil, c.LabelSelector, at)
		e.labelSelector(c.LabelSelector, at.Child("labelSelector"))
	}
}

// positive wants a number above zero.
func (e *errs) positive(value int64, p *field.Path) {
	if value <= 0 {
		e.invalid(p, value, "must be greater than zero")
	}
}
