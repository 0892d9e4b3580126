package kubectl

import (
	"io"

	"clustersim/model"
)

// section is a run of objects of one kind; each is a table of its own.
type section struct {
	view    *view
	objects []model.Object
}

// Get writes what `kubectl get` writes to standard output. What kubectl writes to standard error comes back as a *Error,
// also beside output, as when one of two names is unknown.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/cmd/get/get.go Run, printGeneric.
func Get(w io.Writer, c *Cluster, r Request) error {
	q, err := r.parse()
	if err != nil {
		return err
	}
	switch r.Output {
	case "", "wide":
	case "yaml", "json", "name":
		if r.ShowLabels {
			return usage("--show-labels option cannot be used with %s printer", r.Output)
		}
	default:
		return usage("unable to match a printer suitable for the output format %q, allowed formats are: json,name,wide,yaml", r.Output)
	}
	sections, failures := r.collect(c, q)
	if err := sortSections(sections, r.SortBy); err != nil {
		return err
	}
	if r.Output == "" || r.Output == "wide" {
		return writeTables(w, c, r, sections, failures)
	}
	if len(sections) == 0 && len(failures) > 0 {
		return join(failures)
	}
	if err := writeObjects(w, r, sections, len(q.targets) == 1); err != nil {
		return err
	}
	return join(failures)
}

// collect finds what the query asks for: a section for each kind, or for each run of targets of one kind.
func (r Request) collect(c *Cluster, q query) ([]section, []*Error) {
	sections, failures := []section{}, []*Error{}
	for _, k := range q.kinds {
		v := viewOf(k)
		match, err := r.match(v)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		s := section{view: v}
		for _, o := range c.list(k, r.scope()) {
			if match(o) {
				s.objects = append(s.objects, o)
			}
		}
		sections = append(sections, s)
	}
	for _, t := range q.targets {
		o := c.find(t.kind, r.namespace(), t.name)
		if o == nil {
			failures = append(failures, notFound(t.kind, t.name))
			continue
		}
		if last := len(sections) - 1; last >= 0 && sections[last].view.kind == t.kind {
			sections[last].objects = append(sections[last].objects, o)
		} else {
			sections = append(sections, section{view: viewOf(t.kind), objects: []model.Object{o}})
		}
	}
	return sections, failures
}

func writeTables(w io.Writer, c *Cluster, r Request, sections []section, failures []*Error) error {
	withKind, namespaced := false, true
	for _, s := range sections {
		withKind = withKind || s.view != sections[0].view
		namespaced = namespaced && s.view.kind.Namespaced
	}
	written := false
	for _, s := range sections {
		if len(s.objects) == 0 {
			continue
		}
		l := layout{view: s.view, request: r, withKind: withKind}
		rows := [][]string{}
		if !r.NoHeaders {
			if written {
				if _, err := io.WriteString(w, "\n"); err != nil {
					return err
				}
			}
			rows = append(rows, l.header())
		}
		for _, o := range s.objects {
			rows = append(rows, l.row(c, o))
		}
		if err := new(grid).write(w, rows...); err != nil {
			return err
		}
		written = true
	}
	if !written && len(failures) == 0 {
		return nothingFound(r, namespaced)
	}
	return join(failures)
}
