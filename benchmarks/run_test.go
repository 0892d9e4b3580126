package benchmarks

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clustersim/model"
	"clustersim/report"
	"clustersim/scenarios"
	"clustersim/sim"
)

// execute runs a scenario to its end, with what `simulate run` collects of it, and reports the memory that the process
// has needed and how fast engine events ran.
func execute(b *testing.B, s *scenarios.Scenario) (*sim.Run, *report.RunResult) {
	b.Helper()
	o, err := s.Options(0)
	if err != nil {
		b.Fatal(err)
	}
	o.Consume = true // as `simulate run` has it
	c := report.NewCollector()
	r, err := sim.New(o, c)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := r.Run(); err != nil {
		b.Fatal(err)
	}
	result := &report.RunResult{Scenario: s.Name, Seed: o.Seed, Digest: r.Journal.Digest(), Time: r.Engine.Now(), Events: r.Engine.Ran()}
	c.Fill(result)
	return r, result
}

// figures reports what a benchmark that runs scenarios has in common.
func figures(b *testing.B, from time.Duration, r *sim.Run, bound int) {
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/run")
	b.ReportMetric((CPU()-from).Seconds()/float64(b.N), "cpu-s/run")
	b.ReportMetric(PeakMB(), "peak-MB")
	b.ReportMetric(float64(r.Engine.Ran()), "events")
	b.ReportMetric(float64(r.Journal.Len()), "records")
	b.ReportMetric(float64(bound), "pods-bound")
	b.ReportMetric(0, "ns/op") // s/run says it
}

// unpacked is the content of a compressed file.
func unpacked(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// BenchmarkOpenb takes a real trace (1,213 nodes, 7,064 pods) from YAML to the result, lifecycle included.
func BenchmarkOpenb(b *testing.B) {
	var r *sim.Run
	var result *report.RunResult
	from := CPU()
	for range b.N {
		var manifests []model.Manifest
		for _, name := range []string{"nodes.yaml", "pods.yaml"} {
			data, err := unpacked(filepath.Join("testdata", "openb", name+".gz"))
			if err != nil {
				b.Fatal(err)
			}
			read, problems := model.Decode(name, data, model.Options{})
			if problems.HasErrors() {
				b.Fatal(problems.Errors())
			}
			manifests = append(manifests, read...)
		}
		s, problems := scenarios.FromManifests("openb", manifests, scenarios.LoadOptions{})
		if s == nil {
			b.Fatal(problems.Errors())
		}
		r, result = execute(b, s)
	}
	figures(b, from, r, result.Scheduling.Bound)
}

// large is a cluster at the limits that Kubernetes is tested to: 5,000 nodes and 150,000 pods, each pod with a readiness
// and a liveness probe, for one simulated hour. The clients' rate limits are off; with them the scheduler alone would
// need most of that hour to bind the pods, as the real one does.
const large = `apiVersion: simulate/v1alpha1
kind: Scenario
metadata: {name: large}
spec:
  duration: 1h
  params: {nodes: 5000, pods: 150000}
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
  workloads:
  - copies: $(pods)
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec:
        containers:
        - name: app
          image: registry.test/app:v1
          resources: {requests: {cpu: 250m, memory: 512Mi}}
          readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 5}
          livenessProbe: {httpGet: {path: /live, port: 8080}, periodSeconds: 10}
`

// BenchmarkLarge runs the large cluster.
func BenchmarkLarge(b *testing.B) { benchmarkLarge(b, nil) }

// BenchmarkSmaller runs a tenth of it: time and memory should be a tenth too.
func BenchmarkSmaller(b *testing.B) {
	benchmarkLarge(b, map[string]string{"nodes": "500", "pods": "15000"})
}

func benchmarkLarge(b *testing.B, set map[string]string) {
	var r *sim.Run
	var result *report.RunResult
	from := CPU()
	for range b.N {
		s, problems := scenarios.Load("large.yaml", []byte(large), scenarios.LoadOptions{Set: set})
		if s == nil {
			b.Fatal(problems.Errors())
		}
		r, result = execute(b, s)
	}
	ready := 0
	for i := range result.Pods {
		if result.Pods[i].Ready >= 0 {
			ready++
		}
	}
	if ready == 0 || ready != len(result.Pods) {
		b.Errorf("%d of %d pods became ready", ready, len(result.Pods))
	}
	figures(b, from, r, result.Scheduling.Bound)
	b.ReportMetric(r.Engine.Now().Seconds()/(b.Elapsed().Seconds()/float64(b.N)), "simulated-s/s")
}
