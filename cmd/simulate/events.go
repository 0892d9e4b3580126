package main

import (
	"time"

	"github.com/spf13/cobra"

	"clustersim/model"
	"clustersim/report/kubectl"
)

// newEvents is `simulate events`.
func newEvents(a *app) *cobra.Command {
	v := &view{}
	c := &cobra.Command{
		Use:   "events -f FILE [flags]",
		Short: "Show the events of a namespace, oldest first, as kubectl events does",
		Example: `  # All events of namespace default
  simulate events -f tour

  # The warnings about one pod, up to 150 s
  simulate events -f tour --at 150s --for pod/web --types Warning

  # Each as it comes
  simulate events -f tour -w`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("events takes no arguments; for the events of one object: --for pod/NAME")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if v.watch {
				return v.watchEvents(a)
			}
			return v.show(a, []*model.Kind{model.Event}, func(c *kubectl.Cluster) error { return kubectl.Events(a.out, c, v.request) })
		},
	}
	v.register(c)
	f := c.Flags()
	f.StringVar(&v.request.For, "for", "", "only events about this `KIND/NAME`")
	f.StringSliceVar(&v.request.Types, "types", nil, "only events of these `TYPES`: Normal, Warning")
	f.BoolVarP(&v.watch, "watch", "w", false, "print each event as it comes or is repeated, from the start up to --at")
	f.StringVarP(&v.request.Output, "output", "o", "", "`FORMAT`: yaml, json or name")
	f.BoolVar(&v.request.NoHeaders, "no-headers", false, "leave the titles out")
	return c
}

// watchEvents prints events while the run goes on.
func (v *view) watchEvents(a *app) error {
	w, err := kubectl.NewEventWatch(a.out, v.request)
	if err != nil {
		return answer(err)
	}
	sink := &watchSink{kind: model.Event}
	if v.recorded != "" {
		p, err := openRecording(v.recorded, a.err)
		if err != nil {
			return err
		}
		sink.clock, sink.watch = p.Header.Start.Add, w
		_, err = p.play(time.Duration(v.at), sink)
		return err
	}
	r, p, err := v.start(a, sink)
	if err != nil {
		return err
	}
	sink.clock, sink.watch = r.Clock, w
	return a.until(r, p, time.Duration(v.at))
}
