package model

import "fmt"

// Place is where something stands in the input. Line and Column count from 1; 0 means unknown.
type Place struct {
	File         string
	Line, Column int
}

// String is file:line:col as compilers print it.
func (p Place) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity of a Problem.
type Severity uint8

// The severities.
const (
	Error Severity = iota
	Warning
	Note
)

// String is the word that stands in the message.
func (s Severity) String() string { return [...]string{"error", "warning", "note"}[s] }

// Problem is one thing that is wrong with the input, or that the user should know of it.
type Problem struct {
	Place    Place
	Severity Severity
	Message  string // without place and severity
	Hint     string // "did you mean \"image\"?", may be ""
	Line     string // the text of the line, may be ""
	// Path is the field path that the problem is about ("spec.containers[0].image"), without indexes where it stands for all
	// fields of that path; "" if there is none.
	Path string

	caret int // character of Line that the problem is about, from 1; 0: Place.Column
}

// Problems are all that one reading found, in input order.
type Problems []Problem
