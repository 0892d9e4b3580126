package store

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
)

// CreatePod stores a new pod. The caller has admitted it and filled in Namespace, Name, Template, Token and Status; the store sets UID
// (unless given), Index, Revision, Generation and, unless it is negative, Created. It returns the 409 of the API
// server if the name is taken.
func (s *Store) CreatePod(p *Pod) error {
	if old := s.Pod(p.Key()); old != nil {
		return alreadyExists(model.Pod, p.Name, old.Deletion != nil)
	}
	if p.UID == "" {
		p.UID = s.newUID(model.Pod, p.Key())
	}
	if p.Created >= 0 {
		p.Created = s.engine.Now()
	}
	p.Index, p.Generation, p.Revision, p.clock = s.pods, max(p.Generation, 1), s.nextRevision(), s.Clock
	p.spec = s.templateDigest(p.Template)
	s.pods++
	s.commit(journal.Added, nil, p)
	return nil
}

// PodsCreated is the number of pods that the run has ever had.
func (s *Store) PodsCreated() uint32 { return s.pods }

// UpdatePod replaces a pod by a changed copy: change gets a shallow copy and must replace, not alter, what it points
// to. If change returns false nothing is written. It returns the pod as stored, or nil and the 404 of the API server
// if no pod of that key and UID exists ("" = any UID).
func (s *Store) UpdatePod(key Key, uid string, change func(*Pod) bool) (*Pod, error) {
	old := s.Pod(key)
	if old == nil || uid != "" && string(old.UID) != uid {
		return nil, NotFound(model.Pod, key.Name)
	}
	p := *old
	if !change(&p) {
		return old, nil
	}
	p.Revision = s.nextRevision()
	if d := p.Deletion; d != nil && d.GraceSeconds == 0 && len(p.FinalizerList()) == 0 && len(old.FinalizerList()) > 0 {
		s.commit(journal.Deleted, old, &p) // the last finalizer was all that kept it
		return &p, nil
	}
	s.commit(journal.Modified, old, &p)
	return &p, nil
}

// Bind writes the binding of a pod: nodeName and PodScheduled=True; status.nominatedNodeName is emptied. It returns
// the API server's refusal if the pod is gone, is being deleted or is bound.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/storage/storage.go assignPod.
func (s *Store) Bind(key Key, uid, node string) error {
	p := s.Pod(key)
	conflict := func(why string) error {
		return Errorf(CodeConflict, "Operation cannot be fulfilled on pods/binding %q: %s", key.Name, why)
	}
	switch {
	case p == nil || uid != "" && string(p.UID) != uid:
		return NotFound(model.Pod, key.Name)
	case p.Deletion != nil:
		return conflict("pod " + key.Name + " is being deleted, cannot be assigned to a host")
	case p.NodeName != "":
		return conflict("pod " + key.Name + ` is already assigned to node "` + p.NodeName + `"`)
	case len(p.Spec().SchedulingGates) > 0:
		return conflict("pod " + key.Name + " has non-empty .spec.schedulingGates")
	}
	_, err := s.UpdatePod(key, uid, func(p *Pod) bool {
		p.NodeName = node
		p.Labels = s.withTopology(p, node)
		st := *p.Status
		st.NominatedNodeName = ""
		st.Conditions = SetCondition(st.Conditions, corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}, p.Clock(s.engine.Now()))
		p.Status = &st
		return true
	})
	return err
}

// withTopology copies the node's zone and region to the pod's labels.
//
// Source: k8s v1.36.3 plugin/pkg/admission/podtopologylabels.
func (s *Store) withTopology(p *Pod, node string) map[string]string {
	n := s.Node(node)
	if n == nil {
		return p.Labels
	}
	class := topologyOf(p.Template, n)
	if shared, ok := s.topologies[class]; ok && p.Labels == nil {
		return shared
	}
	labels := p.Labels
	for _, key := range [...]string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion} {
		v, ok := n.Labels[key]
		if !ok {
			continue
		}
		copied := make(map[string]string, len(labels)+2)
		for k, v := range p.LabelSet() { // unordered: a copy of a map
			copied[k] = v
		}
		for k, v := range labels { // unordered: a copy of a map
			copied[k] = v
		}
		copied[key] = v
		labels = copied
	}
	if p.Labels == nil {
		s.topologies[class] = labels
	}
	return labels
}

func topologyOf(t *corev1.Pod, n *corev1.Node) topology {
	value := func(key string) string {
		if v, ok := n.Labels[key]; ok {
			return "=" + v
		}
		return ""
	}
	return topology{t, value(corev1.LabelTopologyZone), value(corev1.LabelTopologyRegion)}
}

// topology is what decides the labels that pods of a template have on a node: they are made once and shared.
type topology struct {
	template     *corev1.Pod
	zone, region string
}

// removePod takes the pod away. Watchers get its last state twice: modified (grace 0, deletionTimestamp now) and
// deleted. A pod with finalizers stays until the last of them is gone.
//
// Source: controllers.md 0.6 rule 8, recorded; k8s v1.36.3 staging apiserver/pkg/registry/generic/registry/store.go
// updateForGracefulDeletionAndFinalizers.
func (s *Store) removePod(old *Pod) {
	kept := len(old.FinalizerList()) > 0
	if kept && old.Deletion != nil && old.Deletion.GraceSeconds == 0 {
		return
	}
	p := *old
	if p.Deletion == nil {
		p.Generation++
	}
	p.Deletion = &Deletion{At: s.engine.Now()}
	p.Revision = s.nextRevision()
	s.commit(journal.Modified, old, &p)
	if kept {
		return
	}
	last := p
	last.Revision = s.nextRevision()
	s.commit(journal.Deleted, &p, &last)
}

// DeletePod is a DELETE: grace in seconds, nil = the pod's own; uid "" = whichever. It returns the 404 of the API
// server if there is no such pod.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/strategy.go CheckGracefulDelete, staging apiserver/pkg/registry/rest/delete.go.
func (s *Store) DeletePod(key Key, uid string, grace *int64) error {
	p := s.Pod(key)
	if p == nil || uid != "" && string(p.UID) != uid {
		return NotFound(model.Pod, key.Name)
	}
	if d := p.Deletion; d != nil {
		if grace == nil {
			return nil // pending already
		}
		return s.shortenDeletion(p, d, notNegative(*grace))
	}
	g := effectiveGrace(p, grace)
	if g == 0 {
		s.removePod(p)
		return nil
	}
	_, err := s.UpdatePod(key, uid, func(p *Pod) bool {
		p.Deletion = &Deletion{At: engine.Later(s.engine.Now(), engine.Seconds(g)), GraceSeconds: g}
		p.Generation++
		return true
	})
	return err
}

func effectiveGrace(p *Pod, grace *int64) int64 {
	g := int64(0)
	if grace != nil {
		g = *grace
	} else if t := p.Spec().TerminationGracePeriodSeconds; t != nil {
		g = *t
	}
	if p.NodeName == "" || p.Terminal() {
		return 0
	}
	return notNegative(g)
}

// notNegative is a grace period as the API server takes it: a negative one is a second.
func notNegative(g int64) int64 {
	if g < 0 {
		return 1
	}
	return g
}

// shortenDeletion is a repeated DELETE: only a shorter grace has an effect.
func (s *Store) shortenDeletion(p *Pod, d *Deletion, g int64) error {
	if g == 0 {
		s.removePod(p)
		return nil
	}
	if g >= d.GraceSeconds {
		return nil
	}
	_, err := s.UpdatePod(p.Key(), string(p.UID), func(p *Pod) bool {
		at := d.At - engine.Seconds(d.GraceSeconds-g)
		if now := s.engine.Now(); at < now {
			at, g = now, 1
		}
		p.Deletion = &Deletion{At: at, GraceSeconds: g}
		return true
	})
	return err
}

// Unstored makes a pod that the API server does not know, for a kubelet's static pods.
func (s *Store) Unstored(p *Pod) *Pod {
	p.Created, p.Generation, p.clock = s.engine.Now(), 1, s.Clock
	return p
}
