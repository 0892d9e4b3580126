package importer

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
)

// Dump is a cluster at one moment.
type Dump struct {
	Objects []model.Manifest
	// At is the moment of the dump: the newest time that any object bears. The scenario starts then.
	At time.Time
	// Notes say what was assumed or left out, one sentence each. Tidy fills it.
	Notes []string
	// Counts of what is kept. Tidy fills it.
	Nodes, Running, Pending, Finished, Workloads, Budgets int

	behaviors []behavior
	images    []knownImage
	byUID     map[types.UID]model.Object
}

// Tidy makes a dump such that a simulated cluster can go on from it: nothing that runs is started anew or deleted.
// It is called once, before Scenario or Write.
func (d *Dump) Tidy() {
	d.dropForeign()
	d.findMoment()
	d.byUID = map[types.UID]model.Object{}
	for _, m := range d.Objects {
		if uid := m.Object.GetUID(); uid != "" {
			d.byUID[uid] = m.Object
		}
	}
	d.lostNodes()
	d.mirrors()
	d.replicaSets()
	d.owners()
	d.references()
	d.learn()
	d.count()
}

// note adds a sentence to Notes if n is above 0; it stands for the first verb.
func (d *Dump) note(n int, format string, args ...any) {
	if n > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf(format, append([]any{n}, args...)...))
	}
}

// add takes an object in that the dump does not hold.
func (d *Dump) add(k *model.Kind, o model.Object) {
	o.GetObjectKind().SetGroupVersionKind(groupVersionKind(k))
	d.Objects = append(d.Objects, model.Manifest{Kind: k, Object: o})
}

// dropForeign leaves out what is history or made by the simulated cluster itself, and objects that come twice.
func (d *Dump) dropForeign() {
	type key struct {
		kind            *model.Kind
		namespace, name string
	}
	seen := map[key]bool{}
	twice, managed := 0, 0
	d.Objects = slices.DeleteFunc(d.Objects, func(m model.Manifest) bool {
		o := m.Object
		if m.Kind == model.Event || m.Kind == model.Lease {
			return true // node leases are renewed by the kubelets; other leases elect leaders that are not here
		}
		if len(o.GetManagedFields()) > 0 {
			managed++
			o.SetManagedFields(nil)
		}
		k := key{m.Kind, o.GetNamespace(), o.GetName()}
		was := seen[k]
		seen[k] = true
		if was {
			twice++
		}
		return was
	})
	d.note(twice, "%d objects came twice; the first of each is kept.")
}

// findMoment looks for the newest time of the dump.
func (d *Dump) findMoment() {
	see := func(t metav1.Time) {
		if t.After(d.At) {
			d.At = t.UTC()
		}
	}
	for _, m := range d.Objects {
		see(m.Object.GetCreationTimestamp())
		switch o := m.Object.(type) {
		case *corev1.Node:
			for _, c := range o.Status.Conditions {
				see(c.LastHeartbeatTime)
				see(c.LastTransitionTime)
			}
		case *corev1.Pod:
			for _, c := range o.Status.Conditions {
				see(c.LastTransitionTime)
			}
			for _, s := range o.Status.ContainerStatuses {
				if r := s.State.Running; r != nil {
					see(r.StartedAt)
				}
				if e := s.State.Terminated; e != nil {
					see(e.FinishedAt)
				}
			}
		}
	}
	d.At = d.At.Truncate(time.Second)
}

// lostNodes leaves out pods whose node the dump does not hold: the garbage collector would delete them.
func (d *Dump) lostNodes() {
	nodes := map[string]bool{}
	for _, m := range d.Objects {
		if m.Kind == model.Node {
			nodes[m.Object.GetName()] = true
		}
	}
	lost := 0
	d.Objects = slices.DeleteFunc(d.Objects, func(m model.Manifest) bool {
		p, ok := m.Object.(*corev1.Pod)
		gone := ok && p.Spec.NodeName != "" && !nodes[p.Spec.NodeName]
		if gone {
			lost++
		}
		return gone
	})
	d.note(lost, "%d pods are left out: the dump does not hold their nodes (add `nodes` to what kubectl gets).")
}

// mirrors makes plain pods of mirror pods: the manifests in the kubelets' folders are not part of a dump.
func (d *Dump) mirrors() {
	n := 0
	for _, m := range d.Objects {
		p, ok := m.Object.(*corev1.Pod)
		if ok && p.Status.PodIP != "" && len(p.Status.PodIPs) == 0 { // written by hand, or by an old cluster
			p.Status.PodIPs = []corev1.PodIP{{IP: p.Status.PodIP}}
		}
		if !ok || p.Annotations[corev1.MirrorPodAnnotationKey] == "" {
			continue
		}
		n++
		delete(p.Annotations, corev1.MirrorPodAnnotationKey)
		for _, key := range []string{"kubernetes.io/config.hash", "kubernetes.io/config.seen", "kubernetes.io/config.source"} {
			delete(p.Annotations, key)
		}
		p.OwnerReferences = nil
	}
	d.note(n, "%d static pods are kept as plain pods of their nodes.")
}

// count fills the counts.
func (d *Dump) count() {
	for _, m := range d.Objects {
		switch o := m.Object.(type) {
		case *corev1.Node:
			d.Nodes++
		case *corev1.Pod:
			switch {
			case o.Status.Phase == corev1.PodSucceeded || o.Status.Phase == corev1.PodFailed:
				d.Finished++
			case o.Spec.NodeName != "":
				d.Running++
			default:
				d.Pending++
			}
		}
		switch m.Kind.Name {
		case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob":
			if metav1.GetControllerOfNoCopy(m.Object) == nil {
				d.Workloads++
			}
		case "PodDisruptionBudget":
			d.Budgets++
		}
	}
}
