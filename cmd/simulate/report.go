package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"clustersim/report/output"
	"clustersim/report/story"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/journal"
)

// reportFlags are those of `simulate report`.
type reportFlags struct {
	input
	recorded string
	until    ending
	output   string
	part     string
	out      string
}

// newReport is `simulate report`.
func newReport(a *app) *cobra.Command {
	f := &reportFlags{}
	c := &cobra.Command{
		Use:   "report {-f FILE | NAME}... -o FORMAT [flags]",
		Short: "Make a page, a figure, a trace or tables of a run",
		Example: `  # One page that any browser opens from disk
  simulate report tour -o html --out tour.html

  # A figure for a slide
  simulate report tour -o png --part utilisation --out tour.png

  # A trace for ui.perfetto.dev, and the pods for a spreadsheet
  simulate report -f web.yaml -o trace --out web.json
  simulate report -f web.yaml -o csv --part pods`,
		ValidArgsFunction: completeInput,
		RunE: func(_ *cobra.Command, args []string) error {
			f.files = append(f.files, args...)
			return f.run(a)
		},
	}
	f.register(c)
	registerRun(c, &f.recorded)
	fs := c.Flags()
	fs.Var(&f.until, "until", "end at this `TIME`, or when \"settled\", instead of when the scenario says")
	fs.StringVarP(&f.output, "output", "o", "html", "`FORMAT`: "+output.Names())
	fs.StringVar(&f.part, "part", "", "`NAME` of a part, of the formats that have several: "+partsText())
	fs.StringVar(&f.out, "out", "", "write to this `FILE`; a directory takes every part of the format")
	names := []string{}
	for _, x := range output.Formats {
		names = append(names, x.Name+"\t"+x.Doc)
	}
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// partsText lists the parts of each format that has some.
func partsText() string {
	var texts []string
	for _, x := range output.Formats {
		if len(x.Parts) > 0 {
			texts = append(texts, x.Name+" ("+strings.Join(x.Parts, ", ")+")")
		}
	}
	return strings.Join(texts, "; ")
}

func (f *reportFlags) run(a *app) error {
	format, err := output.Find(f.output)
	if err != nil {
		return usagef("-o %s: %v", f.output, err)
	}
	part, err := format.Part(f.part)
	if err != nil {
		return usagef("--part %s: %v", f.part, err)
	}
	if format.Binary && f.out == "" && a.outTerminal {
		return usagef("-o %s is nothing for a terminal: --out FILE takes it", f.output)
	}
	recorder := format.New()
	if f.recorded != "" {
		return f.runRecorded(a, format, recorder, part)
	}
	s, err := f.one(a)
	if err != nil {
		return err
	}
	p := replication{source: s, of: 1, until: f.until}
	j := p.scenario.Judge()
	r, ended := p.execute(a, append([]journal.Sink{recorder}, j.NeededSinks()...)...)
	if r == nil {
		return ended
	}
	p.judge(j, r, ended)
	unsettled(a.err, r, ended)
	if err := f.write(a, format, recorder, p.reported(r, f.again()), part); err != nil {
		return err
	}
	return ended
}

// runRecorded makes the report of a recorded run.
func (f *reportFlags) runRecorded(a *app, format *output.Format, recorder output.Recorder, part string) error {
	if f.until.given {
		return usagef("--until: the run in %s is over", f.recorded)
	}
	p, err := openRecording(f.recorded, a.err)
	if err != nil {
		return err
	}
	end, err := p.play(-1, recorder)
	if err != nil {
		return err
	}
	h := p.Header
	run := output.Run{Title: h.Scenario, Description: h.Description, Scenario: "--run " + filepath.ToSlash(f.recorded), Version: h.Tool, Kubernetes: h.Kubernetes, Profile: h.Profile, Inputs: h.Inputs, Start: h.Start, End: end}
	run.Seed, _ = strconv.ParseUint(h.Seed, 10, 64)
	if p.Trailer != nil {
		run.Digest = p.Trailer.Digest
	}
	return f.write(a, format, recorder, run, part)
}

// again are the flags that give the same run, for the commands that a report tells the reader; "" where they are many.
func (f *reportFlags) again() string {
	if len(f.files) != 1 || f.files[0] == "-" || len(f.set) > 0 || f.seed.given || f.profile != "" || f.until.given {
		return ""
	}
	return "-f " + filepath.ToSlash(f.files[0])
}

// reported says of which run a report is.
func (p *replication) reported(r *sim.Run, again string) output.Run {
	return output.Run{
		Title: r.Options.Name, Description: r.Options.Description, Scenario: again, Version: version(), Kubernetes: scenarios.DefaultVersion,
		Profile: r.Options.Profile, Inputs: p.inputs, Digest: r.Journal.Digest(), Seed: r.Options.Seed, Start: r.Clock(0), End: r.Engine.Now(),
		Waiting: func() []story.Verdict { return waitingVerdicts(r) },
	}
}

// write writes the report to standard output, a file, or a directory.
func (f *reportFlags) write(a *app, format *output.Format, recorder output.Recorder, run output.Run, part string) error {
	if f.out == "" {
		return recorder.Write(a.out, run, part)
	}
	return writeParts(f.out, format, recorder, run, part, f.part != "")
}

// writeParts writes a part of a report to a file. A directory takes every part, or with only just the one.
func writeParts(path string, format *output.Format, recorder output.Recorder, run output.Run, part string, only bool) error {
	info, err := os.Stat(path)
	if !strings.HasSuffix(path, "/") && (err != nil || !info.IsDir()) {
		return writeFile(path, func(w io.Writer) error { return recorder.Write(w, run, part) })
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return usagef("%v", err)
	}
	parts := format.Parts
	if only || len(parts) == 0 {
		parts = []string{part}
	}
	for _, p := range parts {
		name := p
		if name == "" {
			name = "report"
		}
		if err := writeFile(filepath.Join(path, name+"."+format.Extension), func(w io.Writer) error { return recorder.Write(w, run, p) }); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file as a whole, or leaves what was there.
func writeFile(name string, write func(w io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return usagef("--out: %v", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
			err = usagef("%s: %v", name, err)
		}
	}()
	if err = write(file); err != nil {
		_ = file.Close()
		return err
	}
	if err = file.Close(); err != nil {
		return err
	}
	if err = os.Chmod(file.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
