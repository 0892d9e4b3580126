package kubectl

import (
	"fmt"
	"net"
	"net/url"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// containerBlock writes containers of a pod or, with pod nil, of a pod template, which has no statuses.
type containerBlock struct {
	pod *corev1.Pod
	// space goes before the title; names are indented by one more then, as kubectl has it in templates.
	space string
}

// write is one list of containers.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeContainers.
func (b containerBlock) write(s *sheet, title string, containers []corev1.Container, statuses []corev1.ContainerStatus) {
	if len(containers) == 0 {
		s.line(0, "%s%s: <none>", b.space, title)
		return
	}
	s.line(0, "%s%s:", b.space, title)
	nameIndent := ""
	if b.space != "" {
		nameIndent = " "
	}
	for i := range containers {
		c := &containers[i]
		var status *corev1.ContainerStatus
		for j := range statuses {
			if statuses[j].Name == c.Name {
				status = &statuses[j]
			}
		}
		s.line(1, "%s%s:", nameIndent, c.Name)
		s.containerImage(c, status)
		s.lines("Command", c.Command)
		s.lines("Args", c.Args)
		if status != nil {
			s.containerState("State", status.State)
			if status.LastTerminationState.Terminated != nil {
				s.containerState("Last State", status.LastTerminationState)
			}
			s.line(2, "Ready:\t%s", yesNo(status.Ready))
			s.line(2, "Restart Count:\t%d", status.RestartCount)
		}
		s.resources(2, &c.Resources)
		s.probes(c)
		s.envFrom(c.EnvFrom)
		s.env(c, b.pod)
		s.mounts(c)
	}
}

func (s *sheet) containerImage(c *corev1.Container, status *corev1.ContainerStatus) {
	if status != nil {
		s.line(2, "Container ID:\t%s", status.ContainerID)
	}
	s.line(2, "Image:\t%s", c.Image)
	if status != nil {
		s.line(2, "Image ID:\t%s", status.ImageID)
	}
	s.ports("Port", c.Ports, func(p corev1.ContainerPort) int32 { return p.ContainerPort })
	s.ports("Host Port", c.Ports, func(p corev1.ContainerPort) int32 { return p.HostPort })
	if c.SecurityContext != nil {
		s.seccomp(2, 3, c.SecurityContext.SeccompProfile)
	}
}

func (s *sheet) ports(title string, list []corev1.ContainerPort, number func(corev1.ContainerPort) int32) {
	texts := []string{}
	for _, p := range list {
		text := fmt.Sprintf("%d/%s", number(p), p.Protocol)
		if p.Name != "" {
			text += " (" + p.Name + ")"
		}
		texts = append(texts, text)
	}
	if len(texts) > 1 {
		title += "s"
	}
	s.line(2, "%s:\t%s", title, orNone(strings.Join(texts, ", ")))
}

// lines writes a command or arguments, each line of each on one of its own.
func (s *sheet) lines(title string, words []string) {
	if len(words) == 0 {
		return
	}
	s.line(2, "%s:", title)
	for _, word := range words {
		for _, line := range strings.Split(word, "\n") {
			s.line(3, "%s", line)
		}
	}
}

// containerState leaves out the message of a waiting container, as kubectl does.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeStatus.
func (s *sheet) containerState(title string, state corev1.ContainerState) {
	switch {
	case state.Running != nil:
		s.line(2, "%s:\tRunning", title)
		s.line(3, "Started:\t%s", date(state.Running.StartedAt))
	case state.Waiting == nil && state.Terminated != nil:
		t := state.Terminated
		s.line(2, "%s:\tTerminated", title)
		if t.Reason != "" {
			s.line(3, "Reason:\t%s", t.Reason)
		}
		if t.Message != "" {
			s.line(3, "Message:\t%s", t.Message)
		}
		s.line(3, "Exit Code:\t%d", t.ExitCode)
		if t.Signal > 0 {
			s.line(3, "Signal:\t%d", t.Signal)
		}
		s.line(3, "Started:\t%s", date(t.StartedAt))
		s.line(3, "Finished:\t%s", date(t.FinishedAt))
	default:
		s.line(2, "%s:\tWaiting", title)
		if state.Waiting != nil && state.Waiting.Reason != "" {
			s.line(3, "Reason:\t%s", state.Waiting.Reason)
		}
	}
}

func (s *sheet) resources(level int, r *corev1.ResourceRequirements) {
	s.resourceList(level, "Limits", r.Limits)
	s.resourceList(level, "Requests", r.Requests)
}

// resourceList leaves out an empty list.
func (s *sheet) resourceList(level int, title string, list corev1.ResourceList) {
	if len(list) == 0 {
		return
	}
	s.line(level, "%s:", title)
	for _, name := range resourceNames(list) {
		q := list[name]
		s.line(level+1, "%s:\t%s", name, q.String())
	}
}

func resourceNames(list corev1.ResourceList) []corev1.ResourceName {
	names := make([]corev1.ResourceName, 0, len(list))
	for name := range list { // unordered: sorted below
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return names[i] < names[j] })
	return names
}

func (s *sheet) probes(c *corev1.Container) {
	for _, p := range []struct {
		title string
		probe *corev1.Probe
	}{{"Liveness", c.LivenessProbe}, {"Readiness", c.ReadinessProbe}, {"Startup", c.StartupProbe}} {
		if p.probe != nil {
			s.line(2, "%s:\t%s", p.title, probeText(p.probe))
		}
	}
}

// probeText: http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=1 #failure=3.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go DescribeProbe.
func probeText(p *corev1.Probe) string {
	handler := "unknown"
	switch {
	case p.Exec != nil:
		handler = fmt.Sprintf("exec %v", p.Exec.Command)
	case p.HTTPGet != nil:
		u := url.URL{Scheme: strings.ToLower(string(p.HTTPGet.Scheme)), Host: p.HTTPGet.Host, Path: p.HTTPGet.Path}
		if port := p.HTTPGet.Port.String(); port != "" {
			u.Host = net.JoinHostPort(p.HTTPGet.Host, port)
		}
		handler = "http-get " + u.String()
	case p.TCPSocket != nil:
		handler = fmt.Sprintf("tcp-socket %s:%s", p.TCPSocket.Host, p.TCPSocket.Port.String())
	case p.GRPC != nil:
		handler = fmt.Sprintf("grpc <pod>:%d %s", p.GRPC.Port, deref(p.GRPC.Service))
	}
	return fmt.Sprintf("%s delay=%ds timeout=%ds period=%ds #success=%d #failure=%d", handler,
		p.InitialDelaySeconds, p.TimeoutSeconds, p.PeriodSeconds, p.SuccessThreshold, p.FailureThreshold)
}

func (s *sheet) mounts(c *corev1.Container) {
	none := ""
	if len(c.VolumeMounts) == 0 {
		none = "\t<none>"
	}
	s.line(2, "Mounts:%s", none)
	mounts := append([]corev1.VolumeMount(nil), c.VolumeMounts...)
	sort.SliceStable(mounts, func(i, j int) bool { return mounts[i].MountPath < mounts[j].MountPath })
	for _, m := range mounts {
		flags := "rw"
		if m.ReadOnly {
			flags = "ro"
		}
		if m.SubPath != "" {
			flags += fmt.Sprintf(",path=%q", m.SubPath)
		}
		s.line(3, "%s from %s (%s)", m.MountPath, m.Name, flags)
	}
	if len(c.VolumeDevices) == 0 {
		return
	}
	s.line(2, "Devices:%s", none)
	devices := append([]corev1.VolumeDevice(nil), c.VolumeDevices...)
	sort.SliceStable(devices, func(i, j int) bool { return devices[i].DevicePath < devices[j].DevicePath })
	for _, d := range devices {
		s.line(3, "%s from %s", d.DevicePath, d.Name)
	}
}
