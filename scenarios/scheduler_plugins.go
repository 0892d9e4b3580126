package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"clustersim/model"
	"clustersim/sim/scheduler"
)

// removedPlugins existed once. Source: k8s v1.36.3 pkg/scheduler/apis/config/validation/validation.go.
var removedPlugins = []string{"AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"}

// gatedPlugins exist behind alpha feature gates, which are off.
var gatedPlugins = []string{"GangScheduling", "TopologyPlacementGenerator", "PodGroupPodsCount"}

// unknownPlugin reports a name that is not that of a plugin.
func (d *decoder) unknownPlugin(n *yaml.Node, path, name string) {
	switch {
	case slices.Contains(removedPlugins, name):
		d.errorf(n, "%s: %s was removed from Kubernetes; NodeVolumeLimits does its work", path, name)
	case slices.Contains(gatedPlugins, name):
		d.errorf(n, "%s: %s is not simulated: its feature gate is alpha and off", path, name)
	default:
		var names []string
		for _, p := range scheduler.Plugins() {
			names = append(names, p.Name)
		}
		d.add(d.place(n), model.Error, model.DidYouMean(name, names), "%s: there is no plugin %q", path, name)
	}
}

// points are where a profile names plugins.
var points = []string{"preEnqueue", "queueSort", "preFilter", "filter", "postFilter", "preScore", "score", "reserve", "permit", "preBind", "bind", "postBind", "multiPoint"}

// checkPlugins checks every name below a profile's plugins.
func (r *schedulerReader) checkPlugins(profile *yaml.Node, path string) {
	plugins := child(profile, "plugins")
	if plugins == nil {
		return
	}
	for _, point := range points {
		set := child(plugins, point)
		if set == nil {
			continue
		}
		for _, list := range []string{"enabled", "disabled"} {
			items := child(set, list)
			if items == nil || items.Kind != yaml.SequenceNode {
				continue
			}
			var seen []string
			for i, item := range items.Content {
				r.checkPlugin(at(item), fmt.Sprintf("%s.%s.%s[%d].name", path, point, list, i), point, list == "enabled", &seen)
			}
		}
	}
}

func (r *schedulerReader) checkPlugin(item *yaml.Node, path, point string, enabled bool, seen *[]string) {
	n := child(item, "name")
	if n == nil {
		r.errorf(item, "%s: required", path)
		return
	}
	name := n.Value
	if name == "*" && !enabled {
		return
	}
	all := scheduler.Plugins()
	i := slices.IndexFunc(all, func(p scheduler.Info) bool { return p.Name == name })
	switch p := scheduler.PointOf(point); {
	case i < 0:
		r.unknownPlugin(n, path, name)
		return
	case p != 0 && all[i].Points&p == 0:
		r.errorf(n, "%s: %s has no %s; it has %s", path, name, point, strings.Join(all[i].Points.Names(), ", "))
	case enabled && slices.Contains(*seen, name):
		r.errorf(n, "%s: %s is enabled twice", path, name)
	}
	*seen = append(*seen, name)
}
