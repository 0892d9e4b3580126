package scenarios

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
	kyaml "sigs.k8s.io/yaml"

	"clustersim/sim/config"
)

const publishedSchema = "../docs/formats/scenario.schema.json"

// compiledSchema is the schema in the hands of a validator that is not ours.
func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// accepts validates one YAML document.
func accepts(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	data, err := kyaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestSchemaPublished(t *testing.T) {
	if *updateDocs {
		if err := os.WriteFile(publishedSchema, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(publishedSchema)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, Schema()) {
		t.Error("docs/formats/scenario.schema.json is old: go test ./scenarios -run Schema -update-docs")
	}
}

// TestSchemaLibrary: each scenario of the library satisfies the schema.
func TestSchemaLibrary(t *testing.T) {
	s := compiledSchema(t)
	n := 0
	for _, e := range Library() {
		data, err := Open(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range scenarioDocuments(string(data)) {
			n++
			if err := accepts(t, s, text); err != nil {
				t.Errorf("%s: %v", e.Name, err)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d scenarios were seen", n)
	}
}

// scenarioDocuments are the documents of a file that are scenarios.
func scenarioDocuments(data string) (list []string) {
	for _, text := range strings.Split("\n"+data, "\n---") {
		var head struct{ Kind string }
		if yaml.Unmarshal([]byte(text), &head) == nil && head.Kind == Kind {
			list = append(list, text)
		}
	}
	return list
}

// TestSchemaDocs: so does each example in the documentation, whole scenarios and excerpts of a spec.
func TestSchemaDocs(t *testing.T) {
	s := compiledSchema(t)
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob("../docs/formats/*.md")
	n := 0
	for _, page := range append(append(pages, more...), "../README.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range strings.Split(string(data), "```") {
			text, isYAML := strings.CutPrefix(block, "yaml\n")
			if i%2 == 0 || !isYAML {
				continue
			}
			docs := scenarioDocuments(text)
			if strings.HasPrefix(text, "  ") { // an excerpt of spec
				docs = []string{"apiVersion: simulate/v1alpha1\nkind: Scenario\nspec:\n" + text}
			}
			for _, d := range docs {
				n++
				if err := accepts(t, s, d); err != nil {
					t.Errorf("%s: %v\n%s", page, err, d)
				}
			}
		}
	}
	if n < 5 {
		t.Errorf("only %d examples were seen", n)
	}
}

// TestSchemaRefuses: what the reader refuses for its name or its type alone, the schema refuses, and what it takes, the schema takes.
func TestSchemaRefuses(t *testing.T) {
	s := compiledSchema(t)
	const nodes = "  cluster: {nodes: [{name: web}]}\n"
	for _, tt := range []struct {
		spec string
		ok   bool
	}{
		{"  duration: 5m\n" + nodes, true},
		{"  duration: 5\n" + nodes, false},
		{"  duration: -5s\n" + nodes, false},
		{"  until: settled\n" + nodes, true},
		{"  until: later\n" + nodes, false},
		{"  colour: red\n" + nodes, false},
		{"  seed: -1\n" + nodes, false},
		{"  seed: \"1\"\n" + nodes, false},
		{"  profile: instant\n" + nodes, true},
		{"  profile: slow\n" + nodes, false},
		{"  params: {n: 3}\n  cluster: {nodes: [{name: \"web-{i}\", count: $(n)}]}\n", true},
		{"  cluster: {nodes: [{name: web, count: three}]}\n", false},
		{"  cluster: {nodes: [{name: web, capacity: {cpu: 500m, memory: 1.5e3}}]}\n", true},
		{"  cluster: {nodes: [{name: web, capacity: {cpu: much}}]}\n", false},
		{"  cluster: {nodes: [{name: web, version: 1.36}]}\n", false},
		{"  cluster: {nodes: [{name: web, failures: {mtbf: {exponential: {mean: 1h}}, mttr: 5m}}]}\n", true},
		{"  cluster: {nodes: [{name: web, failures: {mtbf: {exponential: {mean: 1h, sd: 1s}}, mttr: 5m}}]}\n", false},
		{"  cluster: {nodes: [{name: web, failures: {mtbf: {poisson: {mean: 1h}}, mttr: 5m}}]}\n", false},
		{"  cluster: {nodes: [{name: web, failures: {mtbf: {weibull: {shape: 1.5, scale: 3m}}, mttr: {uniform: [1s, 2s]}}}]}\n", true},
		{"  cluster: {nodes: [{name: web, failures: {mtbf: {uniform: [1s]}, mttr: 1s}}]}\n", false},
		{nodes + "  timeline: [{at: 1m, nodeCrash: {node: web}, for: 2m}]\n", true},
		{nodes + "  timeline: [{at: 1m, nodeCrash: {node: web, mode: 50%}}]\n", true},
		{nodes + "  timeline: [{at: 1m, nodeCrash: {node: web, mode: some}}]\n", false},
		{nodes + "  timeline: [{at: 1m, nodeCrsh: {node: web}}]\n", false},
		{nodes + "  timeline: [{at: 1m, partition: {node: web, kubelet: frozen}}]\n", true},
		{nodes + "  timeline: [{at: 1m, partition: {node: web, kubelet: dead}}]\n", false},
		{nodes + "  timeline: [{at: 1m, forEach: {node: web, do: [{drain: {force: true}}, {uncordon: {}}]}}]\n", true},
		{nodes + "  timeline: [{at: 1m, forEach: {node: web, do: [{drain: {force: maybe}}]}}]\n", false},
		{nodes + "  timeline: [{at: 1m, forEach: {node: web, do: [{drain: {}, cordon: {}}]}}]\n", false},
		{nodes + "  expect: [{finally: {}, cel: \"true\"}]\n", true},
		{nodes + "  expect: [{finaly: {}, cel: \"true\"}]\n", false},
		{nodes + "  outputs: [{kind: html, path: a.html}]\n", true},
		{nodes + "  outputs: [{kind: pdf, path: a.pdf}]\n", false},
		{nodes + "  components: {kubelet: {maxPods: 20, kubeAPIQPS: -1}, latency: {bind: 3ms}}\n", true},
		{nodes + "  components: {kubelet: {maxPod: 20}}\n", false},
		{"  cluster:\n    nodes: [{name: web}]\n    storage: [{class: a, reclaimPolicy: Retain}]\n", true},
		{"  cluster:\n    nodes: [{name: web}]\n    storage: [{class: a, reclaimPolicy: Keep}]\n", false},
	} {
		text := "apiVersion: simulate/v1alpha1\nkind: Scenario\nmetadata: {name: a}\nspec:\n" + tt.spec
		_, problems := Load("t.yaml", []byte(text), LoadOptions{})
		if read := !problems.HasErrors(); read != tt.ok {
			t.Errorf("the reader says %v of\n%s%v", read, tt.spec, problems)
		}
		if err := accepts(t, s, text); (err == nil) != tt.ok {
			t.Errorf("the schema says %v of\n%s", err, tt.spec)
		}
	}
}

// TestSchemaDescribed: every field of the language says what it is.
func TestSchemaDescribed(t *testing.T) {
	s := formatSchema()
	look := func(path string, s *schema) {
		for _, p := range s.Properties {
			if p.Description == "" {
				t.Errorf("%s.%s has no comment", path, p.name)
			}
		}
	}
	look("Document", s)
	for name, d := range s.Defs {
		if d.Properties != nil && d.MaxProps != 1 {
			look(name, d)
		}
	}
}

// TestSchemaEnums: the words of the schema are those of the tables that the reader looks them up in.
func TestSchemaEnums(t *testing.T) {
	for path, want := range map[string][]string{"outputs.kind": OutputKinds, "profile": config.Profiles} {
		f, err := Explain(strings.Split("spec."+path, "."))
		if err != nil || !slices.Equal(f.Enum, want) {
			t.Errorf("%s: %q, %v, want %q", path, f.Enum, err, want)
		}
	}
}
