package main

import (
	"github.com/spf13/cobra"

	"clustersim/report/kubectl"
)

// newDescribe is `simulate describe`.
func newDescribe(a *app) *cobra.Command {
	v := &view{}
	c := &cobra.Command{
		Use:   "describe KIND [NAME...] -f FILE [flags]",
		Short: "Show objects with all there is to say about them, as kubectl describe does",
		Example: `  # A pod with its containers, conditions and events
  simulate describe pod web -f tour --at 20s

  # A pod that waits, with what every plugin says of every node
  simulate describe pod web -f tour --at 20s --verdict

  # A node after its power failed
  simulate describe node node-1 -f tour --at 150s`,
		ValidArgsFunction: completeKinds,
		RunE: func(_ *cobra.Command, args []string) error {
			v.request.Args = args
			if err := v.request.Check(); err != nil {
				return answer(err)
			}
			return v.show(a, nil, func(c *kubectl.Cluster) error { return kubectl.Describe(a.out, c, v.request) })
		},
	}
	v.register(c)
	c.Flags().StringVarP(&v.request.Selector, "selector", "l", "", "only objects with these labels: a=b,c!=d, as a `QUERY`")
	c.Flags().BoolVar(&v.verdict, "verdict", false, "add to each pod how it stands with the scheduler: its queue, and what every plugin says of every node")
	return c
}
