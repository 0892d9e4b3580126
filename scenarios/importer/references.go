package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

// tally is "3 DaemonSet, 1 Job", the most frequent first.
func tally(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	for i, n := range names {
		names[i] = fmt.Sprintf("%d %s", counts[n], n)
	}
	return strings.Join(names, ", ")
}

// name is an object's name in its namespace.
type name struct{ namespace, name string }

// wanted are objects that pods refer to: ConfigMaps and Secrets with the keys that are asked for.
type wanted struct {
	configMaps, secrets map[name]map[string]bool
	accounts            map[name]bool
	priorities          map[string]int32
	claims              map[name]bool
}

// references makes up what pods refer to and people leave out of a dump, Secrets above all: a replacement of such a pod
// would wait for it for ever.
func (d *Dump) references() {
	w := wanted{map[name]map[string]bool{}, map[name]map[string]bool{}, map[name]bool{}, map[string]int32{}, map[name]bool{}}
	for _, m := range d.Objects {
		if p, ok := m.Object.(*corev1.Pod); ok {
			w.pod(p)
		}
	}
	for _, m := range d.Objects {
		key := name{m.Object.GetNamespace(), m.Object.GetName()}
		switch m.Kind.Name {
		case "ConfigMap":
			delete(w.configMaps, key)
		case "Secret":
			delete(w.secrets, key)
		case "ServiceAccount":
			delete(w.accounts, key)
		case "PriorityClass":
			delete(w.priorities, key.name)
		case "PersistentVolumeClaim":
			delete(w.claims, key)
		}
	}
	for _, n := range sortedNames(w.configMaps) {
		o := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: n.name, Namespace: n.namespace}, Data: map[string]string{}}
		for key := range w.configMaps[n] { // unordered: fills a map
			o.Data[key] = ""
		}
		d.add(model.ConfigMap, o)
	}
	for _, n := range sortedNames(w.secrets) {
		o := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: n.name, Namespace: n.namespace}, Data: map[string][]byte{}}
		for key := range w.secrets[n] { // unordered: fills a map
			o.Data[key] = []byte{}
		}
		d.add(model.Secret, o)
	}
	for _, n := range sortedNames(w.accounts) {
		d.add(model.ServiceAccount, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: n.name, Namespace: n.namespace}})
	}
	for _, n := range slices.Sorted(maps.Keys(w.priorities)) {
		d.add(model.PriorityClass, &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: n}, Value: w.priorities[n]})
	}
	d.note(len(w.configMaps), "%d ConfigMaps are assumed, with the keys that pods name.")
	d.note(len(w.secrets), "%d Secrets are assumed, with the keys that pods name and no content.")
	d.note(len(w.accounts), "%d ServiceAccounts are assumed.")
	d.note(len(w.priorities), "%d PriorityClasses are assumed, with the values of their pods.")
	d.note(len(w.claims), "%d PersistentVolumeClaims are named by pods and not in the dump: replacements of those pods stay pending.")
}

func sortedNames[V any](m map[name]V) []name {
	return slices.SortedFunc(maps.Keys(m), func(a, b name) int {
		return strings.Compare(a.namespace+"/"+a.name, b.namespace+"/"+b.name)
	})
}

func (w *wanted) pod(p *corev1.Pod) {
	s := &p.Spec
	if s.ServiceAccountName != "" && s.ServiceAccountName != "default" {
		w.accounts[name{p.Namespace, s.ServiceAccountName}] = true
	}
	if c := s.PriorityClassName; c != "" && !strings.HasPrefix(c, "system-") && s.Priority != nil {
		w.priorities[c] = *s.Priority
	}
	for _, list := range [][]corev1.Container{s.InitContainers, s.Containers} {
		for i := range list {
			w.container(p.Namespace, &list[i])
		}
	}
	for i := range s.Volumes {
		w.volume(p.Namespace, &s.Volumes[i])
	}
}

func (w *wanted) container(namespace string, c *corev1.Container) {
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			continue
		}
		if r := e.ValueFrom.ConfigMapKeyRef; r != nil && !isTrue(r.Optional) {
			want(w.configMaps, namespace, r.Name, r.Key)
		}
		if r := e.ValueFrom.SecretKeyRef; r != nil && !isTrue(r.Optional) {
			want(w.secrets, namespace, r.Name, r.Key)
		}
	}
	for _, e := range c.EnvFrom {
		if r := e.ConfigMapRef; r != nil && !isTrue(r.Optional) {
			want(w.configMaps, namespace, r.Name)
		}
		if r := e.SecretRef; r != nil && !isTrue(r.Optional) {
			want(w.secrets, namespace, r.Name)
		}
	}
}

func (w *wanted) volume(namespace string, v *corev1.Volume) {
	keys := func(items []corev1.KeyToPath) (out []string) {
		for _, i := range items {
			out = append(out, i.Key)
		}
		return out
	}
	if s := v.ConfigMap; s != nil && !isTrue(s.Optional) {
		want(w.configMaps, namespace, s.Name, keys(s.Items)...)
	}
	if s := v.Secret; s != nil && !isTrue(s.Optional) {
		want(w.secrets, namespace, s.SecretName, keys(s.Items)...)
	}
	if v.PersistentVolumeClaim != nil {
		w.claims[name{namespace, v.PersistentVolumeClaim.ClaimName}] = true
	}
	if v.Projected == nil {
		return
	}
	for _, s := range v.Projected.Sources {
		if c := s.ConfigMap; c != nil && !isTrue(c.Optional) && c.Name != "kube-root-ca.crt" {
			want(w.configMaps, namespace, c.Name, keys(c.Items)...)
		}
		if c := s.Secret; c != nil && !isTrue(c.Optional) {
			want(w.secrets, namespace, c.Name, keys(c.Items)...)
		}
	}
}

func want(m map[name]map[string]bool, namespace, n string, keys ...string) {
	k := name{namespace, n}
	if m[k] == nil {
		m[k] = map[string]bool{}
	}
	for _, key := range keys {
		m[k][key] = true
	}
}

func isTrue(b *bool) bool { return b != nil && *b }
