package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clustersim/sim"
	"clustersim/sim/store"
)

// newReach is `simulate reach`.
func newReach(a *app) *cobra.Command {
	v := &view{}
	from, output := "", "text"
	c := &cobra.Command{
		Use:   "reach {POD | svc/SERVICE | node/NODE | localhost | IP}[:PORT] -f FILE [flags]",
		Short: "Show who answers at an address of the cluster, and why nobody does",
		Example: `  # Which pods a connection to a Service may come to, 30 s into the run
  simulate reach svc/web:80 -f web.yaml --at 30s

  # Containers of a pod share one network
  simulate reach localhost:8080 --from web/sidecar -f web.yaml

  # A pod's own address, a NodePort
  simulate reach web-1:8080 -f web.yaml
  simulate reach node/node-1:30080 -f web.yaml`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("reach: say what to reach: a pod, svc/NAME, node/NAME:PORT, localhost:PORT or an address")
			}
			if output != "text" && output != "json" {
				return usagef("-o %s: must be text or json", output)
			}
			return v.reach(a, sim.ReachQuery{Namespace: v.request.Namespace, Target: args[0], From: from}, output)
		},
	}
	v.input.register(c)
	v.at = atEnd
	f := c.Flags()
	f.Var(&v.at, "at", "ask at this `TIME` since the start of the run; past its end it runs on")
	f.StringVarP(&v.request.Namespace, "namespace", "n", "", "`NAMESPACE` of the names (default \"default\")")
	f.StringVar(&from, "from", "", "ask from this `POD` or POD/CONTAINER")
	f.StringVarP(&output, "output", "o", "text", "`FORMAT`: text or json")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (v *view) reach(a *app, q sim.ReachQuery, output string) error {
	r, p, err := v.start(a)
	if err != nil {
		return err
	}
	if err := a.until(r, p, time.Duration(v.at)); err != nil {
		return err
	}
	x, err := r.Reach(q)
	if err != nil {
		var api *store.APIError
		if errors.As(err, &api) {
			return &exit{exitNo, "error: " + err.Error()}
		}
		return usagef("%s", err)
	}
	if output == "json" {
		e := json.NewEncoder(a.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(x); err != nil {
			return err
		}
	} else if _, err := a.out.WriteString(reachText(x)); err != nil {
		return err
	}
	if !x.Answered {
		return &exit{exitNo, ""}
	}
	return nil
}

// reachText is the answer for a reader: what was asked, the way, each pod, the result.
func reachText(x *sim.Reach) string {
	b := &strings.Builder{}
	b.WriteString(x.Target)
	if x.Address != "" {
		b.WriteString(" (" + x.Address + ")")
	}
	if x.From != "" {
		b.WriteString(" from " + x.From)
	}
	b.WriteString("\n")
	for _, step := range x.Path {
		b.WriteString("  " + step + "\n")
	}
	answers := 0
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, t := range x.Tries {
		where, who := "", "container "+t.Container+" answers"
		if t.Node != "" {
			where = "on " + t.Node
		}
		if t.Answers {
			answers++
		} else {
			who = t.Why
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", tried(t.Pod), t.Address, where, who)
	}
	_ = w.Flush()
	switch {
	case !x.Answered && x.Why != "" && (len(x.Tries) != 1 || x.Tries[0].Why != x.Why):
		b.WriteString("nobody answers: " + x.Why + "\n")
	case !x.Answered:
		b.WriteString("nobody answers\n")
	case answers == len(x.Tries):
		b.WriteString("answered\n")
	default:
		fmt.Fprintf(b, "answered by %d of %d: the other connections fail\n", answers, len(x.Tries))
	}
	return b.String()
}

// tried names what a connection came to.
func tried(pod string) string {
	if pod == "" {
		return "endpoint"
	}
	return "pod/" + strings.TrimPrefix(pod, "default/")
}
