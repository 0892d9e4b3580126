package scenarios

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/config"
)

func defaultScheduler() config.Scheduler {
	c, _ := config.Profile("")
	return c.Scheduler
}

func TestSchedulerConfig(t *testing.T) {
	const file = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
parallelism: 16
leaderElection: {leaderElect: true, leaseDuration: 15s, resourceLock: leases}
clientConnection: {kubeconfig: /etc/kubernetes/scheduler.conf, qps: 200, burst: 400}
enableProfiling: false
percentageOfNodesToScore: 70
podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 60
profiles:
- schedulerName: default-scheduler
  percentageOfNodesToScore: 0
  plugins:
    score:
      disabled: [{name: NodeResourcesFit}, {name: ImageLocality}]
      enabled: [{name: NodeResourcesFit, weight: 5}]
  pluginConfig:
  - name: NodeResourcesFit
    args:
      apiVersion: kubescheduler.config.k8s.io/v1
      kind: NodeResourcesFitArgs
      ignoredResources: [example.com/foo]
      scoringStrategy:
        type: RequestedToCapacityRatio
        resources: [{name: cpu, weight: 3}, {name: nvidia.com/gpu}]
        requestedToCapacityRatio:
          shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]
  - name: PodTopologySpread
    args:
      defaultingType: List
      defaultConstraints:
      - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule}
- schedulerName: packer
  pluginConfig:
  - name: InterPodAffinity
    args: {hardPodAffinityWeight: 0, ignorePreferredTermsOfExistingPods: true}
  - name: NodeAffinity
    args:
      addedAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
          - matchExpressions: [{key: pool, operator: In, values: [batch]}]
  - name: DefaultPreemption
    args: {minCandidateNodesPercentage: 20}
  - name: VolumeBinding
    args: {bindTimeoutSeconds: 60}
  - name: DynamicResources
    args: {filterTimeout: 0s}
`
	got := defaultScheduler()
	if problems := ReadSchedulerConfig("s.yaml", []byte(file), &got); len(problems) > 0 {
		t.Fatal(problems)
	}
	want := defaultScheduler()
	want.PercentageOfNodesToScore, want.PodInitialBackoff, want.PodMaxBackoff = 70, 2*time.Second, time.Minute
	want.KubeAPIQPS, want.KubeAPIBurst = 200, 400
	zero, twenty, sixty := int32(0), int32(20), int64(60)
	first := config.SchedulerProfile{SchedulerName: "default-scheduler", PercentageOfNodesToScore: &zero}
	first.Plugins.Score = config.PluginSet{
		Enabled:  []config.SchedulerPlugin{{Name: "NodeResourcesFit", Weight: 5}},
		Disabled: []config.SchedulerPlugin{{Name: "NodeResourcesFit"}, {Name: "ImageLocality"}},
	}
	first.NodeResourcesFit = config.NodeResourcesFitArgs{IgnoredResources: []string{"example.com/foo"}, ScoringStrategy: config.ScoringStrategy{
		Type: config.RequestedToCapacityRatio, Resources: []config.ResourceSpec{{Name: "cpu", Weight: 3}, {Name: "nvidia.com/gpu"}},
		RequestedToCapacityRatio: config.RequestedToCapacityRatioParam{Shape: []config.UtilizationShapePoint{{Utilization: 0, Score: 0}, {Utilization: 100, Score: 10}}},
	}}
	first.PodTopologySpread = config.PodTopologySpreadArgs{DefaultingType: config.ListDefaulting, DefaultConstraints: []corev1.TopologySpreadConstraint{
		{MaxSkew: 1, TopologyKey: "topology.kubernetes.io/zone", WhenUnsatisfiable: corev1.DoNotSchedule},
	}}
	second := config.SchedulerProfile{SchedulerName: "packer"}
	second.InterPodAffinity = config.InterPodAffinityArgs{HardPodAffinityWeight: &zero, IgnorePreferredTermsOfExistingPods: true}
	second.NodeAffinity.AddedAffinity = &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
		{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "pool", Operator: corev1.NodeSelectorOpIn, Values: []string{"batch"}}}},
	}}}
	second.DefaultPreemption.MinCandidateNodesPercentage = &twenty
	second.VolumeBinding.BindTimeoutSeconds = &sixty
	want.Profiles = []config.SchedulerProfile{first, second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An empty configuration changes nothing but that there is one profile.
func TestSchedulerConfigDefaults(t *testing.T) {
	got := defaultScheduler()
	if problems := ReadSchedulerConfig("s.yaml", []byte("apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles: [{}]\n"), &got); len(problems) > 0 {
		t.Fatal(problems)
	}
	want := defaultScheduler()
	want.Profiles = []config.SchedulerProfile{{SchedulerName: "default-scheduler"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBadSchedulerConfig(t *testing.T) {
	const head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
	plugins := func(s string) string { return head + "profiles:\n- plugins:\n    " + s }
	args := func(name, s string) string {
		return head + "profiles:\n- pluginConfig:\n  - name: " + name + "\n    args: " + s
	}
	tests := []struct{ file, want string }{
		{"", "s.yaml: error: holds no KubeSchedulerConfiguration"},
		{"a: [", "s.yaml:1:1: error: did not find expected node content"},
		{"kind: Pod", "s.yaml:1:7: error: kind: must be KubeSchedulerConfiguration, got \"Pod\""},
		{"kind: KubeSchedulerConfiguration\napiVersion: kubescheduler.config.k8s.io/v1beta3", `s.yaml:2:13: error: apiVersion: must be kubescheduler.config.k8s.io/v1, got "kubescheduler.config.k8s.io/v1beta3"`},
		{head + "---\na: b", "s.yaml:4:1: error: a second document"},
		{head + "profile: []", `s.yaml:3:1: error: unknown field "profile" (did you mean "profiles"?)`},
		{head + "parallelism: 0", "s.yaml:3:14: error: parallelism: must be above 0"},
		{head + "parallelism: -1", "s.yaml:3:14: error: parallelism: must not be negative"},
		{head + "percentageOfNodesToScore: 101", "s.yaml:3:27: error: percentageOfNodesToScore: must be from 0 to 100, got 101"},
		{head + "podInitialBackoffSeconds: 20", "s.yaml:1:1: error: podMaxBackoffSeconds: must be at least podInitialBackoffSeconds (20), got 10"},
		{head + "extenders:\n- urlPrefix: http://x", "s.yaml:4:1: error: extenders: not simulated"},
		{head + "profiles:\n- {schedulerName: a}\n- {}", "s.yaml:5:3: error: profiles[1].schedulerName: required"},
		{head + "profiles:\n- {schedulerName: a}\n- {schedulerName: a}", `s.yaml:5:19: error: profiles[1].schedulerName: "a" is that of profiles[0] too`},
		{plugins("filter: {disabled: [{name: NodeUnschedulble}]}"), `s.yaml:5:32: error: profiles[0].plugins.filter.disabled[0].name: there is no plugin "NodeUnschedulble" (did you mean "NodeUnschedulable"?)`},
		{plugins("filters: {}"), `s.yaml:5:5: error: unknown field "profiles[0].plugins.filters" (did you mean "filter"?)`},
		{plugins("score: {enabled: [{name: NodeName}]}"), "s.yaml:5:30: error: profiles[0].plugins.score.enabled[0].name: NodeName has no score; it has filter"},
		{plugins("score: {enabled: [{name: ImageLocality}, {name: ImageLocality}]}"), "s.yaml:5:53: error: profiles[0].plugins.score.enabled[1].name: ImageLocality is enabled twice"},
		{plugins("score: {enabled: [{name: ImageLocality, weight: -1}]}"), "must not be negative"},
		{plugins("score: {enabled: [{weight: 1}]}"), "s.yaml:5:23: error: profiles[0].plugins.score.enabled[0].name: required"},
		{plugins("filter: {enabled: [{name: EBSLimits}]}"), "EBSLimits was removed from Kubernetes"},
		{plugins("multiPoint: {enabled: [{name: GangScheduling}]}"), "GangScheduling is not simulated: its feature gate is alpha and off"},
		{plugins(`bind: {disabled: [{name: "*"}]}`), "s.yaml:5:5: error: profiles[0].plugins: at least one bind plugin is needed"},
		{plugins("preFilter: {disabled: [{name: NodeResourcesFit}]}"), `filter of plugin "NodeResourcesFit" without its preFilter is not simulated`},
		{args("NodeResourceFit", "{}"), `s.yaml:5:11: error: profiles[0].pluginConfig[0].name: there is no plugin "NodeResourceFit" (did you mean "NodeResourcesFit"?)`},
		{args("NodeName", "{}"), "s.yaml:5:11: error: profiles[0].pluginConfig[0].name: NodeName takes no arguments"},
		{args("NodeResourcesFit", "{kind: NodeAffinityArgs}"), `s.yaml:6:18: error: profiles[0].pluginConfig[0].args.kind: must be NodeResourcesFitArgs, got "NodeAffinityArgs"`},
		{args("NodeResourcesFit", "{scoringStratgy: {}}"), `unknown field "profiles[0].pluginConfig[0].args.scoringStratgy" (did you mean "scoringStrategy"?)`},
		{args("NodeResourcesFit", "{scoringStrategy: {type: MostAlocated}}"), `s.yaml:6:36: error: profiles[0].pluginConfig[0].args.scoringStrategy.type: must be LeastAllocated, MostAllocated, RequestedToCapacityRatio, got "MostAlocated" (did you mean "MostAllocated"?)`},
		{args("NodeResourcesFit", "{scoringStrategy: {type: RequestedToCapacityRatio}}"), "requestedToCapacityRatio is required for this type"},
		{args("NodeResourcesFit", "{scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 101}]}}"), "s.yaml:6:83: error: profiles[0].pluginConfig[0].args.scoringStrategy.resources[0].weight: must be from 0 to 100, got 101"},
		{args("NodeResourcesFit", "{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 50, score: 11}, {utilization: 50, score: 1}]}}}"), "score: must be from 0 to 10, got 11"},
		{args("NodeResourcesFit", "{ignoredResourceGroups: [example.com/x]}"), "a group is what stands before the slash"},
		{args("NodeResourcesBalancedAllocation", "{resources: [{name: cpu, weight: 2}]}"), "resources[0].weight: must be 1"},
		{args("InterPodAffinity", "{hardPodAffinityWeight: 101}"), "hardPodAffinityWeight: must be from 0 to 100, got 101"},
		{args("NodeAffinity", "{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Is}]}]}}}"), `nodeSelectorTerms[0].matchExpressions[0].operator: Unsupported value: "Is"`},
		{args("PodTopologySpread", "{defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]}"), "defaultConstraints need defaultingType List"},
		{args("PodTopologySpread", "{defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]}"), "labelSelector: must not be set"},
		{args("DefaultPreemption", "{minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}"), "must not be 0 together with minCandidateNodesAbsolute"},
		{args("DynamicResources", "{bindingTimeout: 1ms}"), "bindingTimeout: must be at least 1s"},
		{args("VolumeBinding", "{shape: [{utilization: 0, score: 0}]}"), "needs the feature gate StorageCapacityScoring"},
		{args("NodeAffinity", "{}\n  - name: NodeAffinity"), "the arguments of NodeAffinity stand here twice"},
	}
	for _, tt := range tests {
		got := defaultScheduler()
		problems := ReadSchedulerConfig("s.yaml", []byte(tt.file), &got)
		var all []string
		for _, p := range problems {
			all = append(all, p.String())
		}
		if text := strings.Join(all, "\n"); !strings.Contains(text, tt.want) {
			t.Errorf("%s\ngot  %s\nwant %s", tt.file, text, tt.want)
		}
		if diff := cmp.Diff(defaultScheduler(), got); diff != "" {
			t.Errorf("%s\nchanged the settings: %s", tt.file, diff)
		}
	}
}

// A scenario's own settings go before those of the file that it names.
func TestScenarioWithSchedulerConfig(t *testing.T) {
	dir := fstest.MapFS{"conf/s.yaml": {Data: []byte("apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\npodMaxBackoffSeconds: 30\npodInitialBackoffSeconds: 3\nprofiles: [{schedulerName: mine}]\n")}}
	text := "apiVersion: simulate/v1alpha1\nkind: Scenario\nspec:\n  components:\n    kubeScheduler: {configFile: conf/s.yaml, podMaxBackoff: 40s}\n"
	s, problems := Load("a.yaml", []byte(text), LoadOptions{FS: dir})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	got := o.Components.Scheduler
	if got.PodMaxBackoff != 40*time.Second || got.PodInitialBackoff != 3*time.Second || len(got.Profiles) != 1 || got.Profiles[0].SchedulerName != "mine" {
		t.Errorf("%+v", got)
	}
	dir["conf/s.yaml"].Data = []byte("kind: KubeSchedulerConfiguration\n")
	if _, problems = Load("a.yaml", []byte(text), LoadOptions{FS: dir}); !problems.HasErrors() || !strings.HasPrefix(problems[0].String(), "conf/s.yaml:1:1: error: apiVersion: required") {
		t.Error(problems)
	}
}
