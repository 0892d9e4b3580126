package metric

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Threshold is a limit on an aggregate: `p(95) < 30s`.
type Threshold struct {
	Text      string
	Aggregate Aggregate
	Op        string // <, <=, >, >=, ==, !=
	Limit     float64
}

// operators, the longer ones first.
var operators = []string{"<=", ">=", "==", "!=", "<", ">"}

// ParseThreshold reads a threshold on a metric: an aggregate, an operator, and a number, a duration (of seconds) or a
// percentage. Its errors are *SyntaxError.
func ParseThreshold(text string, m *Metric) (Threshold, error) {
	i := strings.IndexAny(text, "<>=!")
	if i < 0 {
		return Threshold{}, syntaxf(0, "a threshold is written like %q, got %q", "p(95) < 30s", text)
	}
	t := Threshold{Text: text}
	for _, op := range operators {
		if strings.HasPrefix(text[i:], op) {
			t.Op = op
			break
		}
	}
	if end := i + len(t.Op) + len(text[i+len(t.Op):]) - len(strings.TrimLeft(text[i+len(t.Op):], "<>=!")); t.Op == "" || end > i+len(t.Op) {
		return t, syntaxf(i, "%q is no comparison; use < <= > >= == !=", text[i:end])
	}
	var err error
	if t.Aggregate, err = ParseAggregate(strings.TrimSpace(text[:i]), m); err != nil {
		return t, err
	}
	rest := text[i+len(t.Op):]
	at := i + len(t.Op) + len(rest) - len(strings.TrimLeft(rest, " "))
	t.Limit, err = limit(strings.TrimSpace(rest), m, t.Aggregate, at)
	return t, err
}

// limit reads the right side of a threshold.
func limit(text string, m *Metric, a Aggregate, at int) (float64, error) {
	seconds := m.Unit == "seconds" && a.name != "count"
	if number, ok := strings.CutSuffix(text, "%"); ok {
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		switch {
		case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
			return 0, syntaxf(at, "%q is no percentage", text)
		case m.Unit != "ratio":
			return 0, syntaxf(at, "%s is in %s: a percentage has no meaning", m.Name, m.Unit)
		}
		return v / 100, nil
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
		return v, nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil && seconds:
		return 0, syntaxf(at, "%q is neither a number of seconds nor a duration such as 30s", text)
	case err != nil:
		return 0, syntaxf(at, "%q is no number", text)
	case !seconds:
		return 0, syntaxf(at, "%s is in %s: a duration has no meaning", m.Name, m.Unit)
	}
	return d.Seconds(), nil
}

// Holds compares a value with the limit.
func (t *Threshold) Holds(v float64) bool {
	switch t.Op {
	case "<":
		return v < t.Limit
	case "<=":
		return v <= t.Limit
	case ">":
		return v > t.Limit
	case ">=":
		return v >= t.Limit
	case "!=":
		return v != t.Limit
	}
	return v == t.Limit
}
