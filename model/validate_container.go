package model

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// containerRules checks the containers of one pod.
type containerRules struct {
	*errs
	spec    *corev1.PodSpec
	volumes map[string]*corev1.Volume // those without errors
	claims  map[string]bool
}

// containers checks the regular containers.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateContainers.
func (r *containerRules) containers(p *field.Path) {
	list := r.spec.Containers
	if len(list) == 0 {
		r.required(p, "")
		return
	}
	names := make([]string, 0, 8)
	for i := range list {
		c, at := &list[i], p.Index(i)
		r.common(c, at)
		if slices.Contains(names, c.Name) {
			r.duplicate(at.Child("name"), c.Name)
		} else {
			names = append(names, c.Name)
		}
		r.running(c, at)
		r.restartRules(c, at)
	}
	r.hostPorts(list, p)
}

// initContainers checks the init containers; those that are restarted are sidecars and may have what running containers may.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateInitContainers.
func (r *containerRules) initContainers(p *field.Path) {
	names := map[string]bool{}
	for i := range r.spec.Containers {
		if len(r.spec.InitContainers) > 0 {
			names[r.spec.Containers[i].Name] = true
		}
	}
	for i := range r.spec.InitContainers {
		c, at := &r.spec.InitContainers[i], p.Index(i)
		r.common(c, at)
		sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		r.restartRules(c, at)
		if names[c.Name] {
			r.duplicate(at.Child("name"), c.Name)
		} else if c.Name != "" {
			names[c.Name] = true
		}
		r.hostPorts(r.spec.InitContainers[i:i+1], p)
		if sidecar {
			r.running(c, at)
		} else {
			r.notRunning(c, at)
		}
		for j, policy := range c.ResizePolicy {
			if !sidecar && policy.RestartPolicy == corev1.RestartContainer {
				r.invalid(at.Child("resizePolicy").Index(j).Child("restartPolicy"), policy.RestartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers")
			}
		}
	}
}

// running checks what only containers that keep running may have.
func (r *containerRules) running(c *corev1.Container, p *field.Path) {
	if c.Lifecycle != nil {
		r.lifecycle(c.Lifecycle, p.Child("lifecycle"))
	}
	r.livenessProbe(c.LivenessProbe, p, "livenessProbe")
	r.readinessProbe(c.ReadinessProbe, p)
	r.livenessProbe(c.StartupProbe, p, "startupProbe")
}

// notRunning forbids what a plain init container may not have.
func (r *containerRules) notRunning(c *corev1.Container, p *field.Path) {
	for _, f := range []struct {
		set  bool
		name string
	}{{c.Lifecycle != nil, "lifecycle"}, {c.LivenessProbe != nil, "livenessProbe"}, {c.ReadinessProbe != nil, "readinessProbe"}, {c.StartupProbe != nil, "startupProbe"}} {
		if f.set {
			r.forbidden(p.Child(f.name), "may not be set for init containers without restartPolicy=Always")
		}
	}
}

// common checks what every sort of container has.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateContainerCommon.
func (r *containerRules) common(c *corev1.Container, p *field.Path) {
	if c.Name == "" {
		r.required(p.Child("name"), "")
	} else if bad := is.IsDNS1123Label(c.Name); bad != nil {
		r.invalid(p.Child("name"), c.Name, bad...)
	}
	if c.Image == "" {
		r.required(p.Child("image"), "")
	}
	if c.TerminationMessagePolicy != corev1.TerminationMessageReadFile {
		oneOf(r.errs, c.TerminationMessagePolicy, true, p.Child("terminationMessagePolicy"), corev1.TerminationMessageReadFile, corev1.TerminationMessageFallbackToLogsOnError)
	}
	r.ports(c.Ports, p)
	r.env(c.Env, p)
	r.envFrom(c.EnvFrom, p)
	r.mounts(c, p)
	r.devices(c, p)
	r.pullPolicy(c.ImagePullPolicy, p, "imagePullPolicy")
	r.resources(&c.Resources, r.claims, r.containerResourceName, p.Child("resources"))
	r.resizePolicy(c.ResizePolicy, p)
	r.securityContext(c.SecurityContext, p, r.spec.HostUsers == nil || *r.spec.HostUsers)
}

func (e *errs) pullPolicy(policy corev1.PullPolicy, p *field.Path, name string) {
	switch policy {
	case corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever:
	default:
		oneOf(e, policy, true, p.Child(name), corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)
	}
}

// ports checks the ports of a container.
func (e *errs) ports(ports []corev1.ContainerPort, p *field.Path) {
	var names []string
	for i, port := range ports {
		at := p.Child("ports").Index(i)
		if port.Name != "" {
			if bad := is.IsValidPortName(port.Name); bad != nil {
				e.invalid(at.Child("name"), port.Name, bad...)
			} else if slices.Contains(names, port.Name) {
				e.duplicate(at.Child("name"), port.Name)
			} else {
				names = append(names, port.Name)
			}
		}
		if port.ContainerPort == 0 {
			e.required(at.Child("containerPort"), "")
		} else {
			e.invalid(at.Child("containerPort"), port.ContainerPort, is.IsValidPortNum(int(port.ContainerPort))...)
		}
		if port.HostPort != 0 {
			e.invalid(at.Child("hostPort"), port.HostPort, is.IsValidPortNum(int(port.HostPort))...)
		}
		oneOf(e, port.Protocol, true, at.Child("protocol"), corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)
	}
}

// hostPorts refuses two claims to one port of the node.
func (e *errs) hostPorts(list []corev1.Container, p *field.Path) {
	var taken []string
	for i := range list {
		for j, port := range list[i].Ports {
			if port.HostPort == 0 {
				continue
			}
			key := fmt.Sprintf("%s/%s/%d", port.Protocol, port.HostIP, port.HostPort)
			if slices.Contains(taken, key) {
				e.duplicate(p.Index(i).Child("ports").Index(j).Child("hostPort"), key)
			} else {
				taken = append(taken, key)
			}
		}
	}
}

// restartRules checks the restart policy that a container has of its own.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateContainerRestartPolicy.
func (e *errs) restartRules(c *corev1.Container, p *field.Path) {
	const maxRules, maxCodes = 20, 255
	if c.RestartPolicy != nil {
		oneOf(e, *c.RestartPolicy, false, p.Child("restartPolicy"), corev1.ContainerRestartPolicyAlways, corev1.ContainerRestartPolicyNever, corev1.ContainerRestartPolicyOnFailure)
	} else if len(c.RestartPolicyRules) > 0 {
		e.required(p.Child("restartPolicy"), "must specify restartPolicy when restart rules are used")
	}
	rules := c.RestartPolicyRules
	if c.RestartPolicy == nil && e.isInit(p) {
		return // upstream stops here for init containers
	}
	if len(rules) > maxRules {
		e.add(field.TooMany(p.Child("restartPolicyRules"), len(rules), maxRules))
	}
	for i, rule := range rules {
		at := p.Child("restartPolicyRules").Index(i)
		oneOf(e, rule.Action, false, at.Child("action"), corev1.ContainerRestartRuleActionRestart, corev1.ContainerRestartRuleActionRestartAllContainers)
		codes := rule.ExitCodes
		if codes == nil {
			e.required(at.Child("exitCodes"), "must be specified")
			continue
		}
		at = at.Child("exitCodes")
		oneOf(e, codes.Operator, false, at.Child("operator"), corev1.ContainerRestartRuleOnExitCodesOpIn, corev1.ContainerRestartRuleOnExitCodesOpNotIn)
		if len(codes.Values) > maxCodes {
			e.add(field.TooMany(at.Child("values"), len(codes.Values), maxCodes))
		}
	}
}

// isInit says whether the path is that of an init container.
func (e *errs) isInit(p *field.Path) bool {
	s := p.String()
	return strings.Contains(s[strings.LastIndexByte(s, '.')+1:], "initContainers")
}

// resizePolicy checks how a container takes new resources.
func (r *containerRules) resizePolicy(list []corev1.ContainerResizePolicy, p *field.Path) {
	seen := map[corev1.ResourceName]bool{}
	for i, policy := range list {
		at := p.Child("resizePolicy")
		if seen[policy.ResourceName] {
			r.duplicate(at.Index(i), policy.ResourceName)
		}
		seen[policy.ResourceName] = true
		oneOf(r.errs, policy.ResourceName, true, at, corev1.ResourceCPU, corev1.ResourceMemory)
		oneOf(r.errs, policy.RestartPolicy, true, at, corev1.NotRequired, corev1.RestartContainer)
		if r.spec.RestartPolicy == corev1.RestartPolicyNever && policy.RestartPolicy != corev1.NotRequired {
			r.invalid(at, policy.RestartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
		}
	}
}

// ephemeralContainers checks the containers of debugging sessions.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateEphemeralContainers.
func (r *containerRules) ephemeralContainers(p *field.Path) {
	if len(r.spec.EphemeralContainers) == 0 {
		return
	}
	others, names := map[string]bool{}, map[string]bool{}
	for _, list := range [][]corev1.Container{r.spec.Containers, r.spec.InitContainers} {
		for i := range list {
			others[list[i].Name], names[list[i].Name] = true, true
		}
	}
	for i := range r.spec.EphemeralContainers {
		ec, at := &r.spec.EphemeralContainers[i], p.Index(i)
		c := (*corev1.Container)(&ec.EphemeralContainerCommon)
		r.common(c, at)
		if strings.TrimSpace(c.Image) != c.Image {
			r.invalid(at.Child("image"), c.Image, "must not have leading or trailing whitespace")
		}
		if names[c.Name] {
			r.duplicate(at.Child("name"), c.Name)
		}
		names[c.Name] = true
		if ec.TargetContainerName != "" && !others[ec.TargetContainerName] {
			r.add(field.NotFound(at.Child("targetContainerName"), ec.TargetContainerName))
		}
		r.notEphemeral(c, at)
	}
}

// notEphemeral forbids what a debugging container may not have.
func (r *containerRules) notEphemeral(c *corev1.Container, p *field.Path) {
	const detail = "cannot be set for an Ephemeral Container"
	resources := c.Resources.Limits != nil || c.Resources.Requests != nil || c.Resources.Claims != nil
	for _, f := range []struct {
		set  bool
		name string
	}{{c.Ports != nil, "ports"}, {resources, "resources"}, {c.ResizePolicy != nil, "resizePolicy"}, {c.RestartPolicy != nil, "restartPolicy"},
		{c.RestartPolicyRules != nil, "restartPolicyRules"}, {c.LivenessProbe != nil, "livenessProbe"}, {c.ReadinessProbe != nil, "readinessProbe"},
		{c.StartupProbe != nil, "startupProbe"}, {c.Lifecycle != nil, "lifecycle"}} {
		if f.set {
			r.forbidden(p.Child(f.name), detail)
		}
	}
	for i, m := range c.VolumeMounts {
		if m.SubPath != "" {
			r.forbidden(p.Child("volumeMounts").Index(i).Child("subPath"), detail)
		}
		if m.SubPathExpr != "" {
			r.forbidden(p.Child("volumeMounts").Index(i).Child("subPathExpr"), detail)
		}
	}
}
