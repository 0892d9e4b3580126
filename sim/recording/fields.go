package recording

import (
	"errors"
	"slices"
	"strings"
)

// field is one field of an object on the second level, or one on the first that is no object: its path and its JSON.
type field struct {
	path string // "metadata.labels", "kind"
	json string
}

var errJSON = errors.New("not an object in JSON")

// split takes an object's JSON apart into fields, sorted by path. A field on the first level that is an object with nothing
// in it is left out: to the API's types that is the same.
func split(raw string, out []field) ([]field, error) {
	err := each(raw, func(key, value string) error {
		if value[0] != '{' {
			out = append(out, field{key, value})
			return nil
		}
		return each(value, func(sub, value string) error {
			out = append(out, field{key + "." + sub, value})
			return nil
		})
	})
	slices.SortFunc(out, func(a, b field) int { return strings.Compare(a.path, b.path) })
	return out, err
}

// join puts an object's JSON together from its fields.
func join(b []byte, fields []field) []byte {
	b = append(b, '{')
	open := ""
	for i, f := range fields {
		top, sub, nested := strings.Cut(f.path, ".")
		switch {
		case open != "" && top != open:
			b = append(b, "},"...)
		case i > 0:
			b = append(b, ',')
		}
		if !nested {
			open = ""
			b = appendField(b, top, f.json)
			continue
		}
		if top != open {
			b = append(b, '"')
			b = append(b, top...)
			b = append(b, `":{`...)
			open = top
		}
		b = appendField(b, sub, f.json)
	}
	if open != "" {
		b = append(b, '}')
	}
	return append(b, '}')
}

func appendField(b []byte, key, value string) []byte {
	b = append(b, '"')
	b = append(b, key...)
	b = append(b, `":`...)
	return append(b, value...)
}

// each calls f for each field of an object in JSON, which has no blanks between its parts, as encoding/json writes it.
func each(raw string, f func(key, value string) error) error {
	if len(raw) < 2 || raw[0] != '{' {
		return errJSON
	}
	for i := 1; i < len(raw) && raw[i] != '}'; {
		if raw[i] == ',' {
			i++
		}
		end := skip(raw, i)
		if end < 0 || end >= len(raw) || raw[end] != ':' || end < i+2 || raw[i] != '"' {
			return errJSON
		}
		key := raw[i+1 : end-1]
		i = end + 1
		if end = skip(raw, i); end <= i {
			return errJSON
		}
		if err := f(key, raw[i:end]); err != nil {
			return err
		}
		i = end
	}
	return nil
}

// skip returns where the value that begins at i ends, or -1.
func skip(raw string, i int) int {
	depth := 0
	for ; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			for i++; i < len(raw) && raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
			if i >= len(raw) {
				return -1
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // of the object around it
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}
