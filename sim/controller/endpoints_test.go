package controller

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
)

// An Endpoints object lists ready pods and, apart, those that are not; not one that is being deleted (EndpointSlices keep it as
// terminating); and it goes with its Service.
func TestEndpoints(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.create(`{apiVersion: v1, kind: Service, metadata: {name: web, labels: {a: b}}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}`)
	p.run(time.Second)
	ep := func() *corev1.Endpoints { return get[*corev1.Endpoints](p, endpointsKind, "web") }
	if e := ep(); len(e.Subsets) != 0 || e.Labels["a"] != "b" || e.Labels["endpoints.kubernetes.io/managed-by"] != "endpoint-controller" {
		t.Errorf("empty: %+v", e)
	}
	p.backend("x", "10.0.0.3", true, "")
	p.backend("w", "10.0.0.1", true, "")
	p.backend("z", "10.0.0.2", false, "")
	p.run(p.engine.Now() + time.Second)
	e := ep()
	if len(e.Subsets) != 1 || len(e.Subsets[0].Addresses) != 2 || len(e.Subsets[0].NotReadyAddresses) != 1 || e.Subsets[0].Ports[0].Port != 8080 {
		t.Fatalf("two ready pods and one that is not: %+v", e.Subsets)
	}
	if a := e.Subsets[0].Addresses; a[0].IP != "10.0.0.1" || a[1].TargetRef.Name != "x" || *a[0].NodeName != "n1" || e.Subsets[0].NotReadyAddresses[0].TargetRef.Name != "z" {
		t.Errorf("%+v", e.Subsets)
	}
	p.addressed("z", "10.0.0.2", true)
	if err := p.api.Delete(model.Pod, key("x"), nil, ""); err != nil {
		t.Fatal(err)
	}
	p.run(p.engine.Now() + 50*time.Millisecond)
	if e := ep(); len(e.Subsets[0].Addresses) != 2 || e.Subsets[0].Addresses[1].TargetRef.Name != "z" || len(e.Subsets[0].NotReadyAddresses) != 0 {
		t.Errorf("x is being deleted, z is ready: %+v", e.Subsets)
	}
	if err := p.api.Delete(model.Service, key("web"), nil, ""); err != nil {
		t.Fatal(err)
	}
	p.run(p.engine.Now() + time.Second)
	if p.store.Get(endpointsKind, key("web")) != nil {
		t.Error("it stays without its Service")
	}
}

// More than a thousand addresses are cut off, those that are not ready first.
func TestEndpointsTruncated(t *testing.T) {
	ep := &corev1.Endpoints{Subsets: []corev1.EndpointSubset{{Addresses: make([]corev1.EndpointAddress, 990), NotReadyAddresses: make([]corev1.EndpointAddress, 20)}}}
	if !truncateEndpoints(ep) || len(ep.Subsets[0].Addresses) != 990 || len(ep.Subsets[0].NotReadyAddresses) != 10 || truncateEndpoints(ep) {
		t.Errorf("%d and %d addresses", len(ep.Subsets[0].Addresses), len(ep.Subsets[0].NotReadyAddresses))
	}
}
