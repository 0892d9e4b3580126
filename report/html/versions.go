package html

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/report/story"
	"clustersim/report/timeline"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
)

// versions keeps every version of every object as lines of YAML, each as a difference to the one before it, as long as there
// is room. In a crowd the first pods of each owner stay, and the rest have none.
type versions struct {
	printer *printer
	room    map[string]int // versions up to which objects of a kind are taken in; "" is every other kind
	all     int            // versions that may still be added at all
	until   time.Duration  // from when on none were, timeline.Never if all were
	objects []*object
	living  map[objectKey]*object
	lineID  map[string]int32
	lines   []string
	left    int // objects that were not kept
	beats   beats
}

// Rooms of a page: some 30 MB of text in all, a tenth of that packed.
func rooms() map[string]int {
	return map[string]int{"Pod": 12_000, "Event": 6_000, "Node": 3_000, "": 9_000}
}

const mostVersions = 60_000

type objectKey struct {
	kind            *model.Kind
	namespace, name string
}

// object is the life of one object, from its creation to its deletion.
type object struct {
	objectKey
	last     model.Object
	lines    []int32 // of the last version
	versions []version

	// Of a pod: the lines of its spec, and of which spec on which node they are.
	spec   []int32
	specOf *corev1.PodSpec
	node   string
}

// version is one record of an object.
type version struct {
	at         time.Duration
	seq, cause uint64
	rule       rule.ID
	verb       journal.Verb
	text       string  // what changed, in words; empty where the lines must do
	delta      []int32 // copy n, drop n, add n, n line numbers; and again
}

func newVersions() *versions {
	return &versions{printer: newPrinter(), room: rooms(), all: mostVersions, until: timeline.Never, living: map[objectKey]*object{}, lineID: map[string]int32{},
		beats: beats{nodes: map[string]*journal.Heartbeat{}, made: map[string]int{}}}
}

// observe adds the record's version of its object, if the object is kept.
func (v *versions) observe(r *journal.Record) error {
	kind := r.Object.Kind()
	room := kind.Name
	if _, own := v.room[room]; !own {
		room = ""
	}
	if r.Verb == journal.Added && (v.room[room] <= 0 || v.all <= 0) {
		v.left++
		return nil
	}
	key := keyOf(r)
	o := v.living[key]
	if o == nil {
		if r.Verb != journal.Added {
			return nil
		}
		o = &object{objectKey: key}
		v.living[key] = o
		v.objects = append(v.objects, o)
	}
	v.beats.clock(r)
	if kind == model.Node {
		if err := v.report(key.name, r.At); err != nil {
			return err
		}
	}
	if r.Verb == journal.Deleted {
		delete(v.living, key)
	}
	if v.all <= 0 {
		if v.until < 0 {
			v.until = r.At
		}
		return nil
	}
	v.room[room]--
	v.all--
	at := r.At
	if story.WasBefore(r) {
		at = story.Before
	}
	return v.add(o, r, at, r.Object.API())
}

func keyOf(r *journal.Record) objectKey {
	if p, ok := r.Object.(journal.Pod); ok { // without building the object
		f := p.Facts()
		return objectKey{r.Object.Kind(), f.Namespace, f.Name}
	}
	api := r.Object.API()
	return objectKey{r.Object.Kind(), api.GetNamespace(), api.GetName()}
}

func (v *versions) add(o *object, r *journal.Record, at time.Duration, api model.Object) error {
	next := version{at: at, seq: r.Seq, cause: r.Cause, rule: r.Rule, verb: r.Verb, text: changeText(o, r.Verb, api)}
	if r.Verb != journal.Deleted {
		lines, err := v.render(o, r, api)
		if err != nil {
			return err
		}
		next.delta = difference(o.lines, lines)
		o.lines = lines
	}
	o.last = api
	o.versions = append(o.versions, next)
	return nil
}

// render prints an object as kubectl does and numbers its lines. A pod's spec, most of it and nearly always the same, is
// printed once.
func (v *versions) render(o *object, r *journal.Record, api model.Object) ([]int32, error) {
	pod, compact := r.Object.(journal.Pod)
	if !compact {
		return v.print(o.kind, api)
	}
	f, whole := pod.Facts(), api.(*corev1.Pod)
	if o.spec != nil && o.specOf == f.Spec && o.node == f.NodeName {
		lines, err := v.print(o.kind, struct {
			Metadata *metav1.ObjectMeta `json:"metadata"`
			Status   *corev1.PodStatus  `json:"status"`
		}{&whole.ObjectMeta, &whole.Status})
		if err != nil {
			return nil, err
		}
		at := slices.Index(lines, v.line("status:"))
		if at < 0 {
			at = len(lines)
		}
		return slices.Insert(lines, at, o.spec...), nil
	}
	lines, err := v.print(o.kind, api)
	from, to := slices.Index(lines, v.line("spec:")), slices.Index(lines, v.line("status:"))
	o.spec = nil
	if err == nil && from >= 0 && to > from {
		o.spec, o.specOf, o.node = slices.Clone(lines[from:to]), f.Spec, f.NodeName
	}
	return lines, err
}

func (v *versions) print(k *model.Kind, what any) ([]int32, error) {
	text, err := json.Marshal(what)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	content := map[string]any{}
	if err := d.Decode(&content); err != nil {
		return nil, err
	}
	content["apiVersion"], content["kind"] = k.APIVersion(), k.Name
	if meta, ok := content["metadata"].(map[string]any); ok {
		delete(meta, "managedFields")
	}
	lines, err := v.printer.print(content)
	if err != nil { // kubectl could not print it either
		lines = []string{"# " + err.Error()}
	}
	ids := make([]int32, len(lines))
	for i, l := range lines {
		ids[i] = v.line(l)
	}
	return ids, nil
}

// line numbers a line.
func (v *versions) line(text string) int32 {
	id, known := v.lineID[text]
	if !known {
		id = int32(len(v.lines))
		v.lines = append(v.lines, text)
		v.lineID[text] = id
	}
	return id
}

// changeText says in words what a record changed, where words are known.
func changeText(o *object, verb journal.Verb, now model.Object) string {
	switch now := now.(type) {
	case *corev1.Pod:
		if verb == journal.Deleted {
			return "removed from the API"
		}
		before, _ := o.last.(*corev1.Pod)
		return timeline.ChangesOf(before, now)
	case *corev1.Event:
		return now.Type + " " + now.Reason + ": " + now.Message
	}
	return ""
}

// difference says how to make the new lines from the old ones.
func difference(old, now []int32) []int32 {
	head := 0
	for head < len(old) && head < len(now) && old[head] == now[head] {
		head++
	}
	tail := 0
	for tail < len(old)-head && tail < len(now)-head && old[len(old)-1-tail] == now[len(now)-1-tail] {
		tail++
	}
	a, b := old[head:len(old)-tail], now[head:len(now)-tail]
	var out []int32
	copied := head
	flush := func(dropped int, added []int32) {
		out = append(out, int32(copied), int32(dropped), int32(len(added)))
		out = append(out, added...)
		copied = 0
	}
	i, j := 0, 0
	for _, m := range common(a, b) {
		if m[0] > i || m[1] > j {
			flush(m[0]-i, b[j:m[1]])
		}
		copied++
		i, j = m[0]+1, m[1]+1
	}
	if i < len(a) || j < len(b) {
		flush(len(a)-i, b[j:])
	}
	return out
}

// common is a longest common subsequence, as pairs of places. Large middles are replaced as a whole.
func common(a, b []int32) (pairs [][2]int) {
	const most = 1 << 18
	if len(a) == 0 || len(b) == 0 || len(a)*len(b) > most {
		return nil
	}
	w := len(b) + 1
	length := make([]int16, (len(a)+1)*w)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i*w+j] = length[(i+1)*w+j+1] + 1
			} else {
				length[i*w+j] = max(length[(i+1)*w+j], length[i*w+j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case length[(i+1)*w+j] >= length[i*w+j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}
