package controller

import (
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/store"
)

// matchFailurePolicy says what a Job's podFailurePolicy makes of a failed pod: the rule's action ("" if none matches),
// whether the failure counts, and for FailJob the message.
//
// Source: k8s v1.36.3 pkg/controller/job/pod_failure_policy.go matchPodFailurePolicy.
func matchFailurePolicy(policy *batchv1.PodFailurePolicy, p *store.Pod) (action batchv1.PodFailurePolicyAction, counts bool, message string) {
	if policy == nil {
		return "", true, ""
	}
	for i := range policy.Rules {
		r := &policy.Rules[i]
		why := ""
		if r.OnExitCodes != nil {
			if c := matchExitCodes(p.Status, r.OnExitCodes); c != nil {
				why = fmt.Sprintf("Container %s for pod %s/%s failed with exit code %v matching %v rule at index %d", c.Name, p.Namespace, p.Name, c.State.Terminated.ExitCode, r.Action, i)
			}
		} else if c := matchConditions(p.Status, r.OnPodConditions); c != nil {
			why = fmt.Sprintf("Pod %s/%s has condition %v matching %v rule at index %d", p.Namespace, p.Name, c.Type, r.Action, i)
		}
		if why == "" {
			continue
		}
		switch r.Action {
		case batchv1.PodFailurePolicyActionIgnore:
			return r.Action, false, ""
		case batchv1.PodFailurePolicyActionFailIndex, batchv1.PodFailurePolicyActionCount:
			return r.Action, true, ""
		case batchv1.PodFailurePolicyActionFailJob:
			return r.Action, true, why
		}
	}
	return "", true, ""
}

// matchExitCodes returns the first container that ended with an exit code that the rule is about.
func matchExitCodes(st *corev1.PodStatus, r *batchv1.PodFailurePolicyOnExitCodesRequirement) *corev1.ContainerStatus {
	for _, list := range [...][]corev1.ContainerStatus{st.ContainerStatuses, st.InitContainerStatuses} {
		for i := range list {
			t := list[i].State.Terminated
			if t == nil || t.ExitCode == 0 || r.ContainerName != nil && *r.ContainerName != list[i].Name {
				continue
			}
			if in := slices.Contains(r.Values, t.ExitCode); in == (r.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn) {
				return &list[i]
			}
		}
	}
	return nil
}

func matchConditions(st *corev1.PodStatus, patterns []batchv1.PodFailurePolicyOnPodConditionsPattern) *corev1.PodCondition {
	for i := range st.Conditions {
		c := &st.Conditions[i]
		if slices.ContainsFunc(patterns, func(p batchv1.PodFailurePolicyOnPodConditionsPattern) bool {
			return p.Type == c.Type && p.Status == c.Status
		}) {
			return c
		}
	}
	return nil
}

// matchSuccessPolicy returns the message of the first rule that the succeeded indexes satisfy. ok is false if there is none.
//
// Source: k8s v1.36.3 pkg/controller/job/success_policy.go matchSuccessPolicy.
func matchSuccessPolicy(policy *batchv1.SuccessPolicy, completions int, succeeded indexes) (message string, ok bool) {
	if policy == nil || len(succeeded) == 0 {
		return "", false
	}
	for i := range policy.Rules {
		r := &policy.Rules[i]
		met := false
		switch {
		case r.SucceededIndexes != nil:
			required := parseIndexes(*r.SucceededIndexes, completions)
			has := required.overlap(succeeded)
			met = len(required) > 0 && (has == required.total() || r.SucceededCount != nil && has >= int(*r.SucceededCount))
		case r.SucceededCount != nil:
			met = succeeded.total() >= int(*r.SucceededCount)
		}
		if met {
			return fmt.Sprintf("Matched rules at index %d", i), true
		}
	}
	return "", false
}
