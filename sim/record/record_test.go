package record

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

var kindTest = engine.NewKind("test", engine.RankWorld, false)

func newRecorder() (*Recorder, *engine.Engine, *store.Store, *store.Pod) {
	e := engine.New(1)
	s := store.New(e, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), journal.New())
	p := &store.Pod{Namespace: "default", Name: "web", Template: &corev1.Pod{}, Status: &corev1.PodStatus{}}
	if err := s.CreatePod(p); err != nil {
		panic(err)
	}
	return New(e, s, "kubelet", "n1", &store.Client{}, 2*time.Millisecond), e, s, p
}

func events(s *store.Store) (out []*corev1.Event) {
	for _, o := range s.List(model.Event) {
		out = append(out, o.API().(*corev1.Event))
	}
	return out
}

func run(t *testing.T, e *engine.Engine, until time.Duration) {
	t.Helper()
	if err := e.Run(until); err != nil {
		t.Fatal(err)
	}
}

// Equal events are one object whose count rises; another container or message is another one.
func TestEqualEventsAreCounted(t *testing.T) {
	r, e, s, p := newRecorder()
	for i := range 3 {
		e.At(time.Duration(i)*10*time.Second, kindTest, engine.Func(func() {
			r.Pod(p, "spec.containers{a}", Normal, "Started", "Container started")
		}))
	}
	e.At(time.Second, kindTest, engine.Func(func() { r.Pod(p, "spec.containers{b}", Normal, "Started", "Container started") }))
	run(t, e, time.Minute)
	got := events(s)
	if len(got) != 2 {
		t.Fatalf("%d events", len(got))
	}
	counts := map[string]int32{}
	for _, ev := range got {
		counts[ev.InvolvedObject.FieldPath] = ev.Count
		if ev.InvolvedObject.FieldPath == "spec.containers{a}" && ev.LastTimestamp.Sub(ev.FirstTimestamp.Time) != 20*time.Second {
			t.Errorf("first %v last %v", ev.FirstTimestamp, ev.LastTimestamp)
		}
	}
	if counts["spec.containers{a}"] != 3 || counts["spec.containers{b}"] != 1 {
		t.Errorf("counts %v", counts)
	}
}

// From the tenth different message of one reason on, they go into one event. Source: controllers.md 0.5.
func TestSimilarEventsAreCombined(t *testing.T) {
	r, e, s, p := newRecorder()
	for i := range 12 {
		r.Pod(p, "", Normal, "ScalingReplicaSet", fmt.Sprintf("message %d", i))
	}
	run(t, e, time.Minute)
	combinedCount, last := int32(0), ""
	for _, ev := range events(s) {
		if len(ev.Message) > 12 {
			combinedCount, last = ev.Count, ev.Message
		}
	}
	if len(events(s)) != 10 || combinedCount != 3 || last != "(combined from similar events): message 11" {
		t.Errorf("%d events, combined x%d %q", len(events(s)), combinedCount, last)
	}
}

// 25 events of one type about one object pass at once, then one each 300 s; the count goes on meanwhile.
func TestSpamFilter(t *testing.T) {
	r, e, s, p := newRecorder()
	for i := range 40 {
		e.At(time.Duration(i)*time.Second, kindTest, engine.Func(func() { r.Pod(p, "", Warning, "Unhealthy", "no") }))
	}
	run(t, e, 60*time.Second)
	if got := events(s); len(got) != 1 || got[0].Count != 25 {
		t.Fatalf("%d events, count %d, want 25", len(got), got[0].Count)
	}
	e.At(300*time.Second, kindTest, engine.Func(func() { r.Pod(p, "", Warning, "Unhealthy", "no") }))
	run(t, e, 400*time.Second)
	if got := events(s); got[0].Count != 41 {
		t.Errorf("count %d, want 41: what was dropped is counted", got[0].Count)
	}
}

// Ten different messages are combined for as long as no ten minutes pass without one; after such a pause they count anew.
// Source: k8s v1.36.3 staging client-go/tools/record/events_cache.go EventAggregate.
func TestCombiningLastsUntilAPause(t *testing.T) {
	r, e, s, p := newRecorder()
	at := time.Duration(0)
	for i := range 40 {
		if i == 30 {
			at += 11 * time.Minute
		}
		at += 6 * time.Minute // slow enough for the spam filter
		e.At(at, kindTest, engine.Func(func() { r.Pod(p, "", Normal, "Resized", fmt.Sprintf("message %02d", i)) }))
	}
	e.At(at+time.Minute, kindTest, engine.Func(func() {
		own, together := 0, int32(0)
		for _, ev := range events(s) {
			if strings.HasPrefix(ev.Message, combined) {
				together = ev.Count
			} else if ev.Message > "message 29" {
				own++
			}
		}
		if own != 9 || together != 22 {
			t.Errorf("%d of the last ten by themselves, %d combined, want 9 and 22", own, together)
		}
	}))
	run(t, e, at+2*time.Minute)
}
