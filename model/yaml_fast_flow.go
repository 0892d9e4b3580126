package model

// flowLine parses a flow collection that ends with its line.
func (p *fastYAML) flowLine() (int32, bool) {
	n, ok := p.flow()
	return n, ok && p.endOfLine()
}

// flow parses a flow node on one line and stops behind it.
func (p *fastYAML) flow() (int32, bool) {
	if p.depth++; p.depth > fastDepth {
		return 0, false
	}
	defer func() { p.depth-- }()
	switch c := p.s[p.i]; c {
	case '{':
		return p.flowMap()
	case '[':
		return p.flowList()
	case '"', '\'':
		return p.quoted(c)
	}
	length := p.flowPlainLength()
	if length == 0 {
		return 0, false
	}
	return p.plain(length)
}

// flowMore stands behind an item: it eats the comma, or the closing bracket. more says that another item must follow.
func (p *fastYAML) flowMore(closing byte) (more, ok bool) {
	p.skipSpaces()
	if p.i == p.end {
		return false, false
	}
	switch p.s[p.i] {
	case closing:
		p.i++
		return false, true
	case ',':
		p.i++
		p.skipSpaces()
		return true, p.i < p.end && p.s[p.i] != '\n'
	}
	return false, false
}

// flowOpen eats the opening bracket; empty says that the collection closed at once.
func (p *fastYAML) flowOpen(closing byte) (empty, ok bool) {
	p.i++
	p.skipSpaces()
	if p.i == p.end || p.s[p.i] == '\n' {
		return false, false
	}
	if p.s[p.i] == closing {
		p.i++
		return true, true
	}
	return false, true
}

func (p *fastYAML) flowList() (int32, bool) {
	l := p.add(listNode, "", p.i)
	empty, ok := p.flowOpen(']')
	for last := int32(0); ok && !empty; {
		var item int32
		if item, ok = p.flow(); !ok {
			break
		}
		last = p.link(l, last, item)
		var more bool
		if more, ok = p.flowMore(']'); !more {
			break
		}
	}
	return l, ok
}

func (p *fastYAML) flowMap() (int32, bool) {
	m := p.add(mapNode, "", p.i)
	empty, ok := p.flowOpen('}')
	for last := int32(0); ok && !empty; {
		var key, value int32
		if key, ok = p.flowKey(); !ok {
			break
		}
		last = p.link(m, last, key)
		if value, ok = p.flow(); !ok {
			break
		}
		last = p.link(m, last, value)
		var more bool
		if more, ok = p.flowMore('}'); !more {
			break
		}
	}
	p.nodes[m].count /= 2
	return m, ok
}

// flowKey parses `name: ` and stops at the value.
func (p *fastYAML) flowKey() (int32, bool) {
	start := p.i
	var key int32
	quoted := p.s[p.i] == '"' || p.s[p.i] == '\''
	if quoted {
		n, ok := p.quoted(p.s[p.i])
		if !ok {
			return 0, false
		}
		key = n
	} else {
		length := p.flowPlainLength()
		text := p.s[p.i : p.i+length]
		if kind, _, _ := resolvePlain(text); length == 0 || kind != stringNode {
			return 0, false
		}
		key = p.add(stringNode, text, p.i)
		p.nodes[key].plain = true
		p.i += length
	}
	if p.i-start > fastKey || p.i == p.end || p.s[p.i] != ':' {
		return 0, false
	}
	p.i++
	if !quoted && (p.i == p.end || p.s[p.i] != ' ') {
		return 0, false
	}
	p.skipSpaces()
	return key, p.i < p.end && p.s[p.i] != '\n'
}

// flowPlainLength measures a plain scalar of simple characters at i, without trailing blanks.
func (p *fastYAML) flowPlainLength() int {
	i := p.i
	for ; i < p.end; i++ {
		c := p.s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '/', c == '_':
		case c == '-' && i+1 < p.end && p.s[i+1] > ' ' && p.s[i+1] != ',' && p.s[i+1] != ']' && p.s[i+1] != '}':
		case i > p.i && (c == ' ' || c == '%' || c == '=' || c == '+' || c == '@' || c == '~' || c == '$'):
		case c == ',' || c == ']' || c == '}' || c == ':':
			return p.trimmed(i)
		default:
			return 0
		}
	}
	return 0
}
