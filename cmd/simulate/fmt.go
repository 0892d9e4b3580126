package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"clustersim/scenarios"
)

// newFmt is `simulate fmt`.
func newFmt(a *app) *cobra.Command {
	check := false
	c := &cobra.Command{
		Use:   "fmt FILE... [flags]",
		Short: "Write scenario files in their canonical form, comments kept",
		Example: `  # In place; which ones would change, and exit code 1 if any
  simulate fmt scenarios/*.yaml
  simulate fmt --check scenarios/*.yaml

  # From standard input to standard output
  simulate fmt - < scenario.yaml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			changed, failed := false, false
			for _, name := range args { // one that cannot be read does not keep the others from being formatted
				differs, err := formatFile(a, name, check)
				if err != nil {
					failed = true
					fmt.Fprintf(a.err, "error: %v\n", err)
				}
				changed = changed || differs
			}
			if failed {
				return &exit{code: exitUsage}
			}
			if check && changed {
				return &exit{code: exitNo}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&check, "check", false, "write nothing; name the files that would change")
	return c
}

// formatFile formats one file and reports whether that changes it.
func formatFile(a *app, name string, check bool) (bool, error) {
	if name == "-" {
		data, err := io.ReadAll(a.in)
		if err != nil {
			return false, err
		}
		out, err := format("stdin", data)
		differs := err == nil && !bytes.Equal(out, data)
		switch {
		case err != nil:
		case !check:
			_, err = a.out.Write(out)
		case differs:
			fmt.Fprintln(a.out, "stdin")
		}
		return differs, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	out, err := format(name, data)
	if err != nil || bytes.Equal(out, data) {
		return false, err
	}
	if check {
		fmt.Fprintln(a.out, name)
		return true, nil
	}
	return true, os.WriteFile(name, out, 0o644)
}

// format formats the text of a file that holds a scenario. Plain manifests are not for it to write anew.
func format(name string, data []byte) ([]byte, error) {
	out, err := scenarios.Format(name, data)
	if err == nil && !scenarios.Holds(data) {
		return nil, fmt.Errorf("%s: holds no scenario; fmt formats scenarios alone, so the file is left as it is", name)
	}
	return out, err
}
