package controller

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

// The hash that a real v1.36.3 gave (recording statefulset-daemonset). That of its StatefulSet covers an annotation which
// the recording does not show.
func TestRevisionHash(t *testing.T) {
	set := &appsv1.DaemonSet{Spec: appsv1.DaemonSetSpec{Template: corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "agent"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "registry.test/app:v1"}},
			NodeSelector: map[string]string{"scenario": "statefulset-daemonset"}},
	}}}
	model.Default(set)
	if got, want := podTemplateHash(&set.Spec.Template, nil), "5fff8c86d4"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A revision gives back the template that it was made of.
func TestTemplatePatch(t *testing.T) {
	in := &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"a": "b"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "i"}}}}
	data := templatePatch(in)
	want := `{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"image":"i","name":"app","resources":{}}]}}}}`
	if string(data) != want {
		t.Errorf("got %s\nwant %s", data, want)
	}
	r := &appsv1.ControllerRevision{}
	r.Data.Raw = data
	out, err := templateOf(r)
	if err != nil || string(templatePatch(out)) != want {
		t.Errorf("got %+v, %v", out, err)
	}
}
