// Package clustersim holds the rules of the project that a test can hold: who imports whom, and what may differ between
// two equal runs.
package clustersim

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imports says which of the project's packages a package may import. "" stands for none. A package that is missing here
// fails the test: add it together with what it may know.
var imports = map[string][]string{
	"model":                     {},
	"sim/rule":                  {},
	"sim/engine":                {"sim/rule"},
	"sim/config":                {},
	"sim/journal":               {"model", "sim/rule"},
	"sim/store":                 {"model", "sim/engine", "sim/config", "sim/journal", "sim/rule"},
	"sim/world":                 {"model", "sim/engine"},
	"sim/record":                {"model", "sim/engine", "sim/store", "sim/rule"},
	"sim/admission":             {"model", "sim/calendar", "sim/engine", "sim/config", "sim/journal", "sim/store", "sim/rule"},
	"sim/devices":               {},
	"sim/scheduler":             {"model", "sim/devices", "sim/engine", "sim/config", "sim/journal", "sim/record", "sim/store", "sim/rule"},
	"sim/kubelet":               {"model", "sim/engine", "sim/config", "sim/journal", "sim/record", "sim/store", "sim/world", "sim/rule"},
	"sim/calendar":              {},
	"sim/controller":            {"model", "sim/admission", "sim/calendar", "sim/engine", "sim/config", "sim/journal", "sim/record", "sim/store", "sim/rule"},
	"sim/fault":                 {"model", "sim/engine", "sim/store", "sim/world", "sim/rule"},
	"sim":                       {"model", "sim/admission", "sim/config", "sim/controller", "sim/engine", "sim/fault", "sim/journal", "sim/kubelet", "sim/record", "sim/scheduler", "sim/store", "sim/world", "sim/rule"},
	"sim/recording":             {"model", "sim/journal", "sim/rule"},
	"sim/invariant":             {"model", "sim/journal", "sim/store"},
	"scenarios":                 {"model", "report", "report/metric", "report/timeline", "scenarios/check", "sim", "sim/config", "sim/engine", "sim/fault", "sim/journal", "sim/scheduler", "sim/world"},
	"scenarios/importer":        {"model"},
	"scenarios/sweep":           {"model", "report", "report/metric", "scenarios", "scenarios/capacity", "sim"},
	"scenarios/sweep/jetstream": {"scenarios/sweep"},
	"scenarios/find":            {"model", "report", "scenarios"},
	"scenarios/lesson":          {},
	"scenarios/check":           {"model", "report", "report/kubectl", "report/metric", "sim", "sim/engine", "sim/fault", "sim/journal", "sim/rule", "sim/store", "sim/world"},
	"scenarios/capacity":        {"model", "sim", "sim/config", "sim/engine", "sim/fault", "sim/journal", "sim/scheduler", "sim/world", "report"},
	"report":                    {"model", "sim", "sim/engine", "sim/journal", "sim/store", "report/kubectl", "report/timeline"},
	"report/kubectl":            {"model"},
	"report/step":               {"model", "sim/journal", "report/kubectl", "report/narrate"},
	"report/narrate":            {"model", "sim/journal", "sim/rule"},
	"report/metric":             {"model", "sim/journal"},
	"report/diff":               {"model", "report/timeline", "sim/journal"},
	"report/why":                {"model", "report/kubectl", "report/timeline", "sim/journal", "sim/rule"},
	"report/timeline":           {"model", "report/kubectl"},
	"report/story":              {"model", "sim/journal", "report/kubectl", "report/metric", "report/timeline"},
	"report/html":               {"model", "sim/journal", "sim/rule", "report/story", "report/timeline"},
	"report/figure":             {"report/story", "report/timeline"},
	"report/trace":              {"report/story", "report/timeline"},
	"report/openmetrics":        {"report/story", "report/timeline"},
	"report/table":              {"report/story", "report/timeline"},
	"report/output":             {"sim/journal", "report/figure", "report/html", "report/openmetrics", "report/story", "report/table", "report/trace"},
	"cmd/simulate":              {"*"},
	"cmd/simulate/heap":         {},
	"benchmarks":                {"*"},
	"benchmarks/large":          {"*"},
	"benchmarks/digests":        {"*"},
	"benchmarks/mutations":      {"benchmarks/mutations/list"},
	"benchmarks/mutations/list": {},
}

// external says which packages outside the project have a home; nobody else may import them.
var external = map[string][]string{
	"github.com/spf13/":           {"cmd/simulate"},
	"golang.org/x/term":           {"cmd/simulate"},
	"gonum.org/v1/plot":           {"report/figure"},
	"gopkg.in/yaml.v3":            {"model", "scenarios", "scenarios/find"},
	"github.com/google/cel-go":    {"scenarios/check", "sim/devices"},
	"github.com/nats-io/":         {"scenarios/sweep/jetstream"},
	"k8s.io/client-go":            {},
	"k8s.io/kubernetes":           {},
	"k8s.io/apiserver":            {},
	"github.com/cockroachdb/":     {"test"},
	"github.com/rogpeppe/":        {"test"},
	"github.com/santhosh-tekuri/": {"test"},
	"pgregory.net/rapid":          {"test"},
	"github.com/google/go-cmp":    {"test"},
	"github.com/prometheus/":      {"test"},
}

// pure packages give equal results for equal inputs, on every machine.
var pure = []string{"model", "sim", "report"}

// banned names things that would make them differ, with what to use instead.
var banned = map[string]string{
	"time.Now": "the engine's clock", "time.Sleep": "engine.After", "time.After": "engine.After", "time.Tick": "engine.NextTick",
	"time.LoadLocation": "time.UTC, or embedded zoneinfo", "time.Since": "the engine's clock", "time.Local": "time.UTC",
	"os.Getenv": "an option", "os.LookupEnv": "an option", "os.Exit": "an error", "fmt.Print": "a writer", "fmt.Println": "a writer", "fmt.Printf": "a writer",
}

// harmless names of packages called rand draw nothing from a global source.
var harmless = []string{"PCG", "NewPCG", "Source", "Rand", "New", "SafeEncodeString"}

type source struct {
	dir  string
	path string
	file *ast.File
	test bool
}

func sources(t *testing.T, fset *token.FileSet) (out []source) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || strings.HasPrefix(name, ".") && name != "." || nested(path) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{dir: filepath.ToSlash(filepath.Dir(path)), path: path, file: f, test: strings.HasSuffix(path, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// nested reports whether a folder below the root is a module of its own.
func nested(path string) bool {
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil && path != "."
}

func TestImportRules(t *testing.T) {
	for _, s := range sources(t, token.NewFileSet()) {
		allowed, known := imports[s.dir]
		if !known && s.dir != "." {
			t.Errorf("%s: package %s has no line in the import table", s.path, s.dir)
			continue
		}
		for _, spec := range s.file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if own, ok := strings.CutPrefix(path, "clustersim/"); ok {
				if !s.test && !slices.Contains(allowed, own) && !slices.Contains(allowed, "*") && own != s.dir {
					t.Errorf("%s: %s may not import %s", s.path, s.dir, own)
				}
				continue
			}
			checkExternal(t, s, path)
		}
	}
}

func checkExternal(t *testing.T, s source, path string) {
	for prefix, homes := range external { // unordered: each by itself
		if strings.HasPrefix(path, prefix) && !slices.Contains(homes, s.dir) && !(s.test && slices.Contains(homes, "test")) && !strings.HasPrefix(s.dir, "benchmarks") {
			t.Errorf("%s: %s is for %v only", s.path, path, homes)
		}
	}
}

func isPure(dir string) bool {
	return slices.ContainsFunc(pure, func(p string) bool { return dir == p || strings.HasPrefix(dir, p+"/") })
}

// No wall clock, no environment, no goroutines, no global random numbers, and no iteration over a map that does not say why its order
// does not matter.
func TestDeterminismRules(t *testing.T) {
	fset := token.NewFileSet()
	byDir := map[string][]source{}
	var dirs []string
	for _, s := range sources(t, fset) {
		if isPure(s.dir) && !s.test {
			if byDir[s.dir] == nil {
				dirs = append(dirs, s.dir)
			}
			byDir[s.dir] = append(byDir[s.dir], s)
		}
	}
	for _, dir := range dirs {
		for _, s := range byDir[dir] {
			checkStatements(t, fset, s)
		}
	}
	compiled := exportData(t)
	for _, dir := range dirs {
		checkMapRanges(t, fset, dir, byDir[dir], compiled)
	}
}

func checkStatements(t *testing.T, fset *token.FileSet, s source) {
	for _, spec := range s.file.Imports {
		switch path := strings.Trim(spec.Path.Value, `"`); path {
		case "math/rand", "crypto/rand", "hash/maphash", "sync", "sync/atomic", "unsafe":
			t.Errorf("%s: import of %s: use the engine's streams; a run is one goroutine", s.path, path)
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt, *ast.SelectStmt:
			t.Errorf("%s: no goroutines here: a run is one", fset.Position(n.Pos()))
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Obj == nil {
				name := x.Name + "." + n.Sel.Name
				if use, bad := banned[name]; bad {
					t.Errorf("%s: %s: use %s", fset.Position(n.Pos()), name, use)
				}
				if x.Name == "rand" && !slices.Contains(harmless, n.Sel.Name) {
					t.Errorf("%s: %s: use a named stream", fset.Position(n.Pos()), name)
				}
			}
		}
		return true
	})
}

// exportData finds the compiled form of everything that the pure packages import: the build cache has it already.
func exportData(t *testing.T) types.Importer {
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./model/...", "./sim/...", "./report/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
}

// checkMapRanges type-checks the package and looks at what each range is over.
func checkMapRanges(t *testing.T, fset *token.FileSet, dir string, files []source, compiled types.Importer) {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: compiled, Error: func(err error) { t.Errorf("%s: %v", dir, err) }}
	asts := make([]*ast.File, 0, len(files))
	for _, s := range files {
		asts = append(asts, s.file)
	}
	_, _ = conf.Check("clustersim/"+dir, fset, asts, info) // Error has reported what does not check
	for _, s := range files {
		notes := unorderedLines(fset, s.file)
		ast.Inspect(s.file, func(n ast.Node) bool {
			r, ok := n.(*ast.RangeStmt)
			if !ok {
				return true
			}
			tv, known := info.Types[r.X]
			if !known || tv.Type == nil {
				return true
			}
			if _, isMap := tv.Type.Underlying().(*types.Map); isMap && !notes[fset.Position(r.Pos()).Line] && r.Key != nil {
				t.Errorf("%s: range over a map: sort the keys, or say `// unordered: why` on this line", fset.Position(r.Pos()))
			}
			return true
		})
	}
}

func unorderedLines(fset *token.FileSet, f *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, g := range f.Comments {
		for _, c := range g.List {
			if strings.Contains(c.Text, "unordered:") {
				lines[fset.Position(c.Pos()).Line] = true
				lines[fset.Position(c.End()).Line+1] = true
			}
		}
	}
	return lines
}

// Every exported name of the project says what it is.
func TestExportedNamesAreDocumented(t *testing.T) {
	fset := token.NewFileSet()
	for _, s := range sources(t, fset) {
		if s.test || s.dir == "cmd/simulate" {
			continue
		}
		for _, d := range s.file.Decls {
			for _, missing := range undocumented(d) {
				t.Errorf("%s: exported %s has no comment", fset.Position(d.Pos()), missing)
			}
		}
	}
}

func undocumented(d ast.Decl) (out []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || receiverExported(d)) {
			out = append(out, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil {
					out = append(out, spec.Name.Name)
				}
			case *ast.ValueSpec:
				if spec.Names[0].IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					out = append(out, spec.Names[0].Name)
				}
			}
		}
	}
	return out
}

func receiverExported(d *ast.FuncDecl) bool {
	return strings.IndexFunc(fmt.Sprint(exprName(d.Recv.List[0].Type)), func(r rune) bool { return r >= 'A' && r <= 'Z' }) == 0
}

func exprName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return exprName(e.X)
	case *ast.IndexExpr:
		return exprName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
