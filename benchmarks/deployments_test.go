package benchmarks

import (
	"fmt"
	"testing"

	"clustersim/report"
	"clustersim/scenarios"
	"clustersim/sim"
)

// deployments is a cluster of the same size whose pods are those of 500 Deployments of 300. After ten minutes one zone of three
// loses power; its nodes are given up one each ten seconds, and 5 minutes later the pods of each are replaced elsewhere.
const deployments = `apiVersion: simulate/v1alpha1
kind: Scenario
metadata: {name: deployments}
spec:
  duration: 2h
  params: {nodes: 5000}
  components:
    kubeScheduler: {kubeAPIQPS: -1}
    kubelet: {kubeAPIQPS: -1}
    kubeControllerManager: {kubeAPIQPS: -1}
  cluster:
    nodes:
    - name: node-{i}
      count: $(nodes)
      zones: [a, b, c]
      capacity: {cpu: "32", memory: 128Gi, pods: "110"}
      images: [registry.test/app:v1]
  timeline:
  - {at: 10m, nodeCrash: {zone: a}}
`

// deployment is one of them, a second document of the file.
const deployment = `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%[1]d}
spec:
  replicas: 300
  selector: {matchLabels: {app: web-%[1]d}}
  template:
    metadata: {labels: {app: web-%[1]d}}
    spec:
      containers:
      - name: app
        image: registry.test/app:v1
        resources: {requests: {cpu: 250m, memory: 512Mi}}
`

// BenchmarkDeployments runs them.
func BenchmarkDeployments(b *testing.B) {
	var r *sim.Run
	var result *report.RunResult
	text := []byte(deployments)
	for i := range 500 {
		text = fmt.Appendf(text, deployment, i+1)
	}
	from := CPU()
	for range b.N {
		s, problems := scenarios.Load("deployments.yaml", text, scenarios.LoadOptions{})
		if s == nil {
			b.Fatal(problems.Errors())
		}
		r, result = execute(b, s)
	}
	figures(b, from, r, result.Scheduling.Bound)
	b.ReportMetric(r.Engine.Now().Seconds()/(b.Elapsed().Seconds()/float64(b.N)), "simulated-s/s")
}
