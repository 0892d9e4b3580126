package html

import (
	"encoding/json"
	"strconv"
	"time"

	"clustersim/report/story"
)

// encoder writes the page's data: one JSON object of columns. Times are whole microseconds, each but the first as the
// difference to the one before it; a time that is not is -1.
type encoder struct{ b []byte }

func (e *encoder) key(name string) {
	if last := e.b[len(e.b)-1]; last != '{' {
		e.b = append(e.b, ',')
	}
	e.b = strconv.AppendQuote(e.b, name)
	e.b = append(e.b, ':')
}

func (e *encoder) text(name, s string) {
	e.key(name)
	e.quote(s)
}

// quote writes JSON that may stand in a page: encoding/json writes <, > and & as escapes.
func (e *encoder) quote(s string) {
	text, _ := json.Marshal(s) // a string always marshals
	e.b = append(e.b, text...)
}

func (e *encoder) number(name string, n int64) {
	e.key(name)
	e.b = strconv.AppendInt(e.b, n, 10)
}

func (e *encoder) texts(name string, n int, at func(i int) string) {
	e.key(name)
	e.b = append(e.b, '[')
	for i := range n {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.quote(at(i))
	}
	e.b = append(e.b, ']')
}

func (e *encoder) numbers(name string, n int, at func(i int) int64) {
	e.key(name)
	e.b = append(e.b, '[')
	for i := range n {
		e.item(at(i))
	}
	e.b = append(e.b, ']')
}

// item writes a number of a list.
func (e *encoder) item(n int64) {
	if e.b[len(e.b)-1] != '[' {
		e.b = append(e.b, ',')
	}
	e.b = strconv.AppendInt(e.b, n, 10)
}

func (e *encoder) open(name string) {
	e.key(name)
	e.b = append(e.b, '{')
}

func (e *encoder) close() { e.b = append(e.b, '}') }

// micros cuts to whole microseconds. An instant that is asked for in whole ones comes after the same changes either way.
func micros(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return int64(d / time.Microsecond)
}

// flat writes a list of lists as one list of numbers; each is said to begin with its length elsewhere.
func (e *encoder) flat(name string, write func()) {
	e.key(name)
	e.b = append(e.b, '[')
	write()
	e.b = append(e.b, ']')
}

// encode writes the story, and the objects where there are any.
func encode(s *story.Story, v *versions, lesson []byte) []byte {
	e := &encoder{b: make([]byte, 0, 1<<20)}
	e.b = append(e.b, '{')
	e.meta(s, v)
	e.rows(s)
	e.pods(s)
	e.lanes(s)
	e.nodes(s)
	e.events(s)
	e.faults(s)
	e.series(s)
	e.verdicts(s)
	e.rules(v)
	e.objects(v)
	if lesson != nil {
		e.key("lesson")
		e.b = append(e.b, lesson...)
	}
	// Last, since writing the rest numbers more texts.
	e.texts("strings", len(s.Strings.All()), func(i int) string { return s.Strings.Text(int32(i)) })
	e.close()
	return e.b
}

func (e *encoder) meta(s *story.Story, v *versions) {
	e.open("meta")
	for _, f := range [...][2]string{
		{"title", s.Title}, {"description", s.Description}, {"scenario", s.Scenario}, {"version", s.Version}, {"kubernetes", s.Kubernetes},
		{"profile", s.Profile}, {"inputs", s.Inputs}, {"digest", s.Digest}, {"seed", strconv.FormatUint(s.Seed, 10)},
	} {
		e.text(f[0], f[1])
	}
	e.number("start", s.Start.UnixMicro())
	e.number("end", micros(s.End))
	e.number("records", int64(s.Records))
	e.number("eventsLeftOut", int64(s.EventsLeftOut))
	e.number("objectsLeftOut", int64(v.left))
	e.number("versionsUntil", micros(v.until))
	e.close()
}

func (e *encoder) rows(s *story.Story) {
	e.flat("rows", func() {
		for i := range s.Rows {
			r := &s.Rows[i]
			last := int64(0)
			if !r.LastRestart.IsZero() {
				last = r.LastRestart.Unix()
			}
			for _, n := range [...]int64{int64(r.Ready), int64(r.Total), int64(s.Strings.ID(r.Status)), int64(r.Restarts), last} {
				e.item(n)
			}
		}
	})
}

func (e *encoder) pods(s *story.Story) {
	e.open("pods")
	n, p := len(s.Pods), s.Pods
	at := func(name string, get func(p *story.Pod) int64) {
		e.numbers(name, n, func(i int) int64 { return get(&p[i]) })
	}
	id := s.Strings.ID
	at("ns", func(p *story.Pod) int64 { return int64(id(p.Namespace)) })
	e.texts("name", n, func(i int) string { return p[i].Name })
	at("owner", func(p *story.Pod) int64 { return int64(p.Owner) })
	at("node", func(p *story.Pod) int64 { return int64(p.Node) })
	at("why", func(p *story.Pod) int64 { return int64(p.WhyNot) })
	at("cpu", func(p *story.Pod) int64 { return p.CPU })
	at("memory", func(p *story.Pod) int64 { return p.Memory })
	before := int64(0)
	at("created", func(p *story.Pod) int64 {
		d := micros(p.Created) - before
		before += d
		return d
	})
	at("api", func(p *story.Pod) int64 { return p.CreatedAPI.Unix() - s.Start.Add(p.Created).Unix() })
	since := func(name string, get func(p *story.Pod) time.Duration) {
		at(name, func(p *story.Pod) int64 {
			if get(p) < 0 {
				return -1
			}
			return micros(get(p)) - micros(p.Created)
		})
	}
	since("bound", func(p *story.Pod) time.Duration { return p.Bound })
	since("ready", func(p *story.Pod) time.Duration { return p.Ready })
	since("finished", func(p *story.Pod) time.Duration { return p.Finished })
	since("gone", func(p *story.Pod) time.Duration { return p.Gone })
	e.close()
}

// lanes writes what is of unequal length, with a column of lengths beside each.
func (e *encoder) lanes(s *story.Story) {
	e.open("lanes")
	e.numbers("segN", len(s.Pods), func(i int) int64 { return int64(len(s.Pods[i].Segments)) })
	e.flat("seg", func() {
		for i := range s.Pods {
			e.segments(micros(s.Pods[i].Created), s.Pods[i].Segments)
		}
	})
	e.numbers("rowN", len(s.Pods), func(i int) int64 { return int64(len(s.Pods[i].Rows)) })
	e.flat("row", func() {
		for i := range s.Pods {
			before := micros(s.Pods[i].Created)
			for _, r := range s.Pods[i].Rows {
				e.item(micros(r.At) - before)
				e.item(int64(r.Row))
				before = micros(r.At)
			}
		}
	})
	e.numbers("laneN", len(s.Pods), func(i int) int64 { return int64(len(s.Pods[i].Containers)) })
	e.flat("lane", func() { // name, segments, and they
		for i := range s.Pods {
			for _, l := range s.Pods[i].Containers {
				e.item(int64(s.Strings.ID(l.Name)))
				e.item(int64(len(l.Segments)))
				e.segments(micros(s.Pods[i].Created), l.Segments)
			}
		}
	})
	e.numbers("markN", len(s.Pods), func(i int) int64 { return int64(len(s.Pods[i].Marks)) })
	e.flat("mark", func() {
		for i := range s.Pods {
			for _, m := range s.Pods[i].Marks {
				e.item(micros(m.At))
				e.item(int64(m.Label))
				e.item(int64(m.Kind))
			}
		}
	})
	e.close()
}

// segments leave no gap, so beginnings do.
func (e *encoder) segments(before int64, list []story.Segment) {
	for _, g := range list {
		e.item(micros(g.From) - before)
		e.item(int64(g.State))
		e.item(int64(g.Label))
		before = micros(g.From)
	}
}
