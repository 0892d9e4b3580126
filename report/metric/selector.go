package metric

import (
	"fmt"
	"strconv"
	"strings"
)

// Selector names a metric and, by labels, the part of it that is meant.
type Selector struct {
	Metric   *Metric
	Matchers []Matcher
}

// Matcher wants a label to have a value, or not to have it.
type Matcher struct {
	Label, Value string
	Not          bool
}

// SyntaxError is a mistake in a selector or a threshold. Offset is the byte at which it was seen, from 0.
type SyntaxError struct {
	Offset  int
	Message string
	Hint    string // "did you mean ...", or ""
}

// Error implements error.
func (e *SyntaxError) Error() string {
	if e.Hint != "" {
		return e.Message + " (" + e.Hint + ")"
	}
	return e.Message
}

func syntaxf(offset int, format string, args ...any) *SyntaxError {
	return &SyntaxError{Offset: offset, Message: fmt.Sprintf(format, args...)}
}

// ParseSelector reads `name`, or `name{label="value",other!="value"}`. Its errors are *SyntaxError.
func ParseSelector(text string) (Selector, error) {
	name, rest, braces := strings.Cut(text, "{")
	m := Find(strings.TrimSpace(name))
	if m == nil {
		return Selector{}, &SyntaxError{Message: fmt.Sprintf("there is no metric %q", strings.TrimSpace(name)), Hint: suggest(strings.TrimSpace(name))}
	}
	s := Selector{Metric: m}
	if !braces {
		return s, nil
	}
	body, ok := strings.CutSuffix(strings.TrimRight(rest, " "), "}")
	if !ok {
		return s, syntaxf(len(text), "the labels of %s do not end with }", m.Name)
	}
	at := len(name) + 1
	for strings.TrimSpace(body) != "" {
		one, n, err := parseMatcher(body, at)
		if err != nil {
			return s, err
		}
		if err := s.check(one, at); err != nil {
			return s, err
		}
		s.Matchers = append(s.Matchers, one)
		body, at = body[n:], at+n
	}
	return s, nil
}

// parseMatcher reads one label and the comma behind it; n is how much of the text that was.
func parseMatcher(text string, at int) (m Matcher, n int, err error) {
	eq := strings.IndexByte(text, '=')
	if eq < 0 {
		return m, 0, syntaxf(at, `labels are written {label="value"}, got %q`, strings.TrimSpace(text))
	}
	key := text[:eq]
	if k, ok := strings.CutSuffix(key, "!"); ok {
		key, m.Not = k, true
	}
	m.Label = strings.TrimSpace(key)
	rest := text[eq+1:]
	blanks := len(rest) - len(strings.TrimLeft(rest, " "))
	quoted, err := strconv.QuotedPrefix(rest[blanks:])
	if err != nil || m.Label == "" || rest[blanks] == '\'' {
		return m, 0, syntaxf(at+eq+1+blanks, `the value of label %q must be in double quotes`, m.Label)
	}
	m.Value, _ = strconv.Unquote(quoted)
	n = eq + 1 + blanks + len(quoted)
	rest = text[n:]
	trimmed := strings.TrimLeft(rest, " ")
	switch {
	case trimmed == "":
		return m, len(text), nil
	case trimmed[0] == ',':
		return m, n + len(rest) - len(trimmed) + 1, nil
	}
	return m, 0, syntaxf(at+n, "a comma is missing between labels")
}

// check refuses labels that the metric cannot have.
func (s *Selector) check(m Matcher, at int) error {
	if s.Metric.PodLabels {
		return nil
	}
	for _, l := range s.Metric.Labels {
		if l == m.Label {
			return nil
		}
	}
	return syntaxf(at, "%s has no label %q (it has %s)", s.Metric.Name, m.Label, strings.Join(s.Metric.Labels, ", "))
}

// String writes the selector as ParseSelector reads it.
func (s Selector) String() string {
	var b strings.Builder
	b.WriteString(s.Metric.Name)
	for i, m := range s.Matchers {
		b.WriteByte("{,"[min(i, 1)])
		op := "="
		if m.Not {
			op = "!="
		}
		b.WriteString(m.Label + op + strconv.Quote(m.Value))
	}
	if len(s.Matchers) > 0 {
		b.WriteByte('}')
	}
	return b.String()
}

// matches says whether the selector's labels fit what a number is about.
func (s *Selector) matches(o *Object) bool {
	for _, m := range s.Matchers {
		if (o.Label(m.Label) == m.Value) == m.Not {
			return false
		}
	}
	return true
}
