package scheduler

// Registered is a plugin with its weight in the sum of scores; 0 = it does not score.
type Registered struct {
	*Plugin
	Weight int64
}

type registered = Registered

// registry is the default profile: every plugin, in the order in which they run at every point. Out-of-tree plugins come
// last.
//
// Source: k8s v1.36.3 pkg/scheduler/apis/config/v1/default_plugins.go.
func registry(more []Registered) []registered {
	return append([]registered{
		{schedulingGates, 0},
		{prioritySort, 0},
		{nodeUnschedulable, 0},
		{nodeName, 0},
		{taintToleration, 3},
		{nodeAffinity, 2},
		{nodePorts, 0},
		{nodeResourcesFit, 1},
		{volumeRestrictions, 0},
		{nodeVolumeLimits, 0},
		{volumeBinding, 0},
		{volumeZone, 0},
		{podTopologySpread, 2},
		{interPodAffinity, 2},
		{dynamicResources, 2},
		{defaultPreemption, 0},
		{nodeResourcesBalancedAllocation, 1},
		{imageLocality, 1},
		{defaultBinder, 0},
		{nodeDeclaredFeatures, 0},
	}, more...)
}

// Info is what a user may know of a plugin.
type Info struct {
	Name   string
	Doc    string
	Weight int64  // in the sum of scores; 0 = it does not score
	Points Points // at which a configuration may enable it
}

// Plugins lists the default profile's plugins in the order in which they run, and then the out-of-tree ones.
func Plugins(more ...Registered) []Info {
	var out []Info
	for _, r := range registry(more) {
		out = append(out, Info{r.Name, r.Doc, r.Weight, r.points()})
	}
	return out
}
