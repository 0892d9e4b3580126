package model

import (
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestTranscripts reads manifests as a user would hand them over and compares what is printed.
//
//	decode            Decode, then the kinds and names of what was read, then the problems
//	check             Decode, Prepare and Check
//	... keep          with KeepServerFields
func TestTranscripts(t *testing.T) {
	datadriven.RunTest(t, "testdata/errors.txt", func(t *testing.T, d *datadriven.TestData) string {
		opt := Options{KeepServerFields: d.HasArg("keep")}
		name := "in.yaml"
		d.MaybeScanArgs(t, "file", &name)
		input := strings.NewReplacer("<TAB>", "\t", "<CR>", "\r").Replace(d.Input)
		ms, ps := Decode(name, []byte(input+"\n"), opt)
		if d.Cmd == "check" {
			var more Problems
			ms, more = Prepare(ms, func(name string) bool { return name == "known" })
			ps = append(append(ps, more...), Check(ms)...)
		}
		if !d.HasArg("kinds") { // which kinds are simulated may change, and other tests look at it
			ps = slices.DeleteFunc(ps, func(p Problem) bool {
				return strings.HasPrefix(p.Message, "kind ") && strings.HasSuffix(p.Message, " is accepted and not simulated")
			})
		}
		var b strings.Builder
		for _, m := range ms {
			b.WriteString(m.Place.String() + ": " + m.Kind.Name + "/" + m.Object.GetName() + "\n")
		}
		if err := ps.Format(&b, 20); err != nil {
			t.Fatal(err)
		}
		return b.String()
	})
}
