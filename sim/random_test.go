package sim_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"clustersim/scenarios"
	"clustersim/sim/engine"
)

var (
	clusters     = flag.Int("clusters", 60, "random clusters that TestRandomClusters runs")
	firstCluster = flag.Uint64("cluster", 1, "the seed of the first of them")
)

// Small clusters made up of everything that the scenario format has, with faults, by the dozen: no invariant breaks, what is
// skipped changes nothing, and neither does stopping. A failure names the seed; run it alone with
//
//	go test ./sim -run TestRandomClusters -clusters 1 -cluster SEED -v
func TestRandomClusters(t *testing.T) {
	for i := range uint64(*clusters) {
		seed := *firstCluster + i
		text := randomCluster(seed)
		if *clusters == 1 {
			t.Log("\n" + text)
		}
		checkCluster(t, seed, text)
		if t.Failed() {
			return
		}
	}
}

func checkCluster(t *testing.T, seed uint64, text string) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("cluster %d: panic: %v", seed, p)
		}
	}()
	o := textOptions(t, text, scenarios.LoadOptions{})
	r := newRun(t, o)
	if err := finish(r); err != nil {
		t.Fatalf("cluster %d: %v", seed, err)
	}
	want := r.Journal.Digest()
	stopped := newRun(t, o)
	if err := stopped.Until(o.Duration / 3); err != nil {
		t.Fatal(err)
	}
	if toEnd(t, stopped) != want {
		t.Errorf("cluster %d: stopped at %v and resumed: another journal", seed, o.Duration/3)
	}
	reference := o
	reference.Reference = true
	if digestOf(t, reference) == want {
		return
	}
	var slow, quick lines
	toEnd(t, newRun(t, reference, &slow))
	toEnd(t, newRun(t, o, &quick))
	sameLines(t, fmt.Sprintf("cluster %d; want: every tick executed; got: without", seed), &slow, &quick)
}

// maker writes the text of a random scenario.
type maker struct {
	*engine.Stream
	strings.Builder
	nodes int
	names []string // KIND/NAME of what a step can act on
}

func (m *maker) n(n int64) int               { return int(m.Int64N(n)) }
func (m *maker) chance(of int64) bool        { return m.Int64N(of) == 0 }
func (m *maker) oneOf(list ...string) string { return list[m.n(int64(len(list)))] }
func (m *maker) linef(format string, args ...any) {
	fmt.Fprintf(m, format+"\n", args...)
}

// span is a duration, constant or random; never long.
func (m *maker) span() string {
	return m.oneOf("0s", "500ms", "1s", "3s", "10s", "45s", "{uniform: [1s, 20s]}", "{exponential: {mean: 5s}}",
		"{lognormal: {median: 2s, p95: 30s}}", "{choice: [{value: 1s, weight: 1}, {value: 1s, weight: 1}]}")
}

// randomCluster is a scenario of a few minutes on a few nodes.
func randomCluster(seed uint64) string {
	m := &maker{Stream: engine.NewStream(seed, "random cluster")}
	m.nodes = 1 + m.n(4)
	m.linef("apiVersion: simulate/v1alpha1\nkind: Scenario\nmetadata: {name: random}\nspec:\n  seed: %d\n  duration: %s", seed, m.oneOf("3m", "8m", "20m"))
	m.linef("  profile: %s", m.oneOf("v1.36", "v1.36", "containerd", "instant"))
	m.components()
	m.linef("  cluster:\n    nodes:\n    - name: node-{i}\n      count: %d\n      zones: [a, b]\n      capacity: {cpu: \"%d\", memory: 4Gi, pods: \"%d\"}", m.nodes, 1+m.n(3), 2+m.n(8))
	if m.chance(4) {
		m.linef("      failures: {mtbf: {exponential: {mean: 3m}}, mttr: {uniform: [10s, 2m]}}")
	}
	m.linef("    - {name: late, startAt: %ds, taints: [{key: k, effect: %s}]}", 20+m.n(60), m.oneOf("NoSchedule", "PreferNoSchedule", "NoExecute"))
	m.linef("    registries:\n    - {match: \"*\", latency: %s, failureRate: %s}", m.span(), m.oneOf("0", "0", "0.3", "0.9"))
	m.linef("  workloads:")
	for i := range 1 + m.n(6) {
		m.workload(i)
	}
	m.linef("  behaviors:")
	for range 1 + m.n(5) {
		m.behavior()
	}
	m.linef("  timeline:")
	for range 1 + m.n(5) {
		m.step()
	}
	return m.String()
}

func (m *maker) components() {
	m.linef("  components:\n    kubelet: {randomRequeue: %v, serializeImagePulls: %v, syncFrequency: %s, kubeAPIQPS: %s}", m.chance(2), m.chance(2), m.oneOf("1m", "1m", "7s"), m.oneOf("50", "50", "-1", "1"))
	m.linef("    kubeControllerManager: {nodeMonitorGracePeriod: %s, podGCPeriod: %s}", m.oneOf("50s", "20s"), m.oneOf("20s", "5s"))
}

func (m *maker) workload(i int) {
	name := fmt.Sprintf("p%d", i)
	m.linef("  - at: %s", m.oneOf("0s", "0s", "1s", "33s"))
	kind := m.oneOf("Pod", "Pod", "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController")
	field := "name: " + name
	if kind == "Pod" {
		switch m.n(6) {
		case 0:
			m.linef("    arrivals: {every: {exponential: {mean: 20s}}, count: %d}", 1+m.n(6))
			field = "generateName: " + name + "-"
		case 1, 2:
			m.linef("    copies: %d", 1+m.n(4))
		default:
			m.names = append(m.names, "pod/"+name)
		}
	} else {
		m.names = append(m.names, kind+"/"+name)
	}
	version := map[string]string{"Pod": "v1", "ReplicationController": "v1", "Job": "batch/v1"}[kind]
	if version == "" {
		version = "apps/v1"
	}
	m.linef("    inline: |\n      apiVersion: %s\n      kind: %s\n      metadata: {%s, labels: {app: %s}}\n      spec:", version, kind, field, m.oneOf("x", "z"))
	if kind == "Pod" {
		m.podSpec("        ", m.oneOf("Always", "Always", "OnFailure", "Never"))
		return
	}
	policy := "Always"
	switch kind {
	case "Job":
		policy = m.oneOf("OnFailure", "Never")
		m.linef("        completions: %d\n        parallelism: %d\n        backoffLimit: %d", 1+m.n(4), 1+m.n(3), m.n(4))
	case "DaemonSet":
		m.linef("        updateStrategy: {type: %s}", m.oneOf("RollingUpdate", "OnDelete"))
	case "StatefulSet":
		m.linef("        serviceName: s\n        replicas: %d\n        podManagementPolicy: %s", m.n(4), m.oneOf("OrderedReady", "Parallel"))
	default:
		m.linef("        replicas: %d", m.n(5))
	}
	switch kind {
	case "Job":
	case "ReplicationController":
		m.linef("        selector: {set: %s}", name)
	default:
		m.linef("        selector: {matchLabels: {set: %s}}", name)
	}
	m.linef("        template:\n          metadata: {labels: {set: %s, app: %s}}\n          spec:", name, m.oneOf("x", "z"))
	m.podSpec("            ", policy)
}

// podSpec writes the fields of a pod's spec.
func (m *maker) podSpec(indent, policy string) {
	outer := m.Builder
	m.Builder = strings.Builder{}
	m.spec(policy)
	inner := m.String()
	m.Builder = strings.Builder{}
	m.WriteString(outer.String())
	for line := range strings.Lines(inner) {
		m.WriteString(indent + line)
	}
}

func (m *maker) spec(policy string) {
	m.linef("restartPolicy: %s\nterminationGracePeriodSeconds: %d", policy, []int{0, 1, 5, 30}[m.n(4)])
	if m.chance(3) {
		seconds := ""
		if m.chance(2) {
			seconds = fmt.Sprintf(", tolerationSeconds: %d", m.n(60))
		}
		m.linef("tolerations: [{operator: Exists, effect: NoExecute%s}]", seconds)
	}
	if m.chance(4) {
		m.linef("automountServiceAccountToken: false")
	}
	if m.chance(6) {
		m.linef("nodeName: node-1")
	}
	if inits := m.n(3); inits > 0 {
		m.linef("initContainers:")
		for k := range inits {
			m.container("i"+fmt.Sprint(k), true)
		}
	}
	m.linef("containers:")
	for k := range 1 + m.n(3) {
		m.container("c"+fmt.Sprint(k), false)
	}
}

func (m *maker) container(name string, init bool) {
	m.linef("- name: %s\n  image: registry.test/%s:v1\n  imagePullPolicy: %s", name, m.oneOf("a", "b", "c"), m.oneOf("IfNotPresent", "Always", "Never"))
	m.linef("  resources: {requests: {cpu: %dm}}", 100*m.n(8))
	if init && m.chance(2) {
		m.linef("  restartPolicy: Always")
	} else if init {
		return
	}
	for _, probe := range []string{"startupProbe", "readinessProbe", "livenessProbe"} {
		if m.chance(3) {
			success := 1
			if probe == "readinessProbe" {
				success = 1 + m.n(2)
			}
			m.linef("  %s: {exec: {command: [x]}, periodSeconds: %d, failureThreshold: %d, successThreshold: %d, initialDelaySeconds: %d, timeoutSeconds: %d}",
				probe, 1+m.n(12), 1+m.n(3), success, m.n(2)*m.n(15), 1+m.n(3))
		}
	}
	if m.chance(4) {
		m.linef("  lifecycle: {%s: {exec: {command: [x]}}}", m.oneOf("preStop", "postStart"))
	}
	if m.chance(5) {
		m.linef("  envFrom: [{configMapRef: {name: absent}}]")
	}
}

func (m *maker) behavior() {
	m.linef("  - select: {%s}", m.oneOf("labels: app=x", "labels: app=z", "image: \"registry.test/a*\"", "name: \"p*\"", "image: \"registry.test/b*\""))
	if m.chance(2) {
		m.linef("    container: %s", m.oneOf("c0", "c1", "i0", "i1"))
	}
	if m.chance(3) {
		m.linef("    run: {attempts: [{for: %s, exitCode: 1}], then: forever}", m.span())
	} else if m.chance(2) {
		m.linef("    run: {attempts: [{for: %s, exitCode: %d}, {for: %s, exitCode: %d}]}", m.span(), m.n(2), m.span(), m.n(2))
	}
	var probes []string
	for _, p := range []string{"startup", "readiness", "liveness"} {
		switch m.n(6) {
		case 0:
			probes = append(probes, p+": {failureRate: "+m.oneOf("0.01", "0.2", "1")+"}")
		case 1:
			probes = append(probes, fmt.Sprintf("%s: {okAfter: %ds, failDuring: [[%ds, %ds]]}", p, m.n(20), 30+m.n(20), 50+m.n(90)))
		case 2:
			probes = append(probes, p+": {latency: "+m.span()+"}")
		case 3:
			probes = append(probes, fmt.Sprintf("%s: {timeoutDuring: [[%ds]], errorDuring: [[5s, 9s]]}", p, m.n(200)))
		}
	}
	if len(probes) > 0 {
		m.linef("    probes: {%s}", strings.Join(probes, ", "))
	}
	switch m.n(4) {
	case 0:
		m.linef("    onTerm: {ignore: true}")
	case 1:
		m.linef("    onTerm: {exitAfter: %s, exitCode: %d}", m.span(), m.n(2))
	}
	if m.chance(4) {
		m.linef("    hooks: {preStop: %s, postStart: %s}", m.span(), m.span())
	}
	if m.chance(4) {
		m.linef("    sandboxDelay: %s", m.span())
	}
	if m.chance(8) {
		m.linef("    startError: no such file")
	}
}

func (m *maker) step() {
	at := fmt.Sprintf("at: %d.%03ds", m.n(150), m.n(1000))
	if m.chance(4) {
		at = fmt.Sprintf("every: %ds, until: 3m", 20+m.n(60))
	}
	undo := ""
	if m.chance(2) {
		undo = fmt.Sprintf(", for: %ds", 1+m.n(120))
	}
	target := m.oneOf("{node: node-1}", "{zone: a}", "{zone: b}", "{select: kubernetes.io/os=linux, mode: one}", "{select: kubernetes.io/os=linux}")
	if m.nodes == 1 && target == "{zone: b}" {
		target = "{zone: a}"
	}
	with := func(more string) string { return target[:len(target)-1] + ", " + more + "}" }
	pod := ""
	if len(m.names) > 0 {
		pod = m.oneOf(m.names...)
	}
	switch action := m.n(11); {
	case action == 9 && (strings.HasPrefix(pod, "Deployment") || strings.HasPrefix(pod, "ReplicaSet") || strings.HasPrefix(pod, "StatefulSet")):
		m.linef("  - {%s, scale: {target: %s, replicas: %d}}", at, pod, m.n(6))
	case action == 10 && (strings.HasPrefix(pod, "Deployment") || strings.HasPrefix(pod, "StatefulSet") || strings.HasPrefix(pod, "DaemonSet")):
		m.linef("  - {%s, patch: {target: %s, patch: {spec: {template: {metadata: {labels: {rev: r%d}}}}}}}", at, pod, m.n(3))
	case action == 0:
		m.linef("  - {%s, nodeCrash: %s%s}", at, target, undo)
	case action == 1:
		m.linef("  - {%s, nodeRecover: %s}", at, target)
	case action == 2:
		m.linef("  - {%s, nodeReboot: %s}", at, with("downFor: "+m.span()))
	case action == 3:
		m.linef("  - {%s, partition: %s%s}", at, with("kubelet: "+m.oneOf("running", "frozen")), undo)
	case action == 4:
		m.linef("  - {%s, runtimeDown: %s%s}", at, target, undo)
	case action == 5:
		m.linef("  - {%s, taint: %s%s}", at, with("taints: [{key: k, effect: "+m.oneOf("NoSchedule", "NoExecute")+"}]"), undo)
	case action == 6:
		m.linef("  - {%s, cordon: %s%s}", at, target, undo)
	case action == 7 && pod != "":
		m.linef("  - {%s, delete: {target: %s%s}}", at, pod, m.oneOf("", ", gracePeriodSeconds: 0", ", gracePeriodSeconds: 3"))
	case action == 8 && strings.HasPrefix(pod, "pod/"):
		m.linef("  - {%s, killContainer: {target: %s, container: c0}}", at, pod)
	default:
		m.linef("  - {%s, registryOutage: {match: \"*\"}%s}", at, undo)
	}
}
