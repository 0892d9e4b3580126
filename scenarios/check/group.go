package check

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim/store"
)

// group is the objects of a kind that a selector takes, by namespace and name, kept up to date.
type group struct {
	kind     *model.Kind
	selector string
	takes    func(store.Object) bool
	keys     []store.Key
	members  []ref.Val // *object
	readers  []*watch  // checks that have read the group
}

// group finds or makes a group. The first time, the store is looked through.
func (c *Checker) group(k *model.Kind, selector string) (*group, error) {
	for _, g := range c.groups[k] {
		if g.selector == selector {
			return g, nil
		}
	}
	g := &group{kind: k, selector: selector}
	if k == model.Event {
		g.takes = func(o store.Object) bool { return selector == "" || o.(*store.Event).Reason == selector }
	} else {
		s, err := parseSelector(selector)
		if err != nil {
			return nil, err
		}
		g.takes = func(o store.Object) bool { return s.Empty() || s.Matches(labels.Set(labelsOf(o))) }
	}
	for _, o := range c.store.List(k) {
		if g.takes(o) {
			g.keys, g.members = append(g.keys, o.Key()), append(g.members, whole(o))
		}
	}
	c.groups[k] = append(c.groups[k], g)
	return g, nil
}

// parseSelector reads a label selector as kubectl's -l does; "" takes everything.
func parseSelector(text string) (labels.Selector, error) { return labels.Parse(text) }

// labelsOf returns an object's labels without building it.
func labelsOf(o store.Object) map[string]string {
	if p, ok := o.(*store.Pod); ok {
		return p.LabelSet()
	}
	return o.API().GetLabels()
}

// read is the list of members, and notes who reads.
func (g *group) read(w *watch) ref.Val {
	if w != nil && !slices.Contains(g.readers, w) {
		g.readers = append(g.readers, w)
	}
	return types.NewRefValList(adapt, g.members)
}

// observe takes a change in; it reports whether a member came, went or changed.
func (g *group) observe(c *store.Change, deleted bool) bool {
	key := c.New.Key()
	i, there := slices.BinarySearchFunc(g.keys, key, func(a, b store.Key) int {
		if n := strings.Compare(a.Namespace, b.Namespace); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	member := !deleted && g.takes(c.New)
	switch {
	case member && there:
		g.members[i] = whole(c.New)
	case member:
		g.keys, g.members = slices.Insert(g.keys, i, key), slices.Insert(g.members, i, ref.Val(whole(c.New)))
	case there:
		g.keys, g.members = slices.Delete(g.keys, i, i+1), slices.Delete(g.members, i, i+1)
	}
	return member || there
}
