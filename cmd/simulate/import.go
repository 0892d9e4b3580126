package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"clustersim/scenarios/importer"
)

// importFlags are those of `simulate import`.
type importFlags struct {
	out      string
	as       string
	timed    bool
	machines int
	days     float64
}

// newImport is `simulate import`.
func newImport(a *app) *cobra.Command {
	f := &importFlags{}
	c := &cobra.Command{
		Use:   "import FILE... [flags]",
		Short: "Turn a cluster dump or a trace into a scenario",
		Example: `  # A live cluster, as it is now: what runs stays where it is and keeps its age
  kubectl get no,po,deploy,rs,sts,ds,job,cj,pdb -A -o yaml > dump.yaml
  simulate import dump.yaml --out prod
  simulate run -f prod/scenario.yaml --until 10m

  # The GPU cluster of Alibaba's openb trace: nodes, and pods in the order of their arrival
  simulate import openb_node_list_all_node.csv openb_pod_list_default.csv --out openb

  # A SimKube trace
  simulate import dsb-scaling.json --out dsb

  # Removals of machines as a failure model, on standard output
  simulate import machine_remove_events.csv --machines 12583 --days 29`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return f.run(a, args) },
	}
	fs := c.Flags()
	fs.StringVar(&f.out, "out", "", "put the scenario and its files into this `DIR`")
	fs.StringVar(&f.as, "as", "", "`FORMAT` of the input, instead of what it looks like: dump, openb, simkube, google2011")
	fs.BoolVar(&f.timed, "timed", false, "openb: let pods arrive and end when they did, instead of all at 0s")
	fs.IntVar(&f.machines, "machines", 0, "google2011: `N` machines in the cell, removed or not")
	fs.Float64Var(&f.days, "days", 0, "google2011: the trace covers this many `DAYS`")
	_ = c.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{"dump", "openb", "simkube", "google2011"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (f *importFlags) run(a *app, args []string) error {
	if len(args) == 0 {
		return usagef("nothing to import: name a dump or a trace, or - for standard input")
	}
	as := f.as
	if as == "" {
		as = importer.Format(args[0])
	}
	switch as {
	case "dump":
		return f.dump(a, args)
	case "openb":
		return f.openb(a, args)
	case "simkube":
		return f.simkube(a, args)
	case "google2011":
		return f.removals(a, args)
	}
	return usagef("--as %s: must be dump, openb, simkube or google2011", as)
}

// dump imports what kubectl printed.
func (f *importFlags) dump(a *app, args []string) error {
	if err := f.needOut(); err != nil {
		return err
	}
	d, problems := importer.Read(args, a.in)
	if err := problems.Format(a.err, maxProblems); err != nil {
		return err
	}
	if problems.HasErrors() {
		return &exit{code: exitUsage}
	}
	d.Tidy()
	if d.Nodes == 0 {
		return usagef("%s: no Node in it; a cluster dump starts with nodes (for manifests alone, use run -f)", strings.Join(args, ", "))
	}
	files, err := d.Write(f.out, title(args))
	if err != nil {
		return usagef("%v", err)
	}
	fmt.Fprintf(a.out, "%s.\n", d.Summary())
	if len(d.Notes) > 0 {
		fmt.Fprintln(a.out, "\nAssumed, since the dump does not say:")
	}
	for _, n := range d.Notes {
		fmt.Fprintf(a.out, "  %s\n", n)
	}
	return f.wrote(a, files)
}

func (f *importFlags) needOut() error {
	if f.out == "" {
		return usagef("say where the scenario and its files go: --out DIR")
	}
	if info, err := os.Stat(f.out); err == nil && !info.IsDir() {
		return usagef("--out %s: is a file", f.out)
	}
	return nil
}

// wrote names the files.
func (f *importFlags) wrote(a *app, files []string) error {
	fmt.Fprintf(a.out, "\nWritten to %s: %s\n", f.out, strings.Join(files, ", "))
	_, err := fmt.Fprintf(a.out, "Next: simulate run -f %s\n", filepath.Join(f.out, files[0]))
	return err
}
