package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"clustersim/model"
	"clustersim/report/diff"
	"clustersim/sim/journal"
	"clustersim/sim/recording"
)

// newDiff is `simulate diff`.
func newDiff(a *app) *cobra.Command {
	in, most := &input{}, 20
	c := &cobra.Command{
		Use:   "diff A B [flags]",
		Short: "Compare two runs: the first divergence, then object by object",
		Example: `  # Two recorded runs
  simulate diff before.jsonl.gz after.jsonl.gz

  # Two scenarios, which are run; a recorded run and a watch log (run -o jsonl)
  simulate diff rollout.yaml rollout-fixed.yaml
  simulate diff run.jsonl.gz watch.jsonl`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("diff takes two runs: recordings, watch logs, scenarios or manifests")
			}
			return nil
		},
		ValidArgsFunction: completeInput,
		RunE: func(_ *cobra.Command, args []string) error {
			var sides [2]*diff.Side
			for i, name := range args {
				sides[i] = &diff.Side{Name: name}
				if err := in.side(a, name, sides[i]); err != nil {
					return err
				}
			}
			list := diff.Compare(sides[0], sides[1])
			if err := diff.Text(a.out, sides[0], sides[1], list, most); err != nil {
				return err
			}
			if len(list) > 0 {
				return &exit{code: exitNo}
			}
			return nil
		},
	}
	in.register(c)
	_ = c.Flags().MarkHidden("filename")
	c.Flags().IntVar(&most, "most", most, "name at most `N` objects")
	return c
}

// side reads one of the two: a recording, a watch log, or something that is run.
func (in *input) side(a *app, name string, s *diff.Side) error {
	if strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".gz") {
		return readSide(name, s, a.err)
	}
	one := *in
	one.files = []string{name}
	src, err := one.one(a)
	if err != nil {
		return err
	}
	p := replication{source: src, of: 1}
	_, err = p.execute(a, s)
	return err
}

func readSide(name string, s *diff.Side, warn io.Writer) error {
	file, err := os.Open(name)
	if err != nil {
		return usagef("%v", err)
	}
	defer file.Close()
	r, err := recording.Open(file, name)
	if err == nil {
		if err = r.Play(-1, s); err != nil {
			return usagef("%v", err)
		}
		if r.Trailer == nil {
			fmt.Fprintf(warn, "warning: %s was cut off: what came after its last line is not compared\n", name)
		}
		return nil
	}
	if _, seek := file.Seek(0, io.SeekStart); seek != nil {
		return usagef("%v", err)
	}
	if log := readWatchLog(file, s); log != nil {
		return usagef("%s: neither the journal of a run nor a watch log: %v", name, log)
	}
	return nil
}

// readWatchLog reads what `run -o jsonl` has written.
func readWatchLog(in io.Reader, s *diff.Side) error {
	d := json.NewDecoder(bufio.NewReaderSize(in, 1<<16))
	for {
		var l struct {
			T    *float64
			Kind string
			Verb string
			Obj  json.RawMessage
		}
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		k := model.FindKind(l.Kind)
		if k == nil || l.T == nil {
			return errors.New("a line without t or a known kind")
		}
		if k == model.Event {
			continue
		}
		o := k.New()
		if err := json.Unmarshal(l.Obj, o); err != nil {
			return err
		}
		o.GetObjectKind().SetGroupVersionKind(o.GetObjectKind().GroupVersionKind())
		verb := journal.Modified
		switch l.Verb {
		case "ADDED":
			verb = journal.Added
		case "DELETED":
			verb = journal.Deleted
		}
		if err := s.Add(time.Duration(*l.T*float64(time.Second)).Round(time.Microsecond), verb, o, ""); err != nil {
			return err
		}
	}
}
