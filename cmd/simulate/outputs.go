package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"clustersim/report"
	"clustersim/report/output"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/journal"
)

// asked is a file that a scenario asks for under `outputs`.
type asked struct {
	scenarios.Output
	format   *output.Format // nil for what `simulate run` prints
	recorder output.Recorder
	log      *report.WatchLog // of jsonl
	file     *os.File         // behind it
}

// outputs readies the reports that the scenario asks for. A run that is one of several writes none: they would overwrite
// each other.
func (p *replication) outputs(a *app) (list []*asked, err error) {
	if p.of > 1 {
		return nil, nil
	}
	for _, o := range p.scenario.Outputs() {
		x := &asked{Output: o}
		if err := os.MkdirAll(filepath.Dir(o.Path), 0o755); err != nil {
			return nil, usagef("%s: outputs: %v", o.Place, err)
		}
		switch f, err := output.Find(o.Kind); {
		case err == nil:
			x.format, x.recorder = f, f.New()
		case o.Kind == "jsonl":
			if x.file, err = os.Create(o.Path); err != nil {
				return nil, usagef("%s: outputs: %v", o.Place, err)
			}
			x.log = report.NewWatchLog(x.file)
		case o.Kind == "junit":
			fmt.Fprintf(a.err, "note: %s: a junit report is written by simulate test --report junit=%s\n", o.Place, o.Path)
		}
		list = append(list, x)
	}
	return list, nil
}

// needs readies the collector for what is written from it.
func needs(list []*asked, c *report.Collector) {
	for _, x := range list {
		switch x.Kind {
		case "json":
			c.Phases = true
		case "text":
			c.Stories = report.StoryPods
		}
	}
}

// sinksOf are those of the reports.
func sinksOf(list []*asked) (sinks []journal.Sink) {
	for _, x := range list {
		switch {
		case x.recorder != nil:
			sinks = append(sinks, x.recorder)
		case x.log != nil:
			sinks = append(sinks, x.log)
		}
	}
	return sinks
}

// writeOutputs writes the files. What `simulate run` prints (text, json) is written from what it has collected.
func (p *replication) writeOutputs(a *app, f *runFlags, list []*asked, r *sim.Run, c *report.Collector) error {
	for _, x := range list {
		var err error
		switch {
		case x.recorder != nil:
			part, _ := x.format.Part("")
			err = writeParts(x.Path, x.format, x.recorder, p.reported(r, ""), part, false)
		case x.Kind == "json":
			err = writeFile(x.Path, func(w io.Writer) error { return p.result(r, c).WriteJSON(w) })
		case x.log != nil:
			err = x.log.Close()
			if closed := x.file.Close(); err == nil {
				err = closed
			}
		case x.Kind == "text":
			err = writeFile(x.Path, func(w io.Writer) error {
				b := &app{out: bufio.NewWriter(w), err: a.err, env: a.env}
				if err := writeText(b, f, p, r, c); err != nil {
					return err
				}
				return b.out.Flush()
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
