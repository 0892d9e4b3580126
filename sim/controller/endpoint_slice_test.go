package controller

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

const webService = `
apiVersion: v1
kind: Service
metadata: {name: web, labels: {team: a}}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`

// backend stores a pod of the service with an address, ready or not.
func (p *plant) backend(name, ip string, ready bool, more string) {
	p.t.Helper()
	p.create(fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %s, labels: {app: web}}, spec: {containers: [{name: app, image: app%s}]}}`, name, more))
	if err := p.store.Bind(key(name), "", "n1"); err != nil {
		p.t.Fatal(err)
	}
	p.addressed(name, ip, ready)
}

func (p *plant) addressed(name, ip string, ready bool) {
	_, _ = p.store.UpdatePod(key(name), "", func(pod *store.Pod) bool {
		st := *pod.Status
		st.Phase, st.PodIP, st.PodIPs = corev1.PodRunning, ip, []corev1.PodIP{{IP: ip}}
		status := corev1.ConditionFalse
		if ready {
			status = corev1.ConditionTrue
		}
		st.Conditions = store.SetCondition(st.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: status}, pod.Clock(p.engine.Now()))
		pod.Status = &st
		return true
	})
}

// slicesOf prints the slices: for each its ports and its endpoints with (r)eady, (s)erving, (t)erminating.
func (p *plant) slicesOf() []string {
	var out []string
	for _, o := range p.store.List(model.FindKind("EndpointSlice")) {
		s := o.API().(*discoveryv1.EndpointSlice)
		line := ""
		for _, port := range s.Ports {
			line += fmt.Sprintf("%s:%d ", value(port.Name), value(port.Port))
		}
		for _, e := range s.Endpoints {
			line += e.TargetRef.Name + "=" + flag("r", e.Conditions.Ready) + flag("s", e.Conditions.Serving) + flag("t", e.Conditions.Terminating) + " "
		}
		out = append(out, strings.TrimSpace(line))
	}
	slices.Sort(out)
	return out
}

func flag(letter string, on *bool) string {
	if value(on) {
		return letter
	}
	return ""
}

func (p *plant) wantSlices(want ...string) {
	p.t.Helper()
	if got := p.slicesOf(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		p.t.Errorf("at %v got\n%s\nwant\n%s", p.engine.Now(), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The life of endpoints (controllers.md 11.1).
func TestEndpointConditions(t *testing.T) {
	p := newPlant(t, "instant", true)
	p.create(webService)
	p.run(100 * time.Millisecond)
	p.wantSlices("")
	s := p.store.List(model.FindKind("EndpointSlice"))[0].API().(*discoveryv1.EndpointSlice)
	if s.Endpoints != nil || s.Ports != nil || s.Generation != 1 || s.Labels["team"] != "a" || s.Labels[discoveryv1.LabelServiceName] != "web" ||
		s.Labels[discoveryv1.LabelManagedBy] != "endpointslice-controller.k8s.io" || s.Annotations[corev1.EndpointsLastChangeTriggerTime] != "2026-01-01T00:00:00Z" {
		t.Errorf("placeholder: %+v", s)
	}
	step := func(what func(), want ...string) {
		t.Helper()
		what()
		p.run(p.engine.Now() + 10*time.Millisecond)
		p.wantSlices(want...)
	}
	step(func() { p.backend("a", "10.1.0.1", false, "") }, ":8080 a=")
	step(func() { p.addressed("a", "10.1.0.1", true) }, ":8080 a=rs")
	step(func() { p.backend("b", "10.1.0.2", true, "") }, ":8080 a=rs b=rs")
	step(func() { _ = p.store.DeletePod(key("a"), "", nil) }, ":8080 a=st b=rs")
	step(func() { p.addressed("a", "10.1.0.1", false) }, ":8080 a=t b=rs")
	step(func() { p.phase(key("a"), "", corev1.PodFailed, life{code: 1}) }, ":8080 b=rs")
	step(func() { p.patch(model.Service, "web", `{"spec": {"publishNotReadyAddresses": true}}`) }, ":8080 b=rs")
	step(func() { p.addressed("b", "10.1.0.2", false) }, ":8080 b=r")
	step(func() {
		_, _ = p.store.UpdatePod(key("b"), "", func(pod *store.Pod) bool { pod.Labels = map[string]string{"app": "other"}; return true })
	}, "")
	if now := p.store.List(model.FindKind("EndpointSlice"))[0]; now.Key().Name != s.Name {
		t.Errorf("the placeholder is %s, want the same slice %s", now.Key().Name, s.Name)
	}
}

// Slices hold 100 endpoints; those that change are filled up first, the fullest before others.
func TestEndpointSliceSizes(t *testing.T) {
	p := newPlant(t, "instant", true)
	p.create(webService)
	p.run(time.Millisecond)
	for i := range 250 {
		p.backend(fmt.Sprintf("p%03d", i), fmt.Sprintf("10.1.%d.%d", i/250, i%250+1), true, "")
	}
	p.run(2 * time.Millisecond)
	sizes := func() (out []int) {
		for _, s := range p.slicesOf() {
			out = append(out, strings.Count(s, "="))
		}
		slices.Sort(out)
		return out
	}
	if got := sizes(); !slices.Equal(got, []int{50, 100, 100}) {
		t.Fatalf("sizes %v", got)
	}
	zero := int64(0)
	for i := range 30 { // of the first slice
		_ = p.store.DeletePod(key(fmt.Sprintf("p%03d", i)), "", &zero)
	}
	for i := range 10 { // of the second
		_ = p.store.DeletePod(key(fmt.Sprintf("p%03d", 100+i)), "", &zero)
	}
	for i := range 15 {
		p.backend(fmt.Sprintf("q%03d", i), fmt.Sprintf("10.2.0.%d", i+1), true, "")
	}
	p.run(3 * time.Millisecond)
	if got := sizes(); !slices.Equal(got, []int{50, 75, 100}) {
		t.Errorf("after changes: sizes %v, want the second slice filled up and the rest in the first", got)
	}
	p.backend("r", "10.3.0.1", true, "")
	p.run(4 * time.Millisecond)
	if got := sizes(); !slices.Equal(got, []int{50, 76, 100}) {
		t.Errorf("one more: sizes %v, want it in the fullest slice that has room", got)
	}
}

// Pods that resolve a named port differently are kept in slices of their own.
func TestEndpointPorts(t *testing.T) {
	p := newPlant(t, "instant", true)
	p.create(`{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: None, selector: {app: web}, ports: [{name: a, port: 80, targetPort: http}, {name: b, port: 90}]}}`)
	p.backend("one", "10.1.0.1", true, ", ports: [{name: http, containerPort: 8080}]")
	p.backend("two", "10.1.0.2", true, ", ports: [{name: http, containerPort: 9090}]")
	p.backend("three", "10.1.0.3", true, "")
	p.run(time.Millisecond)
	got := p.slicesOf()
	for i := range got { // ports come in the order of their hashes
		f := strings.Fields(got[i])
		slices.Sort(f)
		got[i] = strings.Join(f, " ")
	}
	slices.Sort(got)
	if want := []string{"a:8080 b:90 one=rs", "a:9090 b:90 two=rs", "b:90 three=rs"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if s := p.store.List(model.FindKind("EndpointSlice"))[0].API(); s.GetLabels()[corev1.IsHeadlessService] != "" || !strings.HasPrefix(s.GetName(), "web-") {
		t.Errorf("%s %v", s.GetName(), s.GetLabels())
	} else if _, ok := s.GetLabels()[corev1.IsHeadlessService]; !ok {
		t.Error("a headless service's slice is not marked")
	}
}

// What somebody else does to a slice is undone after a second.
func TestEndpointSliceRepair(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.create(webService)
	p.backend("a", "10.1.0.1", true, "")
	p.run(time.Second)
	slice := p.store.List(model.FindKind("EndpointSlice"))[0].Key()
	p.patch(model.FindKind("EndpointSlice"), slice.Name, `{"endpoints": []}`)
	p.run(1990 * time.Millisecond)
	p.wantSlices(":8080")
	p.run(2010 * time.Millisecond)
	p.wantSlices(":8080 a=rs")
	_ = p.store.Remove(model.FindKind("EndpointSlice"), slice)
	p.run(3020 * time.Millisecond)
	p.wantSlices(":8080 a=rs")
}

// A pod whose node is not there is left out, told of, and tried again 1, 2, 4 s later.
func TestEndpointWithoutNode(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "Service/"
	p.create(webService)
	p.run(100 * time.Millisecond)
	p.create(`{apiVersion: v1, kind: Pod, metadata: {name: lost, labels: {app: web}}, spec: {nodeName: n9, containers: [{name: app, image: app}]}}`)
	p.addressed("lost", "10.1.0.1", true)
	p.run(5 * time.Second)
	p.wantSlices("")
	p.expect("0.1 Service/web FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default/web: skipping Pod lost for Service default/web: Node n9 Not Found")
	p.addNode("n9")
	p.run(10 * time.Second)
	p.wantSlices(":8080 lost=rs")
}
