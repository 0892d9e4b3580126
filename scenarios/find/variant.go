package find

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"clustersim/scenarios"
)

// variant is a scenario as text that can be changed: its document, and the manifests that stand apart.
type variant struct {
	root *yaml.Node   // the mapping of the scenario
	docs []*yaml.Node // manifests: those beside the scenario and those of its workloads
	from []*yaml.Node // the workload that each is of, nil for those beside the scenario
}

// parse takes a file apart: manifests of files and inline ones become documents of their own.
func parse(file string, text []byte, opt scenarios.LoadOptions) (*variant, error) {
	v := &variant{}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if len(n.Content) == 0 {
			continue
		}
		m := n.Content[0]
		if v.root == nil && scenarios.IsScenario(value(m, "apiVersion"), value(m, "kind")) {
			v.root = m
		} else {
			v.docs, v.from = append(v.docs, m), append(v.from, nil)
		}
	}
	if v.root == nil {
		return nil, fmt.Errorf("%s: holds no scenario", file)
	}
	spec := get(v.root, "spec")
	if w := get(spec, "workloads"); w != nil {
		for _, item := range w.Content {
			if err := v.takeWorkload(file, item, opt.FS); err != nil {
				return nil, err
			}
		}
	}
	for _, gone := range [...]string{"runs", "matrix", "outputs"} {
		remove(spec, gone)
	}
	for name, text := range opt.Set { // unordered: each a field of its own
		if p := get(spec, "params"); p != nil {
			set(p, name, text)
		}
	}
	return v, nil
}

// takeWorkload moves a workload's manifests to the documents.
func (v *variant) takeWorkload(file string, w *yaml.Node, fsys fs.FS) error {
	var texts []string
	if n := get(w, "inline"); n != nil {
		texts = append(texts, n.Value)
	}
	if list := get(w, "manifests"); list != nil {
		for _, n := range list.Content {
			data, err := readAll(file, n.Value, fsys)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", file, n.Line, err)
			}
			texts = append(texts, data...)
		}
	}
	remove(w, "inline")
	remove(w, "manifests")
	for _, text := range texts {
		dec := yaml.NewDecoder(strings.NewReader(text))
		for {
			var n yaml.Node
			if err := dec.Decode(&n); err != nil {
				if errors.Is(err, io.EOF) {
					break
				}
				return err
			}
			if len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode {
				v.docs, v.from = append(v.docs, n.Content[0]), append(v.from, w)
			}
		}
	}
	return nil
}

// readAll reads a file, the manifests of a directory, or those that a glob matches; paths lead from the scenario.
func readAll(scenario, name string, fsys fs.FS) (texts []string, err error) {
	if fsys == nil {
		dir := filepath.Dir(scenario)
		if filepath.IsAbs(name) {
			dir, name = filepath.Dir(name), filepath.Base(name)
		}
		fsys = os.DirFS(dir)
	} else {
		name = path.Join(path.Dir(scenario), name)
	}
	name = path.Clean(filepath.ToSlash(name))
	names := []string{name}
	if strings.ContainsAny(name, "*?[") {
		names, err = fs.Glob(fsys, name)
	} else if info, stat := fs.Stat(fsys, name); stat == nil && info.IsDir() {
		names, err = fs.Glob(fsys, name+"/*.y*ml")
	}
	for _, n := range names {
		data, failed := fs.ReadFile(fsys, n)
		if failed != nil {
			return nil, failed
		}
		texts = append(texts, string(data))
	}
	return texts, err
}

// clone copies the tree.
func (v *variant) clone() *variant {
	known := map[*yaml.Node]*yaml.Node{}
	c := &variant{root: cloneNode(v.root, known)}
	for i := range v.docs {
		c.docs = append(c.docs, cloneNode(v.docs[i], known))
		c.from = append(c.from, known[v.from[i]])
	}
	return c
}

func cloneNode(n *yaml.Node, known map[*yaml.Node]*yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	if c := known[n]; c != nil {
		return c
	}
	c := *n
	known[n] = &c
	c.Content = make([]*yaml.Node, len(n.Content))
	for i := range n.Content {
		c.Content[i] = cloneNode(n.Content[i], known)
	}
	c.Alias = cloneNode(n.Alias, known)
	return &c
}

// bytes writes the variant: the manifests go back to their workloads, as text.
func (v *variant) bytes() ([]byte, error) {
	c := v.clone()
	spec := get(c.root, "spec")
	if w := get(spec, "workloads"); w != nil {
		kept := w.Content[:0]
		for _, item := range w.Content {
			var parts []string
			for i, from := range c.from {
				if from == item {
					text, err := encode(c.docs[i])
					if err != nil {
						return nil, err
					}
					parts = append(parts, text)
				}
			}
			if len(parts) > 0 {
				set(item, "inline", strings.Join(parts, "---\n"))
				get(item, "inline").Style = yaml.LiteralStyle
				kept = append(kept, item)
			}
		}
		if w.Content = kept; len(kept) == 0 {
			remove(spec, "workloads")
		}
	}
	text, err := encode(c.root)
	for i, from := range c.from {
		if from == nil && err == nil {
			var more string
			more, err = encode(c.docs[i])
			text += "---\n" + more
		}
	}
	return []byte(text), err
}

func encode(n *yaml.Node) (string, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return "", err
	}
	return b.String(), e.Close()
}

// write is bytes with a note of what it is.
func (v *variant) write(f *Found) ([]byte, error) {
	text, err := v.bytes()
	note := fmt.Sprintf("# Found by simulate find: seed %d breaks the check %q.\n# %s\n", f.Seed, title(&f.Check), strings.ReplaceAll(f.Check.Message, "\n", " "))
	return append([]byte(note), text...), err
}

func (v *variant) setSeed(seed uint64) {
	set(get(v.root, "spec"), "seed", strconv.FormatUint(seed, 10))
}

// shift moves the steps that have a time, and leaves them within the run: a step after its end never happens.
func (v *variant) shift(r *rand.Rand, by time.Duration) {
	list := get(get(v.root, "spec"), "timeline")
	if list == nil {
		return
	}
	last := time.Duration(math.MaxInt64)
	if d, err := time.ParseDuration(value(get(v.root, "spec"), "duration")); err == nil && d > 0 {
		last = d - time.Millisecond
	}
	for _, step := range list.Content {
		at, err := time.ParseDuration(value(step, "at"))
		if err != nil {
			continue
		}
		at += time.Duration(r.Int64N(2*int64(by)+1)) - by
		set(step, "at", min(max(at, 0), last).Round(time.Millisecond).String())
	}
}

// Size is how large a scenario is.
type Size struct {
	Objects  int           // nodes and manifests
	Steps    int           // of the timeline
	Duration time.Duration // 0: until it has settled
}

// String is the size in words.
func (s Size) String() string {
	text := count(s.Objects, "object") + ", " + count(s.Steps, "step")
	if s.Duration > 0 {
		text += fmt.Sprintf(", %v", s.Duration)
	}
	return text
}

func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

func (v *variant) size() (s Size) {
	spec := get(v.root, "spec")
	s.Objects = len(v.docs)
	if nodes := get(get(spec, "cluster"), "nodes"); nodes != nil {
		for _, n := range nodes.Content {
			count, err := strconv.Atoi(value(n, "count"))
			if err != nil {
				count = 1
			}
			s.Objects += count
		}
	}
	if t := get(spec, "timeline"); t != nil {
		s.Steps = len(t.Content)
	}
	s.Duration, _ = time.ParseDuration(value(spec, "duration"))
	return s
}

// get returns a field of a mapping, nil if it is not there.
func get(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// value is the text of a field, "" if it is not there or no scalar.
func value(n *yaml.Node, name string) string {
	if f := get(n, name); f != nil && f.Kind == yaml.ScalarNode {
		return f.Value
	}
	return ""
}

// set sets a field of a mapping to a scalar.
func set(n *yaml.Node, name, text string) {
	if f := get(n, name); f != nil {
		*f = yaml.Node{Kind: yaml.ScalarNode, Value: text, LineComment: f.LineComment}
		return
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, &yaml.Node{Kind: yaml.ScalarNode, Value: text})
}

// remove takes a field out of a mapping.
func remove(n *yaml.Node, name string) {
	if n == nil {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
			return
		}
	}
}
