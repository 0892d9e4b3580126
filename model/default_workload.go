package model

import (
	"maps"
	"math"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// historyLimit is how many old revisions a workload keeps.
const historyLimit = 10

// Source: k8s v1.36.3 pkg/apis/core/v1/defaults.go SetDefaults_ReplicationController.
func defaultReplicationController(o *corev1.ReplicationController) {
	setPointer(&o.Spec.Replicas, 1)
	if o.Spec.Template == nil {
		return
	}
	if labels := o.Spec.Template.Labels; labels != nil {
		if len(o.Spec.Selector) == 0 {
			o.Spec.Selector = maps.Clone(labels)
		}
		if len(o.Labels) == 0 {
			o.Labels = maps.Clone(labels)
		}
	}
	defaultTemplate(o.Spec.Template)
}

// Source: k8s v1.36.3 pkg/apis/apps/v1/defaults.go SetDefaults_Deployment.
func defaultDeployment(o *appsv1.Deployment) {
	setPointer(&o.Spec.Replicas, 1)
	setPointer(&o.Spec.RevisionHistoryLimit, historyLimit)
	setPointer(&o.Spec.ProgressDeadlineSeconds, 600)
	s := &o.Spec.Strategy
	setString(&s.Type, appsv1.RollingUpdateDeploymentStrategyType)
	if s.Type == appsv1.RollingUpdateDeploymentStrategyType {
		if s.RollingUpdate == nil {
			s.RollingUpdate = &appsv1.RollingUpdateDeployment{}
		}
		setPointer(&s.RollingUpdate.MaxUnavailable, intstr.FromString("25%"))
		setPointer(&s.RollingUpdate.MaxSurge, intstr.FromString("25%"))
	}
	defaultTemplate(&o.Spec.Template)
}

// Source: k8s v1.36.3 pkg/apis/apps/v1/defaults.go SetDefaults_DaemonSet.
func defaultDaemonSet(o *appsv1.DaemonSet) {
	setPointer(&o.Spec.RevisionHistoryLimit, historyLimit)
	s := &o.Spec.UpdateStrategy
	setString(&s.Type, appsv1.RollingUpdateDaemonSetStrategyType)
	if s.Type == appsv1.RollingUpdateDaemonSetStrategyType {
		if s.RollingUpdate == nil {
			s.RollingUpdate = &appsv1.RollingUpdateDaemonSet{}
		}
		setPointer(&s.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
		setPointer(&s.RollingUpdate.MaxSurge, intstr.FromInt32(0))
	}
	defaultTemplate(&o.Spec.Template)
}

// defaultStatefulSet also drops maxUnavailable, whose feature gate is off in 1.36.
//
// Source: k8s v1.36.3 pkg/apis/apps/v1/defaults.go SetDefaults_StatefulSet; pkg/registry/apps/statefulset/strategy.go
// dropStatefulSetDisabledFields.
func defaultStatefulSet(o *appsv1.StatefulSet) {
	setPointer(&o.Spec.Replicas, 1)
	setPointer(&o.Spec.RevisionHistoryLimit, historyLimit)
	setString(&o.Spec.PodManagementPolicy, appsv1.OrderedReadyPodManagement)
	s := &o.Spec.UpdateStrategy
	if s.Type == "" {
		s.Type = appsv1.RollingUpdateStatefulSetStrategyType
		if s.RollingUpdate == nil {
			s.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{}
		}
	}
	if s.RollingUpdate != nil {
		if s.Type == appsv1.RollingUpdateStatefulSetStrategyType {
			setPointer(&s.RollingUpdate.Partition, 0)
		}
		s.RollingUpdate.MaxUnavailable = nil
	}
	if o.Spec.PersistentVolumeClaimRetentionPolicy == nil {
		o.Spec.PersistentVolumeClaimRetentionPolicy = &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{}
	}
	retention := o.Spec.PersistentVolumeClaimRetentionPolicy
	setString(&retention.WhenDeleted, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	setString(&retention.WhenScaled, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	for i := range o.Spec.VolumeClaimTemplates {
		claim := &o.Spec.VolumeClaimTemplates[i]
		claim.APIVersion, claim.Kind = "v1", "PersistentVolumeClaim"
		setString(&claim.Status.Phase, corev1.ClaimPending)
		defaultClaimSpec(&claim.Spec)
	}
	defaultTemplate(&o.Spec.Template)
}

// Source: k8s v1.36.3 pkg/apis/batch/v1/defaults.go SetDefaults_Job.
func defaultJob(o *batchv1.Job) {
	defaultJobSpec(&o.Spec)
	if o.Spec.Completions == nil && o.Spec.Parallelism == nil {
		setPointer(&o.Spec.Completions, 1)
	}
	setPointer(&o.Spec.Parallelism, 1)
	if o.Spec.BackoffLimitPerIndex != nil {
		setPointer(&o.Spec.BackoffLimit, math.MaxInt32)
	}
	setPointer(&o.Spec.BackoffLimit, 6)
	if labels := o.Spec.Template.Labels; labels != nil && len(o.Labels) == 0 {
		o.Labels = maps.Clone(labels)
	}
	setPointer(&o.Spec.CompletionMode, batchv1.NonIndexedCompletion)
	setPointer(&o.Spec.Suspend, false)
	if o.Spec.PodFailurePolicy != nil {
		setPointer(&o.Spec.PodReplacementPolicy, batchv1.Failed)
	}
	setPointer(&o.Spec.PodReplacementPolicy, batchv1.TerminatingOrFailed)
	setPointer(&o.Spec.ManualSelector, false)
}

// defaultJobSpec fills in what a Job and the template of a CronJob have in common.
func defaultJobSpec(s *batchv1.JobSpec) {
	if s.PodFailurePolicy != nil {
		for i := range s.PodFailurePolicy.Rules {
			conditions := s.PodFailurePolicy.Rules[i].OnPodConditions
			for j := range conditions {
				setString(&conditions[j].Status, corev1.ConditionTrue)
			}
		}
	}
	defaultTemplate(&s.Template)
}

// Source: k8s v1.36.3 pkg/apis/batch/v1/defaults.go SetDefaults_CronJob.
func defaultCronJob(o *batchv1.CronJob) {
	setString(&o.Spec.ConcurrencyPolicy, batchv1.AllowConcurrent)
	setPointer(&o.Spec.Suspend, false)
	setPointer(&o.Spec.SuccessfulJobsHistoryLimit, 3)
	setPointer(&o.Spec.FailedJobsHistoryLimit, 1)
	defaultJobSpec(&o.Spec.JobTemplate.Spec)
}

// Source: k8s v1.36.3 pkg/apis/autoscaling/v2/defaults.go SetDefaults_HorizontalPodAutoscaler.
func defaultAutoscaler(o *autoscalingv2.HorizontalPodAutoscaler) {
	setPointer(&o.Spec.MinReplicas, 1)
	if len(o.Spec.Metrics) == 0 {
		utilization := int32(80)
		o.Spec.Metrics = []autoscalingv2.MetricSpec{{
			Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{
				Name:   corev1.ResourceCPU,
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &utilization},
			},
		}}
	}
	b := o.Spec.Behavior
	if b == nil {
		return
	}
	const period, percent, pods = 15, 100, 4
	byPercent := autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PercentScalingPolicy, Value: percent, PeriodSeconds: period}
	byPods := autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PodsScalingPolicy, Value: pods, PeriodSeconds: period}
	for _, rules := range []**autoscalingv2.HPAScalingRules{&b.ScaleUp, &b.ScaleDown} {
		if *rules == nil {
			*rules = &autoscalingv2.HPAScalingRules{}
		}
		setPointer(&(*rules).SelectPolicy, autoscalingv2.MaxChangePolicySelect)
	}
	setPointer(&b.ScaleUp.StabilizationWindowSeconds, 0)
	if b.ScaleUp.Policies == nil {
		b.ScaleUp.Policies = []autoscalingv2.HPAScalingPolicy{byPods, byPercent}
	}
	if b.ScaleDown.Policies == nil {
		b.ScaleDown.Policies = []autoscalingv2.HPAScalingPolicy{byPercent}
	}
}
