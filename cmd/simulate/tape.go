package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"clustersim/model"
	"clustersim/report/kubectl"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/journal"
	"clustersim/sim/recording"
)

// tape is the journal of a run that is being written to a file.
type tape struct {
	*recording.Writer
	file *os.File
}

// newTape begins the file of --record.
func (p *replication) newTape(name string, o sim.Options) (*tape, error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, usagef("--record: %v", err)
	}
	if o.Start.IsZero() {
		o.Start = sim.DefaultStart
	}
	h := recording.Header{
		Tool: version(), Kubernetes: scenarios.DefaultVersion, Scenario: o.Name, Description: o.Description, Profile: o.Profile,
		Seed: fmt.Sprint(o.Seed), Run: p.number, Inputs: p.inputs, Start: o.Start, Duration: o.Duration.Seconds(), Options: o.Components,
	}
	for _, w := range p.problems {
		h.Unsimulated = append(h.Unsimulated, w.Message)
	}
	w, err := recording.Create(file, filepath.Base(name), h)
	if err != nil {
		return nil, usagef("--record: %v", err)
	}
	return &tape{w, file}, nil
}

// finish writes how the run ended and closes the file: also one that was interrupted is whole.
func (t *tape) finish(r *sim.Run, ended error) error {
	end := recording.Trailer{End: r.Engine.Now().Seconds(), Events: r.Engine.Ran(), Records: r.Journal.Len(), Digest: r.Journal.Digest(), Settled: r.Engine.Settled()}
	if ended != nil {
		end.Cut = ended.Error()
	}
	for _, n := range r.Notes {
		end.Notes = append(end.Notes, recording.Note{At: n.At.Seconds(), What: n.What, Message: n.Message})
	}
	err := t.Close(end)
	if closed := t.file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return usagef("--record: %v", err)
	}
	return nil
}

// playback is a recorded run that is looked at.
type playback struct {
	*recording.Reader
	file *os.File
	name string
	warn io.Writer
}

// openRecording opens the file of --run. A warning that it was cut off goes to warn when it is played.
func openRecording(name string, warn io.Writer) (*playback, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, usagef("--run: %v", err)
	}
	r, err := recording.Open(file, name)
	if err != nil {
		file.Close()
		return nil, usagef("--run: %v", err)
	}
	return &playback{r, file, name, warn}, nil
}

// play hands the entries before an instant (negative: all) to the sinks, closes the file and returns the instant that was
// reached. An instant past the end of the recording is an error: nobody knows what came then.
func (p *playback) play(at time.Duration, sinks ...journal.Sink) (time.Duration, error) {
	defer p.file.Close()
	last := &lastEntry{}
	if err := p.Play(at, append(sinks, last)...); err != nil {
		return 0, usagef("--run: %v", err)
	}
	end := last.at
	if p.Trailer == nil && (at < 0 || at > end) {
		fmt.Fprintf(p.warn, "warning: %s was cut off: the last that it holds is of %v\n", p.name, end)
	}
	if p.Trailer != nil {
		end = max(end, time.Duration(p.Trailer.End*float64(time.Second)).Round(time.Microsecond))
		if at > end {
			return 0, usagef("--at %v: the run in %s ends at %v", at, p.name, end)
		}
	}
	if at >= 0 {
		return at, nil
	}
	return end, nil
}

// lastEntry notes the time of the last entry.
type lastEntry struct{ at time.Duration }

// Record implements journal.Sink.
func (l *lastEntry) Record(r *journal.Record) error {
	l.at = r.At
	return nil
}

// cluster is what the API server held at an instant of the recording.
func (p *playback) cluster(at time.Duration, kinds []*model.Kind) (*kubectl.Cluster, error) {
	state := &recording.State{}
	now, err := p.play(at, state)
	if err != nil {
		return nil, err
	}
	return &kubectl.Cluster{Now: p.Header.Start.Add(now), Objects: state.Objects(now, p.Header.Start, kinds...)}, nil
}

// openingState is a State that is shown to a watch when the run begins, and the changes after it.
type openingState struct {
	recording.State
	list  func(s *recording.State)
	begun bool
	after *watchSink
}

// Begin implements recording.Beginner.
func (s *openingState) Begin() {
	s.begun = true
	s.list(&s.State)
}

// Record implements journal.Sink.
func (s *openingState) Record(r *journal.Record) error {
	if s.begun {
		return s.after.Record(r)
	}
	return s.State.Record(r)
}
