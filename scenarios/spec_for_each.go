package scenarios

import (
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"

	"clustersim/model"
	"clustersim/sim/fault"
)

// tasks reads the list of actions that forEach does on each node: mappings of one action each. It reports that it has taken
// the field.
func (d *decoder) tasks(n *yaml.Node, a *fault.ForEach, path string) bool {
	n, leave, ok := d.enter(n, path)
	defer leave()
	if !ok {
		return true
	}
	if n.Kind != yaml.SequenceNode {
		d.errorf(n, "%s: must be a list of actions such as {drain: {}}, got %s", path, describe(n))
		return true
	}
	for i, item := range n.Content {
		d.task(item, a, fmt.Sprintf("%s[%d]", path, i))
	}
	return true
}

func (d *decoder) task(n *yaml.Node, a *fault.ForEach, path string) {
	n, leave, ok := d.enter(n, path)
	defer leave()
	if !ok {
		return
	}
	list, ok := d.pairs(n, path)
	if !ok {
		return
	}
	if len(list) != 1 {
		d.errorf(n, "%s: must be one action such as {drain: {}}", path)
		return
	}
	p := list[0]
	e := fault.Find(p.key.Value)
	if e == nil || e.New == nil {
		var names []string
		for _, e := range fault.Registry {
			names = append(names, e.Name)
		}
		d.add(d.place(p.key), model.Error, model.DidYouMean(p.key.Value, names), "%s: unknown action %q", path, p.key.Value)
		return
	}
	action := e.New()
	at := join(path, e.Name)
	value, leave, ok := d.enter(p.value, at)
	defer leave()
	if !ok {
		return
	}
	if !isNull(value) {
		d.structure(value, reflect.ValueOf(action).Elem(), at, nil, nil)
	}
	a.Do = append(a.Do, fault.Task{Name: e.Name, Action: action})
}
