package scenarios_test

import (
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"clustersim/model"
	"clustersim/scenarios"
	"clustersim/sim"
)

// A test that runs a scenario file: every check and threshold that does not hold fails it.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestWeb(t *testing.T)
		scenarios.Run(t, "testdata/go/web.yaml")
	}
}

func TestRun(t *testing.T) {
	list := scenarios.Run(t, "testdata/go/web.yaml")
	if len(list) != 1 || len(list[0].Checks) != 2 || list[0].Finished.Store.Len(model.Pod) != 3 {
		t.Errorf("%d executions", len(list))
	}
}

// heard is a TB that fails and goes on.
type heard struct{ said []string }

func (*heard) Helper()                        {}
func (*heard) Logf(string, ...any)            {}
func (h *heard) Errorf(f string, args ...any) { h.said = append(h.said, fmt.Sprintf(f, args...)) }
func (h *heard) Fatalf(f string, args ...any) { h.Errorf(f, args...) }

// A test of four replicas where the manifest has three fails, and says when and where.
func TestRunFails(t *testing.T) {
	h := &heard{}
	scenarios.Run(h, "testdata/go/web.yaml", scenarios.RunOptions{LoadOptions: scenarios.LoadOptions{Set: map[string]string{"replicas": "4"}}, Runs: 2})
	if len(h.said) != 2 || !strings.Contains(h.said[0], "never fewer than three at 60.000s (testdata/go/web.yaml:14:5)") || !strings.Contains(h.said[1], "run 1 (seed ") {
		t.Errorf("%q", h.said)
	}
	h = &heard{}
	scenarios.Run(h, "testdata/go/none.yaml")
	if fmt.Sprint(h.said) != "[testdata/go/none.yaml: no such file]" {
		t.Errorf("%q", h.said)
	}
	if _, err := scenarios.FromObjects("x", []runtime.Object{&metav1.Status{}}, scenarios.LoadOptions{}); err == nil || err.Error() != "x[0]: a *v1.Status is of no kind that can be simulated" {
		t.Error(err)
	}
}

// Objects of a program, without any file: how many pods of a Deployment are ready on a node that has room for two?
func ExampleFromObjects() {
	three, labels := int32(3), map[string]string{"app": "web"}
	web := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &three, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:v1", Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{"cpu": resource.MustParse("1500m")}}}}},
			},
		},
	}
	s, err := scenarios.FromObjects("web", []runtime.Object{web}, scenarios.LoadOptions{NodeCPU: "4"})
	if err != nil {
		fmt.Println(err)
		return
	}
	options, _ := s.Options(0)
	run, err := sim.New(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := run.Run(); err != nil {
		fmt.Println(err)
		return
	}
	ready := 0
	for _, o := range run.Objects(model.Deployment) {
		if d, ok := o.(*appsv1.Deployment); ok {
			ready = int(d.Status.ReadyReplicas)
		}
	}
	fmt.Println(ready, "of 3 are ready")
	// Output: 2 of 3 are ready
}
