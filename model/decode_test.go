package model

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// onlyError decodes data, which must have exactly one error, and returns it as it is printed.
func onlyError(t *testing.T, data []byte) string {
	t.Helper()
	ms, ps := Decode("in.yaml", data, Options{})
	if len(ms) != 0 || len(ps) != 1 || ps[0].Severity != Error {
		t.Fatalf("%d manifests, problems %v", len(ms), ps)
	}
	return ps[0].String()
}

// TestUnreadable hands over what is no manifest at all.
func TestUnreadable(t *testing.T) {
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"binary", []byte("\x7fELF\x00\x01"), "in.yaml: error: this is a binary file, not YAML or JSON"},
		{"gzip", []byte("\x1f\x8b\x08\x00"), "in.yaml: error: the file is compressed (unpack it first: gunzip)"},
		{"UTF-16", []byte("\xff\xfea\x00"), "in.yaml: error: the file is UTF-16 (save it as UTF-8)"},
		{"invalid UTF-8", []byte("kind: Pod\nname: \xe9t\xe9\n"), "in.yaml:2:7: error: byte 0xe9 is not UTF-8 (save the file as UTF-8)"},
		{"too large", make([]byte, MaxFileBytes+1), "in.yaml: error: the file has 67108865 bytes, more than the limit of 67108864 (64 MiB) (split it)"},
		{"deep", []byte("a: " + deep + "\n"), ""},
		{"deep JSON", []byte(`{"a": ` + deep + "}"), ""},
		{"control character", []byte("a: \x01\n"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := onlyError(t, tt.data); tt.want != "" && got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestLongLine keeps messages about files of one line short, with the caret at the right character.
func TestLongLine(t *testing.T) {
	long := strings.Repeat("é", 5_000)
	data := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": {"x": %q}, "naem": "b", "annotations": {"x": %q}}}`, long, long)
	_, ps := Decode("in.json", []byte(data), Options{})
	if len(ps) != 1 {
		t.Fatal(ps)
	}
	var b strings.Builder
	if err := ps.Format(&b, 1); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	caret := len([]rune(lines[2])) - 1
	if at := string([]rune(lines[1])[caret:]); len(lines[1]) > 600 || !strings.HasPrefix(at, `"naem"`) {
		t.Errorf("the caret is at %.40q in\n%s", at, b.String())
	}
}

// TestFormatMax prints at most so many problems and counts the rest.
func TestFormatMax(t *testing.T) {
	var data strings.Builder
	data.WriteString("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n")
	for i := range 30 {
		fmt.Fprintf(&data, "  wrong%d: 1\n", i)
	}
	_, ps := Decode("in.yaml", []byte(data.String()), Options{})
	ps = append(ps, Problem{Severity: Warning, Message: "w"})
	var b strings.Builder
	if err := ps.Format(&b, 20); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "error:"); got != 20 || !strings.HasSuffix(b.String(), "... and 10 more errors and 1 more warning\n") {
		t.Errorf("%d errors\n%s", got, b.String())
	}
}

// TestOffsets places problems of a text that stands inside another file, and leaves documents of others alone.
func TestOffsets(t *testing.T) {
	text := "kind: Scenario\napiVersion: simulate/v1alpha1\n---\napiVersion: v1\nkind: Namespace\nmetadata: {nme: x}\n"
	skip := func(apiVersion, kind string) bool { return kind == "Scenario" && apiVersion == "simulate/v1alpha1" }
	_, ps := Decode("s.yaml", []byte(text), Options{LineOffset: 10, ColumnOffset: 6, Skip: skip})
	if len(ps) != 1 || ps[0].Place.String() != "s.yaml:16:18" {
		t.Error(ps)
	}
}

// TestNotSimulatedKinds warns once for each kind that has no behaviour here.
func TestNotSimulatedKinds(t *testing.T) {
	for _, k := range Kinds {
		doc := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: x}\n---\n", k.APIVersion(), k.Name)
		ms, ps := Decode("in.yaml", []byte(doc+doc), Options{})
		want := 1
		if k.Simulated {
			want = 0
		}
		if len(ms) != 2 || len(ps.Warnings()) != want || ps.HasErrors() {
			t.Errorf("%s: %d manifests, %v", k.Name, len(ms), ps)
		}
		if _, ps = Decode("in.yaml", []byte(doc), Options{KeepServerFields: true}); len(ps) != 0 {
			t.Errorf("%s of an import: %v", k.Name, ps)
		}
	}
}

// TestReadFiles reads files, a directory in order and without what lies below, and standard input.
func TestReadFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, object string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: "+object+"}\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("d/b.yaml", "b")
	write("d/a.yml", "a")
	write("d/c.json", "c") // YAML in it: an error
	write("d/d.txt", "d")
	write("d/sub.yaml/e.yaml", "e")
	single := write("single", "s")
	stdin := strings.NewReader(`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "in"}}`)
	ms, ps := ReadFiles([]string{filepath.Join(dir, "d"), "-", single, "-", filepath.Join(dir, "none.yaml"), filepath.Join(dir, "d", "sub.yaml")}, stdin, Options{})
	var names []string
	for _, m := range ms {
		names = append(names, m.Object.GetName())
	}
	if got := strings.Join(names, " "); got != "a b c in s e" {
		t.Errorf("read %s", got)
	}
	var texts []string
	for _, p := range ps {
		texts = append(texts, strings.ReplaceAll(p.String(), dir, "DIR"))
	}
	want := "<stdin>: warning: no manifest in this file\nDIR/none.yaml: error: no such file or directory"
	if got := strings.ReplaceAll(strings.Join(texts, "\n"), `\`, "/"); got != want {
		t.Errorf("problems:\n%s\nwant:\n%s", got, want)
	}
}

// TestReadFilesOnce warns of a field once for all files.
func TestReadFilesOnce(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.yaml", "b.yaml"} {
		doc := "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: i, tty: true}]}\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ms, ps := ReadFiles([]string{dir}, nil, Options{})
	if len(ms) != 2 || len(ps) != 1 || ps[0].Path != "spec.containers.tty" {
		t.Error(len(ms), ps)
	}
}

// TestSleep: a command is not simulated, but for how long it sleeps.
func TestSleep(t *testing.T) {
	for command, warnings := range map[string]int{`[nginx, -g, daemon off]`: 1, `[sleep, "5"]`: 0, `[sh, -c, "echo hello; sleep 2"]`: 0, `[]`: 0} {
		doc := "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: i, command: " + command + "}]}\n"
		if _, ps := Decode("x.yaml", []byte(doc), Options{}); len(ps) != warnings {
			t.Errorf("%s: %v", command, ps)
		}
	}
}

// TestUnsimulatedTable keeps the table to fields that exist.
func TestUnsimulatedTable(t *testing.T) {
	types := typeTable{}
	for typ, fields := range unsimulatedFields {
		info := types.of(typ)
		for name, reason := range fields {
			if info.fields[name] == nil || reason == "" {
				t.Errorf("%s has no field %q", typ, name)
			} else if info.fields[name].reason != reason {
				t.Errorf("%s.%s: the reason is lost", typ, name)
			}
		}
	}
}

// TestDump reads what kubectl prints of a cluster, for an import and to create it anew.
func TestDump(t *testing.T) {
	data, err := os.ReadFile("testdata/dump.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ms, ps := Decode("dump.yaml", data, Options{KeepServerFields: true})
	if len(ms) != 3 || len(ps) != 0 {
		t.Fatal(len(ms), ps)
	}
	if list := Check(ms); len(list) != 0 {
		t.Error(list)
	}
	pod := ms[2].Object.(*corev1.Pod)
	if pod.Status.Phase != corev1.PodRunning || pod.UID == "" || pod.Spec.NodeName != "n1" || len(pod.ManagedFields) != 1 {
		t.Error("an import loses fields")
	}
	if raw := string(pod.ManagedFields[0].FieldsV1.Raw); !strings.HasPrefix(raw, `{"f:metadata":{"f:generateName":{}`) {
		t.Error(raw)
	}
	out, ps := Prepare(ms, func(name string) bool { return name == "n1" })
	const want = "dump.yaml:3:3: note: fields that only a server sets are dropped, from 3 objects: metadata.uid, metadata.resourceVersion, " +
		"metadata.creationTimestamp, metadata.generation, metadata.ownerReferences, status, metadata.managedFields (cluster.import keeps them)"
	if len(ps) != 1 || ps[0].String() != want {
		t.Errorf("got  %v\nwant %s", ps, want)
	}
	made := out[2].Object.(*corev1.Pod)
	if made.UID != "" || len(made.ManagedFields) != 0 || made.Status.Phase != "" || made.Spec.NodeName != "n1" || len(made.OwnerReferences) != 1 {
		t.Errorf("the pod: %+v", made.ObjectMeta)
	}
	if rs := out[1].Object; len(rs.GetOwnerReferences()) != 0 || rs.GetUID() == "" {
		t.Error("the owner in the input must keep its uid, and lose its own owner, who is not there")
	}
	if node := out[0].Object.(*corev1.Node); node.Status.Capacity.Cpu().String() != "4" || node.UID != "" {
		t.Error("a node keeps its status")
	}
	if pod.UID == "" || pod.Status.Phase == "" {
		t.Error("Prepare changes its input")
	}
	out, _ = Prepare(ms, func(string) bool { return false })
	if out[2].Object.(*corev1.Pod).Spec.NodeName != "" {
		t.Error("a node that is not there must go")
	}
	if _, ps := Prepare(out, nil); len(ps) != 0 {
		t.Error("the second Prepare drops more:", ps)
	}
}

// TestNothingDropped keeps silent about an input that no server has touched.
func TestNothingDropped(t *testing.T) {
	doc := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x, creationTimestamp: null}\nspec: {strategy: {}}\nstatus: {}\n"
	ms, _ := Decode("in.yaml", []byte(doc), Options{})
	out, ps := Prepare(ms, nil)
	if len(ps) != 0 || out[0].Object != ms[0].Object {
		t.Error(ps)
	}
}

// TestTimeZone keeps timestamps in UTC whatever the machine's zone: equal bytes give equal objects.
func TestTimeZone(t *testing.T) {
	ms, ps := Decode("in.yaml", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: x, creationTimestamp: '2026-01-01T09:00:00+09:00'}\n"), Options{})
	if len(ps) != 0 {
		t.Fatal(ps)
	}
	if got := ms[0].Object.GetCreationTimestamp(); got.String() != "2026-01-01 00:00:00 +0000 UTC" {
		t.Error(got)
	}
}

// TestSlowTexts gives the readers much of what costs them most. A hang is a failure of the whole test run.
func TestSlowTexts(t *testing.T) {
	for name, doc := range map[string]string{
		"comments":    strings.Repeat("# comment\n", 50_000) + "a: &x 1\n",
		"keys":        "a: &x 1\n" + manyKeys(20_000),
		"nested":      "a: &x 1\n" + nestedKeys(900),
		"broken late": manyKeys(3_000) + "b: c: d\n",
		"flow":        "a: &x [" + strings.Repeat("{b: c}, ", 20_000) + "]\n",
		"documents":   strings.Repeat("a: &x 1\n---\n", 20_000),
		"text":        "a: &x |\n" + strings.Repeat("  text\n", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			if _, ps := Decode("in.yaml", []byte(doc), Options{}); !ps.HasErrors() {
				t.Error("no error")
			}
		})
	}
}

func manyKeys(n int) string {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "k%d: v\n", i)
	}
	return b.String()
}

func nestedKeys(n int) string {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "%sk:\n", strings.Repeat(" ", i))
	}
	return b.String()
}
