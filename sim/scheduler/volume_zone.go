package scheduler

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"clustersim/model"
)

// ReasonVolumeZone is the reason for which VolumeZone turns nodes down.
const ReasonVolumeZone = "node(s) had no available volume zone"

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/volumezone/volume_zone.go.
var volumeZone = &Plugin{
	Name:   "VolumeZone",
	Points: PointPreFilter | PointFilter,
	Doc:    "Turns nodes down whose zone or region is not that of the labels of the pod's bound PersistentVolumes.",
	Events: NodeAdd | NodeLabel | ClassAdd | ClaimAdd | ClaimUpdate | VolumeAdd | VolumeUpdate,
	Compile: func(k *Compiler) Part {
		if len(claimNames(k.Spec)) == 0 {
			return Part{}
		}
		z := &zones{plugin: k.plugin, reject: k.Verdict(UnschedulableAndUnresolvable, ReasonVolumeZone)}
		return Part{Wide: true, Begin: z.begin, Filter: z.filter, Queue: z.queue}
	},
}

// zones is the plugin for one shape of pod.
type zones struct {
	plugin int
	reject Verdict
	wanted []volumeLabel // of the volumes in this cycle
}

// volumeLabel is a zone or region label of a volume: a node has to have one of the values.
type volumeLabel struct {
	key    string
	values []string
}

func (z *zones) begin(c *Cycle) (v Verdict, filters, scores bool) {
	z.wanted = z.wanted[:0]
	for _, name := range c.Pod.Shape.claims {
		reason := z.add(&c.Snap.storage, objectKey{c.Pod.Namespace, name})
		if reason != "" {
			return c.p.verdict(z.plugin, UnschedulableAndUnresolvable, reason), false, false
		}
	}
	return 0, len(z.wanted) > 0, false
}

// add notes the labels of a claim's volume. It returns why the pod cannot be placed at all, if so.
func (z *zones) add(st *storage, key objectKey) string {
	claim := st.claims[key]
	if claim == nil {
		return notFound("persistentvolumeclaim", key.name)
	}
	if claim.Spec.VolumeName == "" {
		name := model.ClaimClass(claim)
		switch class := st.classes[name]; {
		case name == "":
			return "PersistentVolumeClaim had no pv name and storageClass name"
		case class == nil:
			return notFound("storageclass.storage.k8s.io", name)
		case class.VolumeBindingMode == nil:
			return fmt.Sprintf("VolumeBindingMode not set for StorageClass %q", name)
		case model.WaitsForConsumer(class):
			return ""
		}
		return "PersistentVolume had no name"
	}
	v := st.volume(claim.Spec.VolumeName)
	if v == nil {
		return notFound("persistentvolume", claim.Spec.VolumeName)
	}
	z.wanted = append(z.wanted, volumeLabels(v.PersistentVolume)...)
	return ""
}

// topologyLabels are the labels that bind volumes to places.
var topologyLabels = [...]string{corev1.LabelFailureDomainBetaZone, corev1.LabelFailureDomainBetaRegion, corev1.LabelTopologyZone, corev1.LabelTopologyRegion}

// volumeLabels reads a volume's labels. A label with an empty part says nothing.
//
// Source: k8s v1.36.3 staging cloud-provider/volume/helpers/zones.go LabelZonesToSet.
func volumeLabels(v *corev1.PersistentVolume) (out []volumeLabel) {
	for _, key := range topologyLabels {
		value, ok := v.Labels[key]
		if !ok {
			continue
		}
		values := strings.Split(value, "__")
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
		}
		if !slices.Contains(values, "") {
			out = append(out, volumeLabel{key, values})
		}
	}
	return out
}

func (z *zones) filter(c *Cycle, n int32) Verdict {
	node := c.Node(n)
	if !slices.ContainsFunc(topologyLabels[:], func(key string) bool { _, ok := node.Labels[key]; return ok }) {
		return 0
	}
	for _, want := range z.wanted {
		v, ok := node.Labels[want.key]
		if !ok {
			v, ok = node.Labels[withoutBeta(want.key)]
		}
		if !ok || !slices.Contains(want.values, v) {
			return z.reject
		}
	}
	return 0
}

func withoutBeta(key string) string {
	switch key {
	case corev1.LabelFailureDomainBetaZone:
		return corev1.LabelTopologyZone
	case corev1.LabelFailureDomainBetaRegion:
		return corev1.LabelTopologyRegion
	}
	return key
}

func (z *zones) queue(ev *Event) bool {
	switch ev.Type {
	case ClassAdd:
		return model.WaitsForConsumer(ev.NewObject.(*storagev1.StorageClass))
	case ClaimAdd, ClaimUpdate:
		return usesClaim(ev.Pod, ev.NewObject.(*corev1.PersistentVolumeClaim), false)
	case VolumeUpdate:
		was, now := volumeLabels(ev.OldObject.(*corev1.PersistentVolume)), volumeLabels(ev.NewObject.(*corev1.PersistentVolume))
		return !slices.EqualFunc(was, now, func(a, b volumeLabel) bool { return a.key == b.key && slices.Equal(a.values, b.values) })
	}
	return true
}
