package step

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/report/kubectl"
	"clustersim/report/narrate"
	"clustersim/sim/journal"
)

// longest bounds a tape: a run of more changes is not one to walk through.
const longest = 400_000

// entry is one record or mark.
type entry struct {
	at     time.Duration
	text   string // what is told of it; empty: nothing
	uid    types.UID
	object model.Object // as it is afterwards; nil: deleted, or a mark
	before model.Object // as it was; nil: not there
}

// Tape is a journal.Sink that keeps everything. Use NewTape.
type Tape struct {
	entries  []entry
	narrator *narrate.Narrator
	latest   map[types.UID]model.Object

	position int           // so many entries have happened
	clock    time.Duration // where somebody went to, if later than the last of them
	living   map[types.UID]model.Object
}

// NewTape returns an empty tape whose changes are told in a language, "en" or "ko".
func NewTape(language string) *Tape {
	return &Tape{narrator: narrate.New(io.Discard, language), latest: map[types.UID]model.Object{}, living: map[types.UID]model.Object{}}
}

// Record implements journal.Sink. It fails on a run that is too long to walk through.
func (t *Tape) Record(r *journal.Record) error {
	if len(t.entries) == longest {
		return fmt.Errorf("more than %d changes: too many to step through; simulate get --at shows any instant", longest)
	}
	o := r.Object.API()
	e := entry{at: r.At, text: t.narrator.Sentence(r), uid: o.GetUID(), before: t.latest[o.GetUID()]}
	if r.Verb == journal.Deleted {
		delete(t.latest, e.uid)
	} else {
		e.object = o
		t.latest[e.uid] = o
	}
	t.entries = append(t.entries, e)
	return nil
}

// Mark implements journal.MarkSink.
func (t *Tape) Mark(m *journal.Mark) error {
	t.entries = append(t.entries, entry{at: m.At, text: t.narrator.MarkSentence(m)})
	return nil
}

// Now is the time of the last change that has happened, or the later one that was gone to; 0 before the first.
func (t *Tape) Now() time.Duration {
	if t.position == 0 {
		return t.clock
	}
	return max(t.clock, t.entries[t.position-1].at)
}

// told is the line of an entry.
func (t *Tape) told(i int) string { return t.narrator.Line(t.entries[i].at, t.entries[i].text) }

// seek moves until so many entries have happened.
func (t *Tape) seek(position int) {
	t.clock = 0
	for ; t.position < position; t.position++ {
		e := &t.entries[t.position]
		t.set(e.uid, e.object)
	}
	for ; t.position > position; t.position-- {
		e := &t.entries[t.position-1]
		t.set(e.uid, e.before)
	}
}

func (t *Tape) set(uid types.UID, o model.Object) {
	switch {
	case uid == "":
	case o == nil:
		delete(t.living, uid)
	default:
		t.living[uid] = o
	}
}

// next is the index of the first told entry at or after i that suits, or -1.
func (t *Tape) next(i int, suits func(*entry) bool) int {
	for ; i < len(t.entries); i++ {
		if e := &t.entries[i]; e.text != "" && suits(e) {
			return i
		}
	}
	return -1
}

// previous is the index of the last told entry before i, or -1.
func (t *Tape) previous(i int) int {
	for i--; i >= 0; i-- {
		if t.entries[i].text != "" {
			return i
		}
	}
	return -1
}

// after is how many entries have happened when all of an instant have.
func (t *Tape) after(at time.Duration) int {
	return sort.Search(len(t.entries), func(i int) bool { return t.entries[i].at > at })
}

// cluster is what the API server holds here. Start is the wall clock at t=0.
func (t *Tape) cluster(start time.Time) *kubectl.Cluster {
	uids := make([]types.UID, 0, len(t.living))
	for uid := range t.living { // unordered: sorted below
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	c := &kubectl.Cluster{Now: start.Add(t.Now())}
	for _, uid := range uids {
		c.Objects = append(c.Objects, t.living[uid])
	}
	return c
}
