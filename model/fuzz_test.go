package model

import (
	"os"
	"strings"
	"testing"
)

// FuzzDecode wants of any bytes: no panic, an object or a reason for every document, the same twice, and the same reading
// as the library's of every document.
func FuzzDecode(f *testing.F) {
	for _, name := range yamlFiles(f) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 20_000 {
			f.Add(data)
		}
	}
	for _, s := range yamlCases {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4_000 {
			return
		}
		ms, ps := Decode("fuzz.yaml", data, Options{})
		again, psAgain := Decode("fuzz.yaml", data, Options{})
		if len(ms) != len(again) || len(ps) != len(psAgain) {
			t.Fatalf("two readings differ: %v %v", ps, psAgain)
		}
		var out strings.Builder
		if err := ps.Format(&out, 20); err != nil {
			t.Fatal(err)
		}
		Check(ms)
		text := string(data)
		if message, _ := refuse(data); message != "" || invalidUTF8(text) >= 0 {
			return
		}
		for _, doc := range documents(text) {
			checkSameReading(t, doc)
		}
	})
}

// FuzzYAML grows YAML from a small alphabet of its tokens, which reaches more of the grammar than bytes do.
func FuzzYAML(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add([]byte("\x03\x01\x0a\x00\x02\x03\x01"))
	tokens := []string{"\n", "a", ": ", "- ", "  ", " ", "'", "\"", "#", "|", "{", "}", "[", "]", ",", "b", ":", "-", "yes", "1",
		"0x1f", "1.50", "\n\n", "\n  ", "\n    ", "\n- ", "|-\n", "|\n", ">\n", "~", "null", "\\n", "''", " #c", "2001-01-02", "<<", "&x ", "*x", "!", "é", "\t", ".5", "1e3", "-1", "a.b/c", "..."}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 60 {
			return
		}
		var b strings.Builder
		for _, c := range data {
			b.WriteString(tokens[int(c)%len(tokens)])
		}
		for _, doc := range documents(b.String()) {
			checkSameReading(t, doc)
		}
		Decode("fuzz.yaml", []byte(b.String()), Options{})
	})
}
