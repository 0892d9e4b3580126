package fault

import (
	"clustersim/sim/store"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The types of a patch.
const (
	MergePatch     = "merge"
	StrategicPatch = "strategic"
	JSONPatch      = "json"
)

// Patch is `kubectl patch`.
type Patch struct {
	Object
	Type        string          `json:"type" enum:"merge,strategic,json"`       // merge | strategic (default) | json
	Subresource string          `json:"subresource" enum:"status,resize,scale"` // "" | status | resize | scale
	Patch       json.RawMessage `json:"patch"`                                  // as JSON
}

// Check implements Action.
func (a *Patch) Check() error {
	if !slices.Contains([]string{"", MergePatch, StrategicPatch, JSONPatch}, a.Type) {
		return fmt.Errorf("type: must be merge, strategic or json, got %q", a.Type)
	}
	if !slices.Contains([]string{"", "status", "resize", "scale"}, a.Subresource) {
		return fmt.Errorf("subresource: must be status, resize or scale, got %q", a.Subresource)
	}
	switch {
	case len(a.Patch) == 0:
		return errors.New("patch: required")
	case a.Type == JSONPatch && a.Patch[0] != '[':
		return errors.New("patch: must be a list of operations for type json")
	case a.Type != JSONPatch && a.Patch[0] != '{':
		return fmt.Errorf("patch: must be a mapping for type %s", a.PatchType())
	}
	return a.check()
}

// PatchType is Type with its default, which is kubectl's.
func (a *Patch) PatchType() string {
	if a.Type == "" {
		return StrategicPatch
	}
	return a.Type
}

// Run implements Runner.
func (a *Patch) Run(c Cluster) (func(), error) {
	k, ns, name := a.Resolve()
	return nil, c.API().Patch(k, store.Key{Namespace: ns, Name: name}, a.PatchType(), a.Subresource, a.Patch)
}
