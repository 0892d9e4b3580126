package capacity

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

// PodOf is the pod of a list of manifests that holds one Pod or one controller, with API defaults.
func PodOf(list []model.Manifest) (*corev1.Pod, error) {
	var found *corev1.Pod
	for i := range list {
		p, ok := list[i].Object.(*corev1.Pod)
		if !ok {
			t, _ := templateOf(list[i].Object)
			if t == nil {
				continue
			}
			p = &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: list[i].Object.GetName(), Namespace: list[i].Object.GetNamespace(), Labels: t.Labels}, Spec: t.Spec}
		}
		if found != nil {
			return nil, errors.New("holds more than one pod or controller")
		}
		found = p
	}
	if found == nil {
		return nil, errors.New("holds neither a pod nor a controller of pods")
	}
	found = found.DeepCopy()
	found.APIVersion, found.Kind = "v1", "Pod"
	if found.Namespace == "" {
		found.Namespace = metav1.NamespaceDefault
	}
	if found.Name == "" {
		found.Name = found.GenerateName + "x"
	}
	model.Default(found)
	return found, nil
}
