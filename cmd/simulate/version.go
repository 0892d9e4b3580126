package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"clustersim/scenarios"
)

// release is set by release builds: -ldflags "-X main.release=v1.2.3".
var release = ""

// version is that of the build: a release, or the version or commit that the Go tool knows.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return "devel"
}

// newVersion is `simulate version`.
func newVersion(a *app) *cobra.Command {
	output := ""
	c := &cobra.Command{
		Use:               "version [flags]",
		Short:             "Print the version, and that of the Kubernetes that is simulated",
		Example:           "  simulate version\n  simulate version -o json",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			switch output {
			case "":
				_, err := fmt.Fprintf(a.out, "simulate %s\nKubernetes %s\n%s\n", version(), scenarios.DefaultVersion, runtime.Version())
				return err
			case "json":
				e := json.NewEncoder(a.out)
				e.SetIndent("", "  ")
				return e.Encode(map[string]string{"version": version(), "kubernetes": scenarios.DefaultVersion, "go": runtime.Version()})
			}
			return usagef("-o %s: must be json, or left out", output)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "`FORMAT`: json")
	return c
}
