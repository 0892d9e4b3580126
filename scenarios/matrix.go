package scenarios

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"clustersim/model"
)

// Axis is a parameter and the values that a sweep gives it, as --set takes them.
type Axis struct {
	Name   string
	Values []string
}

// Matrix are the axes of spec.matrix, in the order of the file; nil without one.
func (s *Scenario) Matrix() []Axis { return slices.Clone(s.axes) }

// Cells are all combinations of the matrix, the last axis moving fastest: parameters and their values, for LoadOptions.Set. A
// scenario without a matrix has one cell, with nothing set.
func (s *Scenario) Cells() []map[string]string {
	cells := []map[string]string{{}}
	for _, a := range s.axes {
		var more []map[string]string
		for _, c := range cells {
			for _, v := range a.Values {
				one := maps.Clone(c)
				one[a.Name] = v
				more = append(more, one)
			}
		}
		cells = more
	}
	return cells
}

// maxCells bounds a matrix.
const maxCells = 100_000

// MaxRuns bounds the runs that a scenario may ask for, over all cells of its matrix: a slip of the finger should not fill the memory.
const MaxRuns = 1_000_000

// cells is the number of combinations of a matrix.
func cells(axes []Axis) int64 {
	n := int64(1)
	for _, a := range axes {
		n *= int64(len(a.Values))
	}
	return n
}

// matrix is spec.matrix as it stands.
type matrix struct {
	node *yaml.Node
	axes []Axis
}

func (m *matrix) decodeNode(d *decoder, n *yaml.Node, path string) {
	m.node = n
	list, _ := d.pairs(n, path)
	cells := 1
	for _, p := range list {
		name, at := p.key.Value, join(path, p.key.Value)
		declared := d.params[name]
		if declared == nil {
			d.add(d.place(p.key), model.Error, model.DidYouMean(name, slices.Sorted(maps.Keys(d.params))), "%s: there is no parameter %q in spec.params", at, name)
			continue
		}
		v, leave, ok := d.enter(p.value, at)
		leave()
		switch {
		case !ok:
			continue
		case v.Kind == yaml.SequenceNode && len(v.Content) == 0:
			d.errorf(p.value, "%s: must not be empty", at)
			continue
		case v.Kind != yaml.SequenceNode:
			d.errorf(p.value, "%s: must be a list of values, got %s", at, describe(v))
			continue
		}
		a := Axis{Name: name}
		for _, item := range v.Content {
			text := item.Value
			if item.Kind != yaml.ScalarNode {
				out, err := yaml.Marshal(item)
				if err != nil {
					d.errorf(item, "%s: %s", at, err)
					continue
				}
				text = strings.TrimSpace(string(out))
			}
			if _, err := parseSet(declared, text); err != nil {
				d.errorf(item, "%s: %s", at, err)
			}
			if slices.Contains(a.Values, text) {
				d.errorf(item, "%s: %s is there twice", at, text)
			}
			a.Values = append(a.Values, text)
		}
		if cells *= len(a.Values); cells > maxCells {
			d.errorf(n, "%s: more than %d combinations", path, maxCells)
			return
		}
		m.axes = append(m.axes, a)
	}
}
