package narrate

import (
	"bufio"
	"cmp"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
)

// Narrator is a journal.Sink that tells what it is told. Use New, and Close at the end.
type Narrator struct {
	w        *bufio.Writer
	language string
	before   map[types.UID]model.Object // what is known of each object that lives
}

// New returns a narrator that writes to w in a language, "en" or "ko".
func New(w io.Writer, language string) *Narrator {
	return &Narrator{w: bufio.NewWriter(w), language: language, before: map[types.UID]model.Object{}}
}

// Close writes what is left. It does not close the writer.
func (n *Narrator) Close() error { return n.w.Flush() }

// told are the kinds whose changes are told.
var told = []string{"Pod", "Node", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob", "Service", "PersistentVolumeClaim", "HorizontalPodAutoscaler"}

// Record implements journal.Sink. Its errors are those of the writer.
func (n *Narrator) Record(r *journal.Record) error {
	if text := n.Sentence(r); text != "" {
		return n.line(r.At, text)
	}
	return nil
}

// Sentence is what there is to tell of a record, and why it came about; empty if it is nothing that is told. Records must be
// given in order.
func (n *Narrator) Sentence(r *journal.Record) string {
	if e, ok := r.Object.(journal.Event); ok {
		return n.kill(r, e)
	}
	kind := r.Object.Kind().Name
	if !slices.Contains(told, kind) {
		return ""
	}
	now := r.Object.API()
	before := n.before[now.GetUID()]
	if r.Verb == journal.Deleted {
		delete(n.before, now.GetUID())
	} else {
		n.before[now.GetUID()] = now
	}
	if r.At <= 0 && r.Verb == journal.Added {
		return "" // there from the start
	}
	texts := n.changes(r.Verb, before, now)
	if len(texts) == 0 {
		return ""
	}
	name := now.GetName()
	if ns := now.GetNamespace(); ns != "" {
		name = ns + "/" + name
	}
	return kind + " " + name + ": " + strings.Join(texts, "; ") + "." + n.why(r.Rule)
}

// kill tells of the one Event that no change of the pod shows: one of its containers is killed while it lives on.
func (n *Narrator) kill(r *journal.Record, e journal.Event) string {
	f := e.EventFacts()
	if f.Reason != "Killing" || r.Rule == 0 || r.Rule == rule.GracefulKill || r.Verb == journal.Deleted {
		return ""
	}
	return f.Kind + " " + f.Namespace + "/" + f.Name + ": " + f.Message + "." + n.why(r.Rule)
}

// why is the rule's sentence and its name.
func (n *Narrator) why(id rule.ID) string {
	if id == 0 {
		return ""
	}
	r := rule.Get(id)
	text := r.Sentence()
	if n.language == "ko" {
		text = r.KoreanSentence()
	}
	return " " + text + " [" + r.Name + "]"
}

// changes are the phrases for what is new, in the order in which it matters.
func (n *Narrator) changes(verb journal.Verb, before, now model.Object) (texts []string) {
	if verb == journal.Deleted {
		return []string{n.say(gone)}
	}
	if before == nil {
		texts = append(texts, n.say(created))
	} else if now.GetDeletionTimestamp() != nil && before.GetDeletionTimestamp() == nil {
		grace := int64(0)
		if g := now.GetDeletionGracePeriodSeconds(); g != nil {
			grace = *g
		}
		texts = append(texts, n.say(deletion, grace))
	}
	switch o := now.(type) {
	case *corev1.Pod:
		old, _ := before.(*corev1.Pod)
		texts = append(texts, n.pod(old, o)...)
	case *corev1.Node:
		if old, ok := before.(*corev1.Node); ok {
			texts = append(texts, n.node(old, o)...)
		}
	default:
		was, is := replicas(before), replicas(now)
		if before != nil && was != nil && is != nil && *was != *is {
			texts = append(texts, n.say(wanted, *is, *was))
		}
	}
	return texts
}

// replicas is how many the object wants; nil for kinds that want none, and where nothing is said.
func replicas(o model.Object) *int32 {
	switch o := o.(type) {
	case *appsv1.Deployment:
		return o.Spec.Replicas
	case *appsv1.ReplicaSet:
		return o.Spec.Replicas
	case *appsv1.StatefulSet:
		return o.Spec.Replicas
	case *corev1.ReplicationController:
		return o.Spec.Replicas
	}
	return nil
}

// Mark implements journal.MarkSink.
func (n *Narrator) Mark(m *journal.Mark) error {
	if text := n.MarkSentence(m); text != "" {
		return n.line(m.At, text)
	}
	return nil
}

// MarkSentence is what there is to tell of a mark; empty for objects that the scenario sends, which tell themselves.
func (n *Narrator) MarkSentence(m *journal.Mark) string {
	what := cmp.Or(m.Action, m.Name)
	if m.Name != "" && m.Name != what {
		what = m.Name + ", " + what
	}
	if len(m.Targets) > 0 {
		what += " " + strings.Join(m.Targets, ", ")
	}
	switch m.Type {
	case journal.Begun:
		return n.say(begins, what)
	case journal.Ended:
		return n.say(ends, what)
	case journal.Verdict:
		if m.Failed {
			return n.say(checkFails, m.Name, m.Message)
		}
		return n.say(checkHolds, m.Name)
	}
	return ""
}

// width is how wide a told line gets: the length of line that is read with ease.
const width = 110

func (n *Narrator) line(at time.Duration, text string) error {
	_, err := n.w.WriteString(n.Line(at, text))
	return err
}

// Line is a told line with its time in front, wrapped.
func (n *Narrator) Line(at time.Duration, text string) string {
	head := n.say(clock, at.Seconds()) + "  "
	column, indent := 0, strings.Repeat(" ", cells(head))
	var b strings.Builder
	b.WriteString(head)
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+cells(word) > width-len(indent):
			b.WriteString("\n" + indent)
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += cells(word)
	}
	b.WriteByte('\n')
	return b.String()
}

// cells is how many columns of a terminal a text takes: Hangul is two wide.
func cells(s string) int {
	wide := 0
	for _, r := range s {
		if r >= 0x1100 && (r <= 0x11FF || r >= 0x3130 && r <= 0x318F || r >= 0xAC00 && r <= 0xD7A3) {
			wide++
		}
	}
	return utf8.RuneCountInString(s) + wide
}
