package kubelet

import (
	"fmt"
	"maps"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Annotations of pods by source. Source: k8s v1.36.3 pkg/kubelet/types/pod_update.go.
const (
	annotationSource = "kubernetes.io/config.source"
	annotationHash   = "kubernetes.io/config.hash"
	annotationSeen   = "kubernetes.io/config.seen"
)

// staticPod is a pod that the kubelet runs from a file, and its mirror in the API.
type staticPod struct {
	mirror  *store.Pod // nil: none, or not known
	waiting bool       // a mirror is being created
	removed bool       // the file is gone
}

// addStatic starts a static pod: the kubelet needs no API server for it.
//
// Source: k8s v1.36.3 pkg/kubelet/config/common.go applyDefaults.
func (n *Node) addStatic(manifest *corev1.Pod) {
	o := manifest.DeepCopy()
	file := o.Name
	o.Name = o.Name + "-" + strings.ToLower(n.name)
	if o.Namespace == "" {
		o.Namespace = metav1.NamespaceDefault
	}
	hash := staticUID(n.name + "/" + o.Namespace + "/" + file)
	o.Annotations = maps.Clone(o.Annotations)
	if o.Annotations == nil {
		o.Annotations = map[string]string{}
	}
	o.Annotations[annotationSource] = "file"
	o.Annotations[annotationHash] = hash
	o.Annotations[annotationSeen] = n.k.store.Now().Format(time.RFC3339Nano)
	o.Spec.NodeName = n.name
	o.Spec.Tolerations = append(o.Spec.Tolerations, corev1.Toleration{Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute})
	o.UID = types.UID(hash)
	status := &corev1.PodStatus{Phase: corev1.PodPending, QOSClass: model.QOSClass(&o.Spec)}
	p := n.k.store.Unstored(&store.Pod{Namespace: o.Namespace, Name: o.Name, UID: o.UID, Template: o, NodeName: n.name, Status: status})
	w := n.newWorker(p)
	w.static = &staticPod{}
	w.pending = true
	w.noteWhy()
	n.workers[w.pod.UID] = w
	n.order = append(n.order, w)
	n.start(w)
}

// staticUID is 32 hex digits, as the kubelet's hash of a manifest is.
func staticUID(id string) string {
	h := engine.HashString("static/" + id)
	return fmt.Sprintf("%016x%016x", engine.Mix(h+1), engine.Mix(h+2))
}

// ensureMirror creates the mirror of a static pod if the API has none and the node is registered.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet.go tryReconcileMirrorPods, pkg/kubelet/pod/mirror_client.go.
func (w *worker) ensureMirror() {
	s, n := w.static, w.node
	if s == nil || s.mirror != nil || s.waiting || !n.online() || n.k.store.Node(n.name) == nil || n.k.Creator == nil {
		return
	}
	s.waiting = true
	n.k.engine.Act(rule.MirrorPod)
	w.after(n.k.latency.APIWrite, kindUpdate, func() {
		s.waiting = false
		o := w.pod.Template.DeepCopy()
		o.UID = ""
		o.Annotations[corev1.MirrorPodAnnotationKey] = o.Annotations[annotationHash]
		yes := true
		var uid types.UID
		if node := n.k.store.Node(n.name); node != nil {
			uid = node.UID
		}
		o.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: n.name, UID: uid, Controller: &yes}}
		if n.k.Creator.CreateMirror(o) != nil {
			return // refused, or there is one of that name: the next sync looks again
		}
	})
}

// observeMirror keeps the worker's view of its mirror.
func (n *Node) observeMirror(verb journal.Verb, p *store.Pod) {
	w := n.workers[types.UID(p.AnnotationSet()[corev1.MirrorPodAnnotationKey])]
	if w == nil || w.static == nil {
		return
	}
	switch {
	case verb == journal.Deleted:
		if w.static.mirror != nil && w.static.mirror.UID == p.UID {
			w.static.mirror = nil
			w.after(n.k.latency.Killing/2, kindUpdate, w.update)
		}
	case p.Deletion != nil:
		if d := p.Deletion; d.GraceSeconds > 0 {
			// Somebody deletes the mirror: it goes at once, the containers stay, and a new one is made.
			zero, key, uid := int64(0), p.Key(), string(p.UID)
			n.k.engine.Act(rule.MirrorPod)
			w.after(n.k.latency.APIWrite, kindUpdate, func() { _ = n.k.store.DeletePod(key, uid, &zero) })
		}
	default:
		fresh := w.static.mirror == nil
		w.static.mirror = p
		if fresh && w.status.current != nil {
			// A status that was skipped for want of a mirror is looked at again in the next full pass only.
			w.status.sent = 0
			n.reconcileAt(w)
		}
	}
}

// apiKey names the API object that carries the pod's status: the pod itself, or the mirror.
func (w *worker) apiKey() (store.Key, string) {
	if w.static != nil {
		if w.static.mirror == nil {
			return w.pod.Key(), "none"
		}
		return w.pod.Key(), string(w.static.mirror.UID)
	}
	return w.pod.Key(), string(w.pod.UID)
}
