package main

import (
	"github.com/spf13/cobra"
)

// unsupported are kubectl's verbs that a simulation has no answer to. They exist to say so in one line.
func unsupported() []*cobra.Command {
	verbs := []struct{ name, why string }{
		{"logs", "containers run no program, so nothing is logged; what happened to a pod: simulate describe pod NAME, simulate events"},
		{"exec", "containers run no program to attach to; what a container does is said by the scenario's behaviors"},
		{"attach", "containers run no program to attach to; what a container does is said by the scenario's behaviors"},
		{"port-forward", "pods have no network; whether a pod is ready to serve: simulate get pods, simulate get endpointslices"},
		{"cp", "containers have no files"},
		{"top", "what a pod uses is said by the scenario's behaviors; what pods request of each node: simulate describe node NAME, simulate run"},
	}
	steps := []struct{ name, as string }{
		{"apply", "the step apply, or -f of simulate run"}, {"create", "spec.workloads, or -f of simulate run"}, {"delete", "the step delete"},
		{"scale", "the step scale"}, {"label", "the step label for nodes, patch for others"}, {"annotate", "the step patch"}, {"patch", "the step patch"},
		{"edit", "the step patch"}, {"set", "the step setImage"}, {"rollout", "the steps rolloutRestart, rolloutUndo, pause and resume"},
		{"expose", "spec.workloads with a Service"}, {"autoscale", "spec.workloads with a HorizontalPodAutoscaler"}, {"taint", "the step taint"},
		{"cordon", "the step cordon"}, {"uncordon", "the step uncordon"}, {"drain", "the step drain"},
	}
	for _, s := range steps {
		verbs = append(verbs, struct{ name, why string }{s.name, "as a command; in a scenario, with its time: " + s.as + " (simulate explain action, simulate lesson commands)"})
	}
	var commands []*cobra.Command
	for _, v := range verbs {
		commands = append(commands, &cobra.Command{
			Use:                v.name,
			Short:              "Not simulated",
			Hidden:             true,
			DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error {
				return usagef("%s is not simulated: %s", v.name, v.why)
			},
		})
	}
	return commands
}
