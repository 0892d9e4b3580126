package scheduler

// ReasonNodeName is NodeName's only reason.
const ReasonNodeName = "node(s) didn't match the requested node name"

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/nodename/node_name.go.
var nodeName = &Plugin{
	Name:   "NodeName",
	Points: PointFilter,
	Doc:    "Turns all nodes down but the one in spec.nodeName. Pods that wait for the scheduler have none.",
	Events: NodeAdd,
	Compile: func(k *Compiler) Part {
		want := k.Spec.NodeName
		if want == "" {
			return Part{}
		}
		reject := k.Verdict(UnschedulableAndUnresolvable, ReasonNodeName)
		return Part{Filter: func(c *Cycle, n int32) Verdict {
			if c.Snap.nodes[n].name != want {
				return reject
			}
			return 0
		}}
	},
}
