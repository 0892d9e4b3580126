package model

import (
	"strings"
	"unicode/utf8"
)

// source is the text of one input.
type source struct {
	name string
	text string // without a byte order mark
	opt  Options
}

// maxLine is how many characters of a source line a message shows.
const maxLine = 160

// locator turns byte offsets into places. It remembers the last one, so that rising offsets cost one pass over the text,
// also if all of it is one line.
type locator struct {
	src    *source
	start  int // of the line
	line   int // its number, from 0
	off    int // the last offset
	column int // its number within the line, from 0, in characters
}

// place of the byte at off.
func (l *locator) place(off int) Place {
	off = min(max(off, 0), len(l.src.text))
	switch {
	case off < l.start:
		*l = locator{src: l.src}
	case off < l.off:
		l.off, l.column = l.start, 0
	}
	between := l.src.text[l.off:off]
	if i := strings.LastIndexByte(between, '\n'); i >= 0 {
		l.line += strings.Count(between, "\n")
		l.start = l.off + i + 1
		l.column = 0
		between = between[i+1:]
	}
	l.column += utf8.RuneCountInString(between)
	l.off = off
	return Place{
		File:   l.src.name,
		Line:   l.line + 1 + l.src.opt.LineOffset,
		Column: l.column + 1 + l.src.opt.ColumnOffset,
	}
}

// problem about the byte at off.
func (l *locator) problem(off int, s Severity, message, hint string) Problem {
	p := Problem{Place: l.place(off), Severity: s, Message: message, Hint: hint}
	p.Line, p.caret = excerpt(l.src.text, l.start, l.off)
	return p
}

// excerpt is the line that starts at start, or the part of it around off if it is long, and how many characters of it
// stand before off, plus one.
func excerpt(text string, start, off int) (line string, caret int) {
	end := min(off+2*maxLine, len(text)) // further than is shown
	if i := strings.IndexByte(text[off:end], '\n'); i >= 0 {
		end = off + i
	}
	prefix := ""
	if off-start > maxLine/2 && end-start > maxLine {
		start = runeStart(text, off-maxLine/2)
		prefix = "..."
	}
	suffix := ""
	if end-start > maxLine {
		end = runeStart(text, start+maxLine)
		suffix = "..."
	}
	end = max(end, off)
	line = prefix + strings.TrimRight(text[start:end], "\r") + suffix
	return line, utf8.RuneCountInString(prefix+text[start:off]) + 1
}

// runeStart moves i back to the start of the character it stands in.
func runeStart(text string, i int) int {
	for i > 0 && i < len(text) && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}

// document is the part of a source between two separators.
type document struct {
	start int // after the separator line
	mark  int // where the separator itself starts, start if there is none
	end   int
	// sameLine: content follows the separator on its own line, so the document must be read from mark.
	sameLine bool
}

// nextDocument finds the document that starts at i, a line start. next is where to go on; more is false at the end.
//
// A line that starts with "---" and a blank always separates: YAML allows no scalar that could hold it.
func nextDocument(text string, i int) (doc document, next int, more bool) {
	doc = document{start: i, mark: i}
	if isSeparator(text[i:]) {
		rest := text[i+3:]
		eol := strings.IndexByte(rest, '\n')
		if eol < 0 {
			eol = len(rest)
		}
		first := strings.TrimLeft(rest[:eol], " \t\r")
		doc.sameLine = first != "" && first[0] != '#'
		doc.start = min(i+3+eol+1, len(text))
	}
	for i = doc.start; i < len(text); {
		if isSeparator(text[i:]) {
			doc.end = i
			return doc, i, true
		}
		eol := strings.IndexByte(text[i:], '\n')
		if eol < 0 {
			break
		}
		i += eol + 1
	}
	doc.end = len(text)
	return doc, len(text), false
}

// isSeparator says whether the line starts with "---" and nothing that would make it a scalar.
func isSeparator(line string) bool {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' || line[2] != '-' {
		return false
	}
	return len(line) == 3 || line[3] == '\n' || line[3] == ' ' || line[3] == '\t' || line[3] == '\r'
}
