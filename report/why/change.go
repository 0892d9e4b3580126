package why

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

// change says in words what a record changed; "" if nothing that is worth a line.
func (l *Log) change(r *journal.Record) string {
	now, before := r.Object.API(), l.before(r)
	if r.Verb == journal.Deleted {
		return "removed from the API"
	}
	switch o := now.(type) {
	case *corev1.Pod:
		was, _ := before.(*corev1.Pod)
		return timeline.ChangesOf(was, o)
	case *corev1.Event:
		return fmt.Sprintf("event %s %s: %s", o.Type, o.Reason, strings.TrimSpace(o.Message))
	}
	if before == nil {
		return "created"
	}
	if now.GetDeletionTimestamp() != nil && before.GetDeletionTimestamp() == nil {
		return "deletion asked for"
	}
	var d difference
	switch o := now.(type) {
	case *corev1.Node:
		return timeline.NodeChange(before.(*corev1.Node), o)
	case *appsv1.Deployment:
		d.deployment(before.(*appsv1.Deployment), o)
	case *appsv1.ReplicaSet:
		was := before.(*appsv1.ReplicaSet)
		d.number("replicas wanted", replicas(was.Spec.Replicas), replicas(o.Spec.Replicas))
		d.number("pods", was.Status.Replicas, o.Status.Replicas)
		d.number("ready", was.Status.ReadyReplicas, o.Status.ReadyReplicas)
	case *batchv1.Job:
		d.job(before.(*batchv1.Job), o)
	case *policyv1.PodDisruptionBudget:
		was := before.(*policyv1.PodDisruptionBudget)
		d.number("healthy", was.Status.CurrentHealthy, o.Status.CurrentHealthy)
		d.number("wanted healthy", was.Status.DesiredHealthy, o.Status.DesiredHealthy)
		d.number("evictions allowed", was.Status.DisruptionsAllowed, o.Status.DisruptionsAllowed)
	}
	if before.GetGeneration() != now.GetGeneration() && len(d) == 0 {
		return "its spec was changed"
	}
	return strings.Join(d, "; ")
}

// difference gathers what is new.
type difference []string

func (d *difference) number(name string, before, now int32) {
	if before != now {
		*d = append(*d, fmt.Sprintf("%s: %d, before %d", name, now, before))
	}
}

func replicas(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

func (d *difference) deployment(before, now *appsv1.Deployment) {
	d.number("replicas wanted", replicas(before.Spec.Replicas), replicas(now.Spec.Replicas))
	d.number("pods", before.Status.Replicas, now.Status.Replicas)
	d.number("updated", before.Status.UpdatedReplicas, now.Status.UpdatedReplicas)
	d.number("available", before.Status.AvailableReplicas, now.Status.AvailableReplicas)
	for _, c := range now.Status.Conditions {
		i := slices.IndexFunc(before.Status.Conditions, func(o appsv1.DeploymentCondition) bool { return o.Type == c.Type })
		if i < 0 || before.Status.Conditions[i].Status != c.Status || before.Status.Conditions[i].Reason != c.Reason {
			*d = append(*d, fmt.Sprintf("%s is %s (%s)", c.Type, strings.ToLower(string(c.Status)), c.Reason))
		}
	}
	for i := range now.Spec.Template.Spec.Containers {
		if c := &now.Spec.Template.Spec.Containers[i]; i < len(before.Spec.Template.Spec.Containers) && before.Spec.Template.Spec.Containers[i].Image != c.Image {
			*d = append(*d, fmt.Sprintf("%s: image %s, before %s", c.Name, c.Image, before.Spec.Template.Spec.Containers[i].Image))
		}
	}
}

func (d *difference) job(before, now *batchv1.Job) {
	d.number("active", before.Status.Active, now.Status.Active)
	d.number("succeeded", before.Status.Succeeded, now.Status.Succeeded)
	d.number("failed", before.Status.Failed, now.Status.Failed)
	for _, c := range now.Status.Conditions {
		if !slices.ContainsFunc(before.Status.Conditions, func(o batchv1.JobCondition) bool { return o.Type == c.Type && o.Status == c.Status }) {
			*d = append(*d, fmt.Sprintf("%s is %s (%s: %s)", c.Type, strings.ToLower(string(c.Status)), c.Reason, c.Message))
		}
	}
}
