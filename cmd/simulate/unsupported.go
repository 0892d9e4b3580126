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
		{"top", "measured usage is not simulated; what pods request of each node: simulate describe node NAME, simulate run"},
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
