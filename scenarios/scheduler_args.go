package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
	corev1 "k8s.io/api/core/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/scheduler"
)

// args are the arguments of a plugin as a file has them. check runs if they could be read, and keeps them.
type args interface {
	check(c *argsChecker, p *config.SchedulerProfile)
}

// Header stands at the head of all arguments. The reader has checked it.
type Header struct{ APIVersion, Kind string }

// pluginArgs are fresh arguments of every plugin, nil for those that take none.
func pluginArgs() map[string]args {
	all := map[string]args{}
	for _, p := range scheduler.Plugins() {
		all[p.Name] = nil
	}
	all["DefaultPreemption"] = &preemptionArgs{}
	all["DynamicResources"] = &dynamicResourcesArgs{}
	all["InterPodAffinity"] = &podAffinityArgs{}
	all["NodeAffinity"] = &nodeAffinityArgs{}
	all["NodeResourcesBalancedAllocation"] = &balancedArgs{}
	all["NodeResourcesFit"] = &fitArgs{}
	all["PodTopologySpread"] = &spreadArgs{}
	all["VolumeBinding"] = &volumeBindingArgs{}
	return all
}

// argsChecker reports mistakes below the arguments of a plugin.
type argsChecker struct {
	d    *decoder
	root *yaml.Node
	path string
}

// fail reports a mistake at a path below the arguments: names and indices.
func (c *argsChecker) fail(format string, values []any, path ...any) {
	text := c.path
	for _, step := range path {
		switch step := step.(type) {
		case string:
			text += "." + step
		case int:
			text += fmt.Sprintf("[%d]", step)
		}
	}
	c.d.errorf(at(c.root, path...), "%s: %s", text, fmt.Sprintf(format, values...))
}

// within wants a value from least to most.
func (c *argsChecker) within(v, least, most int64, path ...any) {
	if v < least || v > most {
		c.fail("must be from %d to %d, got %d", []any{least, most, v}, path...)
	}
}

// Source of the checks: k8s v1.36.3 pkg/scheduler/apis/config/validation/validation_pluginargs.go.

type preemptionArgs struct {
	Header
	config.DefaultPreemptionArgs
}

func (a *preemptionArgs) check(c *argsChecker, p *config.SchedulerProfile) {
	if v := a.MinCandidateNodesPercentage; v != nil {
		c.within(int64(*v), 0, 100, "minCandidateNodesPercentage")
		if w := a.MinCandidateNodesAbsolute; *v == 0 && w != nil && *w == 0 {
			c.fail("must not be 0 together with minCandidateNodesAbsolute", nil, "minCandidateNodesPercentage")
		}
	}
	p.DefaultPreemption = a.DefaultPreemptionArgs
}

type dynamicResourcesArgs struct {
	Header
	FilterTimeout, BindingTimeout *time.Duration
}

func (a *dynamicResourcesArgs) check(c *argsChecker, _ *config.SchedulerProfile) {
	if t := a.BindingTimeout; t != nil && *t < time.Second {
		c.fail("must be at least 1s", nil, "bindingTimeout")
	}
}

type podAffinityArgs struct {
	Header
	config.InterPodAffinityArgs
}

func (a *podAffinityArgs) check(c *argsChecker, p *config.SchedulerProfile) {
	if w := a.HardPodAffinityWeight; w != nil {
		c.within(int64(*w), 0, 100, "hardPodAffinityWeight")
	}
	p.InterPodAffinity = a.InterPodAffinityArgs
}

type nodeAffinityArgs struct {
	Header
	config.NodeAffinityArgs
}

func (a *nodeAffinityArgs) check(c *argsChecker, p *config.SchedulerProfile) {
	if added := a.AddedAffinity; added != nil {
		if s := added.RequiredDuringSchedulingIgnoredDuringExecution; s != nil {
			if _, err := nodeaffinity.NewNodeSelector(s); err != nil {
				c.fail("%v", []any{err}, "addedAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
			}
		}
		if _, err := nodeaffinity.NewPreferredSchedulingTerms(added.PreferredDuringSchedulingIgnoredDuringExecution); err != nil {
			c.fail("%v", []any{err}, "addedAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
		}
	}
	p.NodeAffinity = a.NodeAffinityArgs
}

type balancedArgs struct {
	Header
	config.NodeResourcesBalancedAllocationArgs
}

func (a *balancedArgs) check(c *argsChecker, p *config.SchedulerProfile) {
	var seen []string
	for i := range a.Resources {
		r := &a.Resources[i]
		if slices.Contains(seen, r.Name) {
			c.fail("%q stands here twice", []any{r.Name}, "resources", i, "name")
		}
		seen = append(seen, r.Name)
		if r.Weight > 1 {
			c.fail("must be 1", nil, "resources", i, "weight")
		}
		c.resource(r, i, "resources")
	}
	p.NodeResourcesBalancedAllocation = a.NodeResourcesBalancedAllocationArgs
}

// resource wants a name.
func (c *argsChecker) resource(r *config.ResourceSpec, i int, path ...any) {
	if r.Name == "" {
		c.fail("required", nil, append(path, i, "name")...)
	}
}

type fitArgs struct {
	Header
	config.NodeResourcesFitArgs
}

func (a *fitArgs) check(c *argsChecker, p *config.SchedulerProfile) {
	for i, name := range a.IgnoredResources {
		c.label(name, "ignoredResources", i)
	}
	for i, name := range a.IgnoredResourceGroups {
		if strings.Contains(name, "/") {
			c.fail("a group is what stands before the slash, got %q", []any{name}, "ignoredResourceGroups", i)
		} else {
			c.label(name, "ignoredResourceGroups", i)
		}
	}
	if child(c.root, "scoringStrategy") != nil {
		c.strategy(&a.ScoringStrategy)
	}
	p.NodeResourcesFit = a.NodeResourcesFitArgs
}

func (c *argsChecker) label(name string, path ...any) {
	for _, err := range metavalidation.ValidateLabelName(name, field.NewPath("x")) {
		c.fail("%s, got %q", []any{err.Detail, name}, path...)
	}
}

func (c *argsChecker) strategy(s *config.ScoringStrategy) {
	types := []string{string(config.LeastAllocated), string(config.MostAllocated), string(config.RequestedToCapacityRatio)}
	const at, ratio = "scoringStrategy", "requestedToCapacityRatio"
	if !slices.Contains(types, string(s.Type)) {
		n := child(child(c.root, at), "type")
		if n == nil {
			c.fail("required: %s", []any{strings.Join(types, ", ")}, at, "type")
		} else {
			c.d.add(c.d.place(n), model.Error, model.DidYouMean(n.Value, types), "%s.%s.type: must be %s, got %q", c.path, at, strings.Join(types, ", "), n.Value)
		}
	}
	for i := range s.Resources {
		r := &s.Resources[i]
		c.within(r.Weight, 0, 100, at, "resources", i, "weight")
		c.resource(r, i, at, "resources")
	}
	given := child(child(c.root, at), ratio) != nil
	switch {
	case s.Type != config.RequestedToCapacityRatio && given:
		c.fail("is for the type RequestedToCapacityRatio", nil, at, ratio)
	case s.Type == config.RequestedToCapacityRatio && !given:
		c.fail("requestedToCapacityRatio is required for this type", nil, at)
	case given:
		c.shape(s.RequestedToCapacityRatio.Shape, at, ratio, "shape")
	}
}

func (c *argsChecker) shape(points []config.UtilizationShapePoint, path ...any) {
	if len(points) == 0 {
		c.fail("at least one point is required", nil, path...)
	}
	for i, p := range points {
		c.within(p.Utilization, 0, 100, append(slices.Clone(path), i, "utilization")...)
		c.within(p.Score, 0, 10, append(slices.Clone(path), i, "score")...)
		if i > 0 && points[i-1].Utilization >= p.Utilization {
			c.fail("must be above that of the point before", nil, append(slices.Clone(path), i, "utilization")...)
		}
	}
}

type spreadArgs struct {
	Header
	config.PodTopologySpreadArgs
}

func (a *spreadArgs) check(c *argsChecker, p *config.SchedulerProfile) {
	const list = "defaultConstraints"
	switch a.DefaultingType {
	case config.ListDefaulting:
	case config.SystemDefaulting, "":
		if len(a.DefaultConstraints) > 0 {
			c.fail("defaultConstraints need defaultingType List", nil, list)
		}
	default:
		c.fail("must be System or List, got %q", []any{a.DefaultingType}, "defaultingType")
	}
	seen := map[[2]string]bool{}
	for i := range a.DefaultConstraints {
		t := &a.DefaultConstraints[i]
		if t.MaxSkew <= 0 {
			c.fail("must be above 0", nil, list, i, "maxSkew")
		}
		if t.TopologyKey == "" {
			c.fail("required", nil, list, i, "topologyKey")
		} else {
			c.label(t.TopologyKey, list, i, "topologyKey")
		}
		if w := t.WhenUnsatisfiable; w != corev1.DoNotSchedule && w != corev1.ScheduleAnyway {
			c.fail("must be DoNotSchedule or ScheduleAnyway, got %q", []any{w}, list, i, "whenUnsatisfiable")
		}
		if t.LabelSelector != nil {
			c.fail("must not be set: it is deduced for each pod", nil, list, i, "labelSelector")
		}
		key := [2]string{t.TopologyKey, string(t.WhenUnsatisfiable)}
		if seen[key] {
			c.fail("a second constraint of this topologyKey and whenUnsatisfiable", nil, list, i)
		}
		seen[key] = true
	}
	p.PodTopologySpread = a.PodTopologySpreadArgs
}

type volumeBindingArgs struct {
	Header
	config.VolumeBindingArgs
	Shape *yaml.Node
}

func (a *volumeBindingArgs) check(c *argsChecker, p *config.SchedulerProfile) {
	if a.Shape != nil {
		c.fail("needs the feature gate StorageCapacityScoring, which is off", nil, "shape")
	}
	p.VolumeBinding = a.VolumeBindingArgs
}
