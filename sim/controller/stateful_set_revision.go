package controller

import (
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// setRevisions are the revisions between which a set is: pods below the partition are of current, the others ought to
// be of update.
type setRevisions struct {
	current, update *appsv1.ControllerRevision
	collisions      int32
}

// knownRevisions is what the last sync found out, which holds while the set's spec and the revision stay.
type knownRevisions struct {
	generation int64
	data       []byte
}

// revisions finds the revision of the set's template among the stored ones, makes it the newest, or creates it.
//
// Source: k8s v1.36.3 pkg/controller/statefulset/stateful_set_control.go getStatefulSetRevisions.
func (c *statefulSets) revisions(s *statefulState, set *appsv1.StatefulSet, stored []*appsv1.ControllerRevision, done func(setRevisions, error)) {
	if s.known.generation != set.Generation {
		s.known = knownRevisions{set.Generation, templatePatch(&set.Spec.Template)}
	}
	r := setRevisions{collisions: value(set.Status.CollisionCount)}
	finish := func(update *appsv1.ControllerRevision, err error) {
		if err != nil {
			done(r, err)
			return
		}
		r.update, r.current = update, update
		for _, old := range stored {
			if old.Name == set.Status.CurrentRevision {
				r.current = old
			}
		}
		done(r, nil)
	}
	data, last := s.known.data, newest(stored)
	equal := find(stored, data)
	switch {
	case equal != nil && equal == stored[len(stored)-1]:
		finish(equal, nil)
	case equal != nil:
		c.history.renumber(set, equal, last+1, finish)
	default:
		n := c.history.newRevision(set, &set.Spec.Template, data, last+1)
		name := func() {
			hash := hashRevision(data, r.collisions)
			n.Name = revisionName(set.Name, hash)
			if n.Labels[revisionHashLabel] == "" {
				n.Labels[revisionHashLabel] = hash // keeps the first hash when names collide
			}
		}
		name()
		c.history.create(set, n, func(*appsv1.ControllerRevision) bool {
			r.collisions++
			name()
			return true
		}, finish)
	}
}

// manifest is what pods of a revision are made of, but for what tells them apart.
func (s *statefulState) manifest(set *appsv1.StatefulSet, r *appsv1.ControllerRevision) (*corev1.Pod, error) {
	if m := s.made[r.Name]; m != nil {
		return m, nil
	}
	t, err := templateOf(r)
	if err != nil {
		return nil, err
	}
	m := manifestOf(t)
	m.Labels = maps.Clone(t.Labels)
	if m.Labels == nil {
		m.Labels = map[string]string{}
	}
	m.Labels[appsv1.StatefulSetRevisionLabel] = r.Name
	m.Spec.Subdomain = set.Spec.ServiceName
	if len(set.Spec.VolumeClaimTemplates) > 0 { // containers mount them: each pod gets its own in their place
		m.Spec.Volumes = claimVolumes(set, firstOrdinal(set), m.Spec.Volumes)
	}
	s.made[r.Name] = m
	return m, nil
}

// revisionsInUse are the revisions that history must keep.
func (st *statefulSync) revisionsInUse() map[string]bool {
	live := map[string]bool{st.revisions.current.Name: true, st.revisions.update.Name: true}
	for _, p := range st.state.pods { // unordered: into a set
		live[revisionOfPod(p)] = true
	}
	return live
}
