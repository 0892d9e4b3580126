package openmetrics

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"

	"clustersim/report/story"
)

// stale is how long Prometheus believes a sample; a series that does not change is written this often.
const stale = 4*time.Minute + 59*time.Second

// repeatsAtMost bounds the samples that only repeat: runs of days are written more coarsely.
const repeatsAtMost = 500

// crowd is the number of pods beyond which samples are not repeated: a file of millions of lines helps nobody.
const crowd = 5000

// writer writes families of metrics one after another, as the format wants it.
type writer struct {
	out   *bufio.Writer
	s     *story.Story
	every time.Duration // between repeated samples
	buf   []byte
}

// Write writes all metrics of a run. Its errors are those of w.
func Write(w io.Writer, s *story.Story, _ string) error {
	every := max(stale, s.End/repeatsAtMost)
	if len(s.Pods) > crowd {
		every = s.End + 1 // changes alone
	}
	o := &writer{out: bufio.NewWriterSize(w, 1<<16), s: s, every: every}
	o.pods()
	o.nodes()
	o.totals()
	o.out.WriteString("# EOF\n")
	return o.out.Flush()
}

func (o *writer) family(name, kind, help string) {
	o.out.WriteString("# TYPE " + name + " " + kind + "\n# HELP " + name + " " + help + "\n")
}

// step is a value from a moment on.
type step struct {
	at    time.Duration
	value float64
}

// line writes the samples of one series from its steps: each, and repetitions up to the next one or the end.
func (o *writer) line(name, labels string, steps []step, end time.Duration) {
	for i, s := range steps {
		until := end
		if i+1 < len(steps) {
			until = steps[i+1].at
		}
		for at := max(s.at, 0); at < until || at == s.at; at += o.every {
			o.sample(name, labels, s.value, at)
		}
	}
}

// sample writes one line. Times are seconds of the virtual clock, in milliseconds at the finest as Prometheus keeps them.
func (o *writer) sample(name, labels string, v float64, at time.Duration) {
	b := append(o.buf[:0], name...)
	if labels != "" {
		b = append(b, '{')
		b = append(b, labels...)
		b = append(b, '}')
	}
	b = append(b, ' ')
	b = strconv.AppendFloat(b, v, 'f', -1, 64)
	b = append(b, ' ')
	milli := o.s.Start.Add(at).UnixMilli()
	b = strconv.AppendInt(b, milli/1000, 10)
	if rest := milli % 1000; rest != 0 {
		b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	}
	o.buf = append(b, '\n')
	o.out.Write(o.buf)
}

// label writes name="value" with what the format wants escaped.
func label(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(pairs[i] + `="` + escaper.Replace(pairs[i+1]) + `"`)
	}
	return b.String()
}

var escaper = strings.NewReplacer("\\", `\\`, "\"", `\"`, "\n", `\n`)

// merged drops steps that repeat the value before, and of several at one millisecond keeps the last.
func (o *writer) merged(steps []step) []step {
	out := steps[:0]
	for _, s := range steps {
		s.at = max(s.at, 0)
		if n := len(out); n > 0 {
			if out[n-1].value == s.value {
				continue
			}
			if o.milli(out[n-1].at) == o.milli(s.at) {
				out[n-1].value = s.value
				if n > 1 && out[n-2].value == s.value {
					out = out[:n-1]
				}
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

func (o *writer) milli(at time.Duration) int64 { return o.s.Start.Add(at).UnixMilli() }

var phases = []string{"Pending", "Running", "Succeeded", "Failed", "Unknown"}

func (o *writer) pods() {
	o.family("kube_pod_info", "gauge", "Information about pod.")
	o.eachPod(func(p *story.Pod, labels string, end time.Duration) {
		kind, name, _ := strings.Cut(o.s.Strings.Text(p.Owner), "/")
		steps := []step{{p.Created, 1}}
		if p.Node >= 0 { // kube-state-metrics begins another series when the pod is bound
			o.line("kube_pod_info", labels+","+label("node", "", "created_by_kind", kind, "created_by_name", name), steps, p.Bound)
			steps[0].at = p.Bound
		}
		o.line("kube_pod_info", labels+","+label("node", o.node(p), "created_by_kind", kind, "created_by_name", name), steps, end)
	})
	o.family("kube_pod_status_phase", "gauge", "The pods current phase.")
	o.eachPod(func(p *story.Pod, labels string, end time.Duration) {
		for _, phase := range phases {
			steps := o.rows(p, func(r *story.Row) float64 { return one(r.Phase == phase) })
			if len(steps) == 1 && steps[0].value == 0 {
				continue // never in it: a zero for each would be most of the file
			}
			o.line("kube_pod_status_phase", labels+","+label("phase", phase), steps, end)
		}
	})
	o.family("kube_pod_status_ready", "gauge", "Describes whether the pod is ready to serve requests.")
	o.eachPod(func(p *story.Pod, labels string, end time.Duration) {
		for _, c := range []string{"true", "false"} {
			o.line("kube_pod_status_ready", labels+","+label("condition", c), o.rows(p, func(r *story.Row) float64 { return one(r.IsReady == (c == "true")) }), end)
		}
	})
	o.family("simulate_pod_restarts", "gauge", "Restarts of the pod's containers, as kubectl shows them.")
	o.eachPod(func(p *story.Pod, labels string, end time.Duration) {
		o.line("simulate_pod_restarts", labels, o.rows(p, func(r *story.Row) float64 { return float64(r.Restarts) }), end)
	})
	o.family("kube_pod_created", "gauge", "Unix creation timestamp")
	o.eachPod(func(p *story.Pod, labels string, end time.Duration) {
		o.line("kube_pod_created", labels, []step{{p.Created, float64(p.CreatedAPI.Unix())}}, end)
	})
	o.family("simulate_pod_requests", "gauge", "What the pod requests: cores, bytes.")
	o.eachPod(func(p *story.Pod, labels string, end time.Duration) {
		o.line("simulate_pod_requests", labels+","+label("node", o.node(p), "resource", "cpu", "unit", "core"), []step{{p.Created, float64(p.CPU) / 1000}}, end)
		o.line("simulate_pod_requests", labels+","+label("node", o.node(p), "resource", "memory", "unit", "byte"), []step{{p.Created, float64(p.Memory)}}, end)
	})
}

func (o *writer) eachPod(f func(p *story.Pod, labels string, end time.Duration)) {
	for i := range o.s.Pods {
		p := &o.s.Pods[i]
		end := o.s.End
		if p.Gone >= 0 {
			end = p.Gone
		}
		f(p, label("namespace", p.Namespace, "pod", p.Name, "uid", p.UID), end)
	}
}

func (o *writer) node(p *story.Pod) string {
	if p.Node < 0 {
		return ""
	}
	return o.s.Nodes[p.Node].Name
}

// rows makes steps of what a pod showed.
func (o *writer) rows(p *story.Pod, value func(r *story.Row) float64) []step {
	var steps []step
	for _, r := range p.Rows {
		if r.Row >= 0 {
			steps = append(steps, step{r.At, value(&o.s.Rows[r.Row])})
		}
	}
	return o.merged(steps)
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (o *writer) nodes() {
	o.family("kube_node_status_condition", "gauge", "The condition of a cluster node.")
	o.eachNode(func(n *story.Node, end time.Duration) {
		for _, c := range []string{"true", "false"} {
			o.line("kube_node_status_condition", label("node", n.Name, "condition", "Ready", "status", c), o.node1(n, func(status string) bool { return story.IsReady(status) == (c == "true") }), end)
		}
	})
	o.family("kube_node_spec_unschedulable", "gauge", "Whether a node can schedule new pods.")
	o.eachNode(func(n *story.Node, end time.Duration) {
		o.line("kube_node_spec_unschedulable", label("node", n.Name), o.node1(n, func(status string) bool { return strings.HasSuffix(status, "SchedulingDisabled") }), end)
	})
	o.family("kube_node_status_allocatable", "gauge", "The allocatable for different resources of a node that are available for scheduling.")
	o.eachNode(func(n *story.Node, end time.Duration) {
		for _, r := range []struct {
			name, unit string
			value      float64
		}{{"cpu", "core", float64(n.CPU) / 1000}, {"memory", "byte", float64(n.Memory)}, {"pods", "integer", float64(n.PodsMax)}} {
			o.line("kube_node_status_allocatable", label("node", n.Name, "resource", r.name, "unit", r.unit), []step{{n.Added, r.value}}, end)
		}
	})
}

func (o *writer) eachNode(f func(n *story.Node, end time.Duration)) {
	for i := range o.s.Nodes {
		n := &o.s.Nodes[i]
		end := o.s.End
		if n.Gone >= 0 {
			end = n.Gone
		}
		f(n, end)
	}
}

func (o *writer) node1(n *story.Node, is func(status string) bool) []step {
	var steps []step
	for _, g := range n.Segments {
		steps = append(steps, step{g.From, one(is(o.s.Strings.Text(g.Status)))})
	}
	return o.merged(steps)
}

// totals are the cluster's own series, under names of this program.
func (o *writer) totals() {
	for _, r := range o.s.Series {
		name := "simulate_cluster_" + strings.ReplaceAll(r.Name, " ", "_")
		if r.Unit != "pods" && r.Unit != "nodes" {
			name += "_" + r.Unit
		}
		o.family(name, "gauge", "Of the whole cluster: "+r.Name+".")
		var steps []step
		for i, v := range r.Values {
			steps = append(steps, step{r.At[i], v})
		}
		o.line(name, "", o.merged(steps), o.s.End)
	}
}
