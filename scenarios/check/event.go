package check

import (
	"regexp"

	"clustersim/sim/store"
	"clustersim/sim/world"
)

// EventMatch wants Events to be said. Empty parts match everything.
type EventMatch struct {
	Reason    string // a glob
	Type      string // Normal, Warning
	Regarding string // KIND/NAME, a glob
	Namespace string // a glob, of the object
	Component string // a glob
	Message   *regexp.Regexp
}

func glob(pattern, text string) bool { return pattern == "" || world.Match(pattern, text) }

// holds says whether an Event is one of those that are wanted.
func (m *EventMatch) holds(e *store.Event) bool {
	r := &e.Regarding
	return glob(m.Reason, e.Reason) && glob(m.Type, e.Type) && glob(m.Regarding, r.Kind.Name+"/"+r.Name) &&
		glob(m.Namespace, r.Namespace) && glob(m.Component, e.Component) && (m.Message == nil || m.Message.MatchString(e.Message))
}

// said is how many times an Event has been said.
func said(e *store.Event) int { return int(max(e.Count, e.SeriesCount, 1)) }

// RefusedMatch wants the API server to refuse to create objects. Empty parts match everything.
type RefusedMatch struct {
	Kind      string
	Namespace string // a glob
	Name      string // a glob, of the name or generateName
	Message   *regexp.Regexp
}

func (m *RefusedMatch) holds(kind, namespace, name, message string) bool {
	return glob(m.Kind, kind) && glob(m.Namespace, namespace) && glob(m.Name, name) && (m.Message == nil || m.Message.MatchString(message))
}
