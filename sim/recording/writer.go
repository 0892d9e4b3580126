package recording

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/journal"
)

// Writer is a journal.Sink that takes marks and heartbeats. It keeps the last state of every object that there is. Use Create.
type Writer struct {
	out  *bufio.Writer
	zip  *gzip.Writer
	buf  []byte
	last map[string]*state // by kind, namespace and name
	read []field           // scratch
}

// state is what was written of an object last.
type state struct {
	fields []field
	spec   *corev1.PodSpec // of a pod: fields[from:to] are made of it, and of the node
	node   string
}

var (
	_ journal.MarkSink      = (*Writer)(nil)
	_ journal.HeartbeatSink = (*Writer)(nil)
)

// Create begins a file: compressed, if its name ends in .gz. The writer does not close out. It returns the errors of out.
func Create(out io.Writer, name string, h Header) (*Writer, error) {
	w := &Writer{last: map[string]*state{}}
	if strings.HasSuffix(name, ".gz") {
		w.zip, _ = gzip.NewWriterLevel(out, gzip.BestSpeed)
		out = w.zip
	}
	w.out = bufio.NewWriterSize(out, 1<<16)
	h.Format = Format
	return w, w.line(h)
}

// line writes a value as a line.
func (w *Writer) line(v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		_, err = w.out.Write(append(text, '\n'))
	}
	return err
}

// Close writes the trailer and what is left.
func (w *Writer) Close(t Trailer) error {
	err := w.line(struct {
		Trailer `json:"trailer"`
	}{t})
	if flushed := w.out.Flush(); err == nil {
		err = flushed
	}
	if w.zip != nil {
		if closed := w.zip.Close(); err == nil {
			err = closed
		}
	}
	return err
}

// Record implements journal.Sink.
func (w *Writer) Record(r *journal.Record) error {
	k := r.Object.Kind().Name
	fields, namespace, name, err := w.fieldsOf(r)
	if err != nil {
		return err
	}
	b := w.entry(r.Seq, r.Cause, r.At)
	b = append(b, `,"r":"`...)
	b = append(b, r.Rule.String()...)
	b = append(b, `","v":"`...)
	b = append(b, r.Verb.String()[0])
	b = append(b, `","k":"`...)
	b = append(b, k...)
	b = append(b, `","n":"`...)
	if namespace != "" {
		b = append(append(b, namespace...), '/')
	}
	b = append(append(b, name...), '"')
	if e, ok := r.Object.(journal.Event); ok {
		f := e.EventFacts()
		b = appendTime(append(b, `,"e":[`...), f.First)
		b = append(appendTime(append(b, ','), f.Last), ']')
	}
	key := k + "/" + namespace + "/" + name
	old := w.last[key]
	if old == nil || r.Verb == journal.Added {
		b = join(append(b, `,"o":`...), fields)
	} else {
		b = join(append(b, `,"p":`...), difference(old.fields, fields))
	}
	w.buf = append(b, "}\n"...)
	w.keep(key, r, fields)
	_, err = w.out.Write(w.buf)
	return err
}

// entry begins a line.
func (w *Writer) entry(seq, cause uint64, at time.Duration) []byte {
	b := append(w.buf[:0], `{"s":`...)
	b = strconv.AppendUint(b, seq, 10)
	if cause > 0 {
		b = strconv.AppendUint(append(b, `,"c":`...), cause, 10)
	}
	return appendTime(append(b, `,"t":`...), at)
}

// appendTime appends a time in nanoseconds as seconds.
func appendTime(b []byte, t time.Duration) []byte {
	if t < 0 {
		b, t = append(b, '-'), -t
	}
	b = strconv.AppendInt(b, int64(t/time.Second), 10)
	rest := int64(t % time.Second)
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for unit := int64(time.Second / 10); rest > 0; unit /= 10 {
		b = append(b, byte('0'+rest/unit))
		rest %= unit
	}
	return b
}

// fieldsOf takes the object of a record apart. Of a pod whose spec is what it was, that is not encoded again.
func (w *Writer) fieldsOf(r *journal.Record) (fields []field, namespace, name string, err error) {
	o := r.Object.API()
	namespace, name = o.GetNamespace(), o.GetName()
	w.read = w.read[:0]
	pod, ok := o.(*corev1.Pod)
	facts, compact := r.Object.(journal.Pod)
	if ok && compact {
		f := facts.Facts()
		old := w.last["Pod/"+namespace+"/"+name]
		if old != nil && r.Verb != journal.Added && old.spec == f.Spec && old.node == f.NodeName {
			return w.podFields(pod, old)
		}
	}
	text, err := json.Marshal(o)
	if err == nil {
		w.read, err = split(string(text), w.read)
	}
	return w.read, namespace, name, err
}

// podFields are those of a pod whose spec was written before.
func (w *Writer) podFields(p *corev1.Pod, old *state) ([]field, string, string, error) {
	text, err := json.Marshal(struct {
		Metadata any `json:"metadata"`
		Status   any `json:"status"`
	}{&p.ObjectMeta, &p.Status})
	if err != nil {
		return nil, "", "", err
	}
	for _, f := range old.fields {
		if !strings.HasPrefix(f.path, "metadata.") && !strings.HasPrefix(f.path, "status.") {
			w.read = append(w.read, f)
		}
	}
	w.read, err = split(string(text), w.read)
	return w.read, p.Namespace, p.Name, err
}

// keep remembers what was written.
func (w *Writer) keep(key string, r *journal.Record, fields []field) {
	if r.Verb == journal.Deleted {
		delete(w.last, key)
		return
	}
	s := w.last[key]
	if s == nil {
		s = &state{}
		w.last[key] = s
	}
	s.fields = append(s.fields[:0], fields...)
	if p, ok := r.Object.(journal.Pod); ok {
		f := p.Facts()
		s.spec, s.node = f.Spec, f.NodeName
	}
}

// difference is what turns old into fields: what is new or differs, and null for what is gone. Both are sorted.
func difference(old, fields []field) (out []field) {
	i := 0
	for _, f := range fields {
		for i < len(old) && old[i].path < f.path {
			out = append(out, field{old[i].path, "null"})
			i++
		}
		if i < len(old) && old[i].path == f.path {
			i++
			if old[i-1].json == f.json {
				continue
			}
		}
		out = append(out, f)
	}
	for ; i < len(old); i++ {
		out = append(out, field{old[i].path, "null"})
	}
	return out
}

// Begin says that the run begins: what was recorded until now was there before.
func (w *Writer) Begin() { _, _ = w.out.WriteString(`{"t":0,"begin":true}` + "\n") } // an error stays with the writer and comes again

// markLine is a mark as the file has it.
type markLine struct {
	Seq     uint64      `json:"s"`
	Cause   uint64      `json:"c,omitempty"`
	At      json.Number `json:"t"`
	Mark    string      `json:"m"`
	Name    string      `json:"name,omitempty"`
	Action  string      `json:"action,omitempty"`
	Targets []string    `json:"targets,omitempty"`
	Place   string      `json:"place,omitempty"`
	Message string      `json:"message,omitempty"`
	Failed  bool        `json:"failed,omitempty"`
}

// Mark implements journal.MarkSink.
func (w *Writer) Mark(m *journal.Mark) error {
	return w.line(markLine{m.Seq, m.Cause, json.Number(appendTime(nil, m.At)), m.Type.String(), m.Name, m.Action, m.Targets, m.Place, m.Message, m.Failed})
}

// beatLine is a heartbeat as the file has it: times in nanoseconds.
type beatLine struct {
	At   json.Number       `json:"t"`
	Beat journal.Heartbeat `json:"b"`
}

// Heartbeat implements journal.HeartbeatSink.
func (w *Writer) Heartbeat(h *journal.Heartbeat) error {
	return w.line(beatLine{json.Number(appendTime(nil, h.At)), *h})
}
