package kubectl

import (
	"strings"

	"clustersim/model"
)

// Request is a kubectl command line, taken apart. The zero value of each field is kubectl's default.
type Request struct {
	// Args are the words after the verb: ["pods"], ["pod", "web"], ["pod/web", "node/n1"], ["pods,nodes"], ["all"].
	Args          []string
	Namespace     string // -n; empty: default
	AllNamespaces bool   // -A
	Selector      string // -l
	FieldSelector string // --field-selector
	Output        string // -o: "", wide, yaml, json, name
	ShowLabels    bool   // --show-labels
	LabelColumns  []string
	SortBy        string // --sort-by, a simple JSONPath: .metadata.name, {.status.startTime}
	NoHeaders     bool   // --no-headers
	// WatchEvents prefixes the rows of a watch with what happened: --output-watch-events.
	WatchEvents bool
	// For is TYPE/NAME, and Types are among Normal and Warning: --for and --types of `kubectl events`.
	For   string
	Types []string
}

func (r Request) namespace() string {
	if r.Namespace == "" {
		return "default"
	}
	return r.Namespace
}

// scope is the namespace to list: empty for all.
func (r Request) scope() string {
	if r.AllNamespaces {
		return ""
	}
	return r.namespace()
}

// target is one object asked for by name.
type target struct {
	kind *model.Kind
	name string
}

// query is what the arguments mean: either whole kinds or named targets.
type query struct {
	kinds   []*model.Kind
	targets []target
}

// all is the category `kubectl get all` in the order in which the API server's discovery lists its kinds.
var all = []string{
	"pods", "replicationcontrollers", "services", "daemonsets.apps", "deployments.apps", "replicasets.apps", "statefulsets.apps",
	"horizontalpodautoscalers.autoscaling", "cronjobs.batch", "jobs.batch",
}

// parse follows the rules of kubectl's resource builder.
//
// Source: k8s v1.36.3 staging/src/k8s.io/cli-runtime/pkg/resource/builder.go ResourceTypeOrNameArgs, visitByName, visitByResource.
func (r Request) parse() (query, error) {
	args := crossNames(r.Args)
	slashes := 0
	for _, a := range args {
		if strings.Contains(a, "/") {
			slashes++
		}
	}
	switch {
	case len(args) == 0:
		return query{}, &Error{Message: "error: Required resource not specified.", Code: 1}
	case slashes == len(args):
		return r.parseSlashed(args)
	case slashes > 0:
		return query{}, usage("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form " +
			"(e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'")
	}
	kinds, err := findKinds(args[0])
	if err != nil {
		return query{}, err
	}
	if len(args) == 1 {
		return query{kinds: kinds}, nil
	}
	if r.Selector != "" || r.FieldSelector != "" {
		return query{}, usage("name cannot be provided when a selector is specified")
	}
	q := query{}
	for _, name := range args[1:] {
		q.targets = append(q.targets, target{kinds[0], name})
	}
	return q, r.checkNamed(q)
}

// crossNames turns `a,b x y` into `a/x a/y b/x b/y`.
func crossNames(args []string) []string {
	if len(args) < 2 {
		return args
	}
	resources := splitComma(args[0])
	if len(resources) < 2 {
		return args
	}
	crossed := []string{}
	for _, resource := range resources {
		for _, name := range args[1:] {
			crossed = append(crossed, resource+"/"+name)
		}
	}
	return crossed
}

func splitComma(s string) []string {
	parts := []string{}
	for _, p := range strings.Split(s, ",") {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

func (r Request) parseSlashed(args []string) (query, error) {
	if r.Selector != "" || r.FieldSelector != "" {
		return query{}, usage("selectors and the all flag cannot be used when passing resource/name arguments")
	}
	q := query{}
	for _, a := range args {
		resource, name, _ := strings.Cut(a, "/")
		switch {
		case strings.Contains(name, "/"):
			return query{}, usage("arguments in resource/name form may not have more than one slash")
		case resource == "" || name == "" || len(splitComma(resource)) != 1:
			return query{}, usage("arguments in resource/name form must have a single resource and name")
		}
		kind, err := findKind(resource)
		if err != nil {
			return query{}, err
		}
		q.targets = append(q.targets, target{kind, name})
	}
	return q, r.checkNamed(q)
}

func (r Request) checkNamed(q query) error {
	for _, t := range q.targets {
		if t.kind.Namespaced && r.AllNamespaces {
			return usage("a resource cannot be retrieved by name across all namespaces")
		}
	}
	return nil
}

// findKinds reads a list of kinds; a kind named twice counts once.
func findKinds(list string) ([]*model.Kind, error) {
	kinds := []*model.Kind{}
	seen := map[*model.Kind]bool{}
	for _, name := range splitComma(list) {
		names := []string{name}
		if name == "all" {
			names = all
		}
		for _, n := range names {
			k, err := findKind(n)
			if err != nil {
				return nil, err
			}
			if !seen[k] {
				seen[k] = true
				kinds = append(kinds, k)
			}
		}
	}
	if len(kinds) == 0 {
		return nil, usage("at least one resource must be specified to use a selector")
	}
	return kinds, nil
}

// findKind knows resource, resource.group and resource.version.group.
func findKind(name string) (*model.Kind, error) {
	k := model.FindKind(name)
	if k == nil {
		if resource, rest, ok := strings.Cut(name, "."); ok {
			if version, group, ok := strings.Cut(rest, "."); ok {
				if k = model.FindKind(resource + "." + group); k != nil && k.Version != version {
					k = nil
				}
			} else if k = model.FindKind(resource); k != nil && (k.Group != "" || k.Version != rest) {
				k = nil
			}
		}
	}
	if k == nil {
		resource, _, _ := strings.Cut(name, ".")
		return nil, usage("the server doesn't have a resource type %q", resource)
	}
	return k, nil
}
