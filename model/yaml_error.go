package model

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

var yamlWhere = regexp.MustCompile(`^yaml: (line \d+: )?`)

// locateYAML says where a document breaks. The reader itself often names the line where the surrounding block began, so
// the place is found by trying: it is the first line without which everything before can be read.
func locateYAML(text string, start, end int, err error) *syntaxError {
	lines := lineStarts(text, start, end)
	good := reportedLine(err, len(lines))
	if end-start <= maxTried {
		good = lastGoodPrefix(text, lines)
	}
	from := lines[good]
	to := end
	if good+1 < len(lines) {
		to = lines[good+1]
	}
	if end-start <= maxTried {
		if e := tryYAML(text[start:to]); e != nil {
			err = e
		}
	}
	line := strings.TrimRight(text[from:to], "\r\n")
	column, message, hint := explainYAML(line, yamlWhere.ReplaceAllString(err.Error(), ""))
	return &syntaxError{off: from + column, message: message, hint: hint}
}

// maxTried is the size up to which a document is read again and again to find where it breaks.
const maxTried = 1 << 20

// reportedLine is the line that the YAML reader names, from 0.
func reportedLine(err error, lines int) int {
	var line int
	if _, scanErr := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); scanErr != nil {
		return 0
	}
	return min(max(line-1, 0), lines-1)
}

// lineStarts are the offsets at which the lines of text[start:end] begin.
func lineStarts(text string, start, end int) []int {
	lines := []int{start}
	for i := start; i < end; {
		n := lineBreak(text[i:end])
		i += max(n, 1)
		if n > 0 && i < end {
			lines = append(lines, i)
		}
	}
	return lines
}

// lineBreak is the length of the line break at the beginning of s, 0 if there is none. YAML 1.1 knows six.
func lineBreak(s string) int {
	switch s[0] {
	case '\n':
		return 1
	case '\r':
		if strings.HasPrefix(s, "\r\n") {
			return 2
		}
		return 1
	case 0xc2, 0xe2:
		for _, b := range [...]string{"\u0085", "\u2028", "\u2029"} {
			if strings.HasPrefix(s, b) {
				return len(b)
			}
		}
	}
	return 0
}

// lastGoodPrefix is the number of lines that can be read on their own. Small documents are tried from the end, since a
// value may span lines; large ones by halving.
func lastGoodPrefix(text string, lines []int) int {
	readable := func(n int) bool { return tryYAML(text[lines[0]:lines[n]]) == nil }
	const few, small = 150, 64 << 10
	if len(lines) <= few && lines[len(lines)-1]-lines[0] <= small {
		for n := len(lines) - 1; n > 0; n-- {
			if readable(n) {
				return n
			}
		}
		return 0
	}
	low, high := 0, len(lines) // low is readable, high is not
	for high-low > 1 {
		if middle := (low + high) / 2; readable(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// tryYAML reads text and forgets it.
func tryYAML(text string) (err error) {
	defer func() {
		if recover() != nil {
			err = nil
		}
	}()
	var n yaml.Node
	return yaml.Unmarshal([]byte(text), &n)
}

// explainYAML finds the column that an error of the YAML reader means, and says it in words that help.
func explainYAML(line, reason string) (column int, message, hint string) {
	body := strings.TrimLeft(line, " \t")
	indent := len(line) - len(body)
	if tab := strings.IndexByte(line[:indent], '\t'); tab >= 0 {
		return tab, "a tab may not indent YAML", "use spaces"
	}
	switch {
	case strings.Contains(reason, "mapping values are not allowed"):
		if i := secondColon(line); i > 0 {
			return i, "a second \": \" in one line: " + reason, "write the value in quotes"
		}
		return indent, "this line is indented more than its neighbours: " + reason, ""
	case strings.Contains(reason, "did not find expected key"), strings.Contains(reason, "did not find expected '-' indicator"):
		return indent, "this line does not fit the lines above it: " + reason, "look at the indentation"
	case strings.Contains(reason, "could not find expected ':'"):
		return indent, "a line without \": \": " + reason, ""
	case strings.Contains(reason, "cannot start any token"):
		if i := strings.IndexAny(line, "\t@`%"); i >= 0 {
			return i, quote(line[i:i+1]) + " cannot begin a value: " + reason, "write it in quotes"
		}
	case strings.Contains(reason, "unexpected end of stream"):
		if i := strings.IndexAny(line, `"'`); i >= 0 {
			return i, "a quote that is never closed: " + reason, ""
		}
	case strings.Contains(reason, "unknown anchor"):
		if i := strings.IndexByte(line, '*'); i >= 0 {
			return i, reason, "write a text that begins with * in quotes"
		}
	case strings.Contains(reason, "escape"):
		if i := strings.IndexByte(line, '\\'); i >= 0 {
			return i, reason + " in a double-quoted string", `use single quotes, or \\`
		}
	}
	return indent, reason, ""
}

// secondColon is the offset of the ": " that makes a value look like a mapping.
func secondColon(line string) int {
	i := strings.Index(line, ": ")
	if i < 0 {
		return -1
	}
	j := strings.Index(line[i+2:], ": ")
	if j < 0 {
		if strings.HasSuffix(line, ":") && len(line)-1 > i {
			return len(line) - 1
		}
		return -1
	}
	return i + 2 + j
}
