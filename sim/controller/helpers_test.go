package controller

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

var (
	nodeKind, podKind, eventKind = model.Node, model.Pod, model.Event
	namespaceKind, accountKind   = model.Namespace, model.ServiceAccount
)

func objectMeta(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }

func metaIn(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// The registry is complete.
func TestRegistry(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Registry {
		if c.Name == "" || c.Doc == "" || c.New == nil || seen[c.Name] {
			t.Errorf("%+v: without name, doc or constructor, or twice", c)
		}
		seen[c.Name] = true
	}
}
