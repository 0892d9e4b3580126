package recording_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/journal"
	"clustersim/sim/recording"
)

// tellTale is a sink that writes down all that it is told, as text.
type tellTale struct{ lines []string }

func (s *tellTale) Record(r *journal.Record) error {
	o, err := json.Marshal(r.Object.API())
	s.lines = append(s.lines, fmt.Sprint(r.Seq, r.Cause, r.Rule, r.At, r.Verb, r.Object.Kind().Name, string(o)))
	switch x := r.Object.(type) {
	case journal.Pod:
		f := x.Facts()
		s.lines = append(s.lines, fmt.Sprint(f.Index, f.Namespace, f.Name, f.UID, f.Labels, f.NodeName, f.Deleting, f.Status.Phase))
	case journal.Event:
		s.lines = append(s.lines, fmt.Sprintf("%+v", x.EventFacts()))
	}
	return err
}

func (s *tellTale) Mark(m *journal.Mark) error {
	s.lines = append(s.lines, fmt.Sprintf("%+v", *m))
	return nil
}

func (s *tellTale) Heartbeat(h *journal.Heartbeat) error {
	s.lines = append(s.lines, fmt.Sprintf("%+v", *h))
	return nil
}

func record(t *testing.T, scenario, file string, sinks ...journal.Sink) []byte {
	t.Helper()
	s, problems := scenarios.LoadLibrary(scenario, scenarios.LoadOptions{})
	if s == nil {
		t.Fatal(problems)
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := recording.Create(&b, file, recording.Header{Scenario: scenario, Start: sim.DefaultStart})
	if err != nil {
		t.Fatal(err)
	}
	r, err := sim.New(o, append(sinks, w)...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(recording.Trailer{End: r.Engine.Now().Seconds(), Digest: r.Journal.Digest(), Records: r.Journal.Len()}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What is read is what the sinks of the run got: of every story of the library, compressed and not.
func TestSameRecords(t *testing.T) {
	for i, e := range scenarios.Library() {
		t.Run(e.Name, func(t *testing.T) {
			file := "run.jsonl"
			if i%2 == 1 {
				file += ".gz"
			}
			var want, got tellTale
			b := record(t, e.Name, file, &want)
			r, err := recording.Open(bytes.NewReader(b), file)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Play(-1, &got); err != nil {
				t.Fatal(err)
			}
			for i := range want.lines {
				if i >= len(got.lines) || want.lines[i] != got.lines[i] {
					t.Fatalf("entry %d\nwant %s\ngot  %s", i, want.lines[i], strings.Join(got.lines[min(i, len(got.lines)):min(i+1, len(got.lines))], ""))
				}
			}
			if len(want.lines) != len(got.lines) {
				t.Fatalf("%d lines of %d", len(got.lines), len(want.lines))
			}
			if r.Trailer == nil || r.Header.Scenario != e.Name || !r.Header.Start.Equal(sim.DefaultStart) {
				t.Errorf("header %+v, trailer %+v", r.Header, r.Trailer)
			}
		})
	}
}

// A file that was cut off anywhere is read up to there.
func TestCutOff(t *testing.T) {
	b := record(t, "tour", "run.jsonl")
	for n := bytes.IndexByte(b, '\n') + 1; n < len(b); n += 997 {
		r, err := recording.Open(bytes.NewReader(b[:n]), "run.jsonl")
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if err := r.Play(-1, &tellTale{}); err != nil || r.Trailer != nil {
			t.Fatalf("%d bytes: %v, trailer %v", n, err, r.Trailer)
		}
	}
}

// Whatever is in a file, the reader says where it is wrong and does not break.
func TestDamage(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", "x: not the journal of a run"},
		{"{}\n", "x: not the journal"},
		{"kind: Pod\n", "x: not the journal"},
		{`{"journal":99}` + "\n", "x: journal of format 99, and this simulate reads up to 1"},
		{`{"journal":1}` + "\nnonsense\n", "x:2: "},
		{`{"journal":1}` + "\n" + `{"s":1,"t":0,"v":"A","k":"Podd","n":"a/b","o":{}}` + "\n", `x:2: unknown kind "Podd"`},
		{`{"journal":1}` + "\n" + `{"s":1,"t":0,"v":"M","k":"Pod","n":"a/b","p":{}}` + "\n", "x:2: a patch of Pod a/b, which is not there"},
		{`{"journal":1}` + "\n" + `{"s":1,"t":0,"v":"A","k":"Pod","n":"a/b","o":3}` + "\n", "x:2: not an object in JSON"},
		{`{"journal":1}` + "\n" + `{"s":1,"t":0,"v":"A","k":"Pod","n":"a/b","o":{"a":{"b":}}}` + "\n", "x:2: "},
		{`{"journal":1}` + "\n" + `{"s":1,"t":"1","m":"begun"}` + "\n", `x:2: unknown mark "begun"`},
	} {
		r, err := recording.Open(strings.NewReader(c.file), "x")
		if err == nil {
			err = r.Play(-1, &tellTale{})
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.file, err, c.want)
		}
	}
}

// FuzzOpen: no bytes break the reader.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"journal":1}` + "\n" + `{"s":1,"t":1.5,"v":"A","k":"Pod","n":"a/b","o":{"metadata":{"name":"b"},"spec":{}}}` + "\n" +
		`{"s":2,"t":1.5,"v":"M","k":"Pod","n":"a/b","p":{"metadata":{"name":null},"status":{"phase":"Running"}}}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := recording.Open(bytes.NewReader(b), "x")
		if err != nil {
			return
		}
		for {
			e, err := r.Next()
			if err != nil {
				if errors.Is(err, io.EOF) {
					return
				}
				return
			}
			if e.Record != nil && reflect.ValueOf(e.Record.Object.API()).IsNil() {
				t.Fatal("a record without an object")
			}
			if e.At() < -time.Duration(1<<62) {
				t.Fatal("far away")
			}
		}
	})
}
