package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"clustersim/scenarios/capacity"
	"clustersim/scenarios/sweep"
)

// sweepBar shows how far a sweep is, on standard error.
type sweepBar struct {
	progress
	units, done, before int
}

func newSweepBar(a *app, units int) *sweepBar {
	return &sweepBar{progress: *newProgress(a, ""), units: units}
}

// resumed says how many results there were.
func (b *sweepBar) resumed(n int) { b.before, b.done = n, n }

// show draws the bar, if it is time to.
func (b *sweepBar) show(done int) {
	b.done = done
	wall := time.Now()
	if elapsed := wall.Sub(b.begun); b.on && elapsed >= progressAfter && wall.Sub(b.last) >= redraw {
		b.last, b.drawn = wall, true
		text := fmt.Sprintf("%d/%d runs  %.0f%%", done, b.units, 100*float64(done)/float64(b.units))
		if fresh := done - b.before; fresh > 0 {
			text += fmt.Sprintf("  eta %v", (elapsed / time.Duration(fresh) * time.Duration(b.units-done)).Round(time.Second))
		}
		fmt.Fprintf(b.w, "\r\x1b[K%s", text)
	}
}

// write puts the files of a sweep into its folder, each at once and whole.
func (f *sweepFlags) write(plan *sweep.Plan, s *sweep.Summary, results [][]byte) error {
	if err := whole(filepath.Join(f.out, "runs.csv"), func(w io.Writer) error { return sweep.WriteRuns(w, plan, results) }); err != nil {
		return err
	}
	if err := whole(filepath.Join(f.out, "result.json"), func(w io.Writer) error { return writeSweepJSON(w, s) }); err != nil {
		return err
	}
	err := os.Remove(filepath.Join(f.out, "partial.jsonl"))
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// whole writes a file beside its place and moves it there.
func whole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func writeSweepJSON(w io.Writer, s *sweep.Summary) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}

// writeSweepText prints a table for each metric: a row for each cell.
func writeSweepText(w io.Writer, plan *sweep.Plan, s *sweep.Summary) {
	p := &page{}
	p.line("%s in %s, intervals at 95%%; sweep %s, results %.12s", many(s.Units, "run"), many(len(s.Cells), "cell"), s.Sweep, s.Results)
	if len(s.Broken) > 0 {
		p.line("%s could not finish: see error in runs.csv", many(len(s.Broken), "run"))
	}
	writePrecision(p, s)
	for _, name := range plan.Metrics {
		rows := [][]string{{"N", "MEAN", "", "P50", "", "P95", "", "AGAINST FIRST", "", "CELL"}}
		for i := range s.Cells {
			c := &s.Cells[i]
			for _, m := range c.Metrics {
				if m.Metric == name {
					rows = append(rows, sweepRow(c, &m))
				}
			}
		}
		if len(rows) > 1 {
			p.line("\n%s", name)
			p.table("rrlrlrlrl", rows)
		}
	}
	failed := [][]string{{"PASSED", "", "CELL"}}
	for i := range s.Cells {
		if c := &s.Cells[i]; c.Passed.Estimate < 1 {
			failed = append(failed, []string{percent(c.Passed.Estimate), fmt.Sprintf("%s to %s", percent(c.Passed.Low), percent(c.Passed.High)), sweptCell(c)})
		}
	}
	if len(failed) > 1 {
		p.line("\nRuns that broke no check (Clopper-Pearson)")
		p.table("r", failed)
	}
	_, _ = io.WriteString(w, p.String()) // the caller's next write has the error
}

func sweepRow(c *sweep.CellSummary, m *sweep.MetricSummary) []string {
	bounds := func(i capacity.Interval) string {
		if i.TooSmall {
			return "n too small"
		}
		return fmt.Sprintf("%s to %s", figure(i.Low), figure(i.High))
	}
	row := []string{strconv.Itoa(m.Mean.N), figure(m.Mean.Estimate), bounds(m.Mean), figure(m.Median.Estimate), bounds(m.Median), figure(m.P95.Estimate), bounds(m.P95), "", ""}
	if a := m.Against; a != nil {
		row[7], row[8] = signed(a.Estimate), bounds(*a)
	}
	return append(row, sweptCell(c))
}

func signed(x float64) string {
	if x > 0 {
		return "+" + figure(x)
	}
	return figure(x)
}

// sweptCell is the scenario and its parameters.
func sweptCell(c *sweep.CellSummary) string {
	parts := make([]string, 0, len(c.Set))
	for k, v := range c.Set { // unordered: sorted below
		parts = append(parts, k+"="+v)
	}
	sort.Strings(parts)
	return strings.TrimSpace(c.Scenario + " " + strings.Join(parts, " "))
}
