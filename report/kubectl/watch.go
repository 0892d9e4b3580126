package kubectl

import (
	"io"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
)

// Watch prints `kubectl get -w`: the list, then a row for each change, in columns that keep their widths. Changes must be
// told in the order in which they happened.
type Watch struct {
	w       io.Writer
	query   query
	layout  layout
	match   func(model.Object) bool
	grid    grid
	titled  bool
	printed int // yaml documents
	shown   map[types.UID]bool
}

// NewWatch checks the request. As with kubectl, only one kind may be asked for.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/cmd/get/get.go watch.
func NewWatch(w io.Writer, r Request) (*Watch, error) {
	q, err := r.parse()
	if err != nil {
		return nil, err
	}
	if len(q.kinds)+len(q.targets) != 1 {
		return nil, usage("you may only specify a single resource type")
	}
	x := &Watch{w: w, query: q, shown: map[types.UID]bool{}}
	kind := append(q.kinds, kindsOf(q.targets)...)[0]
	x.layout = layout{view: viewOf(kind), request: r}
	match, bad := r.match(x.layout.view)
	if bad != nil {
		return nil, bad
	}
	x.match = match
	return x, nil
}

func kindsOf(targets []target) []*model.Kind {
	kinds := []*model.Kind{}
	for _, t := range targets {
		kinds = append(kinds, t.kind)
	}
	return kinds
}

// List prints the objects that are there when the watch begins. An empty list prints nothing; a name that is not there is
// an error.
func (x *Watch) List(c *Cluster) error {
	sections, failures := x.layout.request.collect(c, x.query)
	if len(failures) > 0 {
		return join(failures)
	}
	if err := sortSections(sections, x.layout.request.SortBy); err != nil {
		return err
	}
	rows := [][]string{}
	for _, s := range sections {
		for _, o := range s.objects {
			x.shown[o.GetUID()] = true
			if !x.tabular() {
				if err := x.document(o); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, x.row(c.Now, "ADDED", o))
		}
	}
	return x.print(rows...)
}

// Changed prints the row of one changed object, if the watch is about it. Verb is ADDED, MODIFIED or DELETED. An object
// that no longer matches the selectors counts as deleted, one that newly does as added.
func (x *Watch) Changed(now time.Time, verb string, o model.Object) error {
	if !x.about(o) {
		return nil
	}
	was, is := x.shown[o.GetUID()], verb != "DELETED" && x.match(o)
	switch {
	case !was && !is:
		return nil
	case !was:
		verb = "ADDED"
	case !is:
		verb = "DELETED"
	default:
		verb = "MODIFIED"
	}
	if is {
		x.shown[o.GetUID()] = true
	} else {
		delete(x.shown, o.GetUID())
	}
	if !x.tabular() {
		return x.document(o)
	}
	return x.print(x.row(now, verb, o))
}

func (x *Watch) about(o model.Object) bool {
	if kindOf(o) != x.layout.view.kind {
		return false
	}
	if scope := x.layout.request.scope(); scope != "" && x.layout.view.kind.Namespaced && o.GetNamespace() != scope {
		return false
	}
	return len(x.query.targets) == 0 || x.query.targets[0].name == o.GetName()
}

func (x *Watch) tabular() bool {
	return x.layout.request.Output == "" || x.layout.request.Output == "wide"
}

func (x *Watch) row(now time.Time, verb string, o model.Object) []string {
	row := x.layout.row(&Cluster{Now: now}, o)
	if x.layout.request.WatchEvents {
		row = append([]string{(verb + "        ")[:8]}, row...)
	}
	return row
}

func (x *Watch) print(rows ...[]string) error {
	if len(rows) == 0 {
		return nil
	}
	if !x.titled && !x.layout.request.NoHeaders {
		header := x.layout.header()
		if x.layout.request.WatchEvents {
			header = append([]string{"EVENT"}, header...)
		}
		rows = append([][]string{header}, rows...)
	}
	x.titled = true
	return x.grid.write(x.w, rows...)
}

func (x *Watch) document(o model.Object) error {
	if x.layout.request.Output == "yaml" && x.printed > 0 {
		if _, err := io.WriteString(x.w, "---\n"); err != nil {
			return err
		}
	}
	x.printed++
	return writeObjects(x.w, x.layout.request, []section{{view: x.layout.view, objects: []model.Object{o}}}, true)
}
