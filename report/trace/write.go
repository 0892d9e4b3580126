package trace

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"clustersim/report/story"
)

// The first process holds the timeline, the counters, and pods while they have no node. Nodes follow it.
const (
	cluster       = 1
	firstNode     = 2
	timelineTrack = 1
)

// flowsAtMost bounds the arrows from one fault, so that they can be told apart.
const flowsAtMost = 200

// writer writes events one after another.
type writer struct {
	out     *bufio.Writer
	s       *story.Story
	begun   bool
	threads int
	flow    int
	tracks  []int // of the faults
	drawn   []int // arrows from each fault
}

// Write writes the trace. Its errors are those of w.
func Write(w io.Writer, s *story.Story, _ string) error {
	t := &writer{out: bufio.NewWriterSize(w, 1<<16), s: s, threads: timelineTrack, drawn: make([]int, len(s.Faults))}
	t.out.WriteString(`{"displayTimeUnit":"ms","otherData":{"title":` + quote(s.Title) + `,"version":` + quote(s.Version) + `,"digest":` + quote(s.Digest) + "},\n\"traceEvents\":[")
	t.processes()
	t.faults()
	t.nodes()
	for i := range s.Pods {
		t.pod(&s.Pods[i])
	}
	t.events()
	t.counters()
	t.out.WriteString("\n]}\n")
	return t.out.Flush()
}

// event writes one event. Rest is more of its fields, as JSON, beginning with a comma; args are pairs of names and texts.
func (t *writer) event(phase string, pid, tid int, at time.Duration, name, rest string, args ...string) {
	if t.begun {
		t.out.WriteByte(',')
	}
	t.begun = true
	t.out.WriteString("\n{\"ph\":\"" + phase + "\",\"pid\":" + strconv.Itoa(pid) + ",\"tid\":" + strconv.Itoa(tid) + ",\"ts\":" + micros(at) + ",\"name\":" + quote(name) + rest)
	if len(args) > 0 {
		t.out.WriteString(`,"args":{`)
		for i := 0; i < len(args); i += 2 {
			if i > 0 {
				t.out.WriteByte(',')
			}
			t.out.WriteString(quote(args[i]) + ":" + quote(args[i+1]))
		}
		t.out.WriteByte('}')
	}
	t.out.WriteByte('}')
}

// slice writes a slice of a thread.
func (t *writer) slice(pid, tid int, from, to time.Duration, name, category string, args ...string) {
	t.event("X", pid, tid, from, name, `,"cat":"`+category+`","dur":`+micros(max(to-max(from, 0), 0)), args...)
}

func (t *writer) process(pid int, name string) {
	t.event("M", pid, 0, 0, "process_name", "", "name", name)
	t.event("M", pid, 0, 0, "process_sort_index", `,"args":{"sort_index":`+strconv.Itoa(pid)+"}")
}

func (t *writer) thread(pid, tid int, name string) {
	t.event("M", pid, tid, 0, "thread_name", "", "name", name)
	t.event("M", pid, tid, 0, "thread_sort_index", `,"args":{"sort_index":`+strconv.Itoa(tid)+"}")
}

func (t *writer) processes() {
	t.process(cluster, "cluster")
	for i := range t.s.Nodes {
		t.process(firstNode+i, "node "+t.s.Nodes[i].Name)
	}
}

// faults are slices of the cluster's first thread; one that does not last is a millisecond long, so that it can be seen.
// Those that overlap go on threads of their own.
func (t *writer) faults() {
	t.thread(cluster, timelineTrack, "timeline")
	tracks, ends := []int{timelineTrack}, []time.Duration{0}
	for i := range t.s.Faults {
		f := &t.s.Faults[i]
		k := 0
		for k < len(ends) && ends[k] > f.At {
			k++
		}
		if k == len(ends) {
			t.threads++
			tracks, ends = append(tracks, t.threads), append(ends, 0)
			t.thread(cluster, t.threads, "timeline")
		}
		ends[k] = max(f.To, f.At+time.Millisecond)
		t.tracks = append(t.tracks, tracks[k])
		t.slice(cluster, tracks[k], f.At, ends[k], f.Action, "fault", "step", f.Name, "target", f.Detail, "place", f.Place)
	}
}

// arrow leads from a fault to a slice that followed from it.
func (t *writer) arrow(root int32, pid, tid int, at time.Duration) {
	if root == 0 || t.drawn[root-1] >= flowsAtMost || at < t.s.Faults[root-1].At {
		return
	}
	f := &t.s.Faults[root-1]
	t.drawn[root-1]++
	t.flow++
	id := `,"cat":"cause","id":` + strconv.Itoa(t.flow)
	t.event("s", cluster, t.tracks[root-1], f.At, f.Action, id)
	t.event("f", pid, tid, at, f.Action, id+`,"bp":"e"`)
}

func (t *writer) nodes() {
	for i := range t.s.Nodes {
		n := &t.s.Nodes[i]
		t.threads++
		t.thread(firstNode+i, t.threads, "status of "+n.Name)
		for _, g := range n.Segments {
			from, to := max(g.From, 0), min(g.To, t.s.End)
			t.slice(firstNode+i, t.threads, from, to, t.s.Strings.Text(g.Status), "node", "taints", t.s.Strings.Text(g.Taints))
			t.arrow(g.Root, firstNode+i, t.threads, from)
		}
	}
}

// pod writes a pod's life: before it has a node on the cluster, after it on the node.
func (t *writer) pod(p *story.Pod) {
	end := t.s.End
	if p.Gone >= 0 {
		end = p.Gone
	}
	bound := end
	if p.Node >= 0 {
		bound = p.Bound
	}
	t.threads++
	tid := t.threads
	if bound > p.Created {
		t.thread(cluster, tid, p.FullName())
		t.lane(cluster, tid, p, p.FullName(), p.Segments, p.Created, bound)
	}
	if p.Node < 0 {
		return
	}
	pid := firstNode + int(p.Node)
	t.thread(pid, tid, p.FullName())
	t.lane(pid, tid, p, p.FullName(), p.Segments, bound, end)
	for _, c := range p.Containers {
		if len(c.Segments) == 0 {
			continue
		}
		t.threads++
		t.thread(pid, t.threads, p.Name+" / "+c.Name)
		t.lane(pid, t.threads, nil, c.Name, c.Segments, max(c.Segments[0].From, 0), end)
	}
}

// lane writes a slice with the states within a stretch inside it.
func (t *writer) lane(pid, tid int, p *story.Pod, name string, list []story.Segment, from, to time.Duration) {
	if p != nil {
		t.slice(pid, tid, from, to, name, "pod", "uid", p.UID, "owner", t.s.Strings.Text(p.Owner))
	} else {
		t.slice(pid, tid, from, to, name, "container")
	}
	for _, g := range list {
		a, b := max(g.From, from), min(g.To, to)
		if b <= a && (b < a || g.From != from) {
			continue
		}
		label := t.s.Strings.Text(g.Label)
		if label == "" {
			label = g.State.String()
		}
		t.slice(pid, tid, a, b, label, "state", "state", g.State.String())
		if g.From >= from {
			t.arrow(g.Root, pid, tid, a)
		}
	}
}

// events are the Events of the API, as instants of the whole trace's cluster.
func (t *writer) events() {
	text := t.s.Strings.Text
	for i := range t.s.Events {
		e := &t.s.Events[i]
		kind := "Normal"
		if e.Warning {
			kind = "Warning"
		}
		t.event("i", cluster, timelineTrack, e.At, text(e.Reason), `,"s":"p","cat":"event"`, "type", kind, "object", text(e.Kind)+"/"+text(e.Namespace)+"/"+text(e.Name), "message", text(e.Message))
	}
}

// counters are the cluster's totals.
func (t *writer) counters() {
	for _, r := range t.s.Series {
		for i, v := range r.Values {
			t.event("C", cluster, 0, r.At[i], r.Name, `,"args":{`+quote(r.Unit)+":"+strconv.FormatFloat(v, 'f', -1, 64)+"}")
		}
	}
}

// micros writes a time in microseconds.
func micros(d time.Duration) string {
	b := strconv.AppendInt(nil, int64(max(d, 0)/time.Microsecond), 10)
	if rest := max(d, 0) % time.Microsecond; rest > 0 {
		b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	}
	return string(b)
}

func quote(s string) string {
	text, _ := json.Marshal(s) // a string always marshals
	return string(text)
}
