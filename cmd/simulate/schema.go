package main

import (
	"github.com/spf13/cobra"

	"clustersim/scenarios"
)

// newSchema is `simulate schema`.
func newSchema(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the scenario file, for editors",
		Example: `  # Completion and checks in an editor with a YAML language server
  simulate schema > scenario.schema.json
  # and at the head of a scenario:
  # yaml-language-server: $schema=scenario.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(scenarios.Schema())
			return err
		},
	}
}
