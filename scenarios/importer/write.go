package importer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"clustersim/model"
)

// fileBytes is about how large a file of objects gets: far below the limit of a scenario's files.
const fileBytes = 32 << 20

// Scenario is the text of the scenario that goes on from the dump. imports are the files that hold its objects, relative
// to the scenario; none if they are handed over in another way.
func (d *Dump) Scenario(name string, imports []string) []byte {
	var b strings.Builder
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "# %s\n", n)
	}
	fmt.Fprintf(&b, "apiVersion: simulate/v1alpha1\nkind: Scenario\nmetadata: {name: %s}\nspec:\n", strconv.Quote(name))
	fmt.Fprintf(&b, "  description: %s\n", strconv.Quote(d.Summary()))
	if !d.At.IsZero() {
		fmt.Fprintf(&b, "  start: %q   # the moment of the dump\n", d.At.Format(time.RFC3339))
	}
	if len(imports) > 0 || len(d.images) > 0 {
		b.WriteString("  cluster:\n")
	}
	if len(imports) > 0 {
		fmt.Fprintf(&b, "    import: [%s]\n", strings.Join(imports, ", "))
	}
	if len(d.images) > 0 {
		b.WriteString("    images:\n")
		for _, i := range d.images {
			fmt.Fprintf(&b, "      %s: {size: %d}\n", strconv.Quote(i.ref), i.size)
		}
	}
	if len(d.behaviors) > 0 {
		b.WriteString("  behaviors:\n")
		for i := range d.behaviors {
			d.behaviors[i].write(&b)
		}
	}
	return []byte(b.String())
}

func (v *behavior) write(b *strings.Builder) {
	fmt.Fprintf(b, "  - select: {namespace: %q", v.namespace)
	if v.name != "" {
		fmt.Fprintf(b, ", name: %q", v.name)
	}
	if v.owner != "" {
		fmt.Fprintf(b, ", owner: %q", v.owner)
	}
	fmt.Fprintf(b, "}\n    container: %q\n    run: {attempts: [{for: %v, exitCode: %d", v.container, v.run, v.exitCode)
	if v.reason != "" {
		fmt.Fprintf(b, ", reason: %q", v.reason)
	}
	b.WriteString("}]}\n")
}

// Summary is one line.
func (d *Dump) Summary() string {
	return fmt.Sprintf("%d nodes, %d pods (%d on nodes, %d pending, %d finished), %d workloads, %d disruption budgets",
		d.Nodes, d.Running+d.Pending+d.Finished, d.Running, d.Pending, d.Finished, d.Workloads, d.Budgets)
}

// Write puts scenario.yaml and the objects into a folder, which is made if need be. It returns the names of the files.
func (d *Dump) Write(dir, title string) (files []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var nodes, pods, rest []model.Manifest
	for _, m := range d.Objects {
		switch m.Kind {
		case model.Node:
			nodes = append(nodes, m)
		case model.Pod:
			pods = append(pods, m)
		default:
			rest = append(rest, m)
		}
	}
	for _, part := range []struct {
		name string
		list []model.Manifest
	}{{"nodes", nodes}, {"objects", rest}, {"pods", pods}} {
		names, err := writeObjects(dir, part.name, part.list)
		if err != nil {
			return nil, err
		}
		files = append(files, names...)
	}
	text := d.Scenario(title, files)
	if err := os.WriteFile(filepath.Join(dir, "scenario.yaml"), text, 0o666); err != nil {
		return nil, err
	}
	return append([]string{"scenario.yaml"}, files...), nil
}

// writeObjects writes lists of an object a line: name.json, name-2.json, ...
func writeObjects(dir, name string, list []model.Manifest) (files []string, err error) {
	for len(list) > 0 {
		file := name + ".json"
		if len(files) > 0 {
			file = fmt.Sprintf("%s-%d.json", name, len(files)+1)
		}
		n, err := writeList(filepath.Join(dir, file), list)
		if err != nil {
			return nil, err
		}
		files, list = append(files, file), list[n:]
	}
	return files, nil
}

// writeList writes objects until the file is large. It returns how many.
func writeList(path string, list []model.Manifest) (n int, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	size := 0
	fmt.Fprint(w, `{"apiVersion":"v1","kind":"List","items":[`)
	for n < len(list) && size < fileBytes {
		data, err := json.Marshal(list[n].Object)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			fmt.Fprint(w, ",")
		}
		fmt.Fprint(w, "\n")
		_, _ = w.Write(data) // Flush has the error
		size += len(data)
		n++
	}
	fmt.Fprint(w, "\n]}\n")
	return n, w.Flush()
}
