package model

import "strings"

// plainLength measures the plain scalar at i, without trailing blanks. isKey says that ": " ends it. The length is 0 where
// a plain scalar may not begin or where the text is not simple.
func (p *fastYAML) plainLength() (length int, isKey bool) {
	switch p.s[p.i] {
	case '-':
		if p.blankAt(p.i + 1) {
			return 0, false
		}
	case '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '\t':
		return 0, false
	}
	i := p.i
	for ; i < p.end; i++ {
		switch c := p.s[i]; {
		case c == '\t':
			return 0, false
		case c == '\n' || c == '#' && p.s[i-1] == ' ':
			return p.trimmed(i), false
		case c == ':' && p.blankAt(i+1):
			return p.trimmed(i), true
		case c == ':' && p.s[i+1] == '\t':
			return 0, false
		}
	}
	return p.trimmed(i), false
}

// trimmed is the length from p.i to end without trailing blanks.
func (p *fastYAML) trimmed(end int) int {
	for end > p.i && p.s[end-1] == ' ' {
		end--
	}
	return end - p.i
}

// plainLine parses a plain scalar that ends with its line.
func (p *fastYAML) plainLine() (int32, bool) {
	length, isKey := p.plainLength()
	if length == 0 || isKey {
		return 0, false
	}
	n, ok := p.plain(length)
	return n, ok && p.endOfLine()
}

// plain adds the plain scalar of the given length at i.
func (p *fastYAML) plain(length int) (int32, bool) {
	kind, text, ok := resolvePlain(p.s[p.i : p.i+length])
	if !ok {
		return 0, false
	}
	n := p.add(kind, text, p.i)
	p.nodes[n].plain = true
	p.i += length
	return n, true
}

// quoted parses a quoted scalar on one line and stops behind the closing quote.
func (p *fastYAML) quoted(q byte) (int32, bool) {
	start := p.i
	special := false
	for i := start + 1; i < p.end; i++ {
		switch c := p.s[i]; {
		case c == '\n' || c == '\t':
			return 0, false
		case c == '\\' && q == '"':
			special = true
			i++
			if i == p.end || p.s[i] == '\n' {
				return 0, false
			}
		case c == q && q == '\'' && i+1 < p.end && p.s[i+1] == q:
			special = true
			i++
		case c == q:
			p.i = i + 1
			text := p.s[start+1 : i]
			ok := true
			if special && q == '"' {
				text, ok = unescape(text)
			} else if special {
				text = strings.ReplaceAll(text, "''", "'")
			}
			return p.add(stringNode, text, start), ok
		}
	}
	return 0, false
}

// unescape resolves the escapes that every YAML and JSON reader understands alike; ok is false at others.
func unescape(s string) (text string, ok bool) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' {
			i++
			switch s[i] {
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case 'r':
				c = '\r'
			case '"', '\\':
				c = s[i]
			default:
				return "", false
			}
		}
		b = append(b, c)
	}
	return string(b), true
}

// literal parses a block scalar (`|`, `|-`) that belongs to a node in the column.
func (p *fastYAML) literal(column int) (int32, bool) {
	start := p.i
	p.i++
	strip := p.i < p.end && p.s[p.i] == '-'
	if strip {
		p.i++
	}
	if at := p.i; true {
		p.skipSpaces()
		if p.i == p.end || !(p.s[p.i] == '\n' || p.s[p.i] == '#' && p.i > at) {
			return 0, false
		}
		p.skipLine()
	}
	indent, ok := p.literalIndent(column)
	if !ok {
		return 0, false
	}
	text, ok := p.literalText(indent)
	if !ok || !p.nextLine() {
		return 0, false
	}
	if strip {
		text = strings.TrimRight(text, "\n")
	}
	return p.add(stringNode, text, start), true
}

// literalIndent finds the indentation of the first line of a block scalar that is not empty.
func (p *fastYAML) literalIndent(column int) (int, bool) {
	for i := p.i; i < p.end; {
		j := i
		for j < p.end && p.s[j] == ' ' {
			j++
		}
		switch {
		case j == p.end || p.s[j] == '\t':
			return 0, false
		case p.s[j] != '\n':
			return j - i, j-i > column
		case j > i: // an empty line with blanks may count for the indentation
			return 0, false
		}
		i = j + 1
	}
	return 0, false
}

// literalText collects the lines that are indented so far, with one line end at the end.
func (p *fastYAML) literalText(indent int) (string, bool) {
	var b strings.Builder
	for p.i < p.end {
		j := p.i
		for j < p.end && j-p.i < indent && p.s[j] == ' ' {
			j++
		}
		if j == p.end {
			return "", false
		}
		if p.s[j] == '\n' {
			b.WriteByte('\n')
			p.i = j + 1
			continue
		}
		if j-p.i < indent {
			if p.s[j] == '\t' {
				return "", false
			}
			break
		}
		eol := strings.IndexByte(p.s[j:p.end], '\n')
		if eol < 0 {
			return "", false // without a last line end, the value has none either: rare, left to slowYAML
		}
		b.WriteString(p.s[j : j+eol+1])
		p.i = j + eol + 1
	}
	return strings.TrimRight(b.String(), "\n") + "\n", true
}
