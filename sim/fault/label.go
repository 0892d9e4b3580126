package fault

import "errors"

// Label sets labels of nodes; nil removes one.
type Label struct {
	Target
	Labels map[string]*string `json:"labels"`
}

// Check implements Action.
func (a *Label) Check() error {
	if len(a.Labels) == 0 {
		return errors.New("labels: required")
	}
	return a.check()
}
