package main

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"clustersim/model"
	"clustersim/report/kubectl"
	"clustersim/sim"
	"clustersim/sim/journal"
)

// view is the flags and the work that get, describe and events have in common: they run the input and show the
// cluster at one instant, in kubectl's words and no others.
type view struct {
	input
	recorded string // the file of --run
	at       instant
	request  kubectl.Request
	watch    bool
	verdict  bool // describe: say of pods how they stand with the scheduler
}

func (v *view) register(c *cobra.Command) {
	v.input.register(c)
	v.at = atEnd
	f := c.Flags()
	registerRun(c, &v.recorded)
	f.Var(&v.at, "at", "show the cluster at this `TIME` since the start of the run; past its end it runs on")
	f.StringVarP(&v.request.Namespace, "namespace", "n", "", "`NAMESPACE` to look into (default \"default\")")
	f.BoolVarP(&v.request.AllNamespaces, "all-namespaces", "A", false, "look into all namespaces")
}

// registerSelectors adds -l and --field-selector.
func (v *view) registerSelectors(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&v.request.Selector, "selector", "l", "", "only objects with these labels: a=b,c!=d, as a `QUERY`")
	f.StringVar(&v.request.FieldSelector, "field-selector", "", "only objects with these fields: status.phase=Running, as a `QUERY`")
}

// start loads the input and makes its first replication, at t=0.
func (v *view) start(a *app, sinks ...journal.Sink) (*sim.Run, *progress, error) {
	s, err := v.one(a)
	if err != nil {
		return nil, nil, err
	}
	o, err := s.options(0, 1)
	if err != nil {
		return nil, nil, err
	}
	return a.newSim(o, "", sinks...)
}

// show runs to the instant and prints.
func (v *view) show(a *app, kinds []*model.Kind, print func(c *kubectl.Cluster) error) error {
	if v.recorded != "" {
		return v.showRecorded(a, kinds, print)
	}
	r, p, err := v.start(a)
	if err != nil {
		return err
	}
	if err := a.until(r, p, time.Duration(v.at)); err != nil {
		return err
	}
	c := cluster(r, kinds)
	if v.verdict {
		c.Below = func(o model.Object) string { return verdictOf(r, o) }
	}
	return answer(print(c))
}

// registerRun adds --run, in place of -f.
func registerRun(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "run", "", "look at the run in this `FILE` of `simulate run --record`, instead of running -f")
	c.MarkFlagsMutuallyExclusive("run", "filename")
	for _, flag := range [...]string{"set", "seed", "profile", "nodes", "node-cpu", "node-memory"} {
		c.MarkFlagsMutuallyExclusive("run", flag)
	}
}

// showRecorded prints what a recorded run held at the instant.
func (v *view) showRecorded(a *app, kinds []*model.Kind, print func(c *kubectl.Cluster) error) error {
	if v.verdict {
		return usagef("--verdict asks the scheduler of a run that is running: give its input with -f")
	}
	p, err := openRecording(v.recorded, a.err)
	if err != nil {
		return err
	}
	c, err := p.cluster(time.Duration(v.at), kinds)
	if err != nil {
		return err
	}
	return answer(print(c))
}

// cluster is what the API server holds now; no kinds means all.
func cluster(r *sim.Run, kinds []*model.Kind) *kubectl.Cluster {
	return &kubectl.Cluster{Now: r.Clock(r.Engine.Now()), Objects: r.Objects(kinds...)}
}

// answer gives kubectl's errors the exit codes of this program: what is not there is a "no", the rest is bad usage.
func answer(err error) error {
	var e *kubectl.Error
	if !errors.As(err, &e) {
		return err
	}
	code := exitUsage
	switch {
	case e.Code == 0:
		code = exitDone
	case strings.Contains(e.Message, "(NotFound)"):
		code = exitNo
	}
	return &exit{code, e.Message}
}
