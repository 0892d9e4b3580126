package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"clustersim/model"
	"clustersim/scenarios/check"
	"clustersim/sim"
	"clustersim/sim/engine"
	"clustersim/sim/world"
)

// LoadOptions say how a scenario is read. The zero value is right for a file on disk.
type LoadOptions struct {
	Set map[string]string // parameters, over spec.params
	FS  fs.FS             // where relative paths lead; nil = the machine's file system

	// Nodes, NodeCPU and NodeMemory make the cluster of an input that brings no node: node-1 ... node-N. The zero values
	// mean 1 node, 4 CPUs, 16Gi.
	Nodes      int
	NodeCPU    string
	NodeMemory string

	// Manifests were read from other files; they are created at 0s, after the file's own. Profile goes before the file's.
	Manifests []model.Manifest
	Profile   string
	// Import are objects that exist before t=0, kept as they are, beside those of cluster.import.
	Import []model.Manifest
	// Opened, if set, is told of every file that the scenario leads to, in the order of reading.
	Opened func(name string, data []byte)
}

// IsScenario says whether a document belongs to this package: model.Options.Skip for a reader of manifests.
func IsScenario(apiVersion, kind string) bool { return isScenario(apiVersion, kind) }

// Scenario is a scenario that was read and compiled.
type Scenario struct {
	Name        string
	Description string
	File        string
	Seed        uint64
	Runs        int // replications, at least 1
	// DefaultCluster says that the input brings no node, so that the nodes are those of LoadOptions.
	DefaultCluster bool

	spec    Spec
	options sim.Options
	suite   check.Suite
	// patterns are all node templates; set and library are how the scenario was asked for.
	patterns   []*world.Pattern
	set        map[string]string
	library    bool
	files      files
	axes       []Axis
	params     []string
	selections []selection
	unused     []selfNamed // parameters
	limits     []Threshold
	lines      []string
}

// Outputs are the files that the scenario asks for when it has run.
func (s *Scenario) Outputs() []Output { return s.spec.Outputs }

// Load reads a scenario file, or one of plain manifests, which runs on a default cluster. The scenario is nil if there is
// an error among the problems.
func Load(name string, data []byte, opt LoadOptions) (*Scenario, model.Problems) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	d := newDecoder(name, text, files{opt.FS, opt.Opened})
	doc, rest := d.document(text)
	var file Document
	if doc != nil {
		spec := child(doc, "spec")
		d.setParams(child(spec, "params"), opt.Set)
		d.decode(doc, reflect.ValueOf(&file).Elem(), "", hints{})
		d.header(doc, &file)
	} else {
		d.setParams(nil, opt.Set)
	}
	manifests, problems := model.Decode(name, []byte(rest), model.Options{Skip: isScenario})
	d.problems = append(d.problems, problems...)
	manifests = append(manifests, opt.Manifests...)
	if doc == nil && len(manifests) == 0 && !d.problems.HasErrors() {
		d.add(model.Place{File: name}, model.Error, "", "holds neither a scenario nor a manifest")
	}
	return finish(d, &file, manifests, opt)
}

// FromManifests makes a scenario of plain manifests, all created at 0s, as if they stood in one file.
func FromManifests(name string, manifests []model.Manifest, opt LoadOptions) (*Scenario, model.Problems) {
	d := newDecoder(name, "", files{opt.FS, opt.Opened})
	d.setParams(nil, opt.Set)
	return finish(d, &Document{}, manifests, opt)
}

func finish(d *decoder, file *Document, manifests []model.Manifest, opt LoadOptions) (*Scenario, model.Problems) {
	s := &Scenario{
		Name: file.Metadata.Name, Description: file.Spec.Description, File: d.file, Seed: 1, Runs: 1,
		spec: file.Spec, lines: d.lines, set: opt.Set, files: d.files, axes: file.Spec.Matrix.axes, params: slices.Sorted(maps.Keys(d.params)),
	}
	if s.Name == "" {
		s.Name = baseName(d.file)
	}
	if file.Spec.Seed != nil {
		s.Seed = *file.Spec.Seed
	}
	if file.Spec.Runs != nil {
		s.Runs = max(1, *file.Spec.Runs)
	}
	d.problems = append(d.problems, model.Check(manifests)...)
	c := &compiler{decoder: d, spec: &file.Spec, opt: opt}
	c.options.Name, c.options.Description = s.Name, s.Description
	c.compile(manifests)
	s.options, s.DefaultCluster = c.options, c.defaulted
	s.suite, s.limits, s.patterns, s.selections = c.suite, c.limits, c.all, c.selections
	s.unused = d.unused()
	problems := sorted(d.problems)
	if problems.HasErrors() {
		return nil, problems
	}
	return s, problems
}

// Options returns the options of one replication; run counts from 0. Replication 0 has the scenario's own seed, the others
// have seeds derived from it and their number. Manifests, nodes and actions are shared between replications: a run must
// copy what it changes.
func (s *Scenario) Options(run int) (sim.Options, error) {
	if run < 0 {
		return sim.Options{}, errors.New("a replication's number counts from 0")
	}
	o := s.options
	o.Seed = RunSeed(s.Seed, run)
	if len(s.suite.Triggers) > 0 {
		o.Extend = func() []sim.Extension { return []sim.Extension{check.New(&check.Suite{Triggers: s.suite.Triggers})} }
	}
	return o, nil
}

// RunSeed is the seed of a replication.
func RunSeed(seed uint64, run int) uint64 {
	if run == 0 {
		return seed
	}
	return engine.DrawBits(seed, engine.HashString("replication"), uint64(run))
}

// header checks what is not left to the decoder: version, kind, and the ways to end.
func (d *decoder) header(doc *yaml.Node, file *Document) {
	if v := file.APIVersion; v != APIVersion {
		at := doc
		if n := child(doc, "apiVersion"); n != nil {
			at = n
		}
		d.errorf(at, "apiVersion: must be %s, got %q", APIVersion, v)
	}
	spec := child(doc, "spec")
	if spec == nil {
		d.errorf(doc, "spec: required")
		return
	}
	if n := child(spec, "until"); n != nil && file.Spec.Until != "" && file.Spec.Until != "settled" {
		d.errorf(n, "spec.until: must be settled (for a time, write duration), got %q", file.Spec.Until)
	}
	if n := child(spec, "duration"); n != nil && file.Spec.Until != "" {
		d.errorf(n, "spec.duration: excludes until")
	} else if n != nil && file.Spec.Duration == 0 && d.clean(n) {
		d.errorf(n, "spec.duration: must be above 0")
	}
	if n := child(spec, "runs"); n != nil && file.Spec.Runs != nil && *file.Spec.Runs < 1 && d.clean(n) {
		d.errorf(n, "spec.runs: must be at least 1")
	} else if file.Spec.Runs != nil && *file.Spec.Runs > MaxRuns {
		d.errorf(n, "spec.runs: at most %d", MaxRuns)
	} else if n != nil && file.Spec.Runs != nil && cells(file.Spec.Matrix.axes)*int64(*file.Spec.Runs) > MaxRuns {
		d.errorf(n, "spec.runs: with the matrix more than %d runs", MaxRuns)
	}
}

// clean says whether nothing was recorded at the place of a node.
func (d *decoder) clean(n *yaml.Node) bool {
	return !slices.ContainsFunc(d.problems, func(p model.Problem) bool { return p.Place == d.place(n) })
}

// child is the value of a key of a mapping, nil if there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// looksLike finds the documents worth parsing here: how they are quoted and laid out is left to the parser.
func looksLike(text string) bool {
	return strings.Contains(text, "kind") && strings.Contains(text, Kind)
}

// document finds and parses the one scenario document of a text; nil if there is none. rest is the text without it, its
// lines left empty. A document that is no YAML stays in rest, where model says what is wrong with it.
func (d *decoder) document(text string) (found *yaml.Node, rest string) {
	var b strings.Builder
	for _, part := range split(text) {
		root := parseScenario(part)
		if root == nil {
			b.WriteString(part.text)
			continue
		}
		b.WriteString(strings.Repeat("\n", strings.Count(part.text, "\n")))
		if found != nil {
			d.errorf(root, "a second Scenario in one file (first on line %d)", found.Line)
			continue
		}
		found = root
	}
	return found, b.String()
}

// parseScenario returns the root of a document if it is a Scenario.
func parseScenario(p part) *yaml.Node {
	if !looksLike(p.text) {
		return nil
	}
	// Newlines before it keep the line numbers of the file.
	var n yaml.Node
	if yaml.Unmarshal([]byte(strings.Repeat("\n", p.line)+p.text), &n) != nil || len(n.Content) == 0 {
		return nil
	}
	root := n.Content[0]
	kind, version := child(root, "kind"), child(root, "apiVersion")
	if kind == nil || kind.Value != Kind || version != nil && !isScenario(version.Value, Kind) {
		return nil
	}
	return root
}

// part is a document of a file and the line before it.
type part struct {
	text string
	line int
}

// split cuts a text at the lines that start with "---", as model does.
func split(text string) (parts []part) {
	start, line := 0, 0
	first := 0
	for i := 0; i < len(text); {
		end := strings.IndexByte(text[i:], '\n') + 1
		if end == 0 {
			end = len(text) - i
		}
		l := strings.TrimRight(text[i:i+end], "\r\n")
		if l == "---" || strings.HasPrefix(l, "--- ") || strings.HasPrefix(l, "---\t") {
			parts = append(parts, part{text[start:i], first})
			start, first = i, line
		}
		i += end
		line++
	}
	return append(parts, part{text[start:], first})
}

// baseName is a file's name without folder and extension.
func baseName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	for _, ext := range []string{".yaml", ".yml", ".json"} {
		name = strings.TrimSuffix(name, ext)
	}
	if name == "" || name == "." || name == "-" {
		return "stdin"
	}
	return name
}

// problemAt is a problem of a compiled scenario.
func (s *Scenario) problemAt(at model.Place, format string, args ...any) model.Problem {
	p := model.Problem{Place: at, Severity: model.Warning, Message: fmt.Sprintf(format, args...)}
	if at.File == s.File && at.Line >= 1 && at.Line <= len(s.lines) {
		p.Line = strings.TrimRight(s.lines[at.Line-1], "\r")
	}
	return p
}

// Holds says whether a text holds a Scenario document.
func Holds(data []byte) bool {
	for _, p := range split(strings.TrimPrefix(string(data), "\ufeff")) {
		if parseScenario(p) != nil {
			return true
		}
	}
	return false
}

// Broken says whether a text looks meant as a scenario, or as YAML at all, and is not: it does not parse, or it has this package's
// version and another kind. Load says what is wrong with it.
func Broken(data []byte) bool {
	for _, p := range split(strings.TrimPrefix(string(data), "\ufeff")) {
		var n yaml.Node
		if yaml.Unmarshal([]byte(p.text), &n) != nil {
			return true
		}
		if len(n.Content) == 0 {
			continue
		}
		kind, version := child(n.Content[0], "kind"), child(n.Content[0], "apiVersion")
		if version != nil && strings.HasPrefix(version.Value, "simulate/") && (kind == nil || kind.Value != Kind) {
			return true
		}
	}
	return false
}

// Checks are the names of the scenario's checks, in the order of the file; those without one are called "check 1", by their place.
func (s *Scenario) Checks() []string {
	names := make([]string, 0, len(s.suite.Checks))
	for i := range s.suite.Checks {
		names = append(names, s.suite.Checks[i].Name)
	}
	return names
}

// Params are the names of the scenario's parameters, sorted.
func (s *Scenario) Params() []string { return slices.Clone(s.params) }
