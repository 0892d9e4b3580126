package kubectl

import (
	"fmt"
	"sort"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	helper "k8s.io/component-helpers/resource"

	"clustersim/model"
)

// describeNode is the sheet of a node.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeNode.
func describeNode(s *sheet, n *corev1.Node) {
	s.line(0, "Name:\t%s", n.Name)
	s.line(0, "Roles:\t%s", orNone(strings.Join(nodeRoles(n), ",")))
	s.labels("Labels", n.Labels)
	s.annotations("Annotations", n.Annotations)
	s.line(0, "CreationTimestamp:\t%s", date(n.CreationTimestamp))
	s.column("Taints", taints(n.Spec.Taints))
	s.line(0, "Unschedulable:\t%v", n.Spec.Unschedulable)
	s.nodeLease(n)
	s.nodeConditions(n)
	s.line(0, "Addresses:")
	for _, a := range n.Status.Addresses {
		s.line(1, "%s:\t%s", a.Type, a.Address)
	}
	s.resourceList(0, "Capacity", n.Status.Capacity)
	s.resourceList(0, "Allocatable", n.Status.Allocatable)
	s.nodeInfo(n)
	pods := s.cluster.podsOn(n.Name)
	s.nodePods(n, pods)
	s.nodeTotals(n, pods)
	if s.withEvents {
		// Controllers name a node by its UID, kubelets by its name.
		ref := reference{"Node", "", n.Name, n.UID}
		list := s.cluster.eventsOf(ref)
		ref.uid = types.UID(n.Name)
		s.eventTable(append(list, s.cluster.eventsOf(ref)...))
	}
}

// taints prints each as key=value:effect, by effect and key.
func taints(list []corev1.Taint) []string {
	sorted := append([]corev1.Taint(nil), list...)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, b := sorted[i], sorted[j]
		return string(a.Effect)+","+a.Key < string(b.Effect)+","+b.Key
	})
	texts := []string{}
	for i := range sorted {
		texts = append(texts, sorted[i].ToString())
	}
	return texts
}

func (s *sheet) nodeLease(n *corev1.Node) {
	o := s.cluster.find(model.Lease, corev1.NamespaceNodeLease, n.Name)
	if o == nil {
		s.line(0, "Lease:\tFailed to get lease: leases.coordination.k8s.io %q not found", n.Name)
		return
	}
	spec := o.(*coordinationv1.Lease).Spec
	acquired, renewed := "<unset>", "<unset>"
	if spec.AcquireTime != nil {
		acquired = date(timeOf(*spec.AcquireTime))
	}
	if spec.RenewTime != nil {
		renewed = date(timeOf(*spec.RenewTime))
	}
	s.line(0, "Lease:")
	s.line(1, "HolderIdentity:\t%s", orUnset(spec.HolderIdentity))
	s.line(1, "AcquireTime:\t%s", acquired)
	s.line(1, "RenewTime:\t%s", renewed)
}

func (s *sheet) nodeConditions(n *corev1.Node) {
	if len(n.Status.Conditions) == 0 {
		return
	}
	s.line(0, "Conditions:")
	s.line(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage")
	s.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
	for _, c := range n.Status.Conditions {
		s.line(1, "%v \t%v \t%s \t%s \t%v \t%v", c.Type, c.Status, date(c.LastHeartbeatTime), date(c.LastTransitionTime), c.Reason, c.Message)
	}
}

func (s *sheet) nodeInfo(n *corev1.Node) {
	info := n.Status.NodeInfo
	s.line(0, "System Info:")
	s.line(1, "Machine ID:\t%s", info.MachineID)
	s.line(1, "System UUID:\t%s", info.SystemUUID)
	s.line(1, "Boot ID:\t%s", info.BootID)
	s.line(1, "Kernel Version:\t%s", info.KernelVersion)
	s.line(1, "OS Image:\t%s", info.OSImage)
	s.line(1, "Operating System:\t%s", info.OperatingSystem)
	s.line(1, "Architecture:\t%s", info.Architecture)
	s.line(1, "Container Runtime Version:\t%s", info.ContainerRuntimeVersion)
	s.line(1, "Kubelet Version:\t%s", info.KubeletVersion)
	s.optional("PodCIDR", n.Spec.PodCIDR)
	s.optional("PodCIDRs", strings.Join(n.Spec.PodCIDRs, ","))
	s.optional("ProviderID", n.Spec.ProviderID)
}

// podsOn are the pods bound to a node that are neither Succeeded nor Failed.
func (c *Cluster) podsOn(node string) []*corev1.Pod {
	pods := []*corev1.Pod{}
	for _, o := range c.list(model.Pod, "") {
		p := o.(*corev1.Pod)
		if p.Spec.NodeName == node && p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed {
			pods = append(pods, p)
		}
	}
	return pods
}

func allocatable(n *corev1.Node) corev1.ResourceList {
	if len(n.Status.Allocatable) > 0 {
		return n.Status.Allocatable
	}
	return n.Status.Capacity
}

func (s *sheet) nodePods(n *corev1.Node, pods []*corev1.Pod) {
	s.line(0, "Non-terminated Pods:\t(%d in total)", len(pods))
	s.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge")
	s.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---")
	of := allocatable(n)
	options := helper.PodResourcesOptions{UseStatusResources: true}
	for _, p := range pods {
		requests, limits := helper.PodRequests(p, options), helper.PodLimits(p, options)
		s.line(1, "%s\t%s\t\t%s\t%s\t%s\t%s\t%s", p.Namespace, p.Name,
			share(requests, of, corev1.ResourceCPU), share(limits, of, corev1.ResourceCPU),
			share(requests, of, corev1.ResourceMemory), share(limits, of, corev1.ResourceMemory), s.age(p.CreationTimestamp))
	}
}

// share prints a quantity and its part of what the node has, in whole percent rounded down: "100m (2%)".
//
// Differs: where the node has none of the resource kubectl converts NaN, whose outcome depends on the machine; here it is 0%.
func share(list, of corev1.ResourceList, name corev1.ResourceName) string {
	part, whole := list[name], of[name]
	a, b := part.Value(), whole.Value()
	if name == corev1.ResourceCPU {
		a, b = part.MilliValue(), whole.MilliValue()
	}
	percent := int64(0)
	if b != 0 {
		percent = int64(float64(a) / float64(b) * 100)
	}
	return fmt.Sprintf("%s (%d%%)", part.String(), percent)
}

func (s *sheet) nodeTotals(n *corev1.Node, pods []*corev1.Pod) {
	requests, limits := corev1.ResourceList{}, corev1.ResourceList{}
	for _, p := range pods {
		addAll(requests, helper.PodRequests(p, helper.PodResourcesOptions{}))
		addAll(limits, helper.PodLimits(p, helper.PodResourcesOptions{}))
	}
	s.line(0, "Allocated resources:")
	s.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)")
	s.line(1, "Resource\tRequests\tLimits")
	s.line(1, "--------\t--------\t------")
	of := allocatable(n)
	shared := []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage}
	extended := []corev1.ResourceName{}
	for _, name := range resourceNames(of) {
		switch {
		case strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix):
			shared = append(shared, name)
		case name != corev1.ResourceCPU && name != corev1.ResourceMemory && name != corev1.ResourceEphemeralStorage && name != corev1.ResourcePods:
			extended = append(extended, name)
		}
	}
	for _, name := range shared {
		s.line(1, "%s\t%s\t%s", name, share(requests, of, name), share(limits, of, name))
	}
	for _, name := range extended {
		request, limit := requests[name], limits[name]
		s.line(1, "%s\t%s\t%s", name, request.String(), limit.String())
	}
}

// addAll adds more to sum. The format (2 or 2Gi) of the first quantity stays.
func addAll(sum, more corev1.ResourceList) {
	for name, q := range more { // unordered: each resource is added by itself
		total, ok := sum[name]
		if !ok {
			sum[name] = q.DeepCopy()
			continue
		}
		total.Add(q)
		sum[name] = total
	}
}
