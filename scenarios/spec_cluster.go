package scenarios

import (
	"reflect"
	"time"

	"gopkg.in/yaml.v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim/world"
)

// Cluster is the simulated world: machines, registries, images.
type Cluster struct {
	Import     []placed       // files of objects that exist before t=0, such as `kubectl get nodes,pods -A -o yaml` prints
	Nodes      []NodeTemplate // the machines, by template
	Registries []Registry
	Images     images // by reference; one that is not listed has 100Mi in one layer
	Storage    []Storage
}

// NodeTemplate makes one node, or many that are alike.
type NodeTemplate struct {
	Place      model.Place                  `json:"-"`
	ID         string                       // for addNodes
	Name       string                       // {i} counts from 1 within the template, {zone} is the node's zone
	Count      *int                         // 1
	Zones      []string                     // round robin; sets topology.kubernetes.io/zone
	Region     string                       // sets topology.kubernetes.io/region
	Labels     map[string]string            // over those that a kubelet sets
	Taints     []corev1.Taint               // of the Node object
	Capacity   map[string]resource.Quantity // over cpu 4, memory 16Gi, pods 110, ephemeral-storage 100Gi
	Reserved   map[string]resource.Quantity // capacity - reserved = allocatable
	Images     []string                     // already in the node's cache
	StaticPods []staticPod                  // manifests in the kubelet's own folder: paths, or {inline: ...}
	StartAt    time.Duration                // 0: Ready before t=0
	Version    string                       // of the kubelet, v1.36.3
	Price      float64                      // per hour
	Failures   *Failures                    // how often it crashes, and for how long
}

// Failures is a node's failure model.
type Failures struct {
	Place  model.Place   `json:"-"`
	MTBF   world.Value   `unit:"duration"` // up time before a crash
	MTTR   world.Value   `unit:"duration"` // down time after it
	Notice time.Duration // read, and without effect: a crash comes unannounced
}

// staticPod is a manifest in the kubelet's own folder: a path or {inline: ...}.
type staticPod struct {
	placed
	inline inline
}

func (s *staticPod) decodeNode(d *decoder, n *yaml.Node, path string) {
	s.Place = d.place(n)
	if n.Kind != yaml.MappingNode {
		s.Name, _ = d.text(n, path)
		return
	}
	list, _ := d.pairs(n, path)
	for _, p := range list {
		if p.key.Value != "inline" {
			d.unknown(p.key, path, []string{"inline"})
			continue
		}
		v := p.value
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		s.inline.decodeNode(d, v, join(path, "inline"))
	}
}

// Registry says how pulls of matching references go; the first match wins.
type Registry struct {
	Place          model.Place       `json:"-"`
	Match          string            // glob over the reference
	Zone           string            // for pulls from nodes of this zone
	Select         nodeLabels        // for pulls from nodes with these labels
	Bandwidth      world.Value       `unit:"bytes"` // per second, of one pull; 50Mi
	TotalBandwidth resource.Quantity // over all pulls; without it unlimited
	Latency        world.Value       `unit:"duration"` // 500ms
	FailureRate    float64           // 0..1
	NeedsSecret    bool              // pulls need an imagePullSecret for it
}

// nodeLabels is a label selector made of equalities, or a mapping.
type nodeLabels map[string]string

func (l *nodeLabels) decodeNode(d *decoder, n *yaml.Node, path string) {
	*l = nodeLabels{}
	if n.Kind == yaml.MappingNode {
		list, _ := d.pairs(n, path)
		for _, p := range list {
			if v, ok := d.resolve(p.value, path); ok {
				(*l)[p.key.Value], _ = d.text(v, join(path, p.key.Value))
			}
		}
		return
	}
	text, ok := d.text(n, path)
	if !ok {
		return
	}
	set, err := labels.ConvertSelectorToLabelsMap(text)
	if err != nil {
		d.errorf(n, "%s: must be labels such as a=b,c=d, got %s", path, describe(n))
		return
	}
	*l = nodeLabels(set)
}

// images are the listed images, in the order of the file.
type images []imageEntry

type imageEntry struct {
	Ref string
	Image
}

func (l *images) decodeNode(d *decoder, n *yaml.Node, path string) {
	list, _ := d.pairs(n, path)
	for _, p := range list {
		k, ok := d.resolve(p.key, path)
		if !ok {
			continue
		}
		e := imageEntry{Ref: k.Value}
		before := len(d.problems)
		d.decode(p.value, reflect.ValueOf(&e.Image).Elem(), join(path, k.Value), hints{})
		if e.Size != nil && e.Size.IsZero() && len(d.problems) == before {
			d.errorf(p.key, "%s.size: must be above 0", join(path, k.Value))
		}
		e.Place = d.place(p.key)
		*l = append(*l, e)
	}
}

// Image says what is known of a reference.
type Image struct {
	Place       model.Place        `json:"-"`
	Size        *resource.Quantity // 100Mi
	Layers      int                // 1
	PullTime    world.Value        `unit:"duration"` // instead of size and bandwidth
	Missing     bool               // the registry does not have it
	NeedsSecret bool               // pulled only with an imagePullSecret for its registry
	FailFirst   int                // on each node the first n pulls fail
	Error       string             // with what words
}
