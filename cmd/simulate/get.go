package main

import (
	"strings"

	"github.com/spf13/cobra"

	"clustersim/model"
	"clustersim/report/kubectl"
)

// newGet is `simulate get`.
func newGet(a *app) *cobra.Command {
	v := &view{}
	c := &cobra.Command{
		Use:   "get KIND [NAME...] -f FILE [flags]",
		Short: "Show objects of the simulated cluster, as kubectl get does",
		Example: `  # All pods at the end of the run
  simulate get pods -f web.yaml

  # Where they were after 95 seconds
  simulate get pods -f web.yaml --at 95s -o wide

  # Each row as it changes, from the start
  simulate get pods -f tour -w

  # One object as the API server would send it
  simulate get pod web -f tour --at 20s -o yaml`,
		ValidArgsFunction: completeKinds,
		RunE: func(_ *cobra.Command, args []string) error {
			v.request.Args = args
			if err := v.request.Check(); err != nil {
				return answer(err)
			}
			if v.watch {
				return v.watchRun(a)
			}
			return v.show(a, kindsOf(args), func(c *kubectl.Cluster) error { return kubectl.Get(a.out, c, v.request) })
		},
	}
	v.register(c)
	v.registerSelectors(c)
	f := c.Flags()
	f.StringVarP(&v.request.Output, "output", "o", "", "`FORMAT`: wide, yaml, json or name")
	f.BoolVarP(&v.watch, "watch", "w", false, "print each row as it changes, from the start up to --at")
	f.BoolVar(&v.request.WatchEvents, "output-watch-events", false, "with -w: begin each row with ADDED, MODIFIED or DELETED")
	f.BoolVar(&v.request.ShowLabels, "show-labels", false, "add a column with all labels")
	f.StringSliceVarP(&v.request.LabelColumns, "label-columns", "L", nil, "add a column for each of these `LABELS`")
	f.StringVar(&v.request.SortBy, "sort-by", "", "sort by a field: .metadata.name, {.status.startTime}, as a `PATH`")
	f.BoolVar(&v.request.NoHeaders, "no-headers", false, "leave the titles out")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"wide", "yaml", "json", "name"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func completeKinds(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if len(args) == 0 {
		for _, k := range model.Kinds {
			names = append(names, k.Plural)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// kindsOf are the kinds that the arguments ask for; nil means all, also where there is doubt.
func kindsOf(args []string) (kinds []*model.Kind) {
	for _, arg := range args {
		resource, _, slash := strings.Cut(arg, "/")
		for _, name := range strings.Split(resource, ",") {
			k := model.FindKind(name)
			if k == nil {
				return nil
			}
			kinds = append(kinds, k)
		}
		if !slash {
			break // names follow
		}
	}
	return kinds
}
