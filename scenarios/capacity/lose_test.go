package capacity_test

import (
	"math"
	"testing"

	"clustersim/scenarios"
	"clustersim/scenarios/capacity"
)

const shop = `
apiVersion: simulate/v1alpha1
kind: Scenario
metadata: {name: shop}
spec:
  cluster:
    nodes: [{name: "w-{zone}-{i}", count: 6, zones: [a, b, c], capacity: {cpu: "4", memory: 16Gi}}]
  workloads:
  - inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: 12
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: "web:v1", resources: {requests: {cpu: 500m}}}]}
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db}
      spec:
        replicas: 3
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec: {containers: [{name: db, image: "db:v1", resources: {requests: {cpu: "1"}}}]}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: bare}
      spec: {nodeSelector: {topology.kubernetes.io/zone: a}, containers: [{name: a, image: "web:v1"}]}
`

// The loss of a zone of two nodes, by hand: a third of 12 web pods and one of 3 db pods are lost, and the bare pod.
// Nodes are NotReady after 40 to 55 s; the second node of the zone is tainted 10 s after the first; pods go 300 s later.
// The db pod's object stays, since no kubelet confirms its end, so that its StatefulSet is short by one for all 1,800 s.
func TestLoseZone(t *testing.T) {
	s, problems := scenarios.Load("shop.yaml", []byte(shop), scenarios.LoadOptions{})
	if s == nil {
		t.Fatal(problems)
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	l, err := capacity.Lose(o, capacity.LoseOptions{What: []string{"zone=a"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Lost) != 2 || l.Pods != 6 || l.Bare != 1 || l.Ready != 4 || l.Unready != 1 || l.Stayed != 0 {
		t.Fatalf("%+v", l)
	}
	part := map[string]capacity.Spread{}
	for _, p := range l.Parts {
		part[p.Name] = p.Spread
	}
	for name, want := range map[string][2]float64{"detect": {40, 55}, "taint": {0, 20}, "toleration": {299.9, 300.1}, "delete": {0, 0.1}, "queue": {0, 0.1}, "pull": {0, 3}, "probe": {0, 0.1}} {
		if got := part[name]; got.P50 < want[0] || got.Max > want[1] || got.N != 4 {
			t.Errorf("%s: %+v, want within %v", name, got, want)
		}
	}
	if l.TTR.P50 < 340 || l.TTR.Max > 385 {
		t.Errorf("time to Ready %+v", l.TTR)
	}
	var web, db capacity.Outage
	for _, w := range l.Workload {
		if w.Desired == 12 {
			web = w
		} else {
			db = w
		}
	}
	if db.Name != "StatefulSet/db" || db.Lost != 1800 || db.Trough != 2 || db.Back95 != -1 {
		t.Errorf("%+v", db)
	}
	// Each of the four web pods is missed until its replacement is ready.
	if web.Trough != 8 || web.Lost < 4*340 || web.Lost > 4*385 || web.Back95 < 340 || web.Back95 > l.TTR.Max+0.001 {
		t.Errorf("%+v", web)
	}
	if want := 1 - (web.Lost+db.Lost)/(15*1800); math.Abs(l.Availability-want) > 1e-9 {
		t.Errorf("availability %v, want %v", l.Availability, want)
	}
	if _, err := capacity.Lose(o, capacity.LoseOptions{What: []string{"zone=x"}}); err == nil {
		t.Error("a zone that is not there is no mistake")
	}
}
