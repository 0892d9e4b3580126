package scenarios

import (
	"gopkg.in/yaml.v3"

	"clustersim/model"
)

// later is a part of the format that this version reads over: it is accepted with one warning. The first kind of it is
// fields of this type, named in warnLater; the second is the actions without a constructor in fault.Registry, which
// Step.take meets.
type later struct{ node *yaml.Node }

func (l *later) decodeNode(_ *decoder, n *yaml.Node, _ string) { l.node = n }

// warn says that something is not done.
func (later) warn(d *decoder, at model.Place, what, done string) {
	d.warnf(at, "%s: not %s in this version", what, done)
}

// warnLater says which parts of a scenario have no effect yet: one warning for each kind, at its first place.
func (d *decoder) warnLater(spec *Spec) {
	for _, l := range []struct {
		later
		what, done string
	}{
		{spec.Matrix, "spec.matrix", "swept"},
	} {
		if l.node != nil {
			l.warn(d, d.place(l.node), l.what, l.done)
		}
	}
}
