package controller

import (
	"bytes"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"

	"clustersim/model"
)

// constructHistory finds the revision of the set's template, makes it the newest, or creates it, and notes its hash. It
// returns the other revisions.
//
// Differs: several revisions of the same template are not made one.
//
// Source: k8s v1.36.3 pkg/controller/daemon/update.go constructHistory, snapshot.
func (c *daemonSets) constructHistory(s *daemonState, set *appsv1.DaemonSet, done func(old []*appsv1.ControllerRevision, err error)) {
	if !s.adopted {
		s.adopted = true
		c.history.adopt(set, s.selector, func(err error) {
			if err != nil {
				done(nil, err)
				return
			}
			c.constructHistory(s, set, done)
		})
		return
	}
	if s.known.generation != set.Generation {
		s.known = knownRevisions{set.Generation, templatePatch(&set.Spec.Template)}
	}
	all := c.history.list(set)
	old := slices.DeleteFunc(slices.Clone(all), func(r *appsv1.ControllerRevision) bool { return bytes.Equal(r.Data.Raw, s.known.data) })
	finish := func(r *appsv1.ControllerRevision, err error) {
		if err != nil {
			done(nil, err)
			return
		}
		hash := r.Labels[appsv1.DefaultDaemonSetUniqueLabelKey]
		if hash == "" {
			hash = r.Name
		}
		if s.hash != hash {
			s.hash, s.manifest = hash, nil
			s.recount()
		}
		done(old, nil)
	}
	next := newest(old) + 1
	switch have := find(all, s.known.data); {
	case have == nil:
		c.snapshot(s, set, next, finish)
	case have.Revision < next:
		c.history.renumber(set, have, next, finish)
	default:
		finish(have, nil)
	}
}

// snapshot stores the set's template as a new revision. If the name is taken by another template, the collision is counted
// in the set's status, and the next try will have another name.
func (c *daemonSets) snapshot(s *daemonState, set *appsv1.DaemonSet, number int64, done func(*appsv1.ControllerRevision, error)) {
	r := c.history.newRevision(set, &set.Spec.Template, s.known.data, number)
	hash := podTemplateHash(&set.Spec.Template, set.Status.CollisionCount)
	r.Name, r.Labels[appsv1.DefaultDaemonSetUniqueLabelKey] = set.Name+"-"+hash, hash
	taken := false
	c.history.create(set, r, func(*appsv1.ControllerRevision) bool {
		taken = true
		return false
	}, func(have *appsv1.ControllerRevision, err error) {
		if !taken {
			done(have, err)
			return
		}
		c.api.write(func() {
			if failed := c.env.Store.Update(daemonSetKind, s.key, func(o model.Object) bool {
				n := value(o.(*appsv1.DaemonSet).Status.CollisionCount) + 1
				o.(*appsv1.DaemonSet).Status.CollisionCount = &n
				return true
			}); failed != nil {
				err = failed
			}
			done(nil, err)
		})
	})
}

// cleanup deletes the oldest revisions beyond the limit, but none that a pod is of.
//
// Source: k8s v1.36.3 update.go cleanupHistory.
func (c *daemonSets) cleanup(s *daemonState, set *appsv1.DaemonSet, old []*appsv1.ControllerRevision, done func(error)) {
	kill := len(old) - 10
	if l := set.Spec.RevisionHistoryLimit; l != nil {
		kill = len(old) - int(*l)
	}
	if kill <= 0 {
		done(nil)
		return
	}
	live := map[string]bool{}
	for _, n := range s.nodes { // unordered: into a set
		for _, p := range n.pods {
			live[p.LabelSet()[appsv1.DefaultDaemonSetUniqueLabelKey]] = true
		}
	}
	old = slices.DeleteFunc(slices.Clone(old), func(r *appsv1.ControllerRevision) bool { return live[r.Labels[appsv1.DefaultDaemonSetUniqueLabelKey]] })
	old = old[:min(kill, len(old))]
	oneByOne(len(old), func(i int, done func(error)) {
		c.api.write(func() { done(c.env.Store.Remove(controllerRevision, keyOf(old[i]))) })
	}, func(err error) {
		if err != nil {
			err = fmt.Errorf("failed to clean up revisions of DaemonSet: %w", err)
		}
		done(err)
	})
}
