package scheduler

// registered is a plugin with its weight in the sum of scores; 0 = it does not score.
type registered struct {
	*Plugin
	Weight int64
}

// registry is the default profile: every plugin, in the order in which they run at every point.
//
// Source: k8s v1.36.3 pkg/scheduler/apis/config/v1/default_plugins.go.
func registry() []registered {
	return []registered{
		{schedulingGates, 0},
		{nodeUnschedulable, 0},
		{nodeName, 0},
		{taintToleration, 3},
		{nodeAffinity, 2},
		{nodePorts, 0},
		{nodeResourcesFit, 1},
		{podTopologySpread, 2},
		{interPodAffinity, 2},
		{defaultPreemption, 0},
		{nodeResourcesBalancedAllocation, 1},
		{imageLocality, 1},
	}
}

// Info is what a user may know of a plugin.
type Info struct {
	Name   string
	Doc    string
	Weight int64 // in the sum of scores; 0 = it does not score
}

// Plugins lists the default profile's plugins in the order in which they run.
func Plugins() []Info {
	var out []Info
	for _, r := range registry() {
		out = append(out, Info{r.Name, r.Doc, r.Weight})
	}
	return out
}
