package step

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/journal"
)

type pod struct{ *corev1.Pod }

func (pod) Kind() *model.Kind            { return model.Pod }
func (p pod) API() model.Object          { return p.Pod }
func (pod) AppendDigest(b []byte) []byte { return b }
func version(uid string, n int) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: uid, UID: types.UID(uid), ResourceVersion: fmt.Sprint(n)}}
}

func listOf(t *Tape) (text string) {
	for _, o := range t.cluster(time.Time{}).Objects {
		text += o.GetName() + "@" + o.GetResourceVersion() + " "
	}
	return text
}

// Wherever one goes, and from wherever, the cluster is as the records up to there made it.
func TestSeek(t *testing.T) {
	tape := NewTape("en")
	random := rand.New(rand.NewPCG(1, 2))
	want := []string{""}
	living := map[string]*corev1.Pod{}
	for i := range 300 {
		uid := fmt.Sprintf("pod-%d", random.IntN(8))
		r := &journal.Record{At: time.Duration(i) * time.Second, Verb: journal.Modified}
		switch p := living[uid]; {
		case p == nil:
			r.Verb, living[uid] = journal.Added, version(uid, i)
		case random.IntN(4) == 0:
			r.Verb = journal.Deleted
		default:
			living[uid] = version(uid, i)
		}
		r.Object = pod{living[uid]}
		if r.Verb == journal.Deleted {
			delete(living, uid)
		}
		if err := tape.Record(r); err != nil {
			t.Fatal(err)
		}
		text := ""
		for n := range 8 {
			if p := living[fmt.Sprintf("pod-%d", n)]; p != nil {
				text += p.Name + "@" + p.ResourceVersion + " "
			}
		}
		want = append(want, text)
	}
	for range 500 {
		at := random.IntN(len(want))
		tape.seek(at)
		if got := listOf(tape); got != want[at] {
			t.Fatalf("after %d changes: %s, want %s", at, got, want[at])
		}
	}
	if got := tape.after(10 * time.Second); got != 11 {
		t.Errorf("%d changes up to 10 s, want 11", got)
	}
}
