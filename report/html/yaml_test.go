package html

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// The printer writes what the library writes, also where texts are hostile.
func TestPrinterWritesWhatTheLibraryWrites(t *testing.T) {
	hostile := []any{
		"", "a", "yes", "no", "null", "true", "~", "0644", "1e5", "12e45", "0x1F", "1_000", "2026-01-01T00:00:00Z", "2026-01-01", "1:30", "- a", "a: b", "a #b", "#a",
		" lead", "trail ", "tab\there", "two\nlines", "two\nlines\n", "\nlead", "  indented\nlines", "\x1b[31m", "é", "한국어", "\u2028", "'quoted'", `"double"`, "@x", "%x",
		"*x", "&x", "!x", "|", ">", "{}", "[]", "{a}", ",", "?", "? x", "-", "--", "---", "...", "=", "<<", ".inf", ".nan", "+1", "-1", "1.5", "a\\b", "\ufeff",
		strings.Repeat("word ", 30), strings.Repeat("한국 ", 60), strings.Repeat("x", 200), strings.Repeat("long words that end in a line\n", 9), "'" + strings.Repeat("quote ", 30),
		"</script><script>alert(1)</script>", `<img src=x onerror="alert(1)">`,
	}
	words := map[string]any{}
	for i, s := range hostile {
		words["k"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+s.(string)] = s
	}
	objects := []map[string]any{
		{"list": hostile, "deep": map[string]any{"a": []any{map[string]any{"list": hostile, "b": map[string]any{}, "c": []any{}}}}},
		words, {"deep": map[string]any{"er": words}}, {"n": nil, "t": true, "f": false, "list": []any{}, "map": map[string]any{}},
		{"lists": []any{[]any{"a", "b"}, []any{map[string]any{"a": "b", "c": "d"}}}}, {"a10": "x", "a9": "x", "A": "x", "_": "x", "a.b/c": "x", "a-b": "x"},
	}
	for i, o := range objects {
		for k, v := range o { // unordered: each is checked by itself
			one := map[string]any{k: v}
			want, err := yaml.Marshal(one)
			if err != nil {
				t.Fatal(err)
			}
			lines, err := newPrinter().print(one)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(lines, "\n") + "\n"; got != string(want) {
				t.Errorf("object %d: got\n%q\nwant\n%q", i, got, want)
			}
		}
	}
}
