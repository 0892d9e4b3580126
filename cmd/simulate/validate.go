package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newValidate is `simulate validate`.
func newValidate(a *app) *cobra.Command {
	in := &input{}
	c := &cobra.Command{
		Use:   "validate {-f FILE | NAME}... [flags]",
		Short: "Check scenarios and manifests without running them",
		Example: `  # All mistakes, with their lines, and what is surely not meant
  simulate validate -f web.yaml

  # A whole directory
  simulate validate -f manifests/`,
		ValidArgsFunction: completeInput,
		RunE: func(_ *cobra.Command, args []string) error {
			in.files = append(in.files, args...)
			return in.validate(a)
		},
	}
	in.register(c)
	return c
}

// validate prints every problem and, if none of them is an error, one line for each scenario.
func (in *input) validate(a *app) error {
	sources, err := in.load(a)
	if err != nil {
		return err
	}
	for i := range sources {
		s := &sources[i]
		problems := append(s.problems, s.scenario.Lint()...)
		if err := problems.Format(a.err, 0); err != nil {
			return err
		}
		o, err := s.scenario.Options(0)
		if err != nil {
			return usagef("%v", err)
		}
		manifests := len(o.Import)
		for _, w := range o.Workloads {
			manifests += len(w.Manifests)
		}
		fmt.Fprintf(a.out, "%s: valid: %s, %s, %s; %s\n", s.scenario.Name, many(len(o.Nodes), "node"), many(manifests, "object"),
			many(len(o.Steps), "step"), many(len(problems.Warnings()), "warning"))
	}
	return nil
}

// many is "1 node", "2 nodes".
func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
