package fault

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

// Target says which nodes an action is for: exactly one of its first four fields, thinned out by Mode.
type Target struct {
	Node   string `json:"node"`   // a name
	Zone   string `json:"zone"`   // all nodes of a zone
	Select string `json:"select"` // all nodes that a label selector matches
	Step   string `json:"step"`   // the same nodes that the step of this name took
	Mode   Mode   `json:"mode"`   // how many of them
}

// check reports what is wrong with the target.
func (t *Target) check() error {
	n := 0
	for _, s := range []string{t.Node, t.Zone, t.Select, t.Step} {
		if s != "" {
			n++
		}
	}
	if n != 1 {
		return errors.New("needs exactly one of node, zone, select, step")
	}
	if _, err := labels.Parse(t.Select); err != nil {
		return fmt.Errorf("select: %w", err)
	}
	return nil
}

// NodeTarget is implemented by every action on nodes.
type NodeTarget interface{ Nodes() *Target }

// Nodes returns the target itself.
func (t *Target) Nodes() *Target { return t }

// Mode says how many of the nodes that a target names are taken. The zero value takes all.
type Mode struct {
	Some    bool    // else all
	Count   int     // with Some: this many, 0 = by Percent
	Percent float64 // with Some and Count 0
}

// UnmarshalText reads all, one, a number, or a percentage.
func (m *Mode) UnmarshalText(text []byte) error {
	s := string(text)
	switch {
	case s == "all":
		*m = Mode{}
		return nil
	case s == "one":
		*m = Mode{Some: true, Count: 1}
		return nil
	case strings.HasSuffix(s, "%"):
		p, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		if err != nil || !(p > 0 && p <= 100) {
			return fmt.Errorf("must be a percentage above 0%% and up to 100%%, got %q", s)
		}
		*m = Mode{Some: true, Percent: p}
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return fmt.Errorf("must be all, one, a number or a percentage, got %q", s)
	}
	*m = Mode{Some: true, Count: n}
	return nil
}

// String writes the mode as a scenario does.
func (m Mode) String() string {
	switch {
	case !m.Some:
		return "all"
	case m.Count == 1:
		return "one"
	case m.Count > 0:
		return strconv.Itoa(m.Count)
	}
	return strconv.FormatFloat(m.Percent, 'g', -1, 64) + "%"
}

// Of returns how many of n nodes the mode takes: never more than n, and a percentage is rounded up, so that it takes
// at least one where there is one.
func (m Mode) Of(n int) int {
	switch {
	case !m.Some:
		return n
	case m.Count > 0:
		return min(m.Count, n)
	}
	return min(n, int(math.Ceil(float64(n)*m.Percent/100)))
}

// Object names one API object as kubectl does.
type Object struct {
	Target    string `json:"target"`    // KIND/NAME; the kind by any name kubectl takes
	Namespace string `json:"namespace"` // default for namespaced kinds: "default"
}

// check reports what is wrong with the name.
func (o *Object) check() error {
	kind, name, ok := strings.Cut(o.Target, "/")
	if !ok || kind == "" || name == "" {
		return fmt.Errorf("target: must be KIND/NAME, got %q", o.Target)
	}
	k := model.FindKind(kind)
	if k == nil {
		return fmt.Errorf("target: unknown kind %q", kind)
	}
	if !k.Namespaced && o.Namespace != "" {
		return fmt.Errorf("namespace: a %s belongs to none", k.Name)
	}
	return nil
}

// Resolve returns kind, namespace and name; the kind is nil if Check would complain.
func (o *Object) Resolve() (k *model.Kind, namespace, name string) {
	kind, name, _ := strings.Cut(o.Target, "/")
	k = model.FindKind(kind)
	if k == nil || !k.Namespaced {
		return k, "", name
	}
	if o.Namespace == "" {
		return k, "default", name
	}
	return k, o.Namespace, name
}

// ObjectTarget is implemented by every action on one API object.
type ObjectTarget interface{ Ref() *Object }

// Ref returns the object itself.
func (o *Object) Ref() *Object { return o }
