package kubectl

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
)

func TestWatch(t *testing.T) {
	c := small()
	var out strings.Builder
	w, err := NewWatch(&out, Request{Args: []string{"pods"}, Selector: "app=web"})
	if err != nil {
		t.Fatal(err)
	}
	step := func(verb string, after time.Duration, change func(*corev1.Pod)) {
		p := c.find(model.Pod, "default", "web-b").(*corev1.Pod).DeepCopy()
		change(p)
		if err := w.Changed(c.Now.Add(after), verb, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.List(c); err != nil {
		t.Fatal(err)
	}
	step("MODIFIED", time.Second, func(p *corev1.Pod) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", State: waiting("CrashLoopBackOff")}}
	})
	step("MODIFIED", 2*time.Second, func(*corev1.Pod) {})
	// Leaving the selector is shown once, as a deletion; later changes are not.
	step("MODIFIED", 3*time.Second, func(p *corev1.Pod) { p.Labels = nil })
	step("MODIFIED", 4*time.Second, func(p *corev1.Pod) { p.Labels = nil })
	// Others are not of interest.
	if err := w.Changed(c.Now, "ADDED", c.find(model.Node, "", "n1")); err != nil {
		t.Fatal(err)
	}
	want := `NAME    READY   STATUS    RESTARTS   AGE
web-a   0/1     Running   0          40s
web-b   0/1     Running   0          30s
web-b   0/1     CrashLoopBackOff   0          31s
web-b   0/1     Running            0          32s
web-b   0/1     Running            0          33s
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestWatchEvents(t *testing.T) {
	c := small()
	var out strings.Builder
	w, err := NewWatch(&out, Request{Args: []string{"nodes"}, WatchEvents: true})
	if err != nil {
		t.Fatal(err)
	}
	// An empty list prints nothing; the header comes with the first row.
	if err := w.List(&Cluster{Now: c.Now}); err != nil || out.String() != "" {
		t.Fatalf("%q, %v", out.String(), err)
	}
	n := c.find(model.Node, "", "n1")
	for _, verb := range []string{"ADDED", "MODIFIED", "DELETED"} {
		if err := w.Changed(c.Now, verb, n); err != nil {
			t.Fatal(err)
		}
	}
	want := "EVENT      NAME   STATUS    ROLES    AGE   VERSION\nADDED      n1     Unknown   <none>   60s   v1.36.3\n" +
		"MODIFIED   n1     Unknown   <none>   60s   v1.36.3\nDELETED    n1     Unknown   <none>   60s   v1.36.3\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if _, err := NewWatch(&out, Request{Args: []string{"pods,nodes"}}); err == nil || err.Error() != "error: you may only specify a single resource type" {
		t.Errorf("got %v", err)
	}
}
