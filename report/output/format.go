package output

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"clustersim/report/figure"
	"clustersim/report/html"
	"clustersim/report/openmetrics"
	"clustersim/report/story"
	"clustersim/report/table"
	"clustersim/report/trace"
	"clustersim/sim/journal"
)

// Format is one kind of report.
type Format struct {
	Name      string
	Doc       string   // in a few words
	Extension string   // of its files, without the dot
	Binary    bool     // nothing for a terminal
	Parts     []string // what it can be asked for, the default first; none if it is one thing
	New       func() Recorder
}

// Recorder gathers a report while a run goes on.
type Recorder interface {
	journal.Sink
	// Write writes a part of the report of a run that has ended ("" is the format's first). Its errors are those of w.
	Write(w io.Writer, run Run, part string) error
}

// Run says of which run a report is.
type Run struct {
	Title, Description string
	// Scenario are the flags that give the same run again: "-f tour"; "" where they are not known.
	Scenario            string
	Version, Kubernetes string
	Profile             string
	Inputs, Digest      string
	Seed                uint64
	Start               time.Time
	End                 time.Duration
	// Waiting gives story.Story.Waiting, for the format that shows it; nil: not known.
	Waiting func() []story.Verdict
	// Lesson is what html.Recorder.Lesson is, nil for a run without one; other formats have no use for it.
	Lesson any
}

// Formats are all of them, in the order of the help.
var Formats = []Format{
	{Name: "html", Doc: "one page for a browser", Extension: "html", New: func() Recorder { return &page{html.NewRecorder()} }},
	{Name: "svg", Doc: "a figure", Extension: "svg", Parts: figure.Parts, New: tell(drawn("svg"))},
	{Name: "png", Doc: "a figure, as pixels", Extension: "png", Binary: true, Parts: figure.Parts, New: tell(drawn("png"))},
	{Name: "trace", Doc: "for ui.perfetto.dev", Extension: "json", New: tell(trace.Write)},
	{Name: "openmetrics", Doc: "for promtool and Grafana", Extension: "txt", New: tell(openmetrics.Write)},
	{Name: "csv", Doc: "tables", Extension: "csv", Parts: table.Parts, New: tell(table.CSV)},
	{Name: "md", Doc: "a summary for a pull request", Extension: "md", New: tell(table.Markdown)},
}

// Find returns the format of that name. The error lists those that there are.
func Find(name string) (*Format, error) {
	for i := range Formats {
		if Formats[i].Name == name {
			return &Formats[i], nil
		}
	}
	return nil, fmt.Errorf("must be %s", Names())
}

// Names lists the formats: html, svg or md.
func Names() string {
	names := make([]string, len(Formats))
	for i := range Formats {
		names[i] = Formats[i].Name
	}
	return list(names)
}

// Part returns the part that is asked for, the first for "". The error lists those that there are.
func (f *Format) Part(name string) (string, error) {
	switch {
	case name == "" && len(f.Parts) > 0:
		return f.Parts[0], nil
	case name == "" || slices.Contains(f.Parts, name):
		return name, nil
	case len(f.Parts) == 0:
		return "", fmt.Errorf("%s has no parts", f.Name)
	}
	return "", fmt.Errorf("must be %s", list(f.Parts))
}

func list(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	return strings.Join(names, "")
}

// fill puts what is known of the run into its story.
func (r *Run) fill(s *story.Story) *story.Story {
	s.Title, s.Description, s.Scenario, s.Version, s.Kubernetes, s.Profile = r.Title, r.Description, r.Scenario, r.Version, r.Kubernetes, r.Profile
	s.Inputs, s.Digest, s.Seed, s.Start = r.Inputs, r.Digest, r.Seed, r.Start
	return s
}

// page is the format html.
type page struct{ *html.Recorder }

// Write implements Recorder.
func (p *page) Write(w io.Writer, run Run, _ string) error {
	p.Lesson = run.Lesson
	s := run.fill(p.Story(run.End))
	if run.Waiting != nil {
		s.Waiting = run.Waiting()
	}
	return p.Recorder.Write(w, s)
}

// told is a format that is written from the story alone.
type told struct {
	*story.Collector
	write func(w io.Writer, s *story.Story, part string) error
	story *story.Story
}

// Write implements Recorder.
func (t *told) Write(w io.Writer, run Run, part string) error {
	if t.story == nil {
		t.story = run.fill(t.Story(run.End))
	}
	return t.write(w, t.story, part)
}

// tell makes a format's New from the function that writes a story.
func tell(write func(w io.Writer, s *story.Story, part string) error) func() Recorder {
	return func() Recorder { return &told{Collector: story.NewCollector(story.DefaultLimits), write: write} }
}

// drawn writes figures in a format.
func drawn(format string) func(w io.Writer, s *story.Story, part string) error {
	return func(w io.Writer, s *story.Story, part string) error { return figure.Write(w, s, part, format) }
}
