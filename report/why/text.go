package why

import (
	"fmt"
	"io"
	"strings"
	"time"

	"clustersim/report/timeline"
)

// head and tail are how many steps of a long chain a text has.
const (
	head = 12
	tail = 6
)

// Text writes the answer for people. Each rule is explained where it comes first.
func (a *Answer) Text(w io.Writer) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s at %s: %s\n", a.Object, timeline.Clock(a.At), a.State)
	if len(a.Chain) > 0 {
		b.WriteString("\nWhat led there, the latest first\n")
	}
	told := map[string]bool{}
	for i := range a.Chain {
		if len(a.Chain) > head+tail+1 && i >= head && i < len(a.Chain)-tail {
			if i == head {
				fmt.Fprintf(b, "%10s  %d steps of the same kind are left out\n", "...", len(a.Chain)-head-tail)
			}
			continue
		}
		a.Chain[i].text(b, told)
	}
	if len(a.Verdict) > 0 {
		b.WriteString("\nWhat the scheduler says now\n")
		for _, line := range a.Verdict {
			b.WriteString("  " + line + "\n")
		}
	}
	if len(a.Countdowns) > 0 {
		b.WriteString("\nWhat time will bring\n")
		for _, c := range a.Countdowns {
			c.text(b, a.At)
		}
	}
	if len(a.Wants) > 0 {
		b.WriteString("\nWhat would have to change\n")
		for _, c := range a.Wants {
			b.WriteString("  - " + c + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Step) text(b *strings.Builder, told map[string]bool) {
	fmt.Fprintf(b, "%10s  %s: %s\n", timeline.Clock(s.At), s.Subject, s.Change)
	if s.Place != "" {
		fmt.Fprintf(b, "%12s%s\n", "", s.Place)
	}
	if s.Rule == "" {
		return
	}
	if told[s.Rule] {
		fmt.Fprintf(b, "%12s%s\n", "", s.Rule)
		return
	}
	told[s.Rule] = true
	fmt.Fprintf(b, "%12s%s: %s\n", "", s.Rule, s.Sentence)
	var texts []string
	for _, c := range s.Constant {
		text := c.Name + " " + c.Value
		if c.Field != "" {
			text += " (the default; " + c.Field + " sets it)"
		}
		texts = append(texts, text)
	}
	if s.Source != "" {
		texts = append(texts, "source: k8s v1.36.3 "+s.Source)
	}
	if len(texts) > 0 {
		fmt.Fprintf(b, "%12s%s\n", "", strings.Join(texts, "; "))
	}
}

func (c *Countdown) text(b *strings.Builder, now time.Duration) {
	when := ""
	if c.At > 0 {
		when = " at " + timeline.Clock(c.At)
		if c.At >= now {
			when += " (in " + timeline.Short(c.At-now) + ")"
		} else {
			when += " (over)"
		}
	}
	fmt.Fprintf(b, "  %s%s", c.What, when)
	if c.Because != "" {
		b.WriteString(": " + c.Because)
	}
	b.WriteString("\n")
}
