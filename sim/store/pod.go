package store

import (
	"crypto/sha256"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
)

// Pod is a stored pod: an identity, a binding and a status laid over a template that siblings share.
//
// Invariant: a stored Pod, its Template and its Status are never changed; a write replaces them.
type Pod struct {
	Namespace, Name string
	UID             types.UID
	Index           uint32            // counts the pods of the run; never reused
	Revision        uint64            // resourceVersion
	Generation      int64             // metadata.generation
	Created         engine.Time       // negative for what was there before the run
	Deletion        *Deletion         // nil: not being deleted
	Labels          map[string]string // nil: the template's
	Annotations     map[string]string // nil: the template's
	Owners          []metav1.OwnerReference
	Finalizers      []string // nil: the template's
	// Template holds the defaulted and admitted spec and the metadata that siblings share. Its status is not used, and
	// its spec lacks the service account token volume, which Token lays over it.
	Template *corev1.Pod
	// Token is the name of the injected volume, "kube-api-access-xxxxx"; "" = none.
	Token    string
	NodeName string
	Status   *corev1.PodStatus

	clock func(engine.Time) time.Time
	spec  [sha256.Size]byte // digest of Template
}

// Deletion is a pod's graceful deletion: metadata.deletionTimestamp and deletionGracePeriodSeconds.
type Deletion struct {
	At           engine.Time // when the grace period ends
	GraceSeconds int64
}

// Kind is model.Pod.
func (p *Pod) Kind() *model.Kind { return model.Pod }

// Key of the pod.
func (p *Pod) Key() Key { return Key{p.Namespace, p.Name} }

// FullName is name_namespace, the name by which the kubelet knows a pod.
func (p *Pod) FullName() string { return p.Name + "_" + p.Namespace }

// Spec is the template's spec: without nodeName of the binding and without the token volume.
func (p *Pod) Spec() *corev1.PodSpec { return &p.Template.Spec }

// LabelSet returns the pod's labels. The caller must not change them.
func (p *Pod) LabelSet() map[string]string {
	if p.Labels != nil {
		return p.Labels
	}
	return p.Template.Labels
}

// Terminal reports whether the phase is Succeeded or Failed.
func (p *Pod) Terminal() bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// FinalizerList returns what keeps the pod's object after its end. The caller must not change it.
func (p *Pod) FinalizerList() []string {
	if p.Finalizers != nil {
		if len(p.Finalizers) == 0 {
			return nil
		}
		return p.Finalizers
	}
	return p.Template.Finalizers
}

// Clock is the virtual wall clock at an instant, truncated to seconds as API timestamps are.
func (p *Pod) Clock(t engine.Time) metav1.Time {
	return metav1.NewTime(p.clock(t).Truncate(time.Second))
}

// API builds the object as the API server would send it.
func (p *Pod) API() model.Object {
	t := p.Template
	o := &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: t.ObjectMeta, Spec: t.Spec, Status: *p.Status}
	m := &o.ObjectMeta
	m.Namespace, m.Name, m.UID, m.Generation = p.Namespace, p.Name, p.UID, p.Generation
	m.ResourceVersion = strconv.FormatUint(p.Revision, 10)
	m.CreationTimestamp = p.Clock(p.Created)
	if p.Labels != nil {
		m.Labels = p.Labels
	}
	if p.Annotations != nil {
		m.Annotations = p.Annotations
	}
	if p.Owners != nil {
		m.OwnerReferences = p.Owners
	}
	m.Finalizers = p.FinalizerList()
	if d := p.Deletion; d != nil {
		at, grace := p.Clock(d.At), d.GraceSeconds
		m.DeletionTimestamp, m.DeletionGracePeriodSeconds = &at, &grace
	}
	o.Spec.NodeName = p.NodeName
	if p.Token != "" {
		addToken(&o.Spec, p.Token)
	}
	return o
}

// AnnotationSet returns the pod's annotations. The caller must not change them.
func (p *Pod) AnnotationSet() map[string]string {
	if p.Annotations != nil {
		return p.Annotations
	}
	return p.Template.Annotations
}
