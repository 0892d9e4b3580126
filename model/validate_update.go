package model

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/validation"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// updatableFields are the fields of a pod's spec that an update may change, as the message lists them.
const updatableFields = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
	"`spec.tolerations` (only additions to existing tolerations)," +
	"`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

// ValidatePodUpdate says what an API server would refuse when old becomes new by an update of the pod itself, not of its
// status, its resources or its ephemeral containers. Both were defaulted.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidatePodUpdate.
// Differs: the difference that ends the message of a forbidden change is one hunk, from the first line that changed to the
// last, with the names of the API.
func ValidatePodUpdate(new, old *corev1.Pod) field.ErrorList {
	var e errs
	e.add(validation.ValidateObjectMetaUpdate(&new.ObjectMeta, &old.ObjectMeta, metaPath)...)
	e.pod(new)
	e.lockedAnnotations(new, old)
	e.podAnnotations(new.Annotations, &new.Spec, metaPath.Child("annotations"))
	if !e.images(new.Spec.Containers, old.Spec.Containers, "containers") || !e.images(new.Spec.InitContainers, old.Spec.InitContainers, "initContainers") ||
		!e.deadlineUpdate(new.Spec.ActiveDeadlineSeconds, old.Spec.ActiveDeadlineSeconds) {
		return e.list
	}
	e.addedTolerations(new.Spec.Tolerations, old.Spec.Tolerations)
	e.removedGates(new.Spec.SchedulingGates, old.Spec.SchedulingGates)
	if equality.Semantic.DeepEqual(new.Spec, old.Spec) {
		return e.list
	}
	rest := e.withoutUpdatable(&new.Spec, &old.Spec)
	if !equality.Semantic.DeepEqual(*rest, old.Spec) {
		e.forbidden(specPath, fmt.Sprintf("pod updates may not change fields other than %s\n%s", updatableFields, jsonDiff(old.Spec, rest)))
	}
	return e.list
}

// lockedAnnotations refuses changes to annotations that say what a pod is.
func (e *errs) lockedAnnotations(new, old *corev1.Pod) {
	p := metaPath.Child("annotations")
	check := func(key, verb string) {
		if strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix) {
			e.forbidden(p.Key(key), "may not "+verb+" AppArmor annotations")
		}
		if key == corev1.MirrorPodAnnotationKey {
			e.forbidden(p.Key(key), "may not "+verb+" mirror pod annotation")
		}
	}
	for _, key := range sortedKeys(old.Annotations) {
		if value, ok := new.Annotations[key]; !ok || value != old.Annotations[key] {
			check(key, "remove or update")
		}
	}
	for _, key := range sortedKeys(new.Annotations) {
		if _, ok := old.Annotations[key]; !ok {
			check(key, "add")
		}
	}
}

// images checks the images that an update gives; it returns false if there is no sense in going on.
func (e *errs) images(new, old []corev1.Container, name string) bool {
	if len(new) != len(old) {
		e.forbidden(specPath.Child(name), "pod updates may not add or remove containers")
		return false
	}
	for i := range new {
		if new[i].Image == "" {
			e.required(specPath.Child(name).Index(i).Child("image"), "")
		}
		e.imagePadding(&new[i], specPath, name, i)
	}
	return true
}

// deadlineUpdate lets a deadline come into being and shrink.
func (e *errs) deadlineUpdate(new, old *int64) bool {
	p := specPath.Child("activeDeadlineSeconds")
	switch {
	case new == nil && old != nil:
		e.invalid(p, new, "must not update from a positive integer to nil value")
	case new == nil:
	case *new < 0 || *new > math.MaxInt32:
		e.invalid(p, *new, is.InclusiveRangeError(0, math.MaxInt32))
		return false
	case old != nil && *old < *new:
		e.invalid(p, *new, "must be less than or equal to previous value")
		return false
	}
	return true
}

// addedTolerations lets tolerations be added, and their seconds change.
func (e *errs) addedTolerations(new, old []corev1.Toleration) {
	p := specPath.Child("tolerations")
	for _, o := range old {
		found := false
		for _, n := range new {
			same := n
			same.TolerationSeconds = o.TolerationSeconds
			found = found || same == o
		}
		if !found {
			e.forbidden(p, "existing toleration can not be modified except its tolerationSeconds")
			return
		}
	}
	e.tolerations(new, p)
}

// removedGates lets gates be removed.
func (e *errs) removedGates(new, old []corev1.PodSchedulingGate) {
	for i, n := range new {
		found := false
		for _, o := range old {
			found = found || o.Name == n.Name
		}
		if !found {
			e.forbidden(specPath.Child("schedulingGates").Index(i).Child("name"), fmt.Sprintf("only deletion is allowed, but found new scheduling gate '%s'", n.Name))
		}
	}
}

// withoutUpdatable is new with the old values of what may change.
func (e *errs) withoutUpdatable(new, old *corev1.PodSpec) *corev1.PodSpec {
	rest := new.DeepCopy()
	for i := range rest.Containers {
		rest.Containers[i].Image = old.Containers[i].Image
	}
	for i := range rest.InitContainers {
		rest.InitContainers[i].Image = old.InitContainers[i].Image
	}
	rest.ActiveDeadlineSeconds = old.ActiveDeadlineSeconds
	rest.SchedulingGates = old.SchedulingGates
	rest.Tolerations = old.Tolerations
	if g := old.TerminationGracePeriodSeconds; g != nil && *g < 0 && rest.TerminationGracePeriodSeconds != nil && *rest.TerminationGracePeriodSeconds == 1 {
		rest.TerminationGracePeriodSeconds = g
	}
	if len(old.SchedulingGates) > 0 {
		e.gatedUpdate(rest, old)
	}
	return rest
}

// gatedUpdate lets the node selection of a gated pod become narrower.
func (e *errs) gatedUpdate(rest, old *corev1.PodSpec) {
	if !equality.Semantic.DeepEqual(rest.NodeSelector, old.NodeSelector) {
		for _, key := range sortedKeys(old.NodeSelector) {
			if value, ok := rest.NodeSelector[key]; !ok || value != old.NodeSelector[key] {
				e.invalid(specPath.Child("nodeSelector"), rest.NodeSelector, "only additions to spec.nodeSelector are allowed (no mutations or deletions)")
				break
			}
		}
		rest.NodeSelector = old.NodeSelector
	}
	var newAffinity, oldAffinity *corev1.NodeAffinity
	if rest.Affinity != nil {
		newAffinity = rest.Affinity.NodeAffinity
	}
	if old.Affinity != nil {
		oldAffinity = old.Affinity.NodeAffinity
	}
	if equality.Semantic.DeepEqual(newAffinity, oldAffinity) {
		return
	}
	e.narrowerAffinity(newAffinity, oldAffinity)
	switch {
	case rest.Affinity == nil:
		rest.Affinity = &corev1.Affinity{NodeAffinity: oldAffinity}
	case old.Affinity == nil && rest.Affinity.PodAffinity == nil && rest.Affinity.PodAntiAffinity == nil:
		rest.Affinity = nil
	default:
		rest.Affinity.NodeAffinity = oldAffinity
	}
}

// narrowerAffinity lets terms that are required only grow.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateNodeAffinityMutation.
func (e *errs) narrowerAffinity(new, old *corev1.NodeAffinity) {
	if old == nil || old.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return
	}
	p := specPath.Child("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
	before := old.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	var after []corev1.NodeSelectorTerm
	if new != nil && new.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		after = new.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	}
	if len(before) > 0 && len(before) != len(after) {
		e.invalid(p, after, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
		return
	}
	for i := range before {
		b, a := before[i], after[i]
		empty := len(b.MatchExpressions)+len(b.MatchFields) == 0 && len(a.MatchExpressions)+len(a.MatchFields) > 0
		if empty || !beginsWith(a.MatchExpressions, b.MatchExpressions) || !beginsWith(a.MatchFields, b.MatchFields) {
			e.invalid(p.Index(i), a, "only additions are allowed (no mutations or deletions)")
		}
	}
}

// beginsWith says whether a list of requirements begins with another.
func beginsWith(list, first []corev1.NodeSelectorRequirement) bool {
	return len(list) >= len(first) && (len(first) == 0 || equality.Semantic.DeepEqual(list[:len(first)], first))
}

// jsonDiff shows what changed between two values as one hunk of a unified diff of their JSON.
func jsonDiff(a, b any) string {
	const context = 3
	old, new := jsonLines(a), jsonLines(b)
	first := 0
	for first < len(old) && first < len(new) && old[first] == new[first] {
		first++
	}
	tail := 0
	for tail < len(old)-first && tail < len(new)-first && old[len(old)-1-tail] == new[len(new)-1-tail] {
		tail++
	}
	start := max(first-context, 0)
	endOld, endNew := len(old)-max(tail-context, 0), len(new)-max(tail-context, 0)
	var out strings.Builder
	fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n", start+1, endOld-start, start+1, endNew-start)
	write := func(mark string, lines []string) {
		for _, l := range lines {
			out.WriteString(mark + l + "\n")
		}
	}
	write(" ", old[start:first])
	write("-", old[first:len(old)-tail])
	write("+", new[first:len(new)-tail])
	write(" ", old[len(old)-tail:endOld])
	return out.String()
}

func jsonLines(v any) []string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return []string{err.Error()}
	}
	return strings.Split(string(b), "\n")
}
