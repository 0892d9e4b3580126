package scenarios

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// head is a small scenario that is right; the tables put something wrong behind it.
const head = `apiVersion: simulate/v1alpha1
kind: Scenario
metadata: {name: t}
spec:
`

// check loads a text and compares every problem, in order, with the lines of want.
func checkBad(t *testing.T, text string, opt LoadOptions, want ...string) {
	t.Helper()
	_, problems := Load("t.yaml", []byte(text), opt)
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s\nof\n%s", g, w, text)
	}
}

// TestBadSpecs: what stands below spec, and the exact messages. Lines count from the top of the file: spec's first is 5.
func TestBadSpecs(t *testing.T) {
	tests := []struct {
		name, spec string
		want       []string
	}{
		{"unknown field", "  sed: 1", []string{`t.yaml:5:3: error: unknown field "spec.sed" (did you mean "seed"?)`}},
		{"unknown field deep", "  cluster: {nodes: [{name: a, capacty: {cpu: 1}}]}",
			[]string{`t.yaml:5:31: error: unknown field "spec.cluster.nodes[0].capacty" (did you mean "capacity"?)`}},
		{"several at once", "  seed: x\n  runs: 0\n  duration: -5s\n  profil: v1.36", []string{
			`t.yaml:5:9: error: spec.seed: must be a whole number from 0 to 18446744073709551615, got "x"`,
			`t.yaml:6:9: error: spec.runs: must be at least 1`,
			`t.yaml:7:13: error: spec.duration: must not be negative, got -5s`,
			`t.yaml:8:3: error: unknown field "spec.profil" (did you mean "profile"?)`}},
		{"runs", "  runs: 2000000", []string{`t.yaml:5:9: error: spec.runs: at most 1000000`}},
		{"runs of cells", "  runs: 500001\n  params: {a: 1}\n  matrix: {a: [1, 2]}", []string{`t.yaml:5:9: error: spec.runs: with the matrix more than 1000000 runs`}},
		{"empty axis", "  params: {a: 1}\n  matrix: {a: []}", []string{`t.yaml:6:15: error: spec.matrix.a: must not be empty`}},
		{"axis twice", "  params: {a: 1}\n  matrix: {a: [1, 1]}", []string{`t.yaml:6:19: error: spec.matrix.a: 1 is there twice`}},
		{"node name", "  cluster: {nodes: [{name: \"N_{i}\"}]}", []string{`t.yaml:5:21: error: name: "N_{i}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`}},
		{"too much", "  cluster: {nodes: [{name: a, capacity: {cpu: 1E30}}]}", []string{`t.yaml:5:47: error: spec.cluster.nodes[0].capacity.cpu: 1E30 is more than can be counted`}},
		{"duplicate key", "  seed: 1\n  runs: 2\n  seed: 2", []string{`t.yaml:7:3: error: duplicate key "spec.seed" (first on line 5)`}},
		{"duration without unit", "  duration: 10", []string{`t.yaml:5:13: error: spec.duration: a duration needs a unit: 10s, 10m, 10ms?`}},
		{"bad duration", "  duration: soon", []string{`t.yaml:5:13: error: spec.duration: must be a duration such as 1m30s, got "soon"`}},
		{"zero duration", "  duration: 0s", []string{`t.yaml:5:13: error: spec.duration: must be above 0`}},
		{"two ends", "  duration: 1m\n  until: settled", []string{`t.yaml:5:13: error: spec.duration: excludes until`}},
		{"bad until", "  until: 10m", []string{`t.yaml:5:10: error: spec.until: must be settled (for a time, write duration), got "10m"`}},
		{"bad start", "  start: today", []string{`t.yaml:5:10: error: spec.start: must be a time such as 2026-01-01T00:00:00Z, got "today"`}},
		{"list for mapping", "  cluster: []", []string{`t.yaml:5:12: error: spec.cluster: must be a mapping, got a list`}},
		{"mapping for list", "  timeline: {}", []string{`t.yaml:5:13: error: spec.timeline: must be a list, got a mapping`}},
		{"number for text", "  description: 1.10", []string{`t.yaml:5:16: error: spec.description: must be text: write "1.10", in quotes`}},
		{"unknown profile", "  profile: v1.35", []string{`t.yaml:5:12: error: spec.profile: there is no profile "v1.35" (did you mean "v1.36"?)`}},
		{"component", "  components:\n    kubelet: {syncFreqency: 1m}\n    kubeControllerManager: {kubeAPIQPS: -1, nodeEvictionRate: -1}", []string{
			`t.yaml:6:15: error: unknown field "spec.components.kubelet.syncFreqency" (did you mean "syncFrequency"?)`,
			`t.yaml:7:63: error: spec.components.kubeControllerManager.nodeEvictionRate: must not be negative, got -1`}},

		{"loops without a pause", "  components:\n    kubelet: {syncFrequency: 0s, nodeLeaseDurationSeconds: 0}\n    kubeControllerManager: {podGCPeriod: 0}", []string{
			`t.yaml:6:30: error: spec.components.kubelet.syncFrequency: must be above 0`,
			`t.yaml:6:60: error: spec.components.kubelet.nodeLeaseDurationSeconds: must be above 0`,
			`t.yaml:7:42: error: spec.components.kubeControllerManager.podGCPeriod: must be above 0`}},
		{"quantity", "  cluster: {nodes: [{name: a, capacity: {cpu: four, memory: -1Gi}}]}", []string{
			`t.yaml:5:47: error: spec.cluster.nodes[0].capacity.cpu: must be a quantity such as 500m or 16Gi, got "four"`,
			`t.yaml:5:61: error: spec.cluster.nodes[0].capacity.memory: must not be negative, got -1Gi`}},
		{"two nodes of a name", "  cluster:\n    nodes:\n    - {name: a, count: 2}", []string{
			`t.yaml:7:7: error: two nodes are named "a" (a template with a count needs {i} in its name)`}},
		{"reserved", "  cluster: {nodes: [{name: a, reserved: {memory: 17Gi}}]}", []string{`t.yaml:5:21: error: reserved: more memory than the node has`}},
		{"taint effect", "  cluster: {nodes: [{name: a, taints: [{key: k, effect: Never}]}]}", []string{
			`t.yaml:5:21: error: taints: effect: must be NoSchedule, PreferNoSchedule or NoExecute, got "Never"`}},
		{"no name", "  cluster: {nodes: [{count: 2}]}", []string{`t.yaml:5:21: error: name: required (several nodes: "worker-{i}")`}},
		{"failures", "  cluster: {nodes: [{name: a, failures: {mtbf: 1h}}]}", []string{`t.yaml:5:41: error: failures: needs mtbf and mttr`}},
		{"registry", "  cluster: {registries: [{failureRate: 2, bandwidth: 0}]}", []string{
			`t.yaml:5:26: error: match: required, a glob such as "registry.test/*"`,
			`t.yaml:5:26: error: failureRate: must be from 0 to 1, got 2`,
			`t.yaml:5:26: error: bandwidth: must be above 0 (for an outage, use registryOutage)`}},
		{"image", "  cluster:\n    images:\n      a: {size: big}\n      b: {misssing: true}", []string{
			`t.yaml:7:17: error: spec.cluster.images.a.size: must be a quantity such as 500m or 16Gi, got "big"`,
			`t.yaml:8:11: error: unknown field "spec.cluster.images.b.misssing" (did you mean "missing"?)`}},

		{"no distribution", "  behaviors: [{run: {attempts: [{for: {gaussian: 1s}}]}}]", []string{
			`t.yaml:5:40: error: unknown field "spec.behaviors[0].run.attempts[0].for.gaussian"`}},
		{"distribution arguments", "  behaviors:\n  - run:\n      attempts:\n      - for: {lognormal: {median: 2s, p96: 3s}}\n      - for: {uniform: [2s, 1s]}\n      - for: {normal: {mean: 1, sd: 1s}}\n      - for: {choice: [{value: 1s, weight: 0}]}\n      - for: {exponential: {mean: 0s}}", []string{
			`t.yaml:8:26: error: spec.behaviors[0].run.attempts[0].for.lognormal.p95: required`,
			`t.yaml:8:39: error: unknown field "spec.behaviors[0].run.attempts[0].for.lognormal.p96" (did you mean "p95"?)`,
			`t.yaml:9:24: error: spec.behaviors[0].run.attempts[1].for: uniform: 2s is above 1s`,
			`t.yaml:10:30: error: spec.behaviors[0].run.attempts[2].for.normal.mean: a duration needs a unit: 1s, 1m, 1ms?`,
			`t.yaml:11:23: error: spec.behaviors[0].run.attempts[3].for: choice: the weights add up to 0`,
			`t.yaml:12:28: error: spec.behaviors[0].run.attempts[4].for: exponential: mean must be above 0`}},
		{"empirical", "  behaviors: [{hooks: {preStop: {empirical: none.csv}}}]", []string{
			`t.yaml:5:45: error: spec.behaviors[0].hooks.preStop: none.csv: no such file`}},
		{"attempt", "  behaviors: [{run: {attempts: [{reason: x}], then: once}}]", []string{
			`t.yaml:5:33: error: spec.behaviors[0].run.attempts[0].for: required (or write forever)`,
			`t.yaml:5:53: error: spec.behaviors[0].run.then: must be forever or {for, exitCode, reason, message}, got "once"`}},
		{"exit code", "  behaviors: [{run: {attempts: [{exitCode: 256}]}}]", []string{`t.yaml:5:33: error: exitCode: must be from 0 to 255, got 256`}},
		{"windows", "  behaviors: [{probes: {liveness: {failDuring: [[5s, 1s], [], 3s]}}}]", []string{
			`t.yaml:5:49: error: spec.behaviors[0].probes.liveness.failDuring[0]: ends at 1s, not after its start at 5s`,
			`t.yaml:5:59: error: spec.behaviors[0].probes.liveness.failDuring[1]: must be [from, to] or [from], got a list`,
			`t.yaml:5:63: error: spec.behaviors[0].probes.liveness.failDuring[2]: must be [from, to] or [from], got "3s"`}},
		{"select", "  behaviors:\n  - {select: {labels: a in, owner: web}}", []string{
			`t.yaml:6:14: error: select.labels: must be a label selector such as app=web, got "a in"`,
			`t.yaml:6:14: error: select.owner: must be KIND/NAME such as Deployment/web, got "web"`}},

		{"two actions", "  timeline: [{at: 1s, nodeCrash: {node: a}, cordon: {node: a}}]", []string{
			`t.yaml:5:45: error: spec.timeline[0]: has two actions, nodeCrash and cordon; write two steps`}},
		{"no action", "  timeline: [{at: 1s}]", []string{`t.yaml:5:14: error: spec.timeline[0]: needs an action such as nodeCrash or scale`}},
		{"unknown action", "  timeline: [{at: 1s, nodeCrush: {node: a}}]", []string{`t.yaml:5:23: error: unknown field "spec.timeline[0].nodeCrush" (did you mean "nodeCrash"?)`}},
		{"no time", "  timeline: [{cordon: {node: a}}]", []string{`t.yaml:5:14: error: spec.timeline[0]: needs one of at, every, after, when`}},
		{"two times", "  timeline: [{at: 1s, every: 2s, cordon: {node: a}}]", []string{`t.yaml:5:14: error: spec.timeline[0]: at and every exclude each other`}},
		{"no target", "  timeline: [{at: 1s, cordon: {}}]", []string{`t.yaml:5:31: error: spec.timeline[0].cordon: needs exactly one of node, zone, select, step`}},
		{"mode", "  timeline: [{at: 1s, cordon: {zone: a, mode: 200%}}]", []string{
			`t.yaml:5:47: error: spec.timeline[0].cordon.mode: must be a percentage above 0% and up to 100%, got "200%"`}},
		{"for", "  timeline: [{at: 1s, scale: {target: deploy/a, replicas: 1}, for: 1s}]", []string{
			`t.yaml:5:14: error: spec.timeline[0].for: scale cannot be undone; add a step of its own`}},
		{"after", "  timeline:\n  - {name: crash, at: 1s, nodeCrash: {node: a}}\n  - {after: {step: crahs}, cordon: {step: scale}}\n  - {name: scale, at: 1s, scale: {target: rs/a, replicas: 1}}", []string{
			`t.yaml:7:13: error: after.step: there is no step named "crahs" (did you mean "crash"?)`,
			`t.yaml:7:28: error: cordon.step: the step "scale" takes no nodes`}},
		{"circle", "  timeline:\n  - {name: a, after: {step: b}, cordon: {node: a}}\n  - {name: b, after: {step: a}, cordon: {node: a}}", []string{
			`t.yaml:6:5: error: after.step: the step waits for itself`,
			`t.yaml:7:5: error: after.step: the step waits for itself`}},
		{"template", "  cluster: {nodes: [{id: worker, name: a}]}\n  timeline: [{at: 1s, addNodes: {template: workr}}]", []string{
			`t.yaml:6:23: error: addNodes.template: no node template has the id "workr" (did you mean "worker"?)`}},
		{"replacement", "  cluster: {nodes: [{id: worker, name: a}]}\n  timeline: [{at: 1s, spotReclaim: {node: a, replace: workr}}]", []string{
			`t.yaml:6:23: error: spotReclaim.replace: no node template has the id "workr" (did you mean "worker"?)`}},
		{"pressure", "  timeline: [{at: 1s, nodePressure: {node: a, memory: 110%}}]", []string{
			`t.yaml:5:55: error: spec.timeline[0].nodePressure.memory: must be a percentage such as 95% or a quantity such as 15Gi, got "110%"`}},
		{"for each", "  timeline:\n  - {at: 1s, forEach: {select: \"a=b\", do: [{drian: {}}]}}\n  - {at: 1s, forEach: {select: \"a=b\"}}\n  - {at: 1s, forEach: {select: \"a=b\", do: [{cordon: {node: a}}]}}", []string{
			`t.yaml:6:45: error: spec.timeline[0].forEach.do[0]: unknown action "drian" (did you mean "drain"?)`,
			`t.yaml:7:23: error: spec.timeline[1].forEach: do: required, a list of actions on nodes`,
			`t.yaml:8:23: error: spec.timeline[2].forEach: do: cordon: takes the nodes of forEach and cannot name its own`}},
		{"thresholds", "  components: {kubelet: {evictionHard: {memory.availabel: 1Gi, nodefs.available: 110%, pid.available: 10%}}}", []string{
			`t.yaml:5:40: error: spec.components.kubelet.evictionHard: memory.availabel: unknown eviction signal (did you mean "memory.available"?)`,
			`t.yaml:5:40: error: spec.components.kubelet.evictionHard: nodefs.available: must be a quantity such as 100Mi or a percentage such as 10%, got "110%"`,
			`t.yaml:5:40: warning: spec.components.kubelet.evictionHard: pid.available: accepted and not simulated`}},
		{"notice", "  cluster: {nodes: [{name: a, failures: {mtbf: 1h, mttr: 1m, notice: 2m}}]}\n  colour: red", []string{
			`t.yaml:5:41: warning: failures.notice: accepted and not simulated: a crash comes unannounced (spotReclaim has a notice)`,
			`t.yaml:6:3: error: unknown field "spec.colour"`}},
		{"usage", "  behaviors: [{usage: {memroy: 1Gi}}]", []string{
			`t.yaml:5:32: error: usage: must be of cpu, memory or ephemeral-storage, got memroy (did you mean "memory"?)`}},
		{"patch", "  timeline: [{at: 1s, patch: {target: pod/a, type: json, patch: {a: 1}}}]", []string{
			`t.yaml:5:30: error: spec.timeline[0].patch: patch: must be a list of operations for type json`}},

		{"too many", "  cluster: {nodes: [{name: \"n{i}\", count: 2000000}]}\n  workloads: [{copies: 2000000, inline: \"{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\"}]", []string{
			`t.yaml:5:21: error: count: at most 1000000 nodes of a template`,
			`t.yaml:6:15: error: copies: must be from 1 to 1000000`}},
		{"nothing to create", "  workloads: [{at: 1s}]", []string{`t.yaml:5:15: error: a workload needs manifests or inline`}},
		{"no such file", "  workloads:\n  - manifests: [a.yaml, \"b/*.yaml\"]", []string{
			`t.yaml:6:17: error: a.yaml: no such file`,
			`t.yaml:6:25: error: b/*.yaml: no file matches`}},
		{"arrivals", "  workloads:\n  - arrivals: {every: 0s}\n    inline: |\n      apiVersion: v1\n      kind: Pod\n      metadata: {name: a}\n      spec: {containers: [{name: a, image: a}]}", []string{
			`t.yaml:6:15: error: arrivals.every: must be above 0`,
			`t.yaml:8:7: error: Pod "a" arrives again and again: it needs metadata.generateName instead of a name`}},
		{"inline places", "  workloads:\n  - inline: |\n      apiVersion: v1\n      kind: Pod\n      metadata: {name: a}\n      spec:\n        containers:\n        - {name: a, imagee: a}", []string{
			`t.yaml:12:21: error: unknown field "spec.containers[0].imagee" (did you mean "image"?)`}},
		{"quoted inline", "  workloads:\n  - inline: \"apiVersion: v1\\nkind: Pod\\nmetadata: {nam: a}\\n\"", []string{
			`t.yaml:6:13: error: inline line 3: unknown field "metadata.nam" (did you mean "name"?)`}},
		{"static pod", "  cluster:\n    nodes:\n    - name: a\n      staticPods:\n      - inline: |\n          apiVersion: v1\n          kind: ConfigMap\n          metadata: {name: a}", []string{
			`t.yaml:10:11: error: staticPods: a kubelet runs Pods alone, not a ConfigMap`}},

		{"unknown parameter", "  params: {workers: 3}\n  runs: $(worker)", []string{
			`t.yaml:6:9: error: spec.runs: there is no parameter "worker" in spec.params (write $$(worker) for the text itself) (did you mean "workers"?)`}},
		{"parameter of a wrong type", "  params: {n: three}\n  runs: $(n)", []string{`t.yaml:6:9: error: spec.runs: must be a whole number, got "three"`}},
		{"anchor in itself", "  behaviors: &a\n  - *a", []string{`t.yaml:6:5: error: spec.behaviors[0]: contains itself`}},
		{"not yaml", "  seed: [", []string{`t.yaml:5:3: error: did not find expected node content`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { checkBad(t, head+tt.spec+"\n", LoadOptions{FS: fstest.MapFS{}}, tt.want...) })
	}
}

func TestBadMatrix(t *testing.T) {
	for _, tt := range [][2]string{
		{"matrix: {worker: [3, 5]}", `t.yaml:6:12: error: spec.matrix.worker: there is no parameter "worker" in spec.params (did you mean "workers"?)`},
		{"matrix: {workers: 3}", `t.yaml:6:21: error: spec.matrix.workers: must be a list of values, got "3"`},
		{"matrix: {workers: []}", `t.yaml:6:21: error: spec.matrix.workers: must not be empty`},
		{"matrix: {workers: [3, many]}", `t.yaml:6:25: error: spec.matrix.workers: must be a whole number as in spec.params, got "many"`},
	} {
		checkBad(t, head+"  params: {workers: 3}\n  "+tt[0]+"\n", LoadOptions{}, tt[1])
	}
}

func TestCells(t *testing.T) {
	s, problems := Load("t.yaml", []byte(head+"  params: {a: 1, b: x}\n  matrix: {a: [1, 2], b: [x, \"3\"]}\n  workloads: [{inline: '{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}'}]\n"), LoadOptions{})
	if s == nil {
		t.Fatal(problems)
	}
	if got := fmt.Sprint(s.Cells()); got != "[map[a:1 b:x] map[a:1 b:3] map[a:2 b:x] map[a:2 b:3]]" {
		t.Error(got)
	}
}

func TestBadDocuments(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n"
	checkBad(t, "apiVersion: simulate/v1\nkind: Scenario\nspec: {}\n", LoadOptions{},
		`t.yaml:1:13: error: apiVersion: must be simulate/v1alpha1, got "simulate/v1"`)
	checkBad(t, "apiVersion: simulate/v1alpha1\nkind: Scenario\n", LoadOptions{}, `t.yaml:1:1: error: spec: required`)
	checkBad(t, head+"  seed: 1\n---\n"+head+"  seed: 2\n", LoadOptions{}, `t.yaml:7:1: error: a second Scenario in one file (first on line 1)`)
	checkBad(t, "", LoadOptions{}, `t.yaml: error: holds neither a scenario nor a manifest`)
	checkBad(t, head+"  seed: 1\n---\n"+strings.Replace(pod, "name: a,", "nam: a,", 1), LoadOptions{},
		`t.yaml:10:22: error: unknown field "spec.containers[0].nam" (did you mean "name"?)`)
	checkBad(t, head+"  params: {n: 3, s: x}\n", LoadOptions{Set: map[string]string{"n": "x", "s": "5", "m": "1"}},
		`t.yaml: error: --set: there is no parameter "m" in spec.params`,
		`t.yaml: error: --set n: must be a whole number as in spec.params, got "x"`)
	checkBad(t, pod, LoadOptions{NodeMemory: "1E30"}, `error: --node-memory: 1E30 is more than can be counted`)
	checkBad(t, pod, LoadOptions{NodeCPU: "many"}, `error: --node-cpu: must be a quantity such as 4 or 16Gi, got "many"`)
	checkBad(t, strings.Replace(pod, "{name: a}", "{name: a, namespace: b}", 1), LoadOptions{},
		`t.yaml:1:1: note: the namespace "b" is nowhere defined: it is created`)
}

// TestHostile: files made to hurt end in a message.
func TestHostile(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString(head + "  params:\n    a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		n := string(rune('0' + i))
		p := "*a" + string(rune('0'+i-1))
		bomb.WriteString("    a" + n + ": &a" + n + " [" + strings.TrimSuffix(strings.Repeat(p+", ", 10), ", ") + "]\n")
	}
	bomb.WriteString("  timeline: [{at: 1s, patch: {target: pod/a, type: json, patch: *a9}}]\n")
	for name, text := range map[string]string{
		"bomb":    bomb.String(),
		"deep":    head + "  params: {a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}\n  outputs: $(a)\n",
		"circle":  head + "  params: {a: {b: $(a)}}\n  behaviors: [{usage: $(a)}]\n  timeline: [{at: 1s, patch: {target: pod/a, patch: $(a)}}]\n",
		"bytes":   head + "  description: \"\x00\xff\"\n",
		"scalars": "kind: Scenario\napiVersion: simulate/v1alpha1\nspec: 5\nmetadata: []\n",
	} {
		if s, problems := Load("t.yaml", []byte(text), LoadOptions{}); s != nil && name != "deep" {
			t.Errorf("%s: accepted: %v", name, problems)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, e := range Library() {
		data, err := Open(e.Name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	for _, name := range []string{"testdata/format.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		s, problems := Load("t.yaml", []byte(text), LoadOptions{FS: LibraryFS()})
		if (s == nil) != problems.HasErrors() {
			t.Fatalf("scenario %v with problems %v", s, problems)
		}
		if s != nil {
			s.Lint()
		}
	})
}
