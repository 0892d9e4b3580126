package fault

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// SetImage is `kubectl set image`: a new image for a container, or an init container, of a pod or of a workload's template.
type SetImage struct {
	Object
	Container string `json:"container"` // "*" = all
	Image     string `json:"image"`     // the reference from now on
}

// Check implements Action.
func (a *SetImage) Check() error {
	switch {
	case a.Container == "":
		return errors.New("container: required")
	case a.Image == "":
		return errors.New("image: required")
	}
	return a.check()
}

// Run implements Runner.
//
// Source: k8s v1.36.3 staging kubectl/pkg/cmd/set/set_image.go.
func (a *SetImage) Run(c Cluster) (func(), error) {
	k, _, o, err := a.find(c)
	if err != nil {
		return nil, err
	}
	spec, path := podSpecOf(o)
	if spec == nil {
		return nil, fmt.Errorf("%s/%s has no containers", k.Plural, o.GetName())
	}
	images := func(list []corev1.Container) (out []map[string]any) {
		for i := range list {
			if a.Container == "*" || list[i].Name == a.Container {
				out = append(out, map[string]any{"name": list[i].Name, "image": a.Image})
			}
		}
		return out
	}
	change := map[string]any{}
	if l := images(spec.InitContainers); len(l) > 0 {
		change["initContainers"] = l
	}
	if l := images(spec.Containers); len(l) > 0 {
		change["containers"] = l
	}
	if len(change) == 0 {
		return nil, fmt.Errorf("unable to find container named %q", a.Container)
	}
	return nil, a.patch(c, at(path, change))
}
