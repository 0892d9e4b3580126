package scenarios

import (
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"clustersim/model"
	"clustersim/sim/fault"
)

// Step is one entry of the timeline: one of at, every, after, when, and exactly one action.
type Step struct {
	Place model.Place    `json:"-"`
	Name  string         // for after and checks
	At    *time.Duration // once
	Every *time.Duration // again and again, first after this time
	After *After         // behind another step
	When  *celText       // CEL: once, when it first becomes true
	For   time.Duration  // undone after this time
	Until time.Duration  // with every

	entry  *fault.Entry
	action fault.Action // nil if this version does not simulate it
	node   *yaml.Node   // of the action's fields
	at     model.Place  // of the action's name
}

// After puts a step behind another.
type After struct {
	Place model.Place   `json:"-"`
	Step  string        // its name
	Delay time.Duration // after that one; 0s
}

// decodeNode implements nodeDecoder: the fields of a step are its own and the names of all actions.
func (s *Step) decodeNode(d *decoder, n *yaml.Node, path string) {
	s.Place = d.place(n)
	var names []string
	for _, e := range fault.Registry {
		names = append(names, e.Name)
	}
	type plain Step // without this method
	before := len(d.problems)
	d.structure(n, reflect.ValueOf((*plain)(s)).Elem(), path, func(p pair) bool { return s.take(d, p, path) }, names)
	if n.Kind != yaml.MappingNode {
		return
	}
	s.checkTime(d, n, path)
	if s.entry == nil && len(d.problems) == before {
		d.errorf(n, "%s: needs an action such as nodeCrash or scale", path)
	}
}

// take reads an action; it reports whether the entry is one.
func (s *Step) take(d *decoder, p pair, path string) bool {
	e := fault.Find(p.key.Value)
	if e == nil {
		return false
	}
	if s.entry != nil {
		d.errorf(p.key, "%s: has two actions, %s and %s; write two steps", path, s.entry.Name, e.Name)
		return true
	}
	s.entry, s.at = e, d.place(p.key)
	s.action = e.New()
	at := join(path, e.Name)
	n, leave, ok := d.enter(p.value, at)
	defer leave()
	if !ok {
		return true
	}
	if isNull(n) {
		n = &yaml.Node{Kind: yaml.MappingNode, Line: p.key.Line, Column: p.key.Column}
	}
	s.node = n
	before := len(d.problems)
	if a, ok := s.action.(*fault.ForEach); ok {
		d.structure(n, reflect.ValueOf(a).Elem(), at, func(p pair) bool { return p.key.Value == "do" && d.tasks(p.value, a, join(at, "do")) }, []string{"do"})
	} else {
		d.structure(n, reflect.ValueOf(s.action).Elem(), at, nil, nil)
	}
	if err := s.action.Check(); err != nil && len(d.problems) == before {
		d.errorf(n, "%s: %s", at, err)
	}
	return true
}

// checkTime wants exactly one of the ways to say when.
func (s *Step) checkTime(d *decoder, n *yaml.Node, path string) {
	var given []string
	for _, g := range []struct {
		name string
		is   bool
	}{{"at", s.At != nil}, {"every", s.Every != nil}, {"after", s.After != nil}, {"when", s.When != nil}} {
		if g.is {
			given = append(given, g.name)
		}
	}
	switch {
	case len(given) == 0:
		d.errorf(n, "%s: needs one of at, every, after, when", path)
	case len(given) > 1:
		d.errorf(n, "%s: %s exclude each other", path, strings.Join(given, " and "))
	case s.Every != nil && *s.Every == 0:
		d.errorf(n, "%s.every: must be above 0", path)
	case s.Until != 0 && s.Every == nil:
		d.errorf(n, "%s.until: goes with every alone", path)
	case s.After != nil && s.After.Step == "":
		d.errorf(n, "%s.after.step: required", path)
	}
	if s.For != 0 && s.entry != nil && !s.entry.Reverts {
		d.errorf(n, "%s.for: %s cannot be undone; add a step of its own", path, s.entry.Name)
	}
}
