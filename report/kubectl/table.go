package kubectl

import (
	"bytes"
	"io"
	"sort"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"clustersim/model"
)

// column is one column of a table. Wide ones are printed with -o wide only. The one with isName takes the kind as a prefix
// where several kinds are printed.
type column struct {
	title  string
	wide   bool
	isName bool
}

// columns reads a list of titles: a leading + marks a wide column, and NAME is the name.
func columns(titles ...string) []column {
	cs := make([]column, len(titles))
	for i, t := range titles {
		wide := strings.HasPrefix(t, "+")
		t = strings.TrimPrefix(t, "+")
		cs[i] = column{title: t, wide: wide, isName: t == "NAME"}
	}
	return cs
}

// layout is a table of one kind under one request.
type layout struct {
	view     *view
	request  Request
	withKind bool
}

func (l *layout) withNamespace() bool { return l.request.AllNamespaces && l.view.kind.Namespaced }

func (l *layout) header() []string {
	cells := []string{}
	if l.withNamespace() {
		cells = append(cells, "NAMESPACE")
	}
	for _, c := range l.view.columns {
		if !c.wide || l.request.Output == "wide" {
			cells = append(cells, c.title)
		}
	}
	for _, label := range l.request.LabelColumns {
		cells = append(cells, strings.ToUpper(label[strings.LastIndex(label, "/")+1:]))
	}
	if l.request.ShowLabels {
		cells = append(cells, "LABELS")
	}
	return cells
}

func (l *layout) row(c *Cluster, o model.Object) []string {
	cells := []string{}
	if l.withNamespace() {
		cells = append(cells, o.GetNamespace())
	}
	wide := l.request.Output == "wide"
	for i, cell := range l.view.cells(c.Now, o) {
		column := l.view.columns[i]
		if column.wide && !wide {
			continue
		}
		if column.isName && l.withKind {
			cell = l.view.qualified() + "/" + cell
		}
		cells = append(cells, oneLine(cell))
	}
	for _, label := range l.request.LabelColumns {
		cells = append(cells, o.GetLabels()[label])
	}
	if l.request.ShowLabels {
		cells = append(cells, formatLabels(o.GetLabels()))
	}
	return cells
}

// oneLine cuts a cell where it would break the table and makes terminal control harmless.
//
// Source: k8s v1.36.3 staging/src/k8s.io/cli-runtime/pkg/printers/tableprinter.go printTable, terminal.go.
func oneLine(cell string) string {
	if i := strings.IndexAny(cell, "\f\n\r"); i >= 0 {
		return escape(cell[:i]) + "..."
	}
	return escape(cell)
}

var escaper = strings.NewReplacer("\x1b", "^[", "\r", `\r`)

func escape(s string) string { return escaper.Replace(s) }

// grid writes rows under each other. Its columns keep the widest cell they ever had, so that rows written later, as a watch
// does, stand under the earlier ones where they fit.
type grid struct {
	widest []string
}

// write aligns the rows. Source: k8s v1.36.3 staging/src/k8s.io/cli-runtime/pkg/printers/tabwriter.go GetNewTabWriter.
func (g *grid) write(w io.Writer, rows ...[]string) error {
	var text bytes.Buffer
	t := tabwriter.NewWriter(&text, 6, 4, 3, ' ', 0)
	// A ruler of the remembered cells goes before the rows, and is cut off again.
	ruler := len(g.widest) > 0
	if ruler {
		rows = append([][]string{g.widest}, rows...)
	}
	for _, row := range rows {
		if _, err := io.WriteString(t, strings.Join(row, "\t")+"\n"); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	g.remember(rows)
	out := text.Bytes()
	if ruler {
		out = out[bytes.IndexByte(out, '\n')+1:]
	}
	_, err := w.Write(out)
	return err
}

func (g *grid) remember(rows [][]string) {
	for _, row := range rows {
		for i, cell := range row {
			if i == len(g.widest) {
				g.widest = append(g.widest, cell)
			} else if utf8.RuneCountInString(cell) > utf8.RuneCountInString(g.widest[i]) {
				g.widest[i] = cell
			}
		}
	}
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m { // unordered: sorted below
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
