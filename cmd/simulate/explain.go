package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"clustersim/report/metric"
	"clustersim/scenarios"
	"clustersim/sim/fault"
	"clustersim/sim/rule"
)

// topic is something that `simulate explain` explains.
type topic struct {
	name string
	doc  string
	// list names what there is; explain writes one of them and reports whether there is such.
	list    func() []string
	explain func(a *app, name string) bool
}

// topics are all of them.
func topics() []topic {
	return []topic{
		{"scenario", "a field of a scenario file: scenario.spec.cluster.nodes", scenarioFields, noOther},
		{"kind", "a kind, or a field of its manifests: pod.spec.containers.livenessProbe", kindNames, noOther},
		{"rule", "what the simulated components do by themselves, with constants and sources", ruleNames, explainRule},
		{"metric", "what thresholds, checks and reports measure", metricNames, explainMetric},
		{"action", "what a step of a timeline can do", actionNames, explainAction},
		{"exit-code", "what this program returns", func() []string { return []string{"0", "1", "2", "3", "130"} }, explainExit},
	}
}

// newExplain is `simulate explain`.
func newExplain(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [TOPIC [NAME] | scenario.FIELD | KIND.FIELD]",
		Short: "Explain fields of scenarios and manifests, rules, metrics, actions",
		Example: `  # What can be explained
  simulate explain

  # A field of a scenario; a field of a manifest, and whether it is simulated
  simulate explain scenario.spec.cluster.nodes.failures
  simulate explain pod.spec.containers.livenessProbe

  # The rules of the kubelet; one of them
  simulate explain rule kubelet
  simulate explain rule kubelet.crash-loop-back-off

  # A metric
  simulate explain metric time_to_ready_seconds`,
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: completeExplain,
		RunE:              func(_ *cobra.Command, args []string) error { return explain(a, args) },
	}
}

func completeExplain(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	for _, t := range topics() {
		switch {
		case len(args) == 0:
			out = append(out, t.name+"\t"+t.doc)
		case len(args) == 1 && args[0] == t.name:
			out = t.list()
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func explain(a *app, args []string) error {
	if len(args) == 0 {
		for _, t := range topics() {
			fmt.Fprintf(a.out, "%-10s %s\n", t.name, t.doc)
		}
		return nil
	}
	if known, err := explainPath(a, pathOf(args)); known {
		return err
	}
	name, one, _ := strings.Cut(args[0], "/")
	if len(args) == 2 {
		one = args[1]
	}
	for _, t := range topics() {
		if t.name != strings.TrimSuffix(name, "s") && t.name != name {
			continue
		}
		if one == "" {
			for _, n := range t.list() {
				fmt.Fprintln(a.out, n)
			}
			return nil
		}
		if t.explain(a, one) {
			return nil
		}
		return usagef("there is no %s %q; all of them: simulate explain %s", t.name, one, t.name)
	}
	return usagef("%s cannot be explained; simulate explain lists what can be", args[0])
}

// noOther is for topics whose names are paths: explainPath knows them all.
func noOther(*app, string) bool { return false }

func ruleNames() (names []string) {
	for _, r := range rule.Catalogue() {
		names = append(names, r.Name)
	}
	return names
}

// explainRule writes one rule, or all of a component.
func explainRule(a *app, name string) bool {
	found := false
	for _, r := range rule.Catalogue() {
		if r.Name != name && r.Component() != name {
			continue
		}
		if found {
			fmt.Fprintln(a.out)
		}
		found = true
		fmt.Fprintf(a.out, "%s\n  %s\n  %s\n", r.Name, r.Sentence(), r.KoreanSentence())
		for _, c := range r.Constants {
			fmt.Fprintf(a.out, "  %s: %s", c.Name, c.Value)
			if c.Field != "" {
				fmt.Fprintf(a.out, " (the default; %s sets it)", c.Field)
			}
			fmt.Fprintln(a.out)
		}
		if r.Source != "" {
			fmt.Fprintf(a.out, "  source: k8s v1.36.3 %s\n", r.Source)
		}
	}
	return found
}

func actionNames() (names []string) {
	for i := range fault.Registry {
		names = append(names, fault.Registry[i].Name)
	}
	return names
}

func explainAction(a *app, name string) bool {
	if fault.Find(name) == nil {
		return false
	}
	f, err := scenarios.Explain([]string{"spec", "timeline", name})
	if err != nil {
		panic("invariant: " + err.Error())
	}
	var fields []string
	for i := range f.Fields {
		fields = append(fields, f.Fields[i].Name)
	}
	fmt.Fprintf(a.out, "%s\n  %s\n  fields: %s (simulate explain scenario.spec.timeline.%s)\n", name, f.Doc, strings.Join(fields, ", "), name)
	return true
}

func explainExit(a *app, name string) bool {
	text := map[string]string{
		"0": "done, or yes; failed or unschedulable pods are results, not failures", "1": "the answer is no: a check failed, a threshold, a difference, nothing of that name",
		"2": "bad usage or bad input", "3": "the run could not finish: a limit, a broken invariant", "130": "interrupted; what was printed is whole",
	}[name]
	if text != "" {
		fmt.Fprintf(a.out, "%s: %s\n", name, text)
	}
	return text != ""
}

func metricNames() []string { return metric.Names() }

func explainMetric(a *app, name string) bool {
	m := metric.Find(name)
	if m == nil {
		return false
	}
	fmt.Fprintf(a.out, "%s (%s, in %s)\n  %s\n  %s\n", m.Name, m.Type, m.Unit, m.Doc, m.How)
	if len(m.Labels) > 0 {
		fmt.Fprintf(a.out, "  labels: %s\n", strings.Join(m.Labels, ", "))
	}
	if m.PodLabels {
		fmt.Fprintln(a.out, "  selectors may name labels of pods")
	}
	return true
}
