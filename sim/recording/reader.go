package recording

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
)

// Reader reads a file from its beginning to its end. Use Open.
type Reader struct {
	Header Header
	// Trailer is there when Next has returned io.EOF; it is nil if the file was cut off.
	Trailer *Trailer

	name  string
	in    *bufio.Reader
	line  int
	last  map[string]*object
	pods  int
	index map[string]int      // of the pods that there are
	specs map[string]*podSpec // of the same
}

// Beginner is a sink that wants to know when the run begins.
type Beginner interface{ Begin() }

// Entry is what a line of the file says: exactly one of its fields is set.
type Entry struct {
	Record    *journal.Record
	Mark      *journal.Mark
	Heartbeat *journal.Heartbeat
	Begins    bool // the run begins: what came before was there
}

// At is the entry's time.
func (e *Entry) At() time.Duration {
	switch {
	case e.Record != nil:
		return e.Record.At
	case e.Mark != nil:
		return e.Mark.At
	case e.Begins:
		return 0
	}
	return e.Heartbeat.At
}

// Open reads the header. The content says whether the file is compressed; name is for messages. It returns an error for what is no
// journal of a run, and for one of a later format.
func Open(in io.Reader, name string) (*Reader, error) {
	b := bufio.NewReaderSize(in, 1<<16)
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b = bufio.NewReaderSize(z, 1<<16)
	}
	r := &Reader{name: name, in: b, last: map[string]*object{}, index: map[string]int{}, specs: map[string]*podSpec{}}
	first, err := r.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, r.errorf("%v", err)
	}
	if json.Unmarshal(first, &r.Header) != nil || r.Header.Format == 0 {
		return nil, fmt.Errorf("%s: not the journal of a run (simulate run --record FILE writes one)", name)
	}
	if r.Header.Format > Format {
		return nil, fmt.Errorf("%s: journal of format %d, and this simulate reads up to %d", name, r.Header.Format, Format)
	}
	return r, nil
}

func (r *Reader) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.name, r.line, fmt.Sprintf(format, args...))
}

// next reads a line. A last one without an end is none: the writer did not get to it.
func (r *Reader) next() ([]byte, error) {
	line, err := r.in.ReadBytes('\n')
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if err != nil {
		return nil, err
	}
	r.line++
	return line, nil
}

// line is any line but the first, before it is known which it is.
type anyLine struct {
	Seq   uint64      `json:"s"`
	Cause uint64      `json:"c"`
	At    json.Number `json:"t"`

	Rule   string          `json:"r"`
	Verb   string          `json:"v"`
	Kind   string          `json:"k"`
	Name   string          `json:"n"`
	Object json.RawMessage `json:"o"`
	Patch  json.RawMessage `json:"p"`
	Times  []json.Number   `json:"e"`

	Mark    string             `json:"m"`
	Label   string             `json:"name"`
	Action  string             `json:"action"`
	Targets []string           `json:"targets"`
	Place   string             `json:"place"`
	Message string             `json:"message"`
	Failed  bool               `json:"failed"`
	Beat    *journal.Heartbeat `json:"b"`
	Begin   bool               `json:"begin"`
	Trailer *Trailer           `json:"trailer"`
}

// Next returns the next entry, or io.EOF at the end. Its other errors name file and line.
func (r *Reader) Next() (e Entry, err error) {
	text, err := r.next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return e, io.EOF
		}
		return e, r.errorf("%v", err)
	}
	var l anyLine
	if err := json.Unmarshal(text, &l); err != nil {
		return e, r.errorf("%v", err)
	}
	if l.Trailer != nil {
		r.Trailer = l.Trailer
		return e, io.EOF
	}
	at, err := readTime(l.At)
	if err != nil {
		return e, r.errorf("t: %v", err)
	}
	switch {
	case l.Begin:
		e.Begins = true
	case l.Beat != nil:
		l.Beat.At = at
		e.Heartbeat = l.Beat
	case l.Mark != "":
		e.Mark, err = l.mark(at)
	default:
		e.Record, err = r.record(&l, at)
	}
	if err != nil {
		return e, r.errorf("%v", err)
	}
	return e, nil
}

func (l *anyLine) mark(at time.Duration) (*journal.Mark, error) {
	for t := journal.Created; t <= journal.Verdict; t++ {
		if t.String() == l.Mark {
			return &journal.Mark{Seq: l.Seq, Cause: l.Cause, At: at, Type: t, Name: l.Label, Action: l.Action, Targets: l.Targets, Place: l.Place, Message: l.Message, Failed: l.Failed}, nil
		}
	}
	return nil, fmt.Errorf("unknown mark %q", l.Mark)
}

func (r *Reader) record(l *anyLine, at time.Duration) (*journal.Record, error) {
	k := model.FindKind(l.Kind)
	if k == nil {
		return nil, fmt.Errorf("unknown kind %q", l.Kind)
	}
	rec := &journal.Record{Seq: l.Seq, Cause: l.Cause, At: at}
	switch l.Verb {
	case "A":
		rec.Verb = journal.Added
	case "M":
		rec.Verb = journal.Modified
	case "D":
		rec.Verb = journal.Deleted
	default:
		return nil, fmt.Errorf("unknown verb %q", l.Verb)
	}
	if by := rule.Find(l.Rule); by != nil {
		rec.Rule = by.ID // a rule of another version is none
	}
	o, err := r.object(k, l, rec.Verb)
	if err != nil {
		return nil, err
	}
	rec.Object = o
	return rec, nil
}

// readTime reads seconds with up to nine decimals, exactly.
func readTime(n json.Number) (time.Duration, error) {
	text := []byte(n)
	t, unit, point := int64(0), int64(time.Second), false
	sign := int64(1)
	for i, c := range text {
		switch {
		case c == '-' && i == 0:
			sign = -1
		case c == '.' && !point:
			point = true
		case c < '0' || c > '9' || point && unit == 1:
			return 0, fmt.Errorf("not a time in seconds: %s", n)
		case point:
			unit /= 10
			t += int64(c-'0') * unit
		default:
			if t > math.MaxInt64/int64(time.Second)/10*int64(time.Second) {
				return 0, fmt.Errorf("too large: %s", n)
			}
			t = t*10 + int64(c-'0')*int64(time.Second)
		}
	}
	return time.Duration(sign * t), nil
}

// Play hands all entries before until (negative: all; those of 0s always) on to the sinks, as the run did. It returns their errors
// and the reader's.
func (r *Reader) Play(until time.Duration, sinks ...journal.Sink) error {
	for {
		e, err := r.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if until >= 0 && e.At() >= until && !(until == 0 && e.At() == 0) {
			return nil
		}
		for _, s := range sinks {
			if err := e.hand(s); err != nil {
				return err
			}
		}
	}
}

// hand gives an entry to a sink, if it takes such.
func (e *Entry) hand(s journal.Sink) error {
	switch {
	case e.Record != nil:
		return s.Record(e.Record)
	case e.Begins:
		if b, ok := s.(Beginner); ok {
			b.Begin()
		}
	case e.Mark != nil:
		if m, ok := s.(journal.MarkSink); ok {
			return m.Mark(e.Mark)
		}
	default:
		if h, ok := s.(journal.HeartbeatSink); ok {
			return h.Heartbeat(e.Heartbeat)
		}
	}
	return nil
}
