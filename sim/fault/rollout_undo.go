package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// RolloutUndo is `kubectl rollout undo`: a workload gets the template of an earlier revision back.
type RolloutUndo struct {
	Object
	ToRevision int64 `json:"toRevision"` // 0 = the one before
}

// Check implements Action.
func (a *RolloutUndo) Check() error {
	if a.ToRevision < 0 {
		return fmt.Errorf("toRevision: must not be negative, got %d", a.ToRevision)
	}
	return a.check()
}

// Run implements Runner.
//
// Source: k8s v1.36.3 staging kubectl/pkg/polymorphichelpers/rollback.go.
func (a *RolloutUndo) Run(c Cluster) (func(), error) {
	k, key, o, err := a.find(c)
	if err != nil {
		return nil, err
	}
	switch o := o.(type) {
	case *appsv1.Deployment:
		return nil, a.undoDeployment(c, k, key, o)
	case *appsv1.StatefulSet, *appsv1.DaemonSet:
		return nil, a.undoRevision(c, k, key, o)
	}
	return nil, fmt.Errorf("no rollbacker has been implemented for %q", k.Name)
}

func (a *RolloutUndo) notFound() error {
	return fmt.Errorf("unable to find specified revision %v in history", a.ToRevision)
}

// skipped is what kubectl says when there is nothing to undo.
func (a *RolloutUndo) skipped() error {
	return fmt.Errorf("skipped rollback (current template already matches revision %d)", a.ToRevision)
}

// The annotations that a Deployment keeps when it is rolled back.
var keptAnnotations = map[string]bool{
	corev1.LastAppliedConfigAnnotation: true, revisionAnnotation: true, revisionAnnotation + "-history": true,
	"deployment.kubernetes.io/desired-replicas": true, "deployment.kubernetes.io/max-replicas": true, appsv1.DeprecatedRollbackTo: true,
}

const revisionAnnotation = "deployment.kubernetes.io/revision"

func (a *RolloutUndo) undoDeployment(c Cluster, k *model.Kind, key store.Key, d *appsv1.Deployment) error {
	rs, err := a.replicaSet(c, d)
	if err != nil {
		return err
	}
	if d.Spec.Paused {
		return errors.New("you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again")
	}
	template := *rs.Spec.Template.DeepCopy()
	delete(template.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	if equality.Semantic.DeepEqual(&template, &d.Spec.Template) {
		return a.skipped()
	}
	annotations := map[string]string{}
	for name, v := range d.Annotations { // unordered: into a map
		if keptAnnotations[name] {
			annotations[name] = v
		}
	}
	for name, v := range rs.Annotations { // unordered: into a map
		if !keptAnnotations[name] {
			annotations[name] = v
		}
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/spec/template", "value": template},
		{"op": "replace", "path": "/metadata/annotations", "value": annotations},
	})
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	return c.API().Patch(k, key, JSONPatch, "", patch)
}

// replicaSet finds the ReplicaSet of the revision, or of the last but one.
func (a *RolloutUndo) replicaSet(c Cluster, d *appsv1.Deployment) (*appsv1.ReplicaSet, error) {
	var sets []*appsv1.ReplicaSet
	revisions := map[*appsv1.ReplicaSet]int64{}
	for _, o := range c.Store().List(model.ReplicaSet) {
		rs := o.API().(*appsv1.ReplicaSet)
		v, err := strconv.ParseInt(rs.Annotations[revisionAnnotation], 10, 64)
		if metav1.IsControlledBy(rs, d) && (err == nil || rs.Annotations[revisionAnnotation] == "") {
			sets, revisions[rs] = append(sets, rs), v
		}
	}
	slices.SortStableFunc(sets, func(x, y *appsv1.ReplicaSet) int {
		if revisions[x] < revisions[y] {
			return -1
		}
		return 1
	})
	if a.ToRevision == 0 {
		if len(sets) < 2 {
			return nil, fmt.Errorf("no rollout history found for deployment %q", d.Name)
		}
		return sets[len(sets)-2], nil
	}
	for _, rs := range sets {
		if revisions[rs] == a.ToRevision {
			return rs, nil
		}
	}
	return nil, a.notFound()
}

// undoRevision restores the template that a ControllerRevision holds.
func (a *RolloutUndo) undoRevision(c Cluster, k *model.Kind, key store.Key, o model.Object) error {
	var history []*appsv1.ControllerRevision
	for _, r := range c.Store().List(model.FindKind("ControllerRevision")) {
		if r := r.API().(*appsv1.ControllerRevision); metav1.IsControlledBy(r, o) {
			history = append(history, r)
		}
	}
	slices.SortStableFunc(history, func(x, y *appsv1.ControllerRevision) int {
		if x.Revision < y.Revision {
			return -1
		}
		return 1
	})
	i := len(history) - 2
	if a.ToRevision > 0 {
		i = slices.IndexFunc(history, func(r *appsv1.ControllerRevision) bool { return r.Revision == a.ToRevision })
	} else if i < 0 {
		return errors.New("no last revision to roll back to")
	}
	if i < 0 {
		return a.notFound()
	}
	if bytes.Equal(history[i].Data.Raw, history[len(history)-1].Data.Raw) {
		return a.skipped()
	}
	return c.API().Patch(k, key, StrategicPatch, "", history[i].Data.Raw)
}
