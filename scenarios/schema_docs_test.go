package scenarios

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var updateDocs = flag.Bool("update-docs", false, "write schema_docs.json and the published schema anew")

// TestFieldDocs: the table of comments is what stands in the sources.
func TestFieldDocs(t *testing.T) {
	docs := map[string]string{}
	for _, glob := range []string{"spec*.go", "../sim/fault/*.go", "../sim/config/*.go"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				readDocs(t, name, docs)
			}
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(docs); err != nil {
		t.Fatal(err)
	}
	if *updateDocs {
		if err := os.WriteFile("schema_docs.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(b.Bytes(), fieldDocsJSON) {
		t.Error("comments of the language have changed: go test ./scenarios -run FieldDocs -update-docs")
	}
}

// readDocs collects the comments of the structs of one file.
func readDocs(t *testing.T, name string, into map[string]string) {
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range g.Specs {
			spec, ok := s.(*ast.TypeSpec)
			if !ok {
				continue
			}
			st, ok := spec.Type.(*ast.StructType)
			if !ok {
				continue
			}
			key := f.Name.Name + "." + spec.Name.Name
			put(into, key, g.Doc, spec.Doc)
			for _, field := range st.Fields.List {
				for _, n := range field.Names {
					if n.IsExported() {
						put(into, key+"."+n.Name, field.Doc, field.Comment)
					}
				}
			}
		}
	}
}

func put(into map[string]string, key string, groups ...*ast.CommentGroup) {
	for _, g := range groups {
		if text := strings.Join(strings.Fields(g.Text()), " "); text != "" {
			into[key] = text
			return
		}
	}
}
