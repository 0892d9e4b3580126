// Package world is what is so, whatever the control plane believes: machines, processes, registries, and how the
// containers of a scenario behave. Faults change the world; the API server learns of it late.
package world

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

// World answers what a scenario says of images, registries and containers.
type World struct {
	Behaviors  []Behavior
	Registries []Registry

	images   map[string]*Image
	outages  []*Override
	active   map[*Registry]int // pulls under way from registries with a total bandwidth
	anything *Registry
}

// New returns a world with the given scenario data.
func New(behaviors []Behavior, registries []Registry, images []NamedImage) *World {
	w := &World{Behaviors: behaviors, Registries: registries, images: map[string]*Image{}, active: map[*Registry]int{}, anything: &Registry{Match: "*"}}
	for i := range images {
		w.images[model.CanonicalImage(images[i].Ref)] = &images[i].Image
	}
	return w
}

var unlisted = &Image{}

// Image returns what is known of the reference; an unlisted image has all defaults.
func (w *World) Image(ref string) *Image {
	if len(w.images) > 0 {
		if i := w.images[model.CanonicalImage(ref)]; i != nil {
			return i
		}
	}
	return unlisted
}

// Registry returns the first registry that matches the reference for a pull from a node with these labels.
func (w *World) Registry(ref string, node map[string]string) *Registry {
	for i := range w.Registries {
		if r := &w.Registries[i]; r.serves(ref, node) {
			return r
		}
	}
	return w.anything
}

func (r *Registry) serves(ref string, node map[string]string) bool {
	if !MatchImage(r.Match, ref) || r.Zone != "" && node[corev1.LabelTopologyZone] != r.Zone {
		return false
	}
	return r.Select == nil || labels.SelectorFromSet(r.Select).Matches(labels.Set(node))
}

// Override is a registry fault while it lasts: an outage, or a lower bandwidth.
type Override struct {
	Match     string
	Zone      string // "" = pulls from everywhere
	Outage    bool
	Error     string // of an outage; "" = connection refused
	Bandwidth Value  // of a throttle
}

// Begin puts an override in force; the one begun last wins. It returns a function that ends it.
func (w *World) Begin(o Override) (end func()) {
	w.outages = append(w.outages, &o)
	return func() { w.outages = slices.DeleteFunc(w.outages, func(other *Override) bool { return other == &o }) }
}

// Override returns the fault in force for a pull, nil if there is none.
func (w *World) Override(ref string, node map[string]string) *Override {
	for _, o := range slices.Backward(w.outages) {
		if MatchImage(o.Match, ref) && (o.Zone == "" || node[corev1.LabelTopologyZone] == o.Zone) {
			return o
		}
	}
	return nil
}

// PodFacts is what selectors look at.
type PodFacts struct {
	Namespace, Name string
	Labels          map[string]string
	Owners          []metav1.OwnerReference // of the pod and all its ancestors
}

// Behavior returns the first behaviour for the container of the pod, nil if none matches.
func (w *World) Behavior(p PodFacts, c *corev1.Container) *Behavior {
	for i := range w.Behaviors {
		b := &w.Behaviors[i]
		if b.Container != "" && b.Container != "*" && b.Container != c.Name {
			continue
		}
		if b.Select.Matches(p, c.Image) {
			return b
		}
	}
	return nil
}

// Matches reports whether all given parts of the selector match.
func (s *Selector) Matches(p PodFacts, image string) bool {
	switch {
	case s.Namespace != "" && !Match(s.Namespace, p.Namespace),
		s.Name != "" && !Match(s.Name, p.Name),
		s.Image != "" && !MatchImage(s.Image, image),
		s.Labels != nil && !s.Labels.Matches(labels.Set(p.Labels)):
		return false
	}
	if s.Owner == "" {
		return true
	}
	for _, o := range p.Owners {
		if Match(s.Owner, o.Kind+"/"+o.Name) {
			return true
		}
	}
	return false
}

// RegistryHost is the host part of an image reference as errors name it.
func RegistryHost(ref string) string {
	host, _, ok := strings.Cut(ref, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return "docker.io"
	}
	return host
}
