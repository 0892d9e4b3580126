package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"clustersim/model"
)

// dumpOf is what kubectl prints of so many nodes with pods on each, with the status of running pods.
func dumpOf(nodes, podsEach int) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nitems:\n")
	for i := range nodes {
		fmt.Fprintf(&b, `- apiVersion: v1
  kind: Node
  metadata:
    creationTimestamp: "2025-12-01T00:00:00Z"
    name: n-%d
    uid: node-%d
  status:
    allocatable: {cpu: "16", memory: 64Gi, pods: "110"}
    conditions:
    - {type: Ready, status: "True", lastHeartbeatTime: "2026-02-01T10:00:00Z", lastTransitionTime: "2025-12-01T00:00:00Z"}
`, i, i)
	}
	for i := range nodes * podsEach {
		fmt.Fprintf(&b, `- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      note: |
        - not an item
        kind: nor a kind
    creationTimestamp: "2026-01-01T00:00:00Z"
    labels: {app: web}
    name: web-%d
    namespace: default
    uid: pod-%d
  spec:
    containers:
    - image: registry.test/web:v1
      name: web
      resources: {requests: {cpu: 500m, memory: 1Gi}}
    nodeName: n-%d
  status:
    phase: Running
    podIP: 10.0.0.1
    containerStatuses:
    - {name: web, ready: true, started: true, restartCount: 0, image: 'registry.test/web:v1', imageID: i, containerID: 'c://1', state: {running: {startedAt: "2026-01-01T00:00:03Z"}}}
`, i, i, i%nodes)
	}
	b.WriteString("kind: List\nmetadata:\n  resourceVersion: \"\"\n")
	return b.String()
}

// A text that is taken apart holds what it holds as a whole, at the same places.
func TestSplitChangesNothing(t *testing.T) {
	list := dumpOf(20, 200)
	asJSON, err := yaml.YAMLToJSON([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, asJSON, "", "    "); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"list": list, "two lists": list + "---\n" + strings.ReplaceAll(list, "web-", "api-"), "json": indented.String(),
		"documents":   strings.Repeat("---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: "+strings.Repeat("x", 5000)+"\n", 500),
		"items first": "items:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\napiVersion: v1\nkind: List\n# " + strings.Repeat("x", pieceBytes),
	} {
		t.Run(name, func(t *testing.T) {
			whole, problems := model.Decode("f", []byte(text), model.Options{KeepServerFields: true})
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			if n := len(split([]byte(text))); n < 2 && name != "items first" {
				t.Errorf("%d pieces", n)
			}
			d, problems := Decode("f", []byte(text))
			if problems.HasErrors() || len(d.Objects) != len(whole) {
				t.Fatalf("%d objects, want %d; %v", len(d.Objects), len(whole), problems)
			}
			for i := range whole {
				a, b := whole[i], d.Objects[i]
				if a.Kind != b.Kind || a.Object.GetName() != b.Object.GetName() || a.Place.Line != b.Place.Line {
					t.Fatalf("object %d: %s %s at %v, want %s %s at %v", i, b.Kind.Name, b.Object.GetName(), b.Place, a.Kind.Name, a.Object.GetName(), a.Place)
				}
			}
		})
	}
}

// A mistake deep in a large text is found where it stands.
func TestMistakesKeepTheirPlace(t *testing.T) {
	text := strings.Replace(dumpOf(20, 200), "name: web-3999\n", "nmae: web-3999\n", 1)
	line := 1 + strings.Count(text[:strings.Index(text, "nmae")], "\n")
	_, problems := Decode("dump.yaml", []byte(text))
	if !problems.HasErrors() || problems.Errors()[0].Place.Line != line {
		t.Errorf("%v, want line %d", problems.Errors(), line)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestOpenB(t *testing.T) {
	nodes, err := OpenBNodes("n.csv", bytes.NewReader(read(t, "openb_nodes.csv")))
	if err != nil {
		t.Fatal(err)
	}
	pods, err := OpenBPods("p.csv", bytes.NewReader(read(t, "openb_pods.csv")))
	if err != nil {
		t.Fatal(err)
	}
	if len(nodes) != 17 || len(pods) != 30 {
		t.Fatalf("%d nodes, %d pods", len(nodes), len(pods))
	}
	n := nodes[16].Object.(*corev1.Node)
	if gpu := n.Status.Allocatable[GPUMilli]; n.Labels[GPUModel] != "V100M32" || gpu.Value() != 8000 || n.Status.Allocatable.Cpu().MilliValue() != 96000 {
		t.Errorf("%v %v", n.Labels, n.Status.Allocatable)
	}
	p := pods[1].Pod.Spec.Containers[0].Resources.Requests
	if gpu := p[GPUMilli]; gpu.Value() != 460 || p.Memory().Value() != 12288<<20 || pods[1].At != 427061 || pods[1].RunsFor != 12902960-427061 {
		t.Errorf("%v at %d for %d", p, pods[1].At, pods[1].RunsFor)
	}
}

func TestSimKube(t *testing.T) {
	trace, err := SimKube("cronjob.json", read(t, "cronjob.json"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := trace.Write(dir, "cronjob"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "scenario.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`start: "2025-03-29T22:20:23Z"`, "- {at: 0s, manifests: [02-created.json]}", `{at: 205s, delete: {target: "CronJob/hello-simkube", namespace: "default"}}`,
		`owner: "CronJob/hello-simkube"}, container: "*", run: {attempts: [{for: 30s, exitCode: 0}]}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for _, bad := range []string{"", "[", "\x82", `{"version":1}`, `{"version":2,"events":[]}`} {
		if _, err := SimKube("f", []byte(bad)); err == nil {
			t.Errorf("%q is no mistake", bad)
		}
	}
}

// The first 300 removals of the trace, counted with cut, sort and wc: 252 machines.
func TestMachineRemovals(t *testing.T) {
	r, err := MachineRemovals("f", bytes.NewReader(read(t, "removals.csv")), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Events != 300 || r.Removed != 252 || r.MTBF().Hours() != 1007 { // 24 h * 12,583 / 300 = 1,006.6 h
		t.Errorf("%+v %v", r, r.MTBF())
	}
	if _, err := MachineRemovals("f", bytes.NewReader(read(t, "removals.csv")), 3, 1); err == nil {
		t.Error("three machines are too few")
	}
}

// BenchmarkImport is 1,000 nodes and 20,000 pods.
func BenchmarkImport(b *testing.B) {
	text := []byte(dumpOf(1000, 20))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		d, _ := Decode("f", text)
		d.Tidy()
		if d.Running != 20000 {
			b.Fatal(d.Summary())
		}
	}
}
