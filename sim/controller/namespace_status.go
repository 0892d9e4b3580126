package controller

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// remains is what a sync of a namespace has left, and what it could not do.
type remains struct {
	resources  []string // "pods. has 2 resource instances"
	finalizers []string // "example.com/x in 1 resource instances"
	failures   []string
}

// remains counts what is left of the kinds, and the finalizers that hold it.
func (c *namespaces) remains(kinds []*model.Kind, name string) (r remains) {
	finalizers := map[string]int{}
	for _, k := range kinds {
		keys := c.keys(k, name)
		if len(keys) == 0 {
			continue
		}
		r.resources = append(r.resources, fmt.Sprintf("%s.%s has %d resource instances", k.Plural, k.Group, len(keys)))
		for _, key := range keys {
			for _, f := range c.env.Store.Get(k, key).API().GetFinalizers() {
				finalizers[f]++
			}
		}
	}
	slices.Sort(r.resources)
	for _, f := range sortedKeys(finalizers) {
		r.finalizers = append(r.finalizers, fmt.Sprintf("%s in %d resource instances", f, finalizers[f]))
	}
	return r
}

// conditions of a namespace that is being emptied, in upstream's order.
//
// Source: k8s v1.36.3 pkg/controller/namespace/deletion/status_condition_utils.go. While pods are left the last two say that all
// is well: upstream returns before it has counted.
func (r remains) conditions() []corev1.NamespaceCondition {
	list := []corev1.NamespaceCondition{
		{Type: corev1.NamespaceDeletionDiscoveryFailure, Reason: "ResourcesDiscovered", Message: "All resources successfully discovered"},
		{Type: corev1.NamespaceDeletionGVParsingFailure, Reason: "ParsedGroupVersions", Message: "All legacy kube types successfully parsed"},
		{Type: corev1.NamespaceDeletionContentFailure, Reason: "ContentDeleted", Message: "All content successfully deleted, may be waiting on finalization"},
		{Type: corev1.NamespaceContentRemaining, Reason: "ContentRemoved", Message: "All content successfully removed"},
		{Type: corev1.NamespaceFinalizersRemaining, Reason: "ContentHasNoFinalizers", Message: "All content-preserving finalizers finished"},
	}
	say := func(c *corev1.NamespaceCondition, what []string, reason, message string) {
		if c.Status = corev1.ConditionFalse; len(what) > 0 {
			c.Status, c.Reason, c.Message = corev1.ConditionTrue, reason, message+strings.Join(what, ", ")
		}
	}
	say(&list[0], nil, "", "")
	say(&list[1], nil, "", "")
	say(&list[2], r.failures, "ContentDeletionFailed", fmt.Sprintf("Failed to delete all resource types, %d remaining: ", len(r.failures)))
	say(&list[3], r.resources, "SomeResourcesRemain", "Some resources are remaining: ")
	say(&list[4], r.finalizers, "SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: ")
	return list
}

// report writes the conditions into the namespace's status, if they have changed, and then goes on.
func (c *namespaces) report(name string, r remains, then func()) {
	key, now := store.Key{Name: name}, metav1.NewTime(c.env.Store.Now()).Rfc3339Copy()
	o := c.env.Store.Get(model.Namespace, key)
	if o == nil {
		return
	}
	was, is := o.API().(*corev1.Namespace).Status.Conditions, r.conditions()
	for i := range is {
		is[i].LastTransitionTime = now
		for _, w := range was {
			if w.Type == is[i].Type && w.Status == is[i].Status {
				is[i].LastTransitionTime = w.LastTransitionTime
			}
		}
	}
	if slices.Equal(was, is) {
		then()
		return
	}
	c.api.write(func() {
		_ = c.env.Store.Update(model.Namespace, key, func(o model.Object) bool {
			o.(*corev1.Namespace).Status.Conditions = is
			return true
		})
		then()
	})
}
