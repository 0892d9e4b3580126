package model

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	sigsjson "sigs.k8s.io/json"
	sigsyaml "sigs.k8s.io/yaml"
)

// libraryJSON is what the API server's reader makes of one YAML document, with sorted keys.
func libraryJSON(t testing.TB, doc string) (string, error) {
	t.Helper()
	b, err := sigsyaml.YAMLToJSONStrict([]byte(doc))
	if err != nil {
		return "", err
	}
	return normalJSON(t, b), nil
}

// normalJSON sorts keys and keeps numbers as they are written.
func normalJSON(t testing.TB, b []byte) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, b)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// fastJSON is what fastYAML makes of a document; ok is false if it gives up.
func fastJSON(t testing.TB, doc string) (string, bool) {
	t.Helper()
	var tr tree
	var fast fastYAML
	tr.reset()
	root, ok := fast.parse(&tr, doc, 0, len(doc))
	if !ok || hasDuplicates(&tr, root) {
		return "", false
	}
	if root == 0 {
		return "null", true
	}
	return normalJSON(t, tr.appendJSON(nil, root)), true
}

// slowJSON is what slowYAML makes of a document with one root.
func slowJSON(t testing.TB, doc string) (string, bool) {
	t.Helper()
	var tr tree
	var slow slowYAML
	tr.reset()
	roots, err := slow.parse(&tr, doc, 0, len(doc))
	if err != nil || len(roots) > 1 {
		return "", false
	}
	if len(roots) == 0 {
		return "null", true
	}
	if hasDuplicates(&tr, roots[0]) {
		return "", false
	}
	return normalJSON(t, tr.appendJSON(nil, roots[0])), true
}

// hasDuplicates says whether a mapping below n has a key twice; binding refuses it, and so does the library.
func hasDuplicates(tr *tree, n int32) bool {
	seen := map[string]bool{}
	for c := tr.nodes[n].child; c != 0; c = tr.nodes[c].next {
		if tr.nodes[n].kind == mapNode {
			if seen[tr.nodes[c].text] {
				return true
			}
			seen[tr.nodes[c].text] = true
			c = tr.nodes[c].next
		}
		if hasDuplicates(tr, c) {
			return true
		}
	}
	return false
}

// checkSameReading holds both readers to the library for one document.
func checkSameReading(t testing.TB, doc string) (fastRead bool) {
	t.Helper()
	want, err := libraryJSON(t, doc)
	got, ok := fastJSON(t, doc)
	switch {
	case ok && err != nil:
		t.Fatalf("fastYAML takes what the library refuses (%v):\n%q\n%s", err, doc, got)
	case ok && got != want:
		t.Fatalf("fastYAML differs:\n%q\n got %s\nwant %s", doc, got, want)
	}
	if slow, slowOK := slowJSON(t, doc); slowOK && err == nil && slow != want {
		t.Fatalf("slowYAML differs:\n%q\n got %s\nwant %s", doc, slow, want)
	} else if ok && !slowOK {
		t.Fatalf("slowYAML refuses what fastYAML takes:\n%q\n%s", doc, got)
	}
	return ok
}

// documents splits a text as Decode does.
func documents(text string) []string {
	var docs []string
	for i, more := 0, true; more; {
		var d document
		d, i, more = nextDocument(text, i)
		docs = append(docs, text[d.start:d.end])
	}
	return docs
}

// yamlFiles are the YAML files that the tests hold the readers to: all that the repository has.
func yamlFiles(t testing.TB) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"testdata/*.yaml", "testdata/*/*.yaml", "../scenarios/*/*.yaml", "../scenarios/*/*/*.yaml", "../*/testdata/*.yaml", "../*/*/testdata/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
	}
	if len(files) < 100 {
		t.Fatalf("only %d files", len(files))
	}
	return files
}

// TestSameReading reads every YAML document at hand with both readers and the library.
func TestSameReading(t *testing.T) {
	count, fast := 0, 0
	for _, name := range yamlFiles(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, doc := range documents(string(data)) {
			if testing.Short() && i > 300 {
				break
			}
			count++
			if checkSameReading(t, doc) {
				fast++
			}
		}
	}
	t.Logf("%d documents, %d by fastYAML", count, fast)
}

// TestSameObjects binds every manifest at hand and compares the objects with those of the library.
func TestSameObjects(t *testing.T) {
	count := 0
	for _, name := range yamlFiles(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, doc := range documents(string(data)) {
			if testing.Short() && i > 300 {
				break
			}
			count += checkSameObjects(t, doc)
		}
	}
	t.Logf("%d objects", count)
}

// checkSameObjects decodes one document both ways. Lists are left out: the library has no type for them.
func checkSameObjects(t testing.TB, doc string) int {
	t.Helper()
	ms, ps := Decode("x.yaml", []byte(doc), Options{KeepServerFields: true})
	js, err := sigsyaml.YAMLToJSONStrict([]byte(doc))
	var meta struct{ APIVersion, Kind string }
	if err == nil {
		err = json.Unmarshal(js, &meta)
	}
	kind := kindByName(meta.Kind)
	if err != nil || kind == nil || kind.APIVersion() != meta.APIVersion {
		return 0
	}
	want := kind.New()
	strict, err := sigsjson.UnmarshalStrict(js, want)
	if err != nil || len(strict) > 0 {
		if !ps.HasErrors() {
			t.Fatalf("the library refuses (%v %v), Decode does not:\n%s", err, strict, doc)
		}
		return 0
	}
	if len(ms) != 1 {
		if want.GetName() == "" && want.GetGenerateName() == "" {
			return 0
		}
		t.Fatalf("the library takes it, Decode does not: %v\n%s", ps, doc)
	}
	if !equality.Semantic.DeepEqual(ms[0].Object, want) || reflect.TypeOf(ms[0].Object) != reflect.TypeOf(want) {
		t.Fatalf("objects differ:\n%s\n%s", doc, cmp.Diff(want, ms[0].Object))
	}
	return 1
}
