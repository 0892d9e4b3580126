package why

import (
	"strings"
	"time"

	"clustersim/model"
	"clustersim/report/timeline"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
)

// Answer is why an object is as it is at an instant.
type Answer struct {
	Object string        `json:"object"` // Pod default/web
	At     time.Duration `json:"-"`
	State  string        `json:"state"`
	// Chain is what led there: the latest first, the beginning last.
	Chain []Step `json:"chain"`
	// Countdowns are what will happen by the passage of time.
	Countdowns []Countdown `json:"countdowns"`
	// Verdict is what the scheduler says of a pod that waits for a node, line by line.
	Verdict []string `json:"verdict,omitempty"`
	// Wants is what would have to change.
	Wants []string `json:"wouldHaveToChange"`
}

// Step is one entry of the chain.
type Step struct {
	Seq      uint64          `json:"seq"`
	At       time.Duration   `json:"-"`
	Seconds  float64         `json:"t"`
	Subject  string          `json:"subject"` // Pod default/web; Step crash; Manifest
	Change   string          `json:"change"`
	Rule     string          `json:"rule,omitempty"`
	Sentence string          `json:"sentence,omitempty"`
	Korean   string          `json:"korean,omitempty"`
	Constant []rule.Constant `json:"constants,omitempty"`
	Source   string          `json:"source,omitempty"`
	Place    string          `json:"place,omitempty"`
}

// Countdown is something that ends or begins at an instant that is known.
type Countdown struct {
	What    string        `json:"what"`
	At      time.Duration `json:"-"`
	Seconds float64       `json:"t,omitempty"` // 0: not known
	Because string        `json:"because,omitempty"`
}

// NotFound is the error of an object that never was.
type NotFound struct{ Object string }

// Error says so.
func (e *NotFound) Error() string { return e.Object + ": there is no such object up to that instant" }

// longest is the most steps that a chain is followed.
const longest = 10000

// Ask explains an object as it is after the log's last record, at the instant at. It returns a *NotFound if it never was.
func (l *Log) Ask(k *model.Kind, namespace, name string, at time.Duration) (*Answer, error) {
	if !k.Namespaced {
		namespace = ""
	}
	id := key{k, namespace, name}
	r := l.last(id)
	if r == nil {
		return nil, &NotFound{id.title()}
	}
	a := &Answer{Object: id.title(), At: at, State: stateOf(r.Object.API()), Chain: []Step{}, Countdowns: []Countdown{}, Wants: []string{}}
	if r.Verb == journal.Deleted {
		a.State = "gone since " + timeline.Clock(r.At)
	} else {
		l.judge(a, id, r)
	}
	a.Chain = l.chain(l.telling(id))
	return a, nil
}

// telling is the last record of an object that changed something worth telling.
func (l *Log) telling(k key) *entry {
	list := l.of[k]
	for i := len(list) - 1; i >= 0; i-- {
		if e := &l.entries[list[i]]; l.change(e.record) != "" {
			return e
		}
	}
	return &l.entries[list[len(list)-1]]
}

// chain follows an entry to its beginning.
func (l *Log) chain(e *entry) []Step {
	steps := []Step{}
	for ; e != nil && len(steps) < longest; e = l.find(e.cause) {
		if s, ok := l.step(e); ok {
			steps = append(steps, s)
		}
	}
	return steps
}

// step is an entry as the chain tells it; ok is false if there is nothing to tell of it.
func (l *Log) step(e *entry) (s Step, ok bool) {
	s = Step{Seq: e.seq, At: e.at, Seconds: e.at.Seconds()}
	if e.mark != nil {
		m := e.mark
		s.Place, s.Change = m.Place, strings.TrimSpace(m.Action+" "+strings.Join(m.Targets, ", "))
		switch {
		case m.Type == journal.Created:
			s.Subject = "Manifest"
		case m.Type == journal.Verdict:
			s.Subject, s.Change = "Check "+m.Name, m.Message
		default:
			s.Subject = strings.TrimSpace("Step " + m.Name)
			if m.Type == journal.Ended {
				s.Change += " ends"
			}
		}
		return s, true
	}
	r := e.record
	s.Subject, s.Change = keyOf(r).title(), l.change(r)
	by := rule.Get(r.Rule)
	s.Rule, s.Sentence, s.Korean, s.Constant, s.Source = by.Name, by.Sentence(), by.KoreanSentence(), by.Constants, by.Source
	return s, s.Change != ""
}
