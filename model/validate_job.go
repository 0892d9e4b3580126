package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The limits of jobs that count their pods, and of their policies.
const (
	maxIndexedParallelism = 100_000
	maxFailedIndexes      = 100_000
	manyCompletions       = 100_000 // above it, the next limits hold
	parallelismOfMany     = 10_000
	failedIndexesOfMany   = 10_000
	maxPolicyRules        = 20
	maxPolicyCodes        = 255
	maxPolicyConditions   = 20
	maxManagedBy          = 63
	maxSucceededIndexes   = 64 * 1024
	maxCronJobName        = 52 // a job's name has 11 characters more
)

// job checks a Job. The selector that the registry makes is not there yet: without one, none is wanted.
//
// Source: k8s v1.36.3 pkg/apis/batch/validation/validation.go ValidateJob, ValidateJobSpec; pkg/registry/batch/job/strategy.go
// generateSelector.
func (e *errs) job(j *batchv1.Job) {
	s, p := &j.Spec, specPath
	e.meta(j, validation.NameIsDNSSubdomain)
	manual := s.ManualSelector != nil && *s.ManualSelector
	if !manual && s.Selector != nil && !generatedSelector(s.Selector) {
		e.invalid(p.Child("selector"), s.Selector, "`selector` not auto-generated")
	}
	e.jobSpec(s, p)
	switch {
	case s.Selector != nil:
		e.labelSelector(s.Selector, p.Child("selector"))
		selector, err := metav1.LabelSelectorAsSelector(s.Selector)
		if err == nil && manual && !selector.Matches(labels.Set(s.Template.Labels)) {
			e.invalid(p.Child("template", "metadata", "labels"), s.Template.Labels, noMatch)
		}
	case manual:
		e.required(p.Child("selector"), "")
		e.invalid(p.Child("template", "metadata", "labels"), s.Template.Labels, noMatch)
	}
	if indexed(s) && s.Completions != nil && *s.Completions > 0 {
		host := fmt.Sprintf("%s-%d", j.Name, *s.Completions-1)
		if len(is.IsDNS1123Label(host)) > 0 {
			e.invalid(metaPath.Child("name"), j.Name, "will not able to create pod with invalid DNS label: "+host)
		}
	}
}

// generatedSelector says whether a selector has the labels that the registry gives the pods of a job, and no others.
func generatedSelector(s *metav1.LabelSelector) bool {
	for key := range s.MatchLabels { // unordered: all must be good
		switch key {
		case batchv1.ControllerUidLabel, batchv1.JobNameLabel, "controller-uid", "job-name":
		default:
			return false
		}
	}
	return len(s.MatchExpressions) == 0
}

// indexed says whether the pods of a job are numbered.
func indexed(s *batchv1.JobSpec) bool {
	return s.CompletionMode != nil && *s.CompletionMode == batchv1.IndexedCompletion
}

// jobSpec checks what Jobs and the templates of CronJobs have in common.
//
// Source: k8s v1.36.3 pkg/apis/batch/validation/validation.go validateJobSpec.
func (e *errs) jobSpec(s *batchv1.JobSpec, p *field.Path) {
	nonNegativePointer(e, s.Parallelism, p, "parallelism")
	nonNegativePointer(e, s.Completions, p, "completions")
	nonNegativePointer(e, s.ActiveDeadlineSeconds, p, "activeDeadlineSeconds")
	nonNegativePointer(e, s.BackoffLimit, p, "backoffLimit")
	nonNegativePointer(e, s.TTLSecondsAfterFinished, p, "ttlSecondsAfterFinished")
	nonNegativePointer(e, s.BackoffLimitPerIndex, p, "backoffLimitPerIndex")
	nonNegativePointer(e, s.MaxFailedIndexes, p, "maxFailedIndexes")
	if s.MaxFailedIndexes != nil && s.BackoffLimitPerIndex == nil {
		e.required(p.Child("backoffLimitPerIndex"), "when maxFailedIndexes is specified")
	}
	if m := s.ManagedBy; m != nil {
		e.add(is.IsDomainPrefixedPath(p.Child("managedBy"), *m)...)
		if len(*m) > maxManagedBy {
			e.add(field.TooLong(p.Child("managedBy"), "", maxManagedBy))
		}
	}
	oneOfPointer(e, s.CompletionMode, p.Child("completionMode"), batchv1.NonIndexedCompletion, batchv1.IndexedCompletion)
	e.jobIndexes(s, p)
	if s.PodFailurePolicy != nil {
		e.failurePolicy(s, p.Child("podFailurePolicy", "rules"))
	}
	if s.SuccessPolicy != nil {
		e.successPolicy(s, p.Child("successPolicy"))
	}
	if policy := s.PodReplacementPolicy; policy != nil {
		if s.PodFailurePolicy != nil {
			oneOf(e, *policy, false, p.Child("podReplacementPolicy"), batchv1.Failed)
		} else {
			oneOf(e, *policy, false, p.Child("podReplacementPolicy"), batchv1.Failed, batchv1.TerminatingOrFailed)
		}
	}
	e.podTemplate(&s.Template, p.Child("template"))
	at := p.Child("template", "spec", "restartPolicy")
	switch restart := s.Template.Spec.RestartPolicy; {
	case restart == corev1.RestartPolicyAlways || restart == "":
		e.required(at, `valid values: "OnFailure", "Never"`)
	case restart != corev1.RestartPolicyOnFailure && restart != corev1.RestartPolicyNever:
		oneOf(e, restart, false, at, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)
	case s.PodFailurePolicy != nil && restart != corev1.RestartPolicyNever:
		e.invalid(at, restart, `only "Never" is supported when podFailurePolicy is specified`)
	}
}

// jobIndexes checks what depends on the numbering of pods.
func (e *errs) jobIndexes(s *batchv1.JobSpec, p *field.Path) {
	above := func(n *int32, most int32) bool { return n != nil && *n > most }
	switch {
	case indexed(s):
		if s.Completions == nil {
			e.required(p.Child("completions"), "when completion mode is Indexed")
		}
		if above(s.Parallelism, maxIndexedParallelism) {
			e.invalid(p.Child("parallelism"), *s.Parallelism, fmt.Sprintf("must be less than or equal to %d when completion mode is Indexed", maxIndexedParallelism))
		}
		if s.Completions != nil && above(s.MaxFailedIndexes, *s.Completions) {
			e.invalid(p.Child("maxFailedIndexes"), *s.MaxFailedIndexes, "must be less than or equal to completions")
		}
		if above(s.MaxFailedIndexes, maxFailedIndexes) {
			e.invalid(p.Child("maxFailedIndexes"), *s.MaxFailedIndexes, fmt.Sprintf("must be less than or equal to %d", maxFailedIndexes))
		}
		if above(s.Completions, manyCompletions) && s.BackoffLimitPerIndex != nil {
			const detail = "must be less than or equal to %d when completions are above %d and used with backoff limit per index"
			if s.MaxFailedIndexes == nil {
				e.required(p.Child("maxFailedIndexes"), fmt.Sprintf("must be specified when completions is above %d", manyCompletions))
			}
			if above(s.Parallelism, parallelismOfMany) {
				e.invalid(p.Child("parallelism"), *s.Parallelism, fmt.Sprintf(detail, parallelismOfMany, manyCompletions))
			}
			if above(s.MaxFailedIndexes, failedIndexesOfMany) {
				e.invalid(p.Child("maxFailedIndexes"), *s.MaxFailedIndexes, fmt.Sprintf(detail, failedIndexesOfMany, manyCompletions))
			}
		}
	case s.CompletionMode == nil || *s.CompletionMode == batchv1.NonIndexedCompletion:
		if s.BackoffLimitPerIndex != nil {
			e.invalid(p.Child("backoffLimitPerIndex"), *s.BackoffLimitPerIndex, "requires indexed completion mode")
		}
		if s.MaxFailedIndexes != nil {
			e.invalid(p.Child("maxFailedIndexes"), *s.MaxFailedIndexes, "requires indexed completion mode")
		}
	}
}

// choice is oneOf with the wording of the job policies.
func choice[T ~string](e *errs, value T, p *field.Path, values ...T) {
	if value == "" {
		e.required(p, fmt.Sprintf("valid values: %q", values))
		return
	}
	oneOf(e, value, false, p, values...)
}

// Source: k8s v1.36.3 pkg/apis/batch/validation/validation.go validatePodFailurePolicyRule.
func (e *errs) failurePolicy(s *batchv1.JobSpec, p *field.Path) {
	rules := s.PodFailurePolicy.Rules
	if len(rules) > maxPolicyRules {
		e.add(field.TooMany(p, len(rules), maxPolicyRules))
	}
	for i := range rules {
		rule, at := &rules[i], p.Index(i)
		if rule.Action != batchv1.PodFailurePolicyActionFailIndex {
			choice(e, rule.Action, at.Child("action"), batchv1.PodFailurePolicyActionCount, batchv1.PodFailurePolicyActionFailIndex,
				batchv1.PodFailurePolicyActionFailJob, batchv1.PodFailurePolicyActionIgnore)
		} else if s.BackoffLimitPerIndex == nil {
			e.invalid(at.Child("action"), rule.Action, "requires the backoffLimitPerIndex to be set")
		}
		if rule.OnExitCodes != nil {
			e.exitCodes(s, rule.OnExitCodes, at.Child("onExitCodes"))
		}
		if n := len(rule.OnPodConditions); n > maxPolicyConditions {
			e.add(field.TooMany(at.Child("onPodConditions"), n, maxPolicyConditions))
		}
		for j, c := range rule.OnPodConditions {
			at := at.Child("onPodConditions").Index(j)
			e.invalid(at.Child("type"), string(c.Type), is.IsQualifiedName(string(c.Type))...)
			choice(e, c.Status, at.Child("status"), corev1.ConditionFalse, corev1.ConditionTrue, corev1.ConditionUnknown)
		}
		switch codes, conditions := rule.OnExitCodes != nil, len(rule.OnPodConditions) > 0; {
		case codes && conditions:
			e.invalid(at, field.OmitValueType{}, "specifying both OnExitCodes and OnPodConditions is not supported")
		case !codes && !conditions:
			e.invalid(at, field.OmitValueType{}, "specifying one of OnExitCodes and OnPodConditions is required")
		}
	}
}

func (e *errs) exitCodes(s *batchv1.JobSpec, c *batchv1.PodFailurePolicyOnExitCodesRequirement, p *field.Path) {
	choice(e, c.Operator, p.Child("operator"), batchv1.PodFailurePolicyOnExitCodesOpIn, batchv1.PodFailurePolicyOnExitCodesOpNotIn)
	if c.ContainerName != nil {
		found := false
		for _, list := range [][]corev1.Container{s.Template.Spec.Containers, s.Template.Spec.InitContainers} {
			for i := range list {
				found = found || list[i].Name == *c.ContainerName
			}
		}
		if !found {
			e.invalid(p.Child("containerName"), *c.ContainerName, "must be one of the container or initContainer names in the pod template")
		}
	}
	at := p.Child("values")
	if len(c.Values) == 0 {
		e.invalid(at, c.Values, "at least one value is required")
	} else if len(c.Values) > maxPolicyCodes {
		e.add(field.TooMany(at, len(c.Values), maxPolicyCodes))
	}
	for i, code := range c.Values {
		if c.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn && code == 0 {
			e.invalid(at.Index(i), code, "must not be 0 for the In operator")
		}
		if slices.Contains(c.Values[:i], code) {
			e.duplicate(at.Index(i), code)
		}
	}
	if !slices.IsSorted(c.Values) {
		e.invalid(at, c.Values, "must be ordered")
	}
}

// Source: k8s v1.36.3 pkg/apis/batch/validation/validation.go validateSuccessPolicy.
func (e *errs) successPolicy(s *batchv1.JobSpec, p *field.Path) {
	if !indexed(s) {
		e.invalid(p, *s.SuccessPolicy, "requires indexed completion mode")
		return
	}
	rules := s.SuccessPolicy.Rules
	if len(rules) == 0 {
		e.required(p.Child("rules"), "at least one rules must be specified when the successPolicy is specified")
	}
	if len(rules) > maxPolicyRules {
		e.add(field.TooMany(p.Child("rules"), len(rules), maxPolicyRules))
	}
	completions := int32(0)
	if s.Completions != nil {
		completions = *s.Completions
	}
	for i, rule := range rules {
		at, total := p.Child("rules").Index(i), int32(0)
		if rule.SucceededCount == nil && rule.SucceededIndexes == nil {
			e.required(at, "at least one of succeededCount or succeededIndexes must be specified")
		}
		if text := rule.SucceededIndexes; text != nil {
			if len(*text) > maxSucceededIndexes {
				e.add(field.TooLong(at.Child("succeededIndexes"), "", maxSucceededIndexes))
			}
			n, err := countIndexes(*text, completions)
			if total = n; err != nil {
				e.invalid(at.Child("succeededIndexes"), *text, "error parsing succeededIndexes: "+err.Error())
			}
		}
		if n := rule.SucceededCount; n != nil {
			at := at.Child("succeededCount")
			if *n < 0 {
				e.invalid(at, int64(*n), validation.IsNegativeErrorMsg)
			}
			if *n > completions {
				e.invalid(at, *n, fmt.Sprintf("must be less than or equal to %d (the number of specified completions)", completions))
			}
			if rule.SucceededIndexes != nil && *n > total {
				e.invalid(at, *n, fmt.Sprintf("must be less than or equal to %d (the number of indexes in the specified succeededIndexes field)", total))
			}
		}
	}
}

// countIndexes counts the indexes of a list such as 0,2-4, which must rise and stay below completions.
//
// Source: k8s v1.36.3 pkg/apis/batch/validation/validation.go validateIndexesFormat.
func countIndexes(text string, completions int32) (int32, error) {
	if text == "" {
		return 0, nil
	}
	number := func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0, fmt.Errorf("cannot convert string to integer for index: %q", s)
		}
		if n >= int(completions) {
			return 0, fmt.Errorf("too large index: %q", s)
		}
		return n, nil
	}
	total, last, first := 0, 0, true
	for _, part := range strings.Split(text, ",") {
		bounds := strings.Split(part, "-")
		if len(bounds) > 2 {
			return 0, fmt.Errorf("the fragment %q violates the requirement that an index interval can have at most two parts separated by '-'", part)
		}
		from, err := number(bounds[0])
		to := from
		if err == nil && len(bounds) == 2 {
			if to, err = number(bounds[1]); err == nil && from >= to {
				err = fmt.Errorf("non-increasing order, previous: %d, current: %d", from, to)
			}
		}
		if err != nil {
			return 0, err
		}
		if !first && last >= from {
			return 0, fmt.Errorf("non-increasing order, previous: %d, current: %d", last, from)
		}
		total += to - from + 1
		last, first = to, false
	}
	return int32(total), nil
}

// cronJob checks a CronJob.
//
// Source: k8s v1.36.3 pkg/apis/batch/validation/validation.go ValidateCronJobCreate.
// Differs: of a schedule only the number of fields is checked here; the controller parses it.
func (e *errs) cronJob(c *batchv1.CronJob) {
	s, p := &c.Spec, specPath
	e.meta(c, validation.NameIsDNSSubdomain)
	if at := p.Child("schedule"); s.Schedule == "" {
		e.required(at, "")
	} else {
		if fields := strings.Fields(s.Schedule); s.Schedule[0] != '@' && !strings.Contains(s.Schedule, "TZ") && len(fields) != 5 {
			e.invalid(at, s.Schedule, fmt.Sprintf("expected exactly 5 fields, found %d: %v", len(fields), fields))
		}
		if strings.Contains(s.Schedule, "TZ") {
			e.invalid(at, s.Schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
		}
	}
	nonNegativePointer(e, s.StartingDeadlineSeconds, p, "startingDeadlineSeconds")
	if z := s.TimeZone; z != nil && *z == "" {
		e.invalid(p.Child("timeZone"), *z, "timeZone must be nil or non-empty string")
	}
	oneOf(e, s.ConcurrencyPolicy, true, p.Child("concurrencyPolicy"), batchv1.AllowConcurrent, batchv1.ForbidConcurrent, batchv1.ReplaceConcurrent)
	job, at := &s.JobTemplate.Spec, p.Child("jobTemplate", "spec")
	e.jobSpec(job, at)
	if job.Selector != nil {
		e.invalid(at.Child("selector"), job.Selector, "`selector` will be auto-generated")
	}
	if m := job.ManualSelector; m != nil && *m {
		e.add(field.NotSupported(at.Child("manualSelector"), m, []string{"nil", "false"}))
	}
	nonNegativePointer(e, s.SuccessfulJobsHistoryLimit, p, "successfulJobsHistoryLimit")
	nonNegativePointer(e, s.FailedJobsHistoryLimit, p, "failedJobsHistoryLimit")
	if len(c.Name) > maxCronJobName {
		e.invalid(metaPath.Child("name"), c.Name, fmt.Sprintf("must be no more than %d characters", maxCronJobName))
	}
}
