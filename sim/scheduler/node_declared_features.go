package scheduler

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// ReasonDeclaredFeatures is NodeDeclaredFeatures' only reason.
const ReasonDeclaredFeatures = "node(s) didn't match Pod's required features"

// Features that a pod may need of its kubelet.
const (
	featureRestartAllContainers     = "RestartAllContainersOnContainerExits"
	featureUserNamespaceHostNetwork = "UserNamespacesHostNetworkSupport"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/nodedeclaredfeatures/nodedeclaredfeatures.go,
// staging component-helpers/nodedeclaredfeatures/features.
var nodeDeclaredFeatures = &Plugin{
	Name:   "NodeDeclaredFeatures",
	Points: PointPreFilter | PointFilter,
	Doc: "Turns nodes down whose status.declaredFeatures lack what the pod's spec needs: restart rules that restart all containers, " +
		"user namespaces on the host's network.",
	Events: NodeAdd | NodeDeclaredFeature | PodUpdate,
	Compile: func(k *Compiler) Part {
		need := requiredFeatures(k.Spec)
		if len(need) == 0 {
			return Part{}
		}
		reject := k.Verdict(UnschedulableAndUnresolvable, ReasonDeclaredFeatures)
		return Part{
			Filter: func(c *Cycle, n int32) Verdict {
				for _, f := range need {
					if !slices.Contains(c.Node(n).Status.DeclaredFeatures, f) {
						return reject
					}
				}
				return 0
			},
			Queue: func(ev *Event) bool {
				if ev.Type == PodUpdate {
					return ev.Own && !slices.Equal(requiredFeatures(ev.OldPod.Spec), requiredFeatures(ev.NewPod.Spec))
				}
				return ev.OldNode == nil || !slices.Equal(ev.OldNode.Status.DeclaredFeatures, ev.NewNode.Status.DeclaredFeatures)
			},
		}
	},
}

// requiredFeatures are those that a spec needs, sorted.
func requiredFeatures(spec *corev1.PodSpec) (out []string) {
	restartsAll := func(c corev1.Container) bool {
		return slices.ContainsFunc(c.RestartPolicyRules, func(r corev1.ContainerRestartRule) bool {
			return r.Action == corev1.ContainerRestartRuleActionRestartAllContainers
		})
	}
	if slices.ContainsFunc(spec.Containers, restartsAll) || slices.ContainsFunc(spec.InitContainers, restartsAll) {
		out = append(out, featureRestartAllContainers)
	}
	if spec.HostNetwork && spec.HostUsers != nil && !*spec.HostUsers {
		out = append(out, featureUserNamespaceHostNetwork)
	}
	return out
}
