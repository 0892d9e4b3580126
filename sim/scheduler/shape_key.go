package scheduler

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// appendShapeKey writes down all of a spec that any plugin reads, so that specs with equal keys get one Shape. Of a plain
// spec it leaves out the containers' requests.
func appendShapeKey(b []byte, spec *corev1.PodSpec, namespace string, labels map[string]string, plain bool) []byte {
	for i := range spec.Containers {
		b = appendContainer(b, &spec.Containers[i], plain)
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		b = append(b, 'i')
		if c.RestartPolicy != nil {
			b = appendText(b, string(*c.RestartPolicy))
		}
		b = appendContainer(b, c, false)
	}
	b = appendResources(append(b, 'o'), spec.Overhead)
	if spec.Resources != nil {
		b = appendResources(append(b, 'r'), spec.Resources.Requests)
	}
	for i := range spec.Tolerations {
		t := &spec.Tolerations[i]
		b = append(b, 't')
		b = appendText(appendText(appendText(appendText(b, t.Key), string(t.Operator)), t.Value), string(t.Effect))
	}
	if spec.NodeSelector != nil {
		b = appendLabels(append(b, 's'), spec.NodeSelector)
	}
	if spec.NodeName != "" {
		b = appendText(append(b, 'n'), spec.NodeName)
	}
	if spec.PreemptionPolicy != nil {
		b = appendText(append(b, 'p'), string(*spec.PreemptionPolicy))
	}
	if spec.Affinity != nil {
		b = appendJSON(append(b, 'a'), spec.Affinity)
	}
	for i := range spec.Volumes {
		if v := &spec.Volumes[i]; placesPod(v) {
			b = appendJSON(append(b, 'v'), v)
		}
	}
	for _, f := range requiredFeatures(spec) {
		b = appendText(append(b, 'f'), f)
	}
	if len(spec.ResourceClaims) > 0 {
		b = appendJSON(append(b, 'c'), spec.ResourceClaims)
	}
	if readsIdentity(spec) {
		b = appendJSON(append(b, 'S'), spec.TopologySpreadConstraints)
		b = appendLabels(appendText(b, namespace), labels)
	}
	return b
}

// readsIdentity reports whether plugins read the pod's namespace and labels together with its spec.
func readsIdentity(spec *corev1.PodSpec) bool {
	if len(spec.TopologySpreadConstraints) > 0 || len(spec.ResourceClaims) > 0 {
		return true
	}
	if a := spec.Affinity; a != nil && (a.PodAffinity != nil || a.PodAntiAffinity != nil) {
		return true
	}
	return slices.ContainsFunc(spec.Volumes, func(v corev1.Volume) bool { return placesPod(&v) && v.Image == nil })
}

// placesPod reports whether a volume has a say in where the pod may run.
func placesPod(v *corev1.Volume) bool {
	return v.PersistentVolumeClaim != nil || v.Ephemeral != nil || v.Image != nil || v.CSI != nil ||
		v.GCEPersistentDisk != nil || v.AWSElasticBlockStore != nil || v.ISCSI != nil || v.RBD != nil ||
		v.AzureDisk != nil || v.AzureFile != nil || v.Cinder != nil || v.VsphereVolume != nil || v.PortworxVolume != nil
}

func appendContainer(b []byte, c *corev1.Container, plain bool) []byte {
	b = appendText(append(b, 'k'), c.Image)
	if !plain {
		b = appendResources(b, c.Resources.Requests)
	}
	for i := range c.Ports {
		if p := &c.Ports[i]; p.HostPort > 0 {
			b = appendText(appendText(append(b, 'h'), p.HostIP), string(p.Protocol))
			b = binary.AppendVarint(b, int64(p.HostPort))
		}
	}
	return b
}

// appendResources writes a ResourceList in the order of its names.
func appendResources(b []byte, l corev1.ResourceList) []byte {
	var space [8]corev1.ResourceName
	names := space[:0]
	for name := range l { // unordered: sorted below
		names = append(names, name)
	}
	slices.Sort(names)
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		b = appendQuantity(appendText(b, string(name)), l[name])
	}
	return b
}

func appendQuantity(b []byte, q resource.Quantity) []byte {
	if v, ok := q.AsInt64(); ok {
		return binary.AppendVarint(append(b, 0), v)
	}
	if v := q.MilliValue(); q.Cmp(*resource.NewMilliQuantity(v, resource.DecimalSI)) == 0 {
		if v%1000 == 0 {
			return binary.AppendVarint(append(b, 0), v/1000)
		}
		return binary.AppendVarint(append(b, 1), v)
	}
	return appendText(append(b, 2), q.AsDec().String())
}

func appendLabels(b []byte, m map[string]string) []byte {
	keys := make([]string, 0, len(m))
	for k := range m { // unordered: sorted below
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	b = binary.AppendUvarint(b, uint64(len(keys)))
	for _, k := range keys {
		b = appendText(appendText(b, k), m[k])
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendJSON(b []byte, v any) []byte {
	j, err := json.Marshal(v)
	if err != nil {
		panic("invariant: API objects marshal: " + err.Error())
	}
	return append(binary.AppendUvarint(b, uint64(len(j))), j...)
}
