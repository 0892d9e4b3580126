package model

import (
	"fmt"
	"io"
	"strings"
)

// String is one line: `web.yaml:8:5: error: unknown field "spec.imagee" (did you mean "image"?)`.
func (p Problem) String() string {
	s := p.Severity.String() + ": " + p.Message
	if at := p.Place.String(); at != "" {
		s = at + ": " + s
	}
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// Errors are the problems that keep a manifest from being used.
func (ps Problems) Errors() Problems { return ps.only(Error) }

// Warnings are the problems that the user should know of.
func (ps Problems) Warnings() Problems { return ps.only(Warning) }

// HasErrors says whether there is an error among them.
func (ps Problems) HasErrors() bool {
	for i := range ps {
		if ps[i].Severity == Error {
			return true
		}
	}
	return false
}

func (ps Problems) only(s Severity) Problems {
	var some Problems
	for i := range ps {
		if ps[i].Severity == s {
			some = append(some, ps[i])
		}
	}
	return some
}

// Format prints at most max problems (all if max is 0 or less), each with the line of the source and a caret below the place, and then how many
// more there are. It returns the first error of w.
func (ps Problems) Format(w io.Writer, max int) error {
	if max <= 0 {
		max = len(ps)
	}
	for i, p := range ps {
		if i == max {
			_, err := fmt.Fprintf(w, "... and %s\n", countBySeverity(ps[i:]))
			return err
		}
		if _, err := io.WriteString(w, p.String()+"\n"+p.pointer()); err != nil {
			return err
		}
	}
	return nil
}

// pointer is the line of the source and the caret below it, "" if the line is not known.
func (p Problem) pointer() string {
	if p.Line == "" {
		return ""
	}
	caret := p.caret
	if caret == 0 {
		caret = p.Place.Column
	}
	text := "  " + p.Line + "\n"
	if caret < 1 {
		return text
	}
	var pad strings.Builder
	for i, r := range []rune(p.Line) {
		if i == caret-1 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		pad.WriteRune(r)
	}
	return text + "  " + pad.String() + "^\n"
}

// countBySeverity is "3 more errors", "1 more error and 2 more warnings".
func countBySeverity(ps Problems) string {
	var parts []string
	for _, s := range []Severity{Error, Warning, Note} {
		switch n := len(ps.only(s)); n {
		case 0:
		case 1:
			parts = append(parts, "1 more "+s.String())
		default:
			parts = append(parts, fmt.Sprintf("%d more %ss", n, s))
		}
	}
	return strings.Join(parts, " and ")
}
