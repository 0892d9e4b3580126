package kubectl

import "clustersim/model"

// Check says what is wrong with the arguments, before there is a cluster to ask.
func (r Request) Check() error {
	_, err := r.parse()
	return err
}

// Kind is the kind that is watched.
func (x *Watch) Kind() *model.Kind { return x.layout.view.kind }

// Printed reports whether the watch has printed anything.
func (x *Watch) Printed() bool { return x.titled || x.printed > 0 }
