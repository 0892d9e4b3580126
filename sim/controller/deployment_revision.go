package controller

import (
	"math"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

const maxInt32 = math.MaxInt32

// Annotations with which the controller keeps its books.
//
// Source: k8s v1.36.3 pkg/controller/deployment/util/deployment_util.go.
const (
	revisionAnnotation        = "deployment.kubernetes.io/revision"
	revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history"
	desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas"
	maxReplicasAnnotation     = "deployment.kubernetes.io/max-replicas"

	maxRevisionHistory = 2000 // characters
)

// notCopied are annotations that a Deployment's ReplicaSets do not inherit.
var notCopied = map[string]bool{
	corev1.LastAppliedConfigAnnotation: true, revisionAnnotation: true, revisionHistoryAnnotation: true,
	desiredReplicasAnnotation: true, maxReplicasAnnotation: true, appsv1.DeprecatedRollbackTo: true,
}

// revisionAt is the revision of a ReplicaSet, 0 if it has none.
func revisionAt(rs *appsv1.ReplicaSet) (int64, error) {
	v, ok := rs.Annotations[revisionAnnotation]
	if !ok {
		return 0, nil
	}
	return strconv.ParseInt(v, 10, 64)
}

// maxRevision is the highest revision of the ReplicaSets.
func maxRevision(sets []*appsv1.ReplicaSet) (highest int64) {
	for _, rs := range sets {
		if v, err := revisionAt(rs); err == nil {
			highest = max(highest, v)
		}
	}
	return highest
}

// lastRevision is the second highest revision of the ReplicaSets.
func lastRevision(sets []*appsv1.ReplicaSet) int64 {
	first, second := int64(0), int64(0)
	for _, rs := range sets {
		switch v, err := revisionAt(rs); {
		case err != nil:
		case v >= first:
			first, second = v, first
		case v > second:
			second = v
		}
	}
	return second
}

// annotate sets an annotation of a copy of the map and reports whether that changed anything.
func annotate(m *map[string]string, key, value string) bool {
	if v, ok := (*m)[key]; ok && v == value {
		return false
	}
	*m = withKey(*m, key, value)
	return true
}

// setRevisionAnnotations copies the Deployment's annotations to its new ReplicaSet and gives it the revision, if that is
// higher than its own, which then goes into its history. It reports whether the ReplicaSet changed.
//
// Source: k8s v1.36.3 deployment_util.go SetNewReplicaSetAnnotations.
func setRevisionAnnotations(d *appsv1.Deployment, rs *appsv1.ReplicaSet, revision int64) (changed bool) {
	for _, k := range sortedKeys(d.Annotations) {
		if !notCopied[k] && annotate(&rs.Annotations, k, d.Annotations[k]) {
			changed = true
		}
	}
	text, had := rs.Annotations[revisionAnnotation]
	own, err := strconv.ParseInt(text, 10, 64)
	if err != nil && text != "" {
		return false
	}
	if own >= revision {
		return changed
	}
	annotate(&rs.Annotations, revisionAnnotation, strconv.FormatInt(revision, 10))
	if had {
		if history, ok := appendRevision(rs.Annotations[revisionHistoryAnnotation], text); ok {
			annotate(&rs.Annotations, revisionHistoryAnnotation, history)
		}
	}
	return true
}

// appendRevision adds a revision to a history, dropping old ones where it would become too long.
func appendRevision(history, revision string) (string, bool) {
	if history == "" {
		return revision, true
	}
	list := strings.Split(history, ",")
	length := len(history) + len(revision) + 1
	for length > maxRevisionHistory && len(list) > 0 {
		length -= len(list[0]) + 1
		list = list[1:]
	}
	if length > maxRevisionHistory {
		return "", false
	}
	return strings.Join(append(list, revision), ","), true
}

// setReplicasAnnotations notes the size that the Deployment has, and may have at most. It reports whether that is new.
func setReplicasAnnotations(d *appsv1.Deployment, rs *appsv1.ReplicaSet) bool {
	want := *d.Spec.Replicas
	first := annotate(&rs.Annotations, desiredReplicasAnnotation, strconv.FormatInt(int64(want), 10))
	second := annotate(&rs.Annotations, maxReplicasAnnotation, strconv.FormatInt(int64(want+maxSurge(d)), 10))
	return first || second
}

// countAnnotation reads a number of replicas that an annotation holds; ok is false if it holds none.
func countAnnotation(rs *appsv1.ReplicaSet, key string) (n int32, ok bool) {
	v, err := strconv.ParseUint(rs.Annotations[key], 10, 31)
	return int32(v), err == nil
}

// setRevision sets the Deployment's revision and reports whether it is new.
func (r *rollout) setRevision(revision string) bool {
	return annotate(&r.d.Annotations, revisionAnnotation, revision)
}
