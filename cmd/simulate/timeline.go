package main

import (
	"time"

	"github.com/spf13/cobra"

	"clustersim/report"
	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

// timelineFlags are those of `simulate timeline`.
type timelineFlags struct {
	input
	recorded  string
	at        instant
	from      instant
	namespace string
	output    string
	width     int
	ascii     bool
	color     string
}

// newTimeline is `simulate timeline`.
func newTimeline(a *app) *cobra.Command {
	f := &timelineFlags{at: atEnd}
	c := &cobra.Command{
		Use:   "timeline {-f FILE | NAME}... [flags]",
		Short: "Draw pods and containers over time",
		Example: `  # A lane for each pod and each container
  simulate timeline tour

  # The first minute, 120 columns wide
  simulate timeline -f web.yaml --at 1m --width 120

  # The same data for a spreadsheet
  simulate timeline -f web.yaml -o csv`,
		ValidArgsFunction: completeInput,
		RunE: func(_ *cobra.Command, args []string) error {
			f.files = append(f.files, args...)
			return f.run(a)
		},
	}
	f.register(c)
	registerRun(c, &f.recorded)
	fs := c.Flags()
	fs.Var(&f.at, "at", "draw up to this `TIME`; past the end of the run it runs on")
	fs.Var(&f.from, "from", "draw from this `TIME` on")
	fs.StringVarP(&f.namespace, "namespace", "n", "", "only pods of this `NAMESPACE`")
	fs.StringVarP(&f.output, "output", "o", "text", "`FORMAT`: text, json, csv or md")
	fs.IntVar(&f.width, "width", 0, "`COLUMNS` (default: the terminal's, or 80)")
	fs.BoolVar(&f.ascii, "ascii", false, "use ASCII characters alone")
	fs.StringVar(&f.color, "color", "auto", "`WHEN` to colour: auto, always, never")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json", "csv", "md"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// What --width may be: below, there is no room beside the names; above, nobody can look at it.
const narrowest, widest = 40, 10_000

func (f *timelineFlags) check() error {
	switch f.output {
	case "text", "json", "csv", "md":
	default:
		return usagef("-o %s: must be text, json, csv or md", f.output)
	}
	if f.from < 0 {
		return usagef("--from end: there is nothing after the end")
	}
	if f.width != 0 && (f.width < narrowest || f.width > widest) {
		return usagef("--width %d: must be from %d to %d columns", f.width, narrowest, widest)
	}
	if f.at >= 0 && f.from >= f.at {
		return usagef("--from %v: must be before --at %v", time.Duration(f.from), time.Duration(f.at))
	}
	return checkColor(f.color)
}

func (f *timelineFlags) run(a *app) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.recorded != "" {
		return f.runRecorded(a)
	}
	s, err := f.one(a)
	if err != nil {
		return err
	}
	o, err := s.options(0, 1)
	if err != nil {
		return err
	}
	c := report.NewCollector()
	c.Stories = -1
	// What came of the checks is drawn too, as in a run that was recorded.
	r, bar, err := a.newSim(o, "", append([]journal.Sink{c}, s.scenario.Judge().NeededSinks()...)...)
	if err != nil {
		return err
	}
	ended := a.until(r, bar, time.Duration(f.at))
	if err := f.draw(a, c.Timeline(r.Options.Name, r.Engine.Now())); err != nil {
		return err
	}
	return ended
}

// runRecorded draws a recorded run.
func (f *timelineFlags) runRecorded(a *app) error {
	p, err := openRecording(f.recorded, a.err)
	if err != nil {
		return err
	}
	c := report.NewCollector()
	c.Stories = -1
	end, err := p.play(time.Duration(f.at), c)
	if err != nil {
		return err
	}
	return f.draw(a, c.Timeline(p.Header.Scenario, end))
}

func (f *timelineFlags) draw(a *app, r timeline.Run) error {
	if from := time.Duration(f.from); from > 0 && from >= r.Until {
		return usagef("--from %v: the run ends at %v", from, r.Until)
	}
	pods := r.Pods
	if f.namespace != "" {
		pods = nil
		for _, p := range r.Pods {
			if p.Namespace == f.namespace {
				pods = append(pods, p)
			}
		}
	}
	o := timeline.Options{Width: f.width, ASCII: f.ascii, Color: a.color(f.color), From: time.Duration(f.from), Cluster: r.Cluster}
	if o.Width == 0 {
		o.Width = a.width
	}
	if f.at >= 0 {
		o.To = time.Duration(f.at)
	}
	switch f.output {
	case "json":
		return timeline.JSON(a.out, pods)
	case "csv":
		return timeline.CSV(a.out, pods)
	case "md":
		return timeline.Markdown(a.out, pods, o)
	}
	return timeline.Text(a.out, pods, o)
}
