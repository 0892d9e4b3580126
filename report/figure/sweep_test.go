package figure

import (
	"bytes"
	"strings"
	"testing"
)

// A sweep is drawn with its names, the same each time, also where there is nothing to draw.
func TestSweep(t *testing.T) {
	for _, c := range []struct {
		sweep Sweep
		names []string
	}{
		{Sweep{}, nil},
		{Sweep{Title: "Nodes", X: "nodes", Y: "ready, s", Lines: []Line{
			{"p50", []Point{{X: 0, Y: 3, Low: 2, High: 5, Label: "three"}, {X: 1, Y: 2, Low: 1, High: 2.5, Label: "five"}}},
			{"p95", []Point{{X: 0, Y: 9, Low: 7, High: 12}, {X: 1, Y: 6, Low: 6, High: 6}}},
		}}, []string{"Nodes", "ready, s", "three", "five", "p50", "p95"}},
	} {
		for _, format := range []string{"svg", "png"} {
			var first, second bytes.Buffer
			if err := c.sweep.Write(&first, format); err != nil {
				t.Fatal(err)
			}
			if err := c.sweep.Write(&second, format); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) || first.Len() == 0 {
				t.Errorf("%s: %d and %d bytes that differ", format, first.Len(), second.Len())
			}
			for _, name := range c.names {
				if format == "svg" && !strings.Contains(first.String(), ">"+name+"<") {
					t.Errorf("no %q in the figure", name)
				}
			}
		}
	}
}
