package scheduler

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"clustersim/model"
)

// objectKey names an object of a namespace.
type objectKey struct{ namespace, name string }

// storage is what the scheduler knows of volumes.
type storage struct {
	claims      map[objectKey]*corev1.PersistentVolumeClaim
	classes     map[string]*storagev1.StorageClass
	csiNodes    map[string]*storagev1.CSINode
	attachments map[string]map[string]*storagev1.VolumeAttachment // by node and name
	csiDrivers  map[string]*storagev1.CSIDriver
	capacities  map[objectKey]*storagev1.CSIStorageCapacity
	volumes     []*volume // by name
	uses        map[objectKey][]*Pod
	references  map[string]int // to claims of that name by pods on nodes, of all namespaces
	assumed     map[objectKey]assumedClaim
}

// volume is a PersistentVolume with the nodes that it can be reached from.
type volume struct {
	*corev1.PersistentVolume
	nodes *nodeMatcher // nil = all
}

// assumedClaim is what became of a claim that waited for its first consumer, until the store says so.
type assumedClaim struct {
	by     *Pod
	volume string // "" = it is being provisioned
	node   string // for which
}

// setStorage takes in an object of the storage kinds.
func (s *Snapshot) setStorage(o model.Object) {
	st := &s.storage
	switch o := o.(type) {
	case *corev1.PersistentVolumeClaim:
		key := objectKey{o.Namespace, o.Name}
		put(&st.claims, key, o)
		if _, selected := o.Annotations[model.AnnSelectedNode]; selected || o.Spec.VolumeName != "" {
			delete(st.assumed, key) // what was assumed has come true, or not
		}
	case *corev1.PersistentVolume:
		v := &volume{PersistentVolume: o}
		if a := o.Spec.NodeAffinity; a != nil && a.Required != nil {
			v.nodes = &nodeMatcher{match: labelsAlone(a.Required), remember: true}
		}
		if i, found := st.find(o.Name); found {
			st.volumes[i] = v
		} else {
			st.volumes = slices.Insert(st.volumes, i, v)
		}
	case *storagev1.StorageClass:
		put(&st.classes, o.Name, o)
	case *storagev1.CSINode:
		put(&st.csiNodes, o.Name, o)
	case *storagev1.VolumeAttachment:
		if st.attachments[o.Spec.NodeName] == nil {
			put(&st.attachments, o.Spec.NodeName, map[string]*storagev1.VolumeAttachment{})
		}
		st.attachments[o.Spec.NodeName][o.Name] = o
	case *storagev1.CSIDriver:
		put(&st.csiDrivers, o.Name, o)
	case *storagev1.CSIStorageCapacity:
		put(&st.capacities, objectKey{o.Namespace, o.Name}, o)
	default:
		return
	}
	s.gen++
}

func put[K comparable, V any](m *map[K]V, key K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = v
}

// labelsAlone is a volume's node affinity, which sees nothing of a node but its labels.
//
// Source: k8s v1.36.3 staging component-helpers/storage/volume/helpers.go CheckNodeAffinity.
func labelsAlone(required *corev1.NodeSelector) func(*corev1.Node) (bool, error) {
	selector := nodeaffinity.NewLazyErrorNodeSelector(required)
	return func(n *corev1.Node) (bool, error) {
		only := &corev1.Node{}
		only.Labels = n.Labels
		return selector.Match(only)
	}
}

// removeStorage forgets an object of the storage kinds.
func (s *Snapshot) removeStorage(o model.Object) {
	st := &s.storage
	switch o := o.(type) {
	case *corev1.PersistentVolumeClaim:
		delete(st.claims, objectKey{o.Namespace, o.Name})
		delete(st.assumed, objectKey{o.Namespace, o.Name})
	case *corev1.PersistentVolume:
		if i, found := st.find(o.Name); found {
			st.volumes = slices.Delete(st.volumes, i, i+1)
		}
	case *storagev1.StorageClass:
		delete(st.classes, o.Name)
	case *storagev1.CSINode:
		delete(st.csiNodes, o.Name)
	case *storagev1.VolumeAttachment:
		delete(st.attachments[o.Spec.NodeName], o.Name)
	case *storagev1.CSIDriver:
		delete(st.csiDrivers, o.Name)
	case *storagev1.CSIStorageCapacity:
		delete(st.capacities, objectKey{o.Namespace, o.Name})
	default:
		return
	}
	s.gen++
}

func (st *storage) find(name string) (int, bool) {
	return slices.BinarySearchFunc(st.volumes, name, func(v *volume, name string) int { return strings.Compare(v.Name, name) })
}

// volume is the PersistentVolume of that name, or nil.
func (st *storage) volume(name string) *volume {
	if i, found := st.find(name); found {
		return st.volumes[i]
	}
	return nil
}

// reaches reports whether a volume can be used on a node.
func (v *volume) reaches(s *Snapshot, n int32) bool { return v.nodes == nil || v.nodes.matches(s, n) }

// useClaims notes which claims a pod on a node uses; by is 1 or -1.
func (s *Snapshot) useClaims(pod *Pod, by int) {
	for _, name := range pod.Shape.claims {
		key := objectKey{pod.Namespace, name}
		put(&s.storage.references, name, s.storage.references[name]+by)
		if by > 0 {
			put(&s.storage.uses, key, append(s.storage.uses[key], pod))
		} else {
			s.storage.uses[key] = slices.DeleteFunc(s.storage.uses[key], func(p *Pod) bool { return p == pod })
		}
	}
}

// inUse reports whether a pod on any node uses a claim.
func (s *Snapshot) inUse(key objectKey) bool {
	return slices.ContainsFunc(s.storage.uses[key], func(p *Pod) bool { return s.nodes[p.slot].object != nil })
}

// claimNames are the claims that a spec names itself, in order.
func claimNames(spec *corev1.PodSpec) (out []string) {
	for i := range spec.Volumes {
		if c := spec.Volumes[i].PersistentVolumeClaim; c != nil {
			out = append(out, c.ClaimName)
		}
	}
	return out
}

// claimsOf calls f for every claim of a pod, those of generic ephemeral volumes included, until it returns false. claim is
// nil if there is none of that name.
func (s *Snapshot) claimsOf(pod *Pod, f func(name string, claim *corev1.PersistentVolumeClaim, ephemeral bool) bool) {
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if name, ephemeral := claimName(pod.Name, v); name != "" && !f(name, s.storage.claims[objectKey{pod.Namespace, name}], ephemeral) {
			return
		}
	}
}

// claimName is the name of a volume's claim, "" if it has none.
func claimName(pod string, v *corev1.Volume) (name string, ephemeral bool) {
	switch {
	case v.PersistentVolumeClaim != nil:
		return v.PersistentVolumeClaim.ClaimName, false
	case v.Ephemeral != nil:
		return pod + "-" + v.Name, true
	}
	return "", false
}

// usesClaim reports whether a pod names a claim.
func usesClaim(pod *Pod, claim *corev1.PersistentVolumeClaim, withEphemeral bool) bool {
	if claim.Namespace != pod.Namespace {
		return false
	}
	return slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		name, ephemeral := claimName(pod.Name, &v)
		return name == claim.Name && (withEphemeral || !ephemeral)
	})
}

// class is the claim's StorageClass, or nil.
func (st *storage) class(c *corev1.PersistentVolumeClaim) *storagev1.StorageClass {
	return st.classes[model.ClaimClass(c)]
}
