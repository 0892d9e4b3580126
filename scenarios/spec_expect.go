package scenarios

import (
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"clustersim/model"
	"clustersim/scenarios/check"
)

// Expectation is one thing that must hold: exactly one temporal mode and one condition.
type Expectation struct {
	Place model.Place `json:"-"`
	Name  string      // in verdicts

	At         *instant    // at this instant, before what happens then
	Eventually *Eventually // at some instant
	Always     *Window     // at every instant
	Never      *Window     // at no instant
	Finally    *struct{}   // when the run has ended

	Cel     *celText    // an expression that is true or false
	Match   *pattern    // a partial object; lists match in any order
	Event   *EventCheck // an Event that is said
	Refused *Refusal    // an object that the API server does not create
	Golden  *placed     // a file that holds the timeline of the run
	Count   *int        // of match: exactly this many objects; without it at least one
}

// Eventually is the window of a condition that has to become true.
type Eventually struct {
	By     *instant       // no later than this; default: the end of the run
	Within *time.Duration // instead of by: this long after `after`
	After  *instant       // looked at from here on; default: the start
}

// Window is the time for which a condition has to hold, or not to hold.
type Window struct {
	From *instant // default: the start
	To   *instant // default: the end of the run
}

// EventCheck selects Events. All parts that are given must match.
type EventCheck struct {
	Reason         string // a glob
	Type           string `enum:"Normal,Warning"` // Normal or Warning
	Regarding      *placed
	Namespace      string // of the object, a glob
	Component      string // that says it, a glob
	MessageMatches *placed
	Count          *int // at least; default 1
}

// Refusal selects objects that the API server refuses to create.
type Refusal struct {
	Kind           *placed
	Name           string // a glob
	Namespace      string // a glob
	MessageMatches *placed
	Count          *int // at least; default 1
}

// instant is a time of the run: 90s, the name of a step, or step+5m.
type instant struct {
	Place model.Place
	check.Instant
}

func (i *instant) decodeNode(d *decoder, n *yaml.Node, path string) {
	i.Place = d.place(n)
	text := n.Value
	if n.Kind != yaml.ScalarNode {
		d.errorf(n, "%s: must be a time such as 90s, the name of a step, or step+5m; got %s", path, describe(n))
		return
	}
	i.Set = true
	if t, err := time.ParseDuration(text); err == nil {
		if t < 0 {
			d.errorf(n, "%s: must not be negative, got %s", path, text)
		}
		i.Offset = max(t, 0)
		return
	}
	name, offset, plus := cutLast(text, "+")
	if plus {
		t, err := time.ParseDuration(strings.TrimSpace(offset))
		if err == nil && t >= 0 {
			i.Step, i.Offset = strings.TrimSpace(name), t
			return
		}
	}
	i.Step = text
}

// cutLast cuts at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// celText is a CEL expression and the node that holds it.
type celText struct {
	node *yaml.Node
	Text string
}

func (t *celText) decodeNode(d *decoder, n *yaml.Node, path string) {
	t.node = n
	if n.Kind != yaml.ScalarNode {
		d.errorf(n, "%s: must be a CEL expression, got %s", path, describe(n))
		return
	}
	t.Text = n.Value
}

// pattern is a partial object.
type pattern struct {
	Place model.Place
	root  *check.Pattern
}

func (p *pattern) decodeNode(d *decoder, n *yaml.Node, path string) {
	p.Place = d.place(n)
	p.root = d.entered(n, path)
}

// pattern reads a node as it stands, parameters replaced.
func (d *decoder) pattern(n *yaml.Node, path string) *check.Pattern {
	at := d.place(n)
	n, leave, ok := d.enterLoose(n, path)
	defer leave()
	if !ok || isNull(n) {
		return &check.Pattern{Place: at, Null: true}
	}
	return d.entered(n, path)
}

// entered reads a node that is resolved and not null.
func (d *decoder) entered(n *yaml.Node, path string) *check.Pattern {
	p := &check.Pattern{Place: d.place(n)}
	switch n.Kind {
	case yaml.MappingNode:
		list, _ := d.pairs(n, path)
		p.Fields = []check.Entry{}
		for _, e := range list {
			p.Fields = append(p.Fields, check.Entry{Name: e.key.Value, Place: d.place(e.key), Value: d.pattern(e.value, join(path, e.key.Value))})
		}
	case yaml.SequenceNode:
		p.List = true
		for i, item := range n.Content {
			p.Items = append(p.Items, d.pattern(item, fmt.Sprintf("%s[%d]", path, i)))
		}
	default:
		p.Text = n.Value
		switch n.ShortTag() {
		case "!!int", "!!float", "!!bool":
			p.String = d.given[n]
		default:
			p.String = true
		}
	}
	return p
}

// thresholds are limits on metrics, in the order of the file.
type thresholds struct {
	node *yaml.Node
	list []thresholdsOf
}

// thresholdsOf are the limits on one metric.
type thresholdsOf struct {
	key   *yaml.Node
	items []*yaml.Node
}

func (t *thresholds) decodeNode(d *decoder, n *yaml.Node, path string) {
	t.node = n
	list, _ := d.pairs(n, path)
	for _, p := range list {
		of := thresholdsOf{key: p.key}
		at := join(path, p.key.Value)
		v, leave, ok := d.enter(p.value, at)
		switch {
		case !ok:
		case v.Kind == yaml.SequenceNode:
			for i, item := range v.Content {
				if m, good := d.resolve(item, fmt.Sprintf("%s[%d]", at, i)); good {
					of.items = append(of.items, m)
				}
			}
		default:
			of.items = append(of.items, v)
		}
		leave()
		if ok && len(of.items) == 0 {
			d.errorf(p.key, "%s: needs at least one threshold such as \"p(95) < 30s\"", at)
		}
		t.list = append(t.list, of)
	}
}

// Output is a file that is written when the scenario has run.
type Output struct {
	Place model.Place `json:"-"`
	Kind  string      `enum:"html,svg,png,trace,csv,json,jsonl,openmetrics,junit,text,md"` // the format of the file
	Path  string      // relative to the working directory
}

// OutputKinds are the kinds of files that a scenario may ask for.
var OutputKinds = []string{"html", "svg", "png", "trace", "csv", "json", "jsonl", "openmetrics", "junit", "text", "md"}
