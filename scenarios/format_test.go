package scenarios

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"clustersim/model"
	"clustersim/sim"
	"clustersim/sim/fault"
	"clustersim/sim/world"
)

// loadFormat loads testdata/format.yaml.
func loadFormat(t *testing.T, set map[string]string) (*Scenario, sim.Options) {
	t.Helper()
	data, err := os.ReadFile("testdata/format.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, problems := Load("testdata/format.yaml", data, LoadOptions{Set: set})
	if s == nil {
		t.Fatal(problems)
	}
	for _, p := range problems {
		if p.Severity == model.Warning && !strings.Contains(p.Message, "usage and load") && !strings.Contains(p.Message, "accepted and not simulated") {
			t.Errorf("%s", p)
		}
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

// is compares what two values print.
func is(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}

func TestFormatRun(t *testing.T) {
	s, o := loadFormat(t, nil)
	is(t, "runs", s.Runs, 3)
	is(t, "run", []any{o.Name, o.Description, o.Seed, o.Duration, o.Profile}, []any{"format", "every field", 7, 10 * time.Minute, "containerd"})
	is(t, "start", o.Start.Format(time.RFC3339Nano), "2026-02-03T04:05:06.5Z")
	c := o.Components
	is(t, "controllers", []any{c.ControllerManager.NodeMonitorGracePeriod, c.ControllerManager.KubeAPIQPS, c.ControllerManager.KubeAPIBurst, c.ControllerManager.NodeMonitorPeriod},
		[]any{40 * time.Second, -1, 30, 5 * time.Second})
	is(t, "kubelet", []any{c.Kubelet.SerializeImagePulls, c.Kubelet.MaxParallelImagePulls, c.Kubelet.SyncFrequency, c.Kubelet.EvictionHard},
		[]any{false, 0, 30 * time.Second, map[string]string{"memory.available": "100Mi"}})
	is(t, "latency of file and profile", []any{c.Latency.APIWrite, c.Latency.Sandbox, c.Latency.Bind}, []any{time.Millisecond, 100 * time.Millisecond, 6 * time.Millisecond})
	one, _ := s.Options(1)
	two, _ := s.Options(2)
	if one.Seed == o.Seed || one.Seed == two.Seed || one.Seed != RunSeed(7, 1) {
		t.Errorf("seeds of replications: %d, %d, %d", o.Seed, one.Seed, two.Seed)
	}
}

func TestFormatCluster(t *testing.T) {
	_, o := loadFormat(t, nil)
	var names []string
	for _, n := range o.Nodes {
		names = append(names, n.Object.Name)
	}
	is(t, "nodes", names, "[old worker-a-1 worker-b-2 worker-a-3 other plain]")
	w := o.Nodes[2]
	is(t, "labels", w.Object.Labels, map[string]string{
		"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
		"kubernetes.io/hostname": "worker-b-2", "topology.kubernetes.io/zone": "b", "topology.kubernetes.io/region": "eu", "disk": "ssd"})
	resources := func(n int, list string) string {
		l := o.Nodes[n].Object.Status.Capacity
		if list == "allocatable" {
			l = o.Nodes[n].Object.Status.Allocatable
		}
		text, _ := json.Marshal(l)
		return string(text)
	}
	is(t, "capacity", resources(2, "capacity"), `{"cpu":"2","ephemeral-storage":"100Gi","example.com/gpu":"1","memory":"16Gi","pods":"110"}`)
	is(t, "allocatable", resources(2, "allocatable"), `{"cpu":"1900m","ephemeral-storage":"100Gi","example.com/gpu":"1","memory":"15Gi","pods":"110"}`)
	is(t, "taints", w.Object.Spec.Taints, "[{gpu true NoSchedule <nil>}]")
	is(t, "more", []any{w.Images, w.StartAt, w.Object.Status.NodeInfo.KubeletVersion, w.Price, w.TemplateID, w.StaticPods[0].Spec.Containers[0].Args, w.StaticPods[0].Namespace},
		[]any{"[registry.test/app:v1]", 5 * time.Second, "v1.35.0", 0.192, "worker", "[$(X)]", "default"})
	is(t, "failures", []any{w.Failures.MTBF.IsRandom(), w.Failures.MTTR.Duration(nil), w.Failures.Notice}, []any{true, 12 * time.Minute, 2 * time.Minute})
	old := o.Nodes[0]
	is(t, "imported node", []any{old.NoKubelet, old.Images, resources(0, "capacity"), len(old.Object.Labels)}, []any{true, "[a b]", `{"cpu":"1","pods":"5"}`, 0})
	plain := o.Nodes[5]
	is(t, "plain node", []any{plain.NoKubelet, resources(5, "allocatable"), plain.Object.Labels["kubernetes.io/hostname"]},
		[]any{false, `{"cpu":"4","ephemeral-storage":"100Gi","memory":"16Gi","pods":"110"}`, "plain"})
	is(t, "imported objects", []any{len(o.Import), o.Import[0].Object.GetName(), o.Import[0].Object.GetUID()}, []any{1, "imported", "00000000-0000-4000-8000-000000000003"})
	r := o.Registries[0]
	is(t, "registry", []any{r.Match, r.Zone, r.Select, r.Bandwidth.IsRandom(), r.TotalBandwidth, r.Latency.Duration(nil), r.FailureRate, r.NeedsSecret},
		[]any{"registry.test/*", "a", map[string]string{"disk": "ssd", "x": "y"}, true, 1 << 30, 500 * time.Millisecond, 0.01, true})
	var refs []string
	for _, i := range o.Images {
		refs = append(refs, fmt.Sprint(i.Ref, " ", i.Size, i.Layers, i.PullTime.Duration(nil), i.Missing, i.NeedsSecret, i.FailFirst, i.Error))
	}
	is(t, "images", strings.Join(refs, "\n"), `registry.test/app:v1 104857600 4 0s false false 0
registry.test/slow:v1 0 0 4s false false 0
registry.test/gone:v1 0 0 0s true false 0
registry.test/x:v1 0 0 0s false true 2connection refused`)
}

func TestFormatWorkloads(t *testing.T) {
	_, o := loadFormat(t, nil)
	var got []string
	for _, w := range o.Workloads {
		line := fmt.Sprint(w.At)
		for _, m := range w.Manifests {
			line += fmt.Sprintf(" %s %s/%s%s", m.Kind.Name, m.Object.GetNamespace(), m.Object.GetGenerateName(), m.Object.GetName())
		}
		if a := w.Arrivals; a != nil {
			line += fmt.Sprint(" ", a.Every.IsRandom(), a.Until, a.Count)
		}
		got = append(got, line)
	}
	is(t, "workloads", strings.Join(got, "\n"), `0s ConfigMap default/extra
5s Namespace /team-a
5s Pod team-a/web-1 Pod team-a/web-2
6s Pod default/web
0s Pod default/job- true 6m0s 500`)
}

func TestFormatBehaviors(t *testing.T) {
	_, o := loadFormat(t, nil)
	b := o.Behaviors[0]
	is(t, "select", []any{b.Select.Namespace, b.Select.Name, b.Select.Labels, b.Select.Owner, b.Select.Image, b.Container},
		[]any{"default", "web*", "app=web", "Deployment/web", "registry.test/app:v2*", "app"})
	is(t, "attempts", []any{len(b.Attempts), b.Attempts[0].For.Duration(nil), b.Attempts[0].ExitCode.Int(nil), b.Attempts[0].Reason, b.Attempts[0].Message,
		b.Attempts[1].For.IsRandom(), b.Attempts[1].ExitCode.IsRandom(), b.Then.Forever, b.StartError},
		[]any{2, 2 * time.Second, 1, "OOMKilled", "config missing", true, true, true, "no such file"})
	is(t, "readiness", b.Probes[world.Readiness].Windows, []world.Window{{From: 0, To: 7 * time.Second, Outcome: world.Failure}, {From: 25 * time.Second, To: -1, Outcome: world.Failure}})
	is(t, "liveness", b.Probes[world.Liveness].Windows, []world.Window{{From: 9 * time.Second, To: 10 * time.Second, Outcome: world.Errored}, {To: 8 * time.Second, Outcome: world.Failure}})
	is(t, "startup", b.Probes[world.Startup].Windows, []world.Window{{To: 2 * time.Second, Outcome: world.TimedOut}})
	is(t, "probes", []any{b.Probes[world.Readiness].Output, b.Probes[world.Startup].FailureRate, b.Probes[world.Startup].Latency.Duration(nil)}, []any{"not yet", 0.1, 50 * time.Millisecond})
	is(t, "end", []any{b.OnTerm.ExitAfter.Duration(nil), b.OnTerm.ExitCode.IsSet(), b.PreStop.For.Duration(nil), b.PostStart.For.IsRandom(), b.PostStart.ExitCode.Int(nil)},
		[]any{time.Second, true, 3 * time.Second, true, 1})
	is(t, "listens", []any{b.Listens != nil, len(b.Listens), b.SandboxDelay.Duration(nil)}, []any{true, 0, 500 * time.Millisecond})
	is(t, "usage", []any{b.Usage["cpu"].Steps, b.Usage["memory"].Value.Int(nil), b.Load["cpu"].Steps},
		[]any{[]world.Step{{At: 0, N: 100}, {At: 10 * time.Minute, N: 2000}}, int64(3 << 30), []world.Step{{At: 0, N: 2000}, {At: 10 * time.Minute, N: 20000}}})
	other := o.Behaviors[1]
	is(t, "second", []any{other.OnTerm.Ignore, other.Then.For.Duration(nil), other.Listens == nil, other.Probes == nil}, []any{true, time.Second, true, true})
}

func TestFormatTimeline(t *testing.T) {
	_, o := loadFormat(t, nil)
	var got []string
	for _, s := range o.Steps {
		got = append(got, fmt.Sprint(s.ActionName, s.Name, s.At, s.Every, s.Until, s.After, s.Delay, s.For))
	}
	is(t, "times", got[0]+" "+got[1]+" "+got[2], "nodeCrashcrash1m0s 0s 0s0s 0s nodeRecover0s 0s 0scrash4m0s 0s partition0s 1m0s 5m0s0s 20s")
	is(t, "position", o.Steps[0].Position, "testdata/format.yaml:71:5")
	is(t, "crash", *o.Steps[0].Action.(*fault.NodeCrash), "{{ a   25%}}")
	is(t, "partition", *o.Steps[2].Action.(*fault.Partition), "{{  disk=ssd  one} frozen}")
	label := o.Steps[5].Action.(*fault.Label)
	is(t, "label", []any{*label.Labels["disk"], label.Labels["old"] == nil, len(label.Labels)}, []any{"ssd", true, 2})
	add := o.Steps[6].Action.(*fault.AddNodes)
	is(t, "added", []any{add.Count, add.Pattern.Node(add.Pattern.Count + 1).Object.Name, add.Pattern.Node(5).Object.Name}, []any{2, "worker-b-4", "worker-a-5"})
	is(t, "patch", string(o.Steps[7].Action.(*fault.Patch).Patch), `{"spec":{"replicas":3,"args":["$(X)","$(Y)"]}}`)
	del := o.Steps[8].Action.(*fault.Delete)
	is(t, "delete", []any{*del.GracePeriodSeconds, del.Propagation}, []any{0, "Foreground"})
	is(t, "scale", *o.Steps[9].Action.(*fault.Scale).Replicas, 0)
	is(t, "kill", o.Steps[10].Action.(*fault.KillContainer).ExitCode.Int(nil), 9)
	is(t, "throttle", o.Steps[11].Action.(*fault.RegistryThrottle).Bandwidth.Int(nil), 1<<20)
	is(t, "reboot", o.Steps[12].Action.(*fault.NodeReboot).DownFor.IsRandom(), true)
	is(t, "apply", o.Steps[13].Action.(*fault.Apply).Objects[0].Object.GetName(), "web")
}

// TestSet: --set replaces declared values, in their type.
func TestSet(t *testing.T) {
	_, o := loadFormat(t, map[string]string{"workers": "5", "tag": "7", "cpu": "3", "gap": "{uniform: [1s, 2s]}"})
	is(t, "nodes", len(o.Nodes), 8)
	is(t, "image", o.Images[0].Ref, "registry.test/app:7")
	is(t, "cpu", o.Nodes[1].Object.Status.Capacity.Cpu().String(), "3")
}

// TestPlain: manifests alone run on a default cluster.
func TestPlain(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n"
	s, problems := Load("dir/web.yaml", []byte(pod), LoadOptions{Nodes: 2, NodeCPU: "8"})
	if s == nil {
		t.Fatal(problems)
	}
	o, _ := s.Options(0)
	is(t, "plain", []any{s.Name, o.Seed, len(o.Nodes), o.Nodes[1].Object.Name, o.Nodes[1].Object.Status.Capacity.Cpu().String(), o.Nodes[0].Object.Status.Capacity.Memory().String()},
		[]any{"web", 1, 2, "node-2", "8", "16Gi"})
	is(t, "components", o.Components.Kubelet.SyncFrequency, time.Minute)
}

// TestLint: each rule, and that it keeps still where it cannot know.
func TestLint(t *testing.T) {
	const text = head + `  duration: 5m
  cluster: {nodes: [{name: n1, zones: [a]}]}
  workloads:
  - at: 1s
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec:
        serviceAccountName: sa
        priorityClassName: high
        imagePullSecrets: [{name: s1}]
        volumes:
        - {name: v1, secret: {secretName: s2}}
        - {name: v2, configMap: {name: c1}}
        - {name: v3, configMap: {name: c1}}
        - {name: v4, configMap: {name: c2, optional: true}}
        containers:
        - name: app
          image: a:v1
          envFrom: [{configMapRef: {name: c3}}]
          env: [{name: A, valueFrom: {secretKeyRef: {name: s3, key: a}}}]
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: api}
      spec:
        selector: {matchLabels: {app: api}}
        template:
          metadata: {labels: {app: api}}
          spec: {containers: [{name: app, image: a:v1}]}
  - {at: 5m, inline: "{apiVersion: v1, kind: ConfigMap, metadata: {name: late}}"}
  behaviors:
  - {select: {name: "wep*"}}
  - {select: {labels: app=api, owner: Deployment/api, name: "api-7*"}}
  - {select: {owner: ReplicaSet/api-1}}
  - {select: {name: web}, container: ap}
  - {select: {image: "a:v2"}}
  timeline:
  - {at: 5m, cordon: {node: n1}}
  - {name: x, at: 1s, cordon: {node: n2}}
  - {after: {step: x, delay: 5m}, uncordon: {step: x}}
  - {at: 1s, cordon: {zone: b}}
  - {at: 1s, cordon: {select: "disk=ssd"}}
  - {at: 1s, delete: {target: Pod/wep}}
  - {at: 1s, delete: {target: Pod/api-7f9-abc}}
  - {at: 1s, scale: {target: deploy/api, namespace: team, replicas: 1}}
  - {at: 1s, killContainer: {target: Pod/web, container: ap}}
`
	s, problems := Load("t.yaml", []byte(text), LoadOptions{})
	if s == nil {
		t.Fatal(problems)
	}
	var got []string
	for _, p := range s.Lint() {
		got = append(got, p.String())
	}
	is(t, "lint", strings.Join(got, "\n"), `t.yaml:10:7: warning: the PriorityClass "high" is referenced and nowhere defined
t.yaml:10:7: warning: the ServiceAccount "sa" is referenced and nowhere defined
t.yaml:10:7: warning: the Secret "s1" is referenced and nowhere defined
t.yaml:10:7: warning: the Secret "s2" is referenced and nowhere defined
t.yaml:10:7: warning: the ConfigMap "c1" is referenced and nowhere defined
t.yaml:10:7: warning: the ConfigMap "c3" is referenced and nowhere defined
t.yaml:10:7: warning: the Secret "s3" is referenced and nowhere defined
t.yaml:36:5: warning: the workload comes at 5m0s, the run ends at 5m0s
t.yaml:38:5: warning: the behavior's selector matches no pod
t.yaml:41:5: warning: no pod that the behavior selects has a container "ap"
t.yaml:42:5: warning: the behavior's selector matches no pod
t.yaml:44:5: warning: the step comes at 5m0s, the run ends at 5m0s
t.yaml:45:23: warning: cordon: there is no node "n2"
t.yaml:46:5: warning: the step comes at 5m1s, the run ends at 5m0s
t.yaml:47:14: warning: cordon: no node is in zone "b"
t.yaml:48:14: warning: cordon: no node matches "disk=ssd"
t.yaml:49:14: warning: delete: the scenario brings no Pod "wep" in namespace default
t.yaml:51:14: warning: scale: the scenario brings no Deployment "api" in namespace team
t.yaml:52:14: warning: killContainer: Pod "web" has no container "ap"`)
}
