package model

import (
	"strings"
)

// fastYAML reads the common part of YAML: block mappings and lists, plain and quoted scalars on one line, literal blocks,
// flow collections on one line, comments. It gives up (ok false) at everything else, also at every mistake; slowYAML then
// has the word. What it accepts means the same to both.
//
// Invariant: after a block node was parsed, i stands at the first character of the next line that has content, indent is
// that line's indentation, and eof says that there is none.
type fastYAML struct {
	*tree
	s      string
	i, end int
	line   int // start of the current line
	indent int
	eof    bool
	depth  int
}

const (
	fastDepth = 200  // deeper nesting is left to slowYAML
	fastKey   = 1000 // YAML wants keys below 1024 characters
)

// parse reads s[start:end] into t and returns the root, 0 for an empty document.
func (p *fastYAML) parse(t *tree, s string, start, end int) (root int32, ok bool) {
	*p = fastYAML{tree: t, s: s, i: start, end: end}
	if !fastText(s[start:end]) || !p.nextLine() {
		return 0, false
	}
	if p.eof {
		return 0, true
	}
	root, ok = p.block(p.indent)
	return root, ok && p.eof
}

// fastText refuses text with characters that YAML treats in a special way: controls, carriage returns, the other line ends
// of Unicode, byte order marks. Tabs are looked at where they stand.
func fastText(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x20 && c < 0x7f || c == '\n' || c == '\t':
		case c < 0x80:
			return false
		case c == 0xc2 && i+1 < len(s) && s[i+1] < 0xa0:
			return false
		case c == 0xe2 && i+2 < len(s) && s[i+1] == 0x80 && (s[i+2] == 0xa8 || s[i+2] == 0xa9):
			return false
		case c == 0xef && i+1 < len(s) && (s[i+1] == 0xbb || s[i+1] == 0xbf):
			return false
		}
	}
	return true
}

// nextLine goes from a line start to the next content. It returns false if it cannot.
func (p *fastYAML) nextLine() bool {
	for p.i < p.end {
		p.line = p.i
		for p.i < p.end && p.s[p.i] == ' ' {
			p.i++
		}
		if p.i == p.end {
			break
		}
		switch p.s[p.i] {
		case '\n':
			p.i++
			continue
		case '#':
			p.skipLine()
			continue
		case '\t':
			return false
		}
		p.indent = p.i - p.line
		return p.indent > 0 || !strings.HasPrefix(p.s[p.i:p.end], "...")
	}
	p.i, p.eof = p.end, true
	p.indent = -1
	return true
}

// skipLine goes to the start of the next line.
func (p *fastYAML) skipLine() {
	if n := strings.IndexByte(p.s[p.i:p.end], '\n'); n >= 0 {
		p.i += n + 1
		return
	}
	p.i = p.end
}

// endOfLine wants nothing but blanks and a comment from i on, and goes to the next content.
func (p *fastYAML) endOfLine() bool {
	start := p.i
	p.skipSpaces()
	switch {
	case p.i == p.end:
	case p.s[p.i] == '\n':
		p.i++
	case p.s[p.i] == '#' && p.i > start:
		p.skipLine()
	default:
		return false
	}
	return p.nextLine()
}

func (p *fastYAML) skipSpaces() {
	for p.i < p.end && p.s[p.i] == ' ' {
		p.i++
	}
}

// atBreak says whether only a comment or nothing follows on this line; blank says that a space came before.
func (p *fastYAML) atBreak() bool {
	return p.i == p.end || p.s[p.i] == '\n' || p.s[p.i] == '#' && p.i > p.line && p.s[p.i-1] == ' '
}

// atDash says whether a list item begins at i.
func (p *fastYAML) atDash() bool {
	return p.s[p.i] == '-' && (p.i+1 == p.end || p.s[p.i+1] == ' ' || p.s[p.i+1] == '\n')
}

// block parses a node that begins at i in the given column and may span lines.
func (p *fastYAML) block(column int) (int32, bool) {
	if p.depth++; p.depth > fastDepth {
		return 0, false
	}
	defer func() { p.depth-- }()
	if p.atDash() {
		return p.list(column)
	}
	switch c := p.s[p.i]; c {
	case '{', '[':
		return p.flowLine()
	case '"', '\'':
		save := p.i
		n, ok := p.quoted(c)
		if !ok {
			return 0, false
		}
		p.skipSpaces()
		if p.i < p.end && p.s[p.i] == ':' && p.blankAt(p.i+1) {
			p.i = save
			p.nodes = p.nodes[:n]
			return p.mapping(column)
		}
		return n, p.endOfLine()
	}
	if length, isKey := p.plainLength(); isKey {
		return p.mapping(column)
	} else if length == 0 {
		return 0, false
	}
	return p.plainLine()
}

// blankAt says whether a blank, a line end or the end stands at i.
func (p *fastYAML) blankAt(i int) bool {
	return i >= p.end || p.s[i] == ' ' || p.s[i] == '\n'
}

// mapping parses the members that begin in the column.
func (p *fastYAML) mapping(column int) (int32, bool) {
	m := p.add(mapNode, "", p.i)
	last := int32(0)
	for {
		key, ok := p.key()
		if !ok {
			return 0, false
		}
		last = p.link(m, last, key)
		value, ok := p.memberValue(column)
		if !ok {
			return 0, false
		}
		last = p.link(m, last, value)
		if p.indent < column {
			p.nodes[m].count /= 2
			return m, true
		}
		if p.indent > column || p.atDash() {
			return 0, false
		}
	}
}

// key parses `name:` and stops behind the colon.
func (p *fastYAML) key() (int32, bool) {
	start := p.i
	if c := p.s[p.i]; c == '"' || c == '\'' {
		n, ok := p.quoted(c)
		if !ok || p.i-start > fastKey {
			return 0, false
		}
		p.skipSpaces()
		if p.i == p.end || p.s[p.i] != ':' || !p.blankAt(p.i+1) {
			return 0, false
		}
		p.i++
		return n, true
	}
	length, isKey := p.plainLength()
	if !isKey || length > fastKey {
		return 0, false
	}
	text := p.s[start : start+length]
	if kind, _, _ := resolvePlain(text); kind != stringNode || text == "<<" {
		return 0, false
	}
	p.i += length
	p.skipSpaces()
	p.i++
	n := p.add(stringNode, text, start)
	p.nodes[n].plain = true
	return n, true
}

// memberValue parses what follows the colon of a mapping in the column.
func (p *fastYAML) memberValue(column int) (int32, bool) {
	at := p.i
	p.skipSpaces()
	if !p.atBreak() {
		return p.inline(column)
	}
	if !p.endOfLineFrom(at) {
		return 0, false
	}
	switch {
	case p.indent > column:
		return p.block(p.indent)
	case p.indent == column && p.atDash():
		return p.list(column)
	}
	return p.add(nullNode, "", at), true
}

// endOfLineFrom is endOfLine with the blanks before i counted from at.
func (p *fastYAML) endOfLineFrom(at int) bool {
	p.i = at
	return p.endOfLine()
}

// list parses the items that begin in the column.
func (p *fastYAML) list(column int) (int32, bool) {
	l := p.add(listNode, "", p.i)
	last := int32(0)
	for {
		item, ok := p.listItem(column)
		if !ok {
			return 0, false
		}
		last = p.link(l, last, item)
		if p.indent < column || p.indent == column && !p.atDash() {
			return l, true
		}
		if p.indent > column {
			return 0, false
		}
	}
}

// listItem parses what follows a dash.
func (p *fastYAML) listItem(column int) (int32, bool) {
	p.i++
	at := p.i
	p.skipSpaces()
	if p.atBreak() {
		if !p.endOfLineFrom(at) {
			return 0, false
		}
		if p.indent > column {
			return p.block(p.indent)
		}
		return p.add(nullNode, "", at), true
	}
	if p.s[p.i] == '|' {
		return p.literal(column)
	}
	return p.block(p.i - p.line)
}

// inline parses a value on the line of its key.
func (p *fastYAML) inline(column int) (int32, bool) {
	switch c := p.s[p.i]; c {
	case '|':
		return p.literal(column)
	case '{', '[':
		return p.flowLine()
	case '"', '\'':
		n, ok := p.quoted(c)
		return n, ok && p.endOfLine()
	}
	return p.plainLine()
}
