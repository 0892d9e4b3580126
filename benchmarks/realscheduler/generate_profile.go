package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// GenerateProfile returns a KubeSchedulerConfiguration of one profile. Its draws have nothing to do with those of Generate.
func GenerateProfile(seed uint64) string {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0xc0f19))}
	return g.profile()
}

// withProfile is Generate with a profile. Nodes that a pod names are looked at in an order that upstream leaves to chance,
// which shows where few plugins score.
func withProfile(seed uint64, allowed []string) Scenario {
	op := Op{Do: DoProfile, Key: GenerateProfile(seed)}
	allowed = slices.DeleteFunc(slices.Clone(allowed), func(f string) bool { return f == "matchfields" || f == "terminating" && spreads(op) })
	return append(Scenario{op}, Generate(seed, allowed, false)...)
}

func (g *generator) profile() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles:\n- schedulerName: default-scheduler")
	if g.oneIn(3) {
		line("  percentageOfNodesToScore: %d", pick(g, 0, 1, 50, 100))
	}
	line("  plugins:")
	scorers := []string{"TaintToleration", "NodeAffinity", "NodeResourcesFit", "PodTopologySpread", "InterPodAffinity", "NodeResourcesBalancedAllocation", "ImageLocality"}
	some := func(from []string, n int) (out []string) {
		for _, s := range from {
			if g.oneIn(n) {
				out = append(out, s)
			}
		}
		return out
	}
	line("    score:\n      disabled:%s", list(some(append(scorers, "\"*\""), 5)))
	enabled := some(scorers, 3)
	g.Shuffle(len(enabled), func(i, j int) { enabled[i], enabled[j] = enabled[j], enabled[i] })
	if len(enabled) > 0 {
		line("      enabled:")
	}
	for _, s := range enabled {
		line("      - {name: %s, weight: %d}", s, g.IntN(8))
	}
	both := some([]string{"NodeUnschedulable", "NodeName", "TaintToleration"}, 6)
	both = append(both, some([]string{"NodeAffinity", "NodePorts", "NodeResourcesFit", "PodTopologySpread", "InterPodAffinity"}, 8)...)
	line("    filter: {disabled:%s}", list(both))
	if order := some([]string{"TaintToleration", "NodeUnschedulable", "NodeResourcesFit", "NodePorts"}, 8); len(order) > 0 {
		line("    multiPoint: {enabled:%s}", list(order))
	}
	if g.oneIn(6) {
		line("    postFilter: {disabled: [{name: %s}]}", pick(g, "DefaultPreemption", "\"*\""))
	}
	line("  pluginConfig:")
	g.fitConfig(line)
	if g.oneIn(2) {
		line("  - name: NodeResourcesBalancedAllocation\n    args: {resources: [%s]}", strings.Join(someOf(g, "{name: cpu}", "{name: memory}", "{name: ephemeral-storage}", "{name: example.com/gpu}", "{name: hugepages-2Mi}"), ", "))
	}
	if g.oneIn(2) {
		line("  - name: InterPodAffinity\n    args: {hardPodAffinityWeight: %d, ignorePreferredTermsOfExistingPods: %v}", pick(g, 0, 1, 7, 100), g.oneIn(2))
	}
	if g.oneIn(2) {
		line("  - name: PodTopologySpread\n    args:\n      defaultingType: List")
		if g.oneIn(4) {
			return b.String()
		}
		line("      defaultConstraints:")
		line("      - {maxSkew: %d, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: %s}", 1+g.IntN(3), pick(g, "DoNotSchedule", "ScheduleAnyway"))
		if g.oneIn(2) {
			line("      - {maxSkew: %d, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: %s}", 1+g.IntN(3), pick(g, "DoNotSchedule", "ScheduleAnyway"))
		}
	}
	if g.oneIn(3) {
		line("  - name: NodeAffinity\n    args:\n      addedAffinity:")
		if g.oneIn(2) {
			line("        requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: %s, values: [%s]}]}]}", pick(g, "In", "NotIn"), pick(g, "ssd", "hdd"))
		}
		line("        preferredDuringSchedulingIgnoredDuringExecution: [{weight: %d, preference: {matchExpressions: [{key: disk, operator: In, values: [ssd]}]}}]", 1+g.IntN(100))
	}
	return b.String()
}

func someOf(g *generator, from ...string) (out []string) {
	for _, s := range from {
		if g.oneIn(2) {
			out = append(out, s)
		}
	}
	return out
}

func list(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, "{name: "+n+"}")
	}
	return " [" + strings.Join(out, ", ") + "]"
}

func (g *generator) fitConfig(line func(string, ...any)) {
	line("  - name: NodeResourcesFit\n    args:")
	line("      ignoredResources: [%s]", strings.Join(someOf(g, "example.com/gpu"), ", "))
	line("      ignoredResourceGroups: [%s]", strings.Join(someOf(g, "example.org"), ", "))
	kind := pick(g, "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio")
	line("      scoringStrategy:\n        type: %s\n        resources:", kind)
	line("        - {name: cpu, weight: %d}", 1+g.IntN(5))
	for _, r := range someOf(g, "memory", "ephemeral-storage", "example.com/gpu", "hugepages-2Mi", "foo") {
		line("        - {name: %s, weight: %d}", r, 1+g.IntN(5))
	}
	if kind == "RequestedToCapacityRatio" {
		line("        requestedToCapacityRatio: {shape: [{utilization: %d, score: %d}, {utilization: %d, score: %d}, {utilization: 100, score: %d}]}",
			g.IntN(30), g.IntN(11), 31+g.IntN(60), g.IntN(11), g.IntN(11))
	}
}
