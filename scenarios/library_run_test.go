package scenarios_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"clustersim/report/kubectl"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/invariant"
	"clustersim/sim/journal"
)

// fact is something that a story shows: pod (a glob) is as said at some instant between from and to, seconds from the
// start. It is said in words that kubectl shows or that are named by a key: a STATUS, a READY such as 1/2, restarts=2,
// phase=Failed, Ready=False (any condition), reason:PodFailed (of the condition Ready), node=n, gone.
//
//	always ...      throughout, not at some instant
//	never ...       at no instant
//	event R text    an Event of the pod with reason R, whose message contains the text
//
// Where the facts come from: kubelet.md, controllers.md and scheduler.md, section by section; the windows leave room for
// the phases of the kubelet's loops (relist 1 s, tick 1 s, node status 10 s) and the jitter of its retries (x 1 to 1.5).
type fact struct {
	pod, said string
	from, to  float64
}

const ever = 1e9

// span is a time during which nothing of a pod changed.
type span struct {
	from, to float64
	words    []string
}

// happened is an Event of a pod.
type happened struct {
	at           float64
	reason, text string
}

// history is what a run shows of its pods. It is a journal.Sink.
type history struct {
	pods   map[string][]span
	events map[string][]happened
}

// Record implements journal.Sink.
func (h *history) Record(r *journal.Record) error {
	at := r.At.Seconds()
	switch o := r.Object.API().(type) {
	case *corev1.Pod:
		spans := h.pods[o.Name]
		if n := len(spans); n > 0 {
			spans[n-1].to = at
		}
		words := []string{"gone"}
		if r.Verb != journal.Deleted {
			words = wordsOf(o)
		}
		h.pods[o.Name] = append(spans, span{at, ever, words})
	case *corev1.Event:
		if o.InvolvedObject.Kind == "Pod" {
			h.events[o.InvolvedObject.Name] = append(h.events[o.InvolvedObject.Name], happened{at, o.Reason, o.Message})
		}
	}
	return nil
}

func wordsOf(p *corev1.Pod) []string {
	s := kubectl.Summarize(p)
	words := []string{s.Status, fmt.Sprintf("%d/%d", s.Ready, s.Total), fmt.Sprintf("restarts=%d", s.Restarts),
		"phase=" + string(p.Status.Phase), "node=" + p.Spec.NodeName, "qos=" + string(p.Status.QOSClass)}
	for _, c := range p.Status.Conditions {
		words = append(words, string(c.Type)+"="+string(c.Status))
		if c.Type == corev1.PodReady {
			words = append(words, "reason:"+c.Reason)
		}
	}
	return words
}

// holds tells whether the fact is one.
func (h *history) holds(f fact) bool {
	words := strings.Fields(f.said)
	mode := words[0]
	if i := slices.Index(words, "event"); i >= 0 {
		return h.saw(f, words[i+1], strings.Join(words[i+2:], " ")) != (mode == "never")
	}
	if mode == "always" || mode == "never" {
		words = words[1:]
	}
	some, all := false, true
	for name, spans := range h.pods {
		if ok, _ := path.Match(f.pod, name); !ok {
			continue
		}
		for _, s := range spans {
			if s.from <= f.to && s.to > f.from {
				is := !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(s.words, w) })
				some, all = some || is, all && is
			}
		}
	}
	switch mode {
	case "always":
		return some && all
	case "never":
		return !some
	}
	return some
}

func (h *history) saw(f fact, reason, text string) bool {
	for name, events := range h.events {
		if ok, _ := path.Match(f.pod, name); !ok {
			continue
		}
		for _, e := range events {
			if e.at >= f.from && e.at <= f.to && e.reason == reason && strings.Contains(e.text, text) {
				return true
			}
		}
	}
	return false
}

// tell is the history of a pod, for the reader of a failure.
func (h *history) tell(pod string) string {
	var b strings.Builder
	for name, spans := range h.pods {
		if ok, _ := path.Match(pod, name); !ok {
			continue
		}
		for _, s := range spans {
			fmt.Fprintf(&b, "\n  %9.3f %s %v", s.from, name, s.words)
		}
		for _, e := range h.events[name] {
			fmt.Fprintf(&b, "\n  %9.3f %s event %s %s", e.at, name, e.reason, e.text)
		}
	}
	return b.String()
}

// refusals are in every note of the stories that are about them; no other story has notes.
var refusals = map[string]string{
	"lesson/10-service-account": `pods "refused" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found`,
	"workloads/drain":           "workloads/drain.yaml:",
	"workloads/quota":           "is forbidden: ",
	"workloads/quota-counts":    `pods "third" is forbidden: exceeded quota`,
}

// TestStories runs every story of the library and looks for what it says it shows.
func TestStories(t *testing.T) {
	known := map[string]bool{}
	for _, e := range scenarios.Library() {
		known[e.Name] = true
		t.Run(e.Name, func(t *testing.T) {
			h, notes := tellStory(t, e.Name)
			for _, n := range notes {
				if want := refusals[e.Name]; want == "" || !strings.Contains(n.Message, want) {
					t.Errorf("%v: %s: %s", n.At, n.What, n.Message)
				}
			}
			if len(notes) == 0 && refusals[e.Name] != "" {
				t.Error("nothing was refused")
			}
			for _, f := range facts[e.Name] {
				if !h.holds(f) {
					t.Errorf("%s: not %q between %g s and %g s:%s", f.pod, f.said, f.from, f.to, h.tell(f.pod))
				}
			}
		})
	}
	for name := range facts {
		if !known[name] {
			t.Errorf("there is no story %s", name)
		}
	}
}

func tellStory(t *testing.T, name string) (*history, []sim.Note) {
	s, problems := scenarios.LoadLibrary(name, scenarios.LoadOptions{})
	if s == nil || problems.HasErrors() {
		t.Fatal(problems)
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	h := &history{pods: map[string][]span{}, events: map[string][]happened{}}
	c := invariant.New()
	r, err := sim.New(o, h, c)
	if err == nil {
		_, err = r.Run()
	}
	if err == nil {
		err = c.End(r.Engine.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(h.pods) == 0 && name != "workloads/apply" && !s.Demands() {
		t.Error("there is no pod in it")
	}
	return h, r.Notes
}
