package scheduler

import corev1 "k8s.io/api/core/v1"

// ReasonNodePorts is NodePorts' only reason.
const ReasonNodePorts = "node(s) didn't have free ports for the requested pod ports"

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/nodeports/node_ports.go.
var nodePorts = &Plugin{
	Name:   "NodePorts",
	Points: PointPreFilter | PointFilter,
	Doc:    "Turns nodes down on which a host port that the pod wants is taken. Address 0.0.0.0 conflicts with all others.",
	Events: PodDelete | NodeAdd,
	Compile: func(k *Compiler) Part {
		want := hostPorts(k.Spec)
		if len(want) == 0 {
			return Part{}
		}
		reject := k.Verdict(Unschedulable, ReasonNodePorts)
		return Part{
			Queue: func(ev *Event) bool {
				return ev.Type != PodDelete || portsConflict(want, ev.OldPod.Shape.ports)
			},
			Filter: func(c *Cycle, n int32) Verdict {
				if used := c.Snap.nodes[n].ports; len(used) > 0 && portsConflict(want, used) {
					return reject
				}
				return 0
			},
		}
	},
}

// hostPort is a port of a node.
type hostPort struct {
	ip       string
	protocol corev1.Protocol
	port     int32
}

const anyAddress = "0.0.0.0"

// hostPorts are the host ports of containers and sidecars.
//
// Source: k8s v1.36.3 pkg/scheduler/util/utils.go GetHostPorts.
func hostPorts(spec *corev1.PodSpec) []hostPort {
	var out []hostPort
	add := func(c *corev1.Container) {
		for i := range c.Ports {
			p := &c.Ports[i]
			if p.HostPort <= 0 {
				continue
			}
			h := hostPort{p.HostIP, p.Protocol, p.HostPort}
			if h.ip == "" {
				h.ip = anyAddress
			}
			if h.protocol == "" {
				h.protocol = corev1.ProtocolTCP
			}
			out = append(out, h)
		}
	}
	for i := range spec.Containers {
		add(&spec.Containers[i])
	}
	for i := range spec.InitContainers {
		if c := &spec.InitContainers[i]; c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			add(c)
		}
	}
	return out
}

func portsConflict(want, used []hostPort) bool {
	for _, w := range want {
		for _, u := range used {
			if w.port == u.port && w.protocol == u.protocol && (w.ip == u.ip || w.ip == anyAddress || u.ip == anyAddress) {
				return true
			}
		}
	}
	return false
}
