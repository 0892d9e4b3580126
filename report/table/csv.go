package table

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"clustersim/report/story"
)

// Parts are the tables, the default first.
var Parts = []string{"pods", "nodes", "events", "metrics"}

// Columns are those of each table. Times are seconds since the start of the run, empty for what did not happen.
var Columns = map[string][]string{
	"pods": {"namespace", "name", "uid", "owner", "node", "status", "phase", "created", "scheduled", "initialized", "started", "ready", "finished", "deleted",
		"wait_seconds", "ready_seconds", "turnaround_seconds", "restarts", "cpu_requested", "memory_requested", "why_not"},
	"nodes": {"name", "zone", "added", "removed", "status", "taints", "pods", "pods_allocatable", "cpu_requested", "cpu_allocatable", "memory_requested",
		"memory_allocatable", "not_ready_seconds"},
	"events":  {"time", "type", "reason", "kind", "namespace", "name", "count", "source", "message"},
	"metrics": {"time", "metric", "unit", "value"},
}

// CSV writes one of the tables. Its errors are those of w, and one for a part that there is not.
func CSV(w io.Writer, s *story.Story, part string) error {
	out := csv.NewWriter(w)
	columns, ok := Columns[part]
	if !ok {
		return fmt.Errorf("no table %q", part)
	}
	if err := out.Write(columns); err != nil {
		return err
	}
	rows := map[string]func(*csv.Writer, *story.Story) error{"pods": pods, "nodes": nodes, "events": events, "metrics": metrics}[part]
	if err := rows(out, s); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

func pods(out *csv.Writer, s *story.Story) error {
	for i := range s.Pods {
		p := &s.Pods[i]
		status, phase := s.LastRow(p)
		node := ""
		if p.Node >= 0 {
			node = s.Nodes[p.Node].Name
		}
		ended := p.Finished
		if ended < 0 {
			ended = p.Gone
		}
		if err := out.Write([]string{
			p.Namespace, p.Name, p.UID, s.Strings.Text(p.Owner), node, status, phase, seconds(p.Created), seconds(p.Bound), seconds(p.Initialized),
			seconds(p.Started), seconds(p.Ready), seconds(p.Finished), seconds(p.Gone), between(p.Created, p.Bound), between(p.Created, p.Ready),
			between(p.Created, ended), strconv.Itoa(int(p.Restarts)), cores(p.CPU), strconv.FormatInt(p.Memory, 10), s.Strings.Text(p.WhyNot),
		}); err != nil {
			return err
		}
	}
	return nil
}

func nodes(out *csv.Writer, s *story.Story) error {
	held := s.Held()
	for i := range s.Nodes {
		n, h := &s.Nodes[i], held[i]
		status, taints := "", ""
		away := time.Duration(0)
		for _, g := range n.Segments {
			status, taints = s.Strings.Text(g.Status), s.Strings.Text(g.Taints)
			if !story.IsReady(status) {
				away += min(g.To, s.End) - max(g.From, 0)
			}
		}
		if n.Gone >= 0 {
			status = ""
		}
		if err := out.Write([]string{
			n.Name, s.Strings.Text(n.Zone), seconds(n.Added), seconds(n.Gone), status, taints, strconv.Itoa(h.Pods), strconv.FormatInt(n.PodsMax, 10),
			cores(h.CPU), cores(n.CPU), strconv.FormatInt(h.Memory, 10), strconv.FormatInt(n.Memory, 10), seconds(away),
		}); err != nil {
			return err
		}
	}
	return nil
}

func events(out *csv.Writer, s *story.Story) error {
	text := s.Strings.Text
	for i := range s.Events {
		e := &s.Events[i]
		kind := "Normal"
		if e.Warning {
			kind = "Warning"
		}
		if err := out.Write([]string{
			seconds(e.At), kind, text(e.Reason), text(e.Kind), text(e.Namespace), text(e.Name), strconv.Itoa(int(e.Count)), text(e.Source), text(e.Message),
		}); err != nil {
			return err
		}
	}
	return nil
}

func metrics(out *csv.Writer, s *story.Story) error {
	for _, r := range s.Series {
		for i, v := range r.Values {
			if err := out.Write([]string{seconds(r.At[i]), r.Name, r.Unit, strconv.FormatFloat(v, 'f', -1, 64)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// seconds writes a time with up to six decimals, nothing for never.
func seconds(d time.Duration) string {
	if d == story.Never {
		return ""
	}
	return strconv.FormatFloat(float64(max(d, 0)/time.Microsecond)/1e6, 'f', -1, 64)
}

// between is the time from one to the other, nothing if the other never was.
func between(from, to time.Duration) string {
	if to < 0 {
		return ""
	}
	return seconds(to - from)
}

// cores writes thousandths of a core as cores.
func cores(milli int64) string { return strconv.FormatFloat(float64(milli)/1000, 'f', -1, 64) }
