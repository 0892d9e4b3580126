package html

import (
	"encoding/json"
	"strconv"

	"clustersim/report/story"
	"clustersim/sim/rule"
)

func (e *encoder) nodes(s *story.Story) {
	e.open("nodes")
	n := len(s.Nodes)
	at := func(name string, get func(n *story.Node) int64) {
		e.numbers(name, n, func(i int) int64 { return get(&s.Nodes[i]) })
	}
	e.texts("name", n, func(i int) string { return s.Nodes[i].Name })
	at("added", func(n *story.Node) int64 { return micros(n.Added) })
	at("gone", func(n *story.Node) int64 { return micros(n.Gone) })
	at("cpu", func(n *story.Node) int64 { return n.CPU })
	at("memory", func(n *story.Node) int64 { return n.Memory })
	at("max", func(n *story.Node) int64 { return n.PodsMax })
	at("zone", func(n *story.Node) int64 { return int64(n.Zone) })
	at("segN", func(n *story.Node) int64 { return int64(len(n.Segments)) })
	e.flat("seg", func() { // from, to, status, taints
		for i := range s.Nodes {
			for _, g := range s.Nodes[i].Segments {
				to := int64(-1)
				if g.To != story.Forever {
					to = micros(g.To)
				}
				for _, n := range [...]int64{micros(g.From), to, int64(g.Status), int64(g.Taints)} {
					e.item(n)
				}
			}
		}
	})
	e.close()
}

func (e *encoder) events(s *story.Story) {
	e.open("events")
	n := len(s.Events)
	at := func(name string, get func(v *story.Event) int64) {
		e.numbers(name, n, func(i int) int64 { return get(&s.Events[i]) })
	}
	before := int64(0)
	at("at", func(v *story.Event) int64 {
		d := micros(v.At) - before
		before += d
		return d
	})
	at("warning", func(v *story.Event) int64 {
		if v.Warning {
			return 1
		}
		return 0
	})
	at("kind", func(v *story.Event) int64 { return int64(v.Kind) })
	at("ns", func(v *story.Event) int64 { return int64(v.Namespace) })
	at("name", func(v *story.Event) int64 { return int64(v.Name) })
	at("reason", func(v *story.Event) int64 { return int64(v.Reason) })
	at("message", func(v *story.Event) int64 { return int64(v.Message) })
	at("count", func(v *story.Event) int64 { return int64(v.Count) })
	at("source", func(v *story.Event) int64 { return int64(v.Source) })
	e.close()
}

func (e *encoder) faults(s *story.Story) {
	e.key("faults")
	e.b = append(e.b, '[')
	for i, f := range s.Faults {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = append(e.b, '{')
		e.number("at", micros(f.At))
		e.number("to", micros(f.To))
		e.number("seq", int64(f.Seq))
		e.text("action", f.Action)
		e.text("name", f.Name)
		e.text("detail", f.Detail)
		e.text("place", f.Place)
		e.close()
	}
	e.b = append(e.b, ']')
	e.numbers("sent", len(s.Sent), func(i int) int64 { return int64(s.Sent[i].Seq) })
	e.texts("sentWhat", len(s.Sent), func(i int) string { return s.Sent[i].Detail })
	e.texts("sentPlace", len(s.Sent), func(i int) string { return s.Sent[i].Place })
	e.key("checks")
	e.b = append(e.b, '[')
	for i, c := range s.Checks {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = append(e.b, '{')
		e.number("at", micros(c.At))
		e.text("name", c.Name)
		e.text("text", c.Text)
		e.key("passed")
		e.b = strconv.AppendBool(e.b, c.Passed)
		e.close()
	}
	e.b = append(e.b, ']')
}

func (e *encoder) series(s *story.Story) {
	e.key("series")
	e.b = append(e.b, '[')
	for i, r := range s.Series {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = append(e.b, '{')
		e.text("name", r.Name)
		e.text("unit", r.Unit)
		before := int64(0)
		e.numbers("at", len(r.At), func(i int) int64 {
			d := micros(r.At[i]) - before
			before += d
			return d
		})
		e.key("values")
		e.b = append(e.b, '[')
		for k, v := range r.Values {
			if k > 0 {
				e.b = append(e.b, ',')
			}
			e.b = strconv.AppendFloat(e.b, v, 'g', 12, 64)
		}
		e.b = append(e.b, "]}"...)
	}
	e.b = append(e.b, ']')
}

// verdicts writes what the scheduler says at the end, node by node.
func (e *encoder) verdicts(s *story.Story) {
	text, _ := json.Marshal(s.Waiting) // texts and numbers always marshal
	e.key("verdicts")
	e.b = append(e.b, text...)
}

// rules writes the rules that the kept versions name: their names, sentences and sources by number.
func (e *encoder) rules(v *versions) {
	used := map[rule.ID]bool{}
	for _, o := range v.objects {
		for i := range o.versions {
			used[o.versions[i].rule] = true
		}
	}
	e.open("rules")
	for _, r := range rule.Catalogue() {
		if !used[r.ID] {
			continue
		}
		e.open(strconv.Itoa(int(r.ID)))
		e.text("name", r.Name)
		e.text("says", r.Sentence())
		e.text("source", r.Source)
		e.close()
	}
	e.close()
}

// objects writes every kept version: when, by which record, caused by which, and how its lines differ.
func (e *encoder) objects(v *versions) {
	e.open("objects")
	n := len(v.objects)
	e.texts("lines", len(v.lines), func(i int) string { return v.lines[i] })
	e.texts("kind", n, func(i int) string { return v.objects[i].kind.Name })
	e.texts("resource", n, func(i int) string { return v.objects[i].kind.Plural })
	e.texts("ns", n, func(i int) string { return v.objects[i].namespace })
	e.texts("name", n, func(i int) string { return v.objects[i].name })
	e.numbers("n", n, func(i int) int64 { return int64(len(v.objects[i].versions)) })
	e.flat("v", func() { // at, seq, seq - cause (0: none), verb, rule, length of the delta
		for _, o := range v.objects {
			at, seq := int64(0), int64(0)
			for i := range o.versions {
				x := &o.versions[i]
				back := int64(0)
				if x.cause > 0 {
					back = int64(x.seq - x.cause)
				}
				for _, n := range [...]int64{micros(x.at) - at, int64(x.seq) - seq, back, int64(x.verb), int64(x.rule), int64(len(x.delta))} {
					e.item(n)
				}
				at, seq = micros(x.at), int64(x.seq)
			}
		}
	})
	e.key("text")
	e.b = append(e.b, '[')
	for _, o := range v.objects {
		for i := range o.versions {
			if e.b[len(e.b)-1] != '[' {
				e.b = append(e.b, ',')
			}
			e.quote(o.versions[i].text)
		}
	}
	e.b = append(e.b, ']')
	e.flat("delta", func() {
		for _, o := range v.objects {
			for i := range o.versions {
				for _, n := range o.versions[i].delta {
					e.item(int64(n))
				}
			}
		}
	})
	e.close()
}
