package kubectl

import (
	"fmt"
	"sort"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
)

// describePod is the sheet of a pod.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describePod.
func describePod(s *sheet, p *corev1.Pod) {
	s.podIdentity(p)
	s.podState(p)
	if p.Spec.Resources != nil {
		s.line(0, "Resources:")
		s.resources(1, p.Spec.Resources)
	}
	block := containerBlock{pod: p}
	if len(p.Spec.InitContainers) > 0 {
		block.write(s, "Init Containers", p.Spec.InitContainers, p.Status.InitContainerStatuses)
	}
	block.write(s, "Containers", p.Spec.Containers, p.Status.ContainerStatuses)
	if len(p.Spec.EphemeralContainers) > 0 {
		ephemeral := []corev1.Container{}
		for i := range p.Spec.EphemeralContainers {
			ephemeral = append(ephemeral, corev1.Container(p.Spec.EphemeralContainers[i].EphemeralContainerCommon))
		}
		block.write(s, "Ephemeral Containers", ephemeral, p.Status.EphemeralContainerStatuses)
	}
	s.podConditions(p)
	s.volumes(p.Spec.Volumes, "")
	s.line(0, "QoS Class:\t%s", qosClass(p))
	s.labels("Node-Selectors", p.Spec.NodeSelector)
	s.column("Tolerations", tolerations(p.Spec.Tolerations))
	s.spreadConstraints(p.Spec.TopologySpreadConstraints, "")
	s.schedulingGroup(p.Spec.SchedulingGroup, "")
	if s.withEvents {
		uid := p.UID
		// The events of a mirror pod are about the static pod, whose UID is the hash of its configuration.
		if hash, ok := p.Annotations[corev1.MirrorPodAnnotationKey]; ok {
			uid = types.UID(hash)
		}
		s.eventTable(s.cluster.eventsOf(reference{"", p.Namespace, p.Name, uid}))
	}
}

func (s *sheet) podIdentity(p *corev1.Pod) {
	s.line(0, "Name:\t%s", p.Name)
	s.line(0, "Namespace:\t%s", p.Namespace)
	if p.Spec.Priority != nil {
		s.line(0, "Priority:\t%d", *p.Spec.Priority)
	}
	s.optional("Priority Class Name", p.Spec.PriorityClassName)
	s.optional("Runtime Class Name", deref(p.Spec.RuntimeClassName))
	s.optional("Service Account", p.Spec.ServiceAccountName)
	if p.Spec.NodeName == "" {
		s.line(0, "Node:\t<none>")
	} else {
		s.line(0, "Node:\t%s/%s", p.Spec.NodeName, p.Status.HostIP)
	}
	if p.Status.StartTime != nil {
		s.line(0, "Start Time:\t%s", date(*p.Status.StartTime))
	}
	s.labels("Labels", p.Labels)
	s.annotations("Annotations", p.Annotations)
}

// optional writes a line that is left out when empty.
func (s *sheet) optional(title, value string) {
	if value != "" {
		s.line(0, "%s:\t%s", title, value)
	}
}

func (s *sheet) podState(p *corev1.Pod) {
	if p.DeletionTimestamp != nil && p.Status.Phase != corev1.PodFailed && p.Status.Phase != corev1.PodSucceeded {
		// The deletion timestamp lies in the future while grace runs, so kubectl says "<invalid>" until then.
		s.line(0, "Status:\tTerminating (lasts %s)", s.age(*p.DeletionTimestamp))
		s.line(0, "Termination Grace Period:\t%ds", deref(p.DeletionGracePeriodSeconds))
	} else {
		s.line(0, "Status:\t%s", p.Status.Phase)
	}
	s.optional("Reason", p.Status.Reason)
	s.optional("Message", p.Status.Message)
	if p.Spec.SecurityContext != nil {
		s.seccomp(0, 0, p.Spec.SecurityContext.SeccompProfile)
	}
	s.line(0, "IP:\t%s", p.Status.PodIP)
	if len(p.Status.PodIPs) == 0 {
		s.line(0, "IPs:\t<none>")
	} else {
		s.line(0, "IPs:")
		for _, ip := range p.Status.PodIPs {
			s.line(1, "IP:\t%s", ip.IP)
		}
	}
	s.optional("Controlled By", controlledBy(p))
	s.optional("NominatedNodeName", p.Status.NominatedNodeName)
}

func (s *sheet) seccomp(level, fileLevel int, profile *corev1.SeccompProfile) {
	if profile == nil {
		return
	}
	s.line(level, "SeccompProfile:\t%s", profile.Type)
	if profile.Type == corev1.SeccompProfileTypeLocalhost {
		s.line(fileLevel, "LocalhostProfile:\t%s", deref(profile.LocalhostProfile))
	}
}

// controlledBy is Kind/name of the controlling owner, or empty.
func controlledBy(o model.Object) string {
	if ref := metav1.GetControllerOf(o); ref != nil {
		return ref.Kind + "/" + ref.Name
	}
	return ""
}

func (s *sheet) podConditions(p *corev1.Pod) {
	if len(p.Spec.ReadinessGates) > 0 {
		s.line(0, "Readiness Gates:")
		s.line(1, "Type\tStatus")
		for _, g := range p.Spec.ReadinessGates {
			status := "<none>"
			for _, c := range p.Status.Conditions {
				if c.Type == g.ConditionType {
					status = string(c.Status)
					break
				}
			}
			s.line(1, "%v \t%v ", g.ConditionType, status)
		}
	}
	if len(p.Status.Conditions) > 0 {
		s.line(0, "Conditions:")
		s.line(1, "Type\tStatus")
		for _, c := range p.Status.Conditions {
			s.line(1, "%v \t%v ", c.Type, c.Status)
		}
	}
}

// tolerations prints each as key=value:effect op=Exists for 300s, by key.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go printTolerationsMultilineWithIndent.
func tolerations(list []corev1.Toleration) []string {
	sorted := append([]corev1.Toleration(nil), list...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].Key < sorted[j].Key })
	texts := []string{}
	for _, t := range sorted {
		text := t.Key
		if t.Value != "" {
			text += "=" + t.Value
		}
		if t.Effect != "" {
			text += ":" + string(t.Effect)
		}
		if t.Operator == corev1.TolerationOpExists && t.Value == "" {
			if text != "" {
				text += " "
			}
			text += "op=Exists"
		}
		if t.TolerationSeconds != nil {
			text += fmt.Sprintf(" for %ds", *t.TolerationSeconds)
		}
		texts = append(texts, text)
	}
	return texts
}

func (s *sheet) spreadConstraints(list []corev1.TopologySpreadConstraint, space string) {
	if len(list) == 0 {
		return
	}
	sorted := append([]corev1.TopologySpreadConstraint(nil), list...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].TopologyKey < sorted[j].TopologyKey })
	for i, c := range sorted {
		if i == 0 {
			s.put("%sTopology Spread Constraints:\t", space)
		} else {
			s.put("%s\t", space)
		}
		s.put("%s:%v when max skew %d is exceeded", c.TopologyKey, c.WhenUnsatisfiable, c.MaxSkew)
		if c.LabelSelector != nil {
			s.put(" for selector %s", metav1.FormatLabelSelector(c.LabelSelector))
		}
		s.put("\n")
	}
}

func (s *sheet) schedulingGroup(g *corev1.PodSchedulingGroup, space string) {
	if g != nil {
		s.line(0, "%sSchedulingGroup:", space)
		s.line(1, "PodGroupName:\t%s", deref(g.PodGroupName))
	}
}
