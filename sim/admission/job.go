package admission

import (
	"maps"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// The labels that Jobs gave their pods before they had a prefix.
const (
	legacyControllerUID = "controller-uid"
	legacyJobName       = "job-name"
)

// selectJobPods gives a Job without manualSelector a selector that matches its own pods alone, and their template the
// labels for it.
//
// Source: k8s v1.36.3 pkg/registry/batch/job/strategy.go generateSelector.
func (a *Admission) selectJobPods(j *batchv1.Job) {
	if j.Spec.ManualSelector != nil && *j.Spec.ManualSelector {
		return
	}
	if j.UID == "" {
		j.UID = a.store.NewUID(model.Job, store.Key{Namespace: j.Namespace, Name: j.Name})
	}
	labels := maps.Clone(j.Spec.Template.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	for key, value := range map[string]string{ // unordered: into a map
		legacyJobName: j.Name, batchv1.JobNameLabel: j.Name, legacyControllerUID: string(j.UID), batchv1.ControllerUidLabel: string(j.UID),
	} {
		if _, given := labels[key]; !given {
			labels[key] = value
		}
	}
	j.Spec.Template.Labels = labels
	if len(j.Labels) == 0 {
		j.Labels = maps.Clone(labels) // defaults are filled in again when an object is read
	}
	if j.Spec.Selector == nil {
		j.Spec.Selector = &metav1.LabelSelector{}
	}
	if j.Spec.Selector.MatchLabels == nil {
		j.Spec.Selector.MatchLabels = map[string]string{}
	}
	if _, given := j.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel]; !given {
		j.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel] = string(j.UID)
	}
}
