package fault

import (
	"errors"

	"clustersim/model"
)

// Apply is `kubectl apply`: creates what is missing, merges what is there, annotation and all.
type Apply struct {
	Manifests []string `json:"manifests"`         // files, directories, globs; relative to the scenario
	Inline    string   `json:"inline" raw:"true"` // a manifest

	Objects []model.Manifest `json:"-"` // what both hold, in order
}

// Check implements Action.
func (a *Apply) Check() error {
	if len(a.Manifests) == 0 && a.Inline == "" {
		return errors.New("needs manifests or inline")
	}
	return nil
}

// Run implements Runner.
func (a *Apply) Run(c Cluster) (func(), error) {
	var errs []error
	for _, m := range a.Objects {
		errs = append(errs, c.API().Apply(m.Object.DeepCopyObject().(model.Object)))
	}
	return nil, errors.Join(errs...)
}
