package model

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonReader reads JSON as encoding/json does, and keeps offsets.
type jsonReader struct {
	*tree
	s      string
	i, end int
	depth  int
}

// parseJSON reads the values that stand one after another in s[start:end].
func parseJSON(t *tree, s string, start, end int) (roots []int32, err *syntaxError) {
	p := &jsonReader{tree: t, s: s, i: start, end: end}
	for {
		p.blanks()
		if p.i == p.end {
			return roots, nil
		}
		n, err := p.value()
		if err != nil {
			return nil, err
		}
		roots = append(roots, n)
	}
}

func (p *jsonReader) blanks() {
	for p.i < p.end && (p.s[p.i] == ' ' || p.s[p.i] == '\n' || p.s[p.i] == '\t' || p.s[p.i] == '\r') {
		p.i++
	}
}

// unexpected is the error at i.
func (p *jsonReader) unexpected(where string) *syntaxError {
	if p.i >= p.end {
		return &syntaxError{off: p.end, message: "unexpected end of JSON " + where}
	}
	r, _ := utf8.DecodeRuneInString(p.s[p.i:])
	return &syntaxError{off: p.i, message: fmt.Sprintf("invalid character %q %s", r, where)}
}

func (p *jsonReader) value() (int32, *syntaxError) {
	if p.depth++; p.depth > maxDepth {
		return 0, &syntaxError{off: p.i, message: fmt.Sprintf("the document nests deeper than %d levels", maxDepth)}
	}
	defer func() { p.depth-- }()
	p.blanks()
	start := p.i
	if p.i == p.end {
		return 0, p.unexpected("where a value should be")
	}
	switch c := p.s[p.i]; {
	case c == '{':
		return p.object()
	case c == '[':
		return p.array()
	case c == '"':
		text, err := p.str()
		return p.add(stringNode, text, start), err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, word := range []struct {
		text string
		kind nodeKind
	}{{"true", boolNode}, {"false", boolNode}, {"null", nullNode}} {
		if strings.HasPrefix(p.s[p.i:p.end], word.text) {
			p.i += len(word.text)
			return p.add(word.kind, word.text, start), nil
		}
	}
	return 0, p.unexpected("where a value should be")
}

func (p *jsonReader) array() (int32, *syntaxError) {
	l := p.add(listNode, "", p.i)
	p.i++
	if p.blanks(); p.i < p.end && p.s[p.i] == ']' {
		p.i++
		return l, nil
	}
	for last := int32(0); ; {
		n, err := p.value()
		if err != nil {
			return 0, err
		}
		last = p.link(l, last, n)
		if more, err := p.more(']', "after an array item"); !more {
			return l, err
		}
	}
}

func (p *jsonReader) object() (int32, *syntaxError) {
	m := p.add(mapNode, "", p.i)
	p.i++
	if p.blanks(); p.i < p.end && p.s[p.i] == '}' {
		p.i++
		return m, nil
	}
	for last := int32(0); ; {
		p.blanks()
		if p.i == p.end || p.s[p.i] != '"' {
			return 0, p.unexpected("where a key in double quotes should be")
		}
		start := p.i
		name, err := p.str()
		if err != nil {
			return 0, err
		}
		last = p.link(m, last, p.add(stringNode, name, start))
		if p.blanks(); p.i == p.end || p.s[p.i] != ':' {
			return 0, p.unexpected("after a key, where \":\" should be")
		}
		p.i++
		n, err := p.value()
		if err != nil {
			return 0, err
		}
		last = p.link(m, last, n)
		if more, err := p.more('}', "after a value"); !more {
			p.nodes[m].count /= 2
			return m, err
		}
	}
}

// more eats a comma or the closing bracket.
func (p *jsonReader) more(closing byte, where string) (bool, *syntaxError) {
	p.blanks()
	if p.i < p.end && p.s[p.i] == ',' {
		p.i++
		return true, nil
	}
	if p.i < p.end && p.s[p.i] == closing {
		p.i++
		return false, nil
	}
	return false, p.unexpected(where)
}

// number reads a number by the grammar of JSON.
func (p *jsonReader) number() (int32, *syntaxError) {
	start := p.i
	digits := func() bool {
		from := p.i
		for p.i < p.end && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
			p.i++
		}
		return p.i > from
	}
	if p.s[p.i] == '-' {
		p.i++
	}
	if p.i < p.end && p.s[p.i] == '0' {
		p.i++
	} else if !digits() {
		return 0, p.unexpected("in a number")
	}
	if p.i < p.end && p.s[p.i] == '.' {
		p.i++
		if !digits() {
			return 0, p.unexpected("in a number")
		}
	}
	if p.i < p.end && (p.s[p.i] == 'e' || p.s[p.i] == 'E') {
		p.i++
		if p.i < p.end && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if !digits() {
			return 0, p.unexpected("in a number")
		}
	}
	if p.i < p.end && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		return 0, p.unexpected("after a number that begins with 0")
	}
	return p.add(numberNode, p.s[start:p.i], start), nil
}

// str reads a string in double quotes.
func (p *jsonReader) str() (string, *syntaxError) {
	p.i++
	start := p.i
	for p.i < p.end {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return p.s[start : p.i-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", p.unexpected("in a string")
		}
		p.i++
	}
	return "", p.unexpected("in a string")
}

// escaped goes on with a string that has escapes; start is where its text began.
func (p *jsonReader) escaped(start int) (string, *syntaxError) {
	b := []byte(p.s[start:p.i])
	for p.i < p.end {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return string(b), nil
		case c < 0x20:
			return "", p.unexpected("in a string")
		case c != '\\':
			b = append(b, c)
			p.i++
			continue
		}
		p.i++
		if p.i == p.end {
			break
		}
		c := p.s[p.i]
		if c == 'u' {
			r, ok := p.unicode()
			if !ok {
				return "", p.unexpected("in a \\u escape")
			}
			b = utf8.AppendRune(b, r)
			continue
		}
		k := strings.IndexByte(`"\/bfnrt`, c)
		if k < 0 {
			return "", p.unexpected("in a string escape")
		}
		b = append(b, "\"\\/\b\f\n\r\t"[k])
		p.i++
	}
	return "", p.unexpected("in a string")
}

// unicode reads the uXXXX of an escape, and a second one if the two are a surrogate pair.
func (p *jsonReader) unicode() (rune, bool) {
	hex := func(i int) (rune, bool) {
		if i+5 > p.end || p.s[i] != 'u' {
			return 0, false
		}
		v, err := strconv.ParseUint(p.s[i+1:i+5], 16, 32)
		return rune(v), err == nil
	}
	r, ok := hex(p.i)
	if !ok {
		return 0, false
	}
	p.i += 5
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if p.i+1 < p.end && p.s[p.i] == '\\' {
		if low, ok := hex(p.i + 1); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				p.i += 6
				return pair, true
			}
		}
	}
	return utf8.RuneError, true
}
