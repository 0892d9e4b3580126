package report

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/sim/journal"
)

// specsKept bounds the cache of encoded pod specs.
const specsKept = 4096

// WatchLog is a journal.Sink that writes each record as a line of JSON: the time in seconds, the kind, the verb, and the
// complete API object as the API server would send it. Call Close at the end. It holds a few thousand encoded pod
// specs, and nothing else of the run.
type WatchLog struct {
	w     *bufio.Writer
	buf   []byte
	specs map[types.UID]encodedSpec
}

// encodedSpec is the JSON of a pod's spec, which seldom changes between a pod's records.
type encodedSpec struct {
	spec *corev1.PodSpec
	node string
	text []byte
}

// NewWatchLog returns a log that writes to w.
func NewWatchLog(w io.Writer) *WatchLog {
	return &WatchLog{w: bufio.NewWriterSize(w, 1<<16), specs: map[types.UID]encodedSpec{}}
}

// Record implements journal.Sink. Its errors are those of the writer.
func (l *WatchLog) Record(r *journal.Record) error {
	b := append(l.buf[:0], `{"t":`...)
	b = AppendSeconds(b, r.At)
	b = append(b, `,"kind":"`...)
	b = append(b, r.Object.Kind().Name...)
	b = append(b, `","verb":"`...)
	b = append(b, r.Verb.String()...)
	b = append(b, `","obj":`...)
	b, err := l.object(b, r)
	if err != nil {
		return err
	}
	l.buf = append(b, "}\n"...)
	_, err = l.w.Write(l.buf)
	return err
}

// Close writes what is left. It does not close the writer.
func (l *WatchLog) Close() error { return l.w.Flush() }

func (l *WatchLog) object(b []byte, r *journal.Record) ([]byte, error) {
	o := r.Object.API()
	if pod, ok := o.(*corev1.Pod); ok {
		if compact, ok := r.Object.(journal.Pod); ok {
			return l.pod(b, pod, compact.Facts(), r.Verb)
		}
	}
	return appendJSON(b, o)
}

// pod puts a pod together from its parts, so that the spec is encoded once.
func (l *WatchLog) pod(b []byte, o *corev1.Pod, f journal.PodFacts, verb journal.Verb) ([]byte, error) {
	known, ok := l.specs[f.UID]
	if !ok || known.spec != f.Spec || known.node != f.NodeName {
		text, err := json.Marshal(&o.Spec)
		if err != nil {
			return b, err
		}
		if len(l.specs) >= specsKept {
			clear(l.specs)
		}
		known = encodedSpec{f.Spec, f.NodeName, text}
		l.specs[f.UID] = known
	}
	if verb == journal.Deleted {
		delete(l.specs, f.UID)
	}
	b = append(b, `{"kind":"Pod","apiVersion":"v1","metadata":`...)
	b, err := appendJSON(b, &o.ObjectMeta)
	if err != nil {
		return b, err
	}
	b = append(b, `,"spec":`...)
	b = append(b, known.text...)
	b = append(b, `,"status":`...)
	b, err = appendJSON(b, &o.Status)
	return append(b, '}'), err
}

func appendJSON(b []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return append(b, text...), err
}

// AppendSeconds appends a duration as seconds with up to six decimals, without trailing zeros.
func AppendSeconds(b []byte, d time.Duration) []byte {
	return appendFixed(b, int64(d/time.Microsecond), 6)
}

// appendFixed appends n/10^decimals, without trailing zeros; decimals is at most 6.
func appendFixed(b []byte, n int64, decimals int) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	unit := int64(1)
	for range decimals {
		unit *= 10
	}
	b = strconv.AppendInt(b, n/unit, 10)
	rest := n % unit
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for rest > 0 {
		unit /= 10
		b = append(b, byte('0'+rest/unit))
		rest %= unit
	}
	return b
}
