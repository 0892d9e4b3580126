package scenarios

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
)

// isScenario recognises the documents that are not manifests.
func isScenario(apiVersion, kind string) bool {
	return kind == Kind && (apiVersion == "" || strings.HasPrefix(apiVersion, "simulate/"))
}

// readPaths decodes the manifests of files, directories and globs, in order.
func (d *decoder) readPaths(entries []placed, opt model.Options) (list []model.Manifest) {
	for _, e := range entries {
		if e.Name == "" {
			continue
		}
		names, err := d.files.expand(d.files.rel(d.file, e.Name))
		if err != nil {
			d.add(e.Place, model.Error, "", "%s", err)
			continue
		}
		for _, name := range names {
			data, err := d.files.read(name)
			if err != nil {
				d.add(e.Place, model.Error, "", "%s", err)
				continue
			}
			opt.Skip = isScenario
			ms, problems := model.Decode(name, data, opt)
			d.problems = append(d.problems, problems...)
			if !opt.KeepServerFields {
				d.problems = append(d.problems, model.Check(ms)...)
			}
			list = append(list, ms...)
		}
	}
	return list
}

// readInline decodes a manifest that stands inside the scenario. In a literal block (|) each mistake is placed on its own
// line of the scenario; in other styles lines are not kept, and the whole text is named.
func (d *decoder) readInline(n *yaml.Node, text string) []model.Manifest {
	if n == nil {
		return nil
	}
	if strings.TrimSpace(text) == "" {
		d.errorf(n, "inline: holds no manifest")
		return nil
	}
	literal := n.Style&yaml.LiteralStyle != 0
	var opt model.Options
	if literal {
		opt.LineOffset, opt.ColumnOffset = n.Line, d.indentAfter(n.Line)
	}
	list, problems := model.Decode(d.file, []byte(text), opt)
	problems = append(problems, model.Check(list)...)
	for _, p := range problems {
		if !literal {
			p.Message = fmt.Sprintf("inline line %d: %s", p.Place.Line, p.Message)
			p = model.Problem{Place: d.place(n), Severity: p.Severity, Message: p.Message, Hint: p.Hint, Path: p.Path}
		}
		if p.Place.Line >= 1 && p.Place.Line <= len(d.lines) {
			q := model.Problem{Place: p.Place, Severity: p.Severity, Message: p.Message, Hint: p.Hint, Path: p.Path}
			q.Line = strings.TrimRight(d.lines[p.Place.Line-1], "\r")
			p = q
		}
		d.problems = append(d.problems, p)
	}
	if !literal {
		for i := range list {
			list[i].Place = d.place(n)
		}
	}
	return list
}

// indentAfter is the indentation of the first line with text after a line (both count from 1).
func (d *decoder) indentAfter(line int) int {
	for _, l := range d.lines[min(line, len(d.lines)):] {
		if text := strings.TrimLeft(l, " "); strings.TrimSpace(text) != "" {
			return len(l) - len(text)
		}
	}
	return 0
}

// setNamespace gives a namespace to the objects that name none.
func setNamespace(list []model.Manifest, namespace string) {
	if namespace == "" {
		namespace = "default"
	}
	for _, m := range list {
		if m.Kind.Namespaced && m.Object.GetNamespace() == "" {
			m.Object.SetNamespace(namespace)
		}
	}
}

// copies repeats the bare pods of a workload, named -1, -2, ... Everything else stays single.
func copies(list []model.Manifest, n int) (all []model.Manifest) {
	for _, m := range list {
		if m.Kind != model.Pod {
			all = append(all, m)
			continue
		}
		for i := 1; i <= n; i++ {
			c, pod := m, *m.Object.(*corev1.Pod) // manifests are not changed: all but the metadata is shared
			c.Object = &pod
			if c.Object.GetName() != "" {
				c.Object.SetName(fmt.Sprintf("%s-%d", m.Object.GetName(), i))
			}
			all = append(all, c)
		}
	}
	return all
}
