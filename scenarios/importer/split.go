package importer

import (
	"bytes"
	"encoding/json"
)

// pieceBytes is about how long a piece of a text is.
const pieceBytes = 1 << 20

// piece is a part of a text that can be decoded by itself.
type piece struct {
	text []byte
	line int // lines before it in the file, less those that were put in front of it
}

// split cuts a text between documents and between the items of kubectl's lists. A text that is small, or laid out in
// another way, stays whole.
func split(data []byte) []piece {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(data) <= pieceBytes {
		return []piece{{text: data}}
	}
	if t := bytes.TrimLeft(data, " \t\r\n"); len(t) > 0 && t[0] == '{' {
		if out := splitJSON(data); out != nil {
			return out
		}
		return []piece{{text: data}}
	}
	return splitYAML(data)
}

// splitYAML gathers whole documents, and takes those apart that are lists as kubectl prints them.
func splitYAML(data []byte) (out []piece) {
	start, first, line := 0, 0, 0
	flush := func(end, next int) {
		if doc := data[start:end]; len(doc) > 0 {
			if items := splitList(doc, first); items != nil {
				out = append(out, items...)
			} else {
				out = append(out, piece{doc, first})
			}
		}
		start, first = end, next
	}
	for i := 0; i < len(data); {
		end := i + bytes.IndexByte(data[i:], '\n') + 1
		if end == i {
			end = len(data)
		}
		text := bytes.TrimRight(data[i:end], "\r\n")
		document := string(text) == "---"
		if document && (i-start > pieceBytes || bytes.HasPrefix(data[end:], []byte("apiVersion: v1\nitems:\n")) || isList(data[start:i])) {
			flush(i, line)
		}
		i = end
		line++
	}
	flush(len(data), line)
	return out
}

var listHead = []byte("apiVersion: v1\nitems:\n- ")

// isList recognises the start of a list as kubectl prints it.
func isList(doc []byte) bool {
	return bytes.HasPrefix(bytes.TrimPrefix(doc, []byte("---\n")), listHead)
}

// splitList cuts a list between its items, which begin with a dash in the first column. It returns nil for anything else.
func splitList(doc []byte, line int) (out []piece) {
	body := bytes.TrimPrefix(doc, []byte("---\n"))
	if !bytes.HasPrefix(body, listHead) {
		return nil
	}
	line += bytes.Count(doc[:len(doc)-len(body)], []byte("\n")) + 2 // the lines of listHead before the first item
	body = body[len(listHead)-2:]
	const head = "apiVersion: v1\nkind: List\nitems:\n"
	start, first := 0, line
	flush := func(end int) {
		if end > start {
			text := append([]byte(head), body[start:end]...)
			out = append(out, piece{text, first - 3})
		}
		start, first = end, line
	}
	for i := 0; i < len(body); line++ {
		end := i + bytes.IndexByte(body[i:], '\n') + 1
		if end == i {
			end = len(body)
		}
		switch c := body[i]; {
		case c == '-':
			if i-start > pieceBytes {
				flush(i)
			}
		case c != ' ' && c != '\n' && c != '\r':
			flush(i) // "kind: List" and what else ends the list
			return out
		}
		i = end
	}
	flush(len(body))
	return out
}

// splitJSON cuts the items of a JSON list. It returns nil for anything else.
func splitJSON(data []byte) (out []piece) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil
		}
		if key != "items" {
			var skip json.RawMessage
			if dec.Decode(&skip) != nil {
				return nil
			}
			continue
		}
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			return nil
		}
		if out = jsonItems(data, dec); out == nil {
			return nil
		}
	}
	return out
}

func jsonItems(data []byte, dec *json.Decoder) (out []piece) {
	start, line, counted := int64(-1), 0, int64(0)
	flush := func(end int64) {
		line += bytes.Count(data[counted:start], []byte("\n"))
		counted = start
		text := append([]byte(`{"apiVersion":"v1","kind":"List","items":[`), data[start:end]...)
		out = append(out, piece{append(text, "]}"...), line})
		start = -1
	}
	for dec.More() {
		var item json.RawMessage
		if dec.Decode(&item) != nil {
			return nil
		}
		end := dec.InputOffset()
		if start < 0 {
			start = end - int64(len(item))
		}
		if end-start > pieceBytes {
			flush(end)
		}
	}
	if start >= 0 {
		flush(dec.InputOffset())
	}
	if _, err := dec.Token(); err != nil {
		return nil
	}
	return out
}
