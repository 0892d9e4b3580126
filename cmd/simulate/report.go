package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"clustersim/report/output"
	"clustersim/scenarios"
	"clustersim/sim"
)

// reportFlags are those of `simulate report`.
type reportFlags struct {
	input
	until  ending
	output string
	part   string
	out    string
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
		ValidArgsFunction: func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			return completeInput(c, args, word)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			f.files = append(f.files, args...)
			return f.run(a)
		},
	}
	f.register(c)
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
	s, err := f.one(a)
	if err != nil {
		return err
	}
	p := replication{source: s, of: 1, until: f.until}
	recorder := format.New()
	r, ended := p.execute(a, recorder)
	if r == nil {
		return ended
	}
	unsettled(a.err, r, ended)
	if err := f.write(a, format, recorder, p.reported(r, f.again()), part); err != nil {
		return err
	}
	return ended
}

// again is what gives the same run after -f, for the commands that a report tells the reader; "" if a word does not do.
func (f *reportFlags) again() string {
	if len(f.files) != 1 || f.files[0] == "-" || len(f.set) > 0 || f.seed.given || f.profile != "" || f.until.given {
		return ""
	}
	return filepath.ToSlash(f.files[0])
}

// reported says of which run a report is.
func (p *replication) reported(r *sim.Run, again string) output.Run {
	return output.Run{
		Title: r.Options.Name, Description: r.Options.Description, Scenario: again, Version: version(), Kubernetes: scenarios.DefaultVersion,
		Profile: r.Options.Profile, Inputs: p.inputs, Digest: r.Journal.Digest(), Seed: r.Options.Seed, Start: r.Clock(0), End: r.Engine.Now(),
	}
}

// write writes the report to standard output, a file, or as many files into a directory as the format has parts.
func (f *reportFlags) write(a *app, format *output.Format, recorder output.Recorder, run output.Run, part string) error {
	if f.out == "" {
		return recorder.Write(a.out, run, part)
	}
	info, err := os.Stat(f.out)
	if strings.HasSuffix(f.out, "/") || err == nil && info.IsDir() {
		if err := os.MkdirAll(f.out, 0o755); err != nil {
			return usagef("--out: %v", err)
		}
		parts := format.Parts
		if f.part != "" || len(parts) == 0 {
			parts = []string{part}
		}
		for _, p := range parts {
			name := p
			if name == "" {
				name = "report"
			}
			if err := writeFile(filepath.Join(f.out, name+"."+format.Extension), func(w io.Writer) error { return recorder.Write(w, run, p) }); err != nil {
				return err
			}
		}
		return nil
	}
	return writeFile(f.out, func(w io.Writer) error { return recorder.Write(w, run, part) })
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
