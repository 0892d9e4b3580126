package capacity

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// classes sorts pods into classes.
type classes struct {
	c       *Cluster
	x       *expansion
	byKey   map[string]*Class
	byOwner map[objectKey]*Class
	order   []*Class
	names   map[string]int
}

func newClasses(c *Cluster, x *expansion) *classes {
	return &classes{c: c, x: x, byKey: map[string]*Class{}, byOwner: map[objectKey]*Class{}, names: map[string]int{}}
}

// take puts a pod into its class.
func (l *classes) take(p *corev1.Pod) *Pod {
	key := objectKey{p.Namespace, "Pod/" + p.Name}
	root := l.x.root(key)
	pod := &Pod{Pod: p}
	if root != key {
		cl := l.byOwner[root]
		if cl == nil {
			cl = &Class{Name: root.String(), Needs: l.c.needs(p)}
			l.byOwner[root] = cl
			l.order = append(l.order, cl)
		}
		pod.Class = cl
	} else {
		pod.Class = l.bare(p)
	}
	pod.Needs = pod.Class.Needs
	if root != key && len(pod.Class.Pods) > 0 {
		pod.Needs = l.c.needs(p) // pods of one owner may differ in the middle of a rollout
	}
	pod.Class.Pods = append(pod.Class.Pods, pod)
	return pod
}

// bare is the class of a pod without a controller: that of the pods with an equal spec, but for the node.
func (l *classes) bare(p *corev1.Pod) *Class {
	spec := p.Spec
	spec.NodeName, spec.Hostname = "", ""
	spec.Volumes = slices.DeleteFunc(slices.Clone(spec.Volumes), func(v corev1.Volume) bool { return strings.HasPrefix(v.Name, "kube-api-access-") })
	spec.Containers = slices.Clone(spec.Containers)
	for i := range spec.Containers {
		c := &spec.Containers[i]
		spec.Containers[i] = corev1.Container{Resources: c.Resources, Ports: c.Ports, Image: c.Image}
	}
	data, err := json.Marshal(&spec)
	if err != nil {
		panic("invariant: a pod's spec can be written as JSON: " + err.Error())
	}
	k := p.Namespace + "\x00" + string(data)
	if cl := l.byKey[k]; cl != nil {
		return cl
	}
	cl := &Class{Needs: l.c.needs(p)}
	cl.Name = l.c.describe(cl.Needs)
	if p.Spec.Affinity != nil || len(p.Spec.NodeSelector) > 0 {
		cl.Name += ", on some nodes"
	}
	if l.names[cl.Name]++; l.names[cl.Name] > 1 {
		cl.Name += fmt.Sprintf(" (%d)", l.names[cl.Name])
	}
	l.byKey[k] = cl
	l.order = append(l.order, cl)
	return cl
}

// list is every class, those with most pods first.
func (l *classes) list() []*Class {
	out := slices.Clone(l.order)
	slices.SortStableFunc(out, func(a, b *Class) int { return len(b.Pods) - len(a.Pods) })
	return out
}

// FindClass finds a class by its name; nil if there is none.
func (c *Cluster) FindClass(name string) *Class {
	for _, cl := range c.Classes {
		if strings.EqualFold(cl.Name, name) {
			return cl
		}
	}
	return nil
}
