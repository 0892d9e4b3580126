package kubectl

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

// sheet is the text of one described object while it is written. Tabs separate columns that are aligned at the end.
type sheet struct {
	cluster    *Cluster
	withEvents bool

	text  bytes.Buffer
	tabs  *tabwriter.Writer
	depth int // levels added to every line, for blocks within blocks
}

func newSheet(c *Cluster, withEvents bool) *sheet {
	s := &sheet{cluster: c, withEvents: withEvents}
	// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go tabbedString.
	s.tabs = tabwriter.NewWriter(&s.text, 0, 8, 2, ' ', 0)
	return s
}

func (s *sheet) String() string {
	s.tabs.Flush() // into memory: cannot fail
	return s.text.String()
}

// line writes one line, indented by two spaces a level.
func (s *sheet) line(level int, format string, args ...any) {
	s.put("%s%s\n", strings.Repeat("  ", level+s.depth), fmt.Sprintf(format, args...))
}

// put writes text as it is.
func (s *sheet) put(format string, args ...any) {
	_, _ = s.tabs.Write([]byte(escape(fmt.Sprintf(format, args...)))) // into memory: cannot fail
}

// head writes the four lines with which most sheets begin.
func (s *sheet) head(o model.Object) {
	s.line(0, "Name:\t%s", o.GetName())
	s.line(0, "Namespace:\t%s", o.GetNamespace())
	s.labels("Labels", o.GetLabels())
	s.annotations("Annotations", o.GetAnnotations())
}

// column writes values under each other beside a title, or <none>.
func (s *sheet) column(title string, values []string) {
	if len(values) == 0 {
		values = []string{"<none>"}
	}
	// Within a block kubectl indents each piece that it writes, also in the middle of a line.
	indent := strings.Repeat("  ", s.depth)
	for i, v := range values {
		if i == 0 {
			s.put("%s%s:\t%s%s\n", indent, title, indent, v)
		} else {
			s.put("%s%s\t%s%s\n", indent, indent, indent, v)
		}
	}
}

func (s *sheet) labels(title string, m map[string]string) {
	values := []string{}
	for _, k := range sortedKeys(m) {
		values = append(values, k+"="+m[k])
	}
	s.column(title, values)
}

// longestAnnotation in bytes, with its key; what is longer goes on lines of its own, cut.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go printAnnotationsMultiline, maxAnnotationLen.
const longestAnnotation = 140

func (s *sheet) annotations(title string, m map[string]string) {
	values := []string{}
	for _, k := range sortedKeys(m) {
		if k == corev1.LastAppliedConfigAnnotation {
			continue
		}
		v := strings.TrimSuffix(m[k], "\n")
		if len(k)+len(v)+2 <= longestAnnotation && !strings.Contains(v, "\n") {
			values = append(values, k+": "+v)
			continue
		}
		values = append(values, k+":")
		for _, line := range strings.Split(v, "\n") {
			if len(line) > longestAnnotation-2 {
				line = line[:longestAnnotation-2] + "..."
			}
			values = append(values, "  "+line)
		}
	}
	s.column(title, values)
}

// date prints a time as describe does: Fri, 20 Nov 2026 18:36:09 +0000.
func date(t metav1.Time) string { return t.Time.UTC().Format(time.RFC1123Z) }

func (s *sheet) age(t metav1.Time) string { return age(s.cluster.Now, t) }

func yesNo(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func orUnset[T any](p *T) string {
	if p == nil {
		return "<unset>"
	}
	return fmt.Sprint(*p)
}

func isTrue(p *bool) bool { return p != nil && *p }

// deref returns the zero value for nil.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func timeOf(t metav1.MicroTime) metav1.Time { return metav1.Time(t) }
