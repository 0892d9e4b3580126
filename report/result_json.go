package report

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"sigs.k8s.io/yaml"
)

// APIVersion of the results of this program.
const APIVersion = "simulate/v1alpha1"

// WriteJSON writes the result as one object: the first level indented, one pod and one node a line. The only errors are
// those of w.
func (r *RunResult) WriteJSON(w io.Writer) error {
	o := objectWriter{w: w}
	o.text("{\n")
	r.head(&o)
	o.list("pods", len(r.Pods), func(b []byte, i int) []byte { return appendPod(b, &r.Pods[i]) })
	o.field("scheduling", appendScheduling(nil, &r.Scheduling))
	o.list("nodes", len(r.Nodes), func(b []byte, i int) []byte { return appendNode(b, &r.Nodes[i]) })
	o.list("checks", len(r.Checks), func(b []byte, i int) []byte { return appendCheck(b, &r.Checks[i]) })
	o.list("thresholds", len(r.Thresholds), func(b []byte, i int) []byte { return appendThreshold(b, &r.Thresholds[i]) })
	o.list("warnings", len(r.Warnings), func(b []byte, i int) []byte { return appendString(b, r.Warnings[i]) })
	o.list("notes", len(r.Notes), func(b []byte, i int) []byte { return appendNote(b, &r.Notes[i]) })
	o.text("\n}\n")
	return o.flush()
}

func (r *RunResult) head(o *objectWriter) {
	o.field("apiVersion", quoted(APIVersion))
	o.field("kind", quoted("RunResult"))
	o.field("scenario", quoted(r.Scenario))
	o.field("version", quoted(r.Version))
	o.field("kubernetes", quoted(r.Kubernetes))
	o.field("profile", quoted(r.Profile))
	o.field("inputs", quoted(r.Inputs))
	o.field("seed", strconv.AppendUint(nil, r.Seed, 10))
	o.field("run", strconv.AppendInt(nil, int64(r.Run), 10))
	o.field("digest", quoted(r.Digest))
	o.field("settled", strconv.AppendBool(nil, r.Settled))
	o.field("seconds", AppendSeconds(nil, r.Time))
	o.field("events", strconv.AppendUint(nil, r.Events, 10))
}

// WriteYAML writes the same object as YAML, its fields sorted.
func (r *RunResult) WriteYAML(w io.Writer) error {
	var text sliceWriter
	if err := r.WriteJSON(&text); err != nil {
		return err
	}
	out, err := yaml.JSONToYAML(text)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

type sliceWriter []byte

func (s *sliceWriter) Write(b []byte) (int, error) {
	*s = append(*s, b...)
	return len(b), nil
}

// objectWriter writes the first level of an object. After an error it does nothing.
type objectWriter struct {
	w      io.Writer
	buf    []byte
	fields int
	err    error
}

func (o *objectWriter) text(s string) { o.buf = append(o.buf, s...) }

func (o *objectWriter) key(name string) {
	if o.fields > 0 {
		o.text(",\n")
	}
	o.fields++
	o.text(`  "` + name + `": `)
}

func (o *objectWriter) field(name string, value []byte) {
	o.key(name)
	o.buf = append(o.buf, value...)
}

func (o *objectWriter) list(name string, n int, appendItem func([]byte, int) []byte) {
	o.key(name)
	o.text("[")
	for i := range n {
		if i > 0 {
			o.text(",")
		}
		o.text("\n    ")
		o.buf = appendItem(o.buf, i)
		if len(o.buf) > 1<<16 && o.err == nil {
			o.err = o.flush()
		}
	}
	if n > 0 {
		o.text("\n  ")
	}
	o.text("]")
}

func (o *objectWriter) flush() error {
	if o.err == nil {
		_, o.err = o.w.Write(o.buf)
	}
	o.buf = o.buf[:0]
	return o.err
}

func quoted(s string) []byte { return appendString(nil, s) }

// appendString appends a JSON string. Most need no escapes.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			text, err := json.Marshal(s)
			if err != nil {
				panic("invariant: strings marshal: " + err.Error())
			}
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendMoment(b []byte, name string, d time.Duration) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	if d < 0 {
		return append(b, "null"...)
	}
	return AppendSeconds(b, d)
}

func appendText(b []byte, name, value string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	return appendString(b, value)
}

func appendNumber(b []byte, name string, n int64) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	return strconv.AppendInt(b, n, 10)
}

func appendPod(b []byte, p *PodResult) []byte {
	b = appendString(append(b, `{"namespace":`...), p.Namespace)
	b = appendText(b, "name", p.Name)
	b = appendText(b, "uid", p.UID)
	b = appendText(b, "node", p.Node)
	b = appendText(b, "owner", p.Owner)
	b = appendText(b, "phase", string(p.Phase))
	b = appendText(b, "reason", p.Reason)
	b = appendMoment(b, "created", p.Created)
	b = appendMoment(b, "scheduled", p.Scheduled)
	b = appendMoment(b, "initialized", p.Initialized)
	b = appendMoment(b, "containersStarted", p.ContainersStarted)
	b = appendMoment(b, "ready", p.Ready)
	b = appendMoment(b, "finished", p.Finished)
	b = appendMoment(b, "deleted", p.Deleted)
	b = appendNumber(b, "restarts", int64(p.Restarts))
	b = append(b, `,"timeline":[`...)
	for i, t := range p.Timeline {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendSeconds(append(b, '['), t.At)
		b = appendString(append(b, ','), string(t.Phase))
		b = appendString(append(b, ','), t.Reason)
		b = append(b, ']')
	}
	return append(b, "]}"...)
}

func appendScheduling(b []byte, s *SchedulingResult) []byte {
	b = strconv.AppendUint(append(b, `{"attempts":`...), s.Attempts, 10)
	b = appendNumber(b, "bound", int64(s.Bound))
	b = append(b, `,"unschedulable":[`...)
	for i := range s.Unschedulable {
		u := &s.Unschedulable[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"reason":`...), u.Reason)
		b = appendNumber(b, "pods", int64(u.Pods))
		b = append(appendText(b, "message", u.Message), '}')
	}
	return append(b, "]}"...)
}

func appendNode(b []byte, n *NodeResult) []byte {
	b = appendString(append(b, `{"name":`...), n.Name)
	b = appendText(b, "status", n.Status)
	b = appendNumber(b, "pods", int64(n.Pods))
	b = append(b, `,"allocatable":{"cpu":`...)
	b = appendFixed(b, n.CPUAllocatable, 3)
	b = appendNumber(b, "memory", n.MemoryAllocatable)
	b = appendNumber(b, "pods", n.PodsAllocatable)
	b = append(b, `},"requested":{"cpu":`...)
	b = appendFixed(b, n.CPURequested, 3)
	b = append(appendNumber(b, "memory", n.MemoryRequested), `},"utilisation":{"cpu":`...)
	b = appendShare(b, n.CPURequested, n.CPUAllocatable)
	b = append(b, `,"memory":`...)
	b = appendShare(b, n.MemoryRequested, n.MemoryAllocatable)
	b = append(b, `},"ready":[`...)
	for i, r := range n.Ready {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendSeconds(append(b, '['), r.From)
		b = append(b, ',')
		if r.To < 0 {
			b = append(b, "null"...)
		} else {
			b = AppendSeconds(b, r.To)
		}
		b = append(b, ']')
	}
	return append(b, "]}"...)
}

// appendShare appends a/b in ten-thousandths, rounded down; 0 of nothing.
func appendShare(b []byte, part, whole int64) []byte {
	if whole <= 0 {
		return append(b, '0')
	}
	share := part / whole * 10000
	if rest := part % whole; rest < 1<<49 {
		share += rest * 10000 / whole
	} else {
		share += rest / (whole / 10000)
	}
	return appendFixed(b, share, 4)
}

func appendNote(b []byte, n *NoteResult) []byte {
	b = AppendSeconds(append(b, `{"t":`...), n.At)
	b = appendText(b, "what", n.What)
	return append(appendText(b, "message", n.Message), '}')
}
