package timeline

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// secondsOf prints seconds with up to six decimals.
func secondsOf(d time.Duration) string {
	return strconv.FormatFloat(d.Round(time.Microsecond).Seconds(), 'f', -1, 64)
}

// CSV writes a line for each segment and mark: namespace, pod, container (empty for the pod itself), kind (segment or mark),
// from and to in seconds (to is empty for what lasts on, and equal to from for a mark), state or kind of mark, label.
func CSV(w io.Writer, pods []Pod) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"namespace", "pod", "container", "kind", "from_s", "to_s", "state", "label"}}
	for i := range pods {
		p := &pods[i]
		add := func(container string, lane Lane) {
			for _, s := range lane.Segments {
				to := ""
				if s.To != Forever {
					to = secondsOf(s.To)
				}
				rows = append(rows, []string{p.Namespace, p.Name, container, "segment", secondsOf(s.From), to, s.State.String(), s.Label})
			}
			for _, m := range lane.Marks {
				rows = append(rows, []string{p.Namespace, p.Name, container, "mark", secondsOf(m.At), secondsOf(m.At), m.Kind.String(), m.Label})
			}
		}
		add("", p.Lane)
		for _, lane := range p.Containers {
			add(lane.Name, lane)
		}
	}
	return out.WriteAll(rows)
}

type jsonLane struct {
	Name     string        `json:"name"`
	Segments []jsonSegment `json:"segments"`
	Marks    []jsonMark    `json:"marks"`
}

type jsonSegment struct {
	From  json.Number  `json:"from"`
	To    *json.Number `json:"to"`
	State string       `json:"state"`
	Label string       `json:"label,omitempty"`
}

type jsonMark struct {
	At    json.Number `json:"at"`
	Kind  string      `json:"kind"`
	Label string      `json:"label,omitempty"`
}

type jsonPod struct {
	Namespace  string       `json:"namespace"`
	Name       string       `json:"name"`
	Owner      string       `json:"owner,omitempty"`
	Node       string       `json:"node,omitempty"`
	Status     string       `json:"status"`
	Restarts   int          `json:"restarts"`
	Created    *json.Number `json:"created"`
	Bound      *json.Number `json:"bound"`
	Ready      *json.Number `json:"ready"`
	Finished   *json.Number `json:"finished"`
	Gone       *json.Number `json:"gone"`
	Lane       jsonLane     `json:"pod"`
	Containers []jsonLane   `json:"containers"`
}

// JSON writes one array, indented: a pod each with its times in seconds (null for what did not happen), its own lane under
// "pod" and those of its containers. A segment's "to" is null while it lasts.
func JSON(w io.Writer, pods []Pod) error {
	out := make([]jsonPod, 0, len(pods))
	for i := range pods {
		p := &pods[i]
		j := jsonPod{Namespace: p.Namespace, Name: p.Name, Owner: p.Owner, Node: p.Node, Status: p.Status, Restarts: p.Restarts,
			Created: momentOf(p.Created), Bound: momentOf(p.Bound), Ready: momentOf(p.Ready), Finished: momentOf(p.Finished), Gone: momentOf(p.Gone),
			Lane: laneOf(p.Lane), Containers: []jsonLane{}}
		for _, lane := range p.Containers {
			j.Containers = append(j.Containers, laneOf(lane))
		}
		out = append(out, j)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

func momentOf(d time.Duration) *json.Number {
	if d < 0 || d == Forever {
		return nil
	}
	n := json.Number(secondsOf(d))
	return &n
}

func laneOf(l Lane) jsonLane {
	j := jsonLane{Name: l.Name, Segments: []jsonSegment{}, Marks: []jsonMark{}}
	for _, s := range l.Segments {
		j.Segments = append(j.Segments, jsonSegment{json.Number(secondsOf(s.From)), momentOf(s.To), s.State.String(), s.Label})
	}
	for _, m := range l.Marks {
		j.Marks = append(j.Marks, jsonMark{json.Number(secondsOf(m.At)), m.Kind.String(), m.Label})
	}
	return j
}

// Markdown writes a table of pods and, fenced, the chart of [Text].
func Markdown(w io.Writer, pods []Pod, o Options) error {
	var b strings.Builder
	b.WriteString("| Pod | Node | Status | Restarts | Created | Bound | Ready | Finished |\n|---|---|---|---:|---:|---:|---:|---:|\n")
	shown := pods
	if len(pods) > o.maxPods() {
		shown = slowest(pods, o.maxPods())
	}
	for i := range shown {
		p := &shown[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %s | %s | %s | %s |\n", cell(p.FullName()), cell(p.Node), cell(p.Status), p.Restarts,
			Short(p.Created), Short(p.Bound), Short(p.Ready), Short(p.Finished))
	}
	if left := len(pods) - len(shown); left > 0 {
		fmt.Fprintf(&b, "\n%d pods that were ready sooner are left out.\n", left)
	}
	b.WriteString("\n```text\n")
	o.Color = false
	if err := Text(&b, pods, o); err != nil {
		return err
	}
	b.WriteString("```\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// cell keeps a text from ending its cell.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ").Replace(s)
}
