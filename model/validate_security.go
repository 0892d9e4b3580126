package model

import (
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/component-helpers/node/util/sysctl"
)

// securityContext checks what a container may do. hostUsers says that it shares the users of the node.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateSecurityContext.
// Differs: the options for Windows are not looked into.
func (e *errs) securityContext(sc *corev1.SecurityContext, p *field.Path, hostUsers bool) {
	if sc == nil {
		return
	}
	p = p.Child("securityContext")
	e.userAndGroup(sc.RunAsUser, sc.RunAsGroup, p)
	if m := sc.ProcMount; m != nil {
		oneOfPointer(e, m, p.Child("procMount"), corev1.DefaultProcMount, corev1.UnmaskedProcMount)
		if hostUsers && *m == corev1.UnmaskedProcMount {
			e.invalid(p.Child("procMount"), *m, "`hostUsers` must be false to use `Unmasked`")
		}
	}
	e.seccompProfile(sc.SeccompProfile, p.Child("seccompProfile"))
	if sc.AllowPrivilegeEscalation != nil && !*sc.AllowPrivilegeEscalation {
		if sc.Privileged != nil && *sc.Privileged {
			e.invalid(p, sc, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
		}
		if sc.Capabilities != nil {
			for _, c := range sc.Capabilities.Add {
				if c == "CAP_SYS_ADMIN" {
					e.invalid(p, sc, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
				}
			}
		}
	}
	e.appArmorProfile(sc.AppArmorProfile, p.Child("appArmorProfile"))
}

func (e *errs) userAndGroup(user, group *int64, p *field.Path) {
	if user != nil {
		e.invalid(p.Child("runAsUser"), *user, is.IsValidUserID(*user)...)
	}
	if group != nil {
		e.invalid(p.Child("runAsGroup"), *group, is.IsValidGroupID(*group)...)
	}
}

// podSecurityContext checks what the containers of a pod may do.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validatePodSpecSecurityContext.
func (e *errs) podSecurityContext(s *corev1.PodSpec, p *field.Path) {
	p = p.Child("securityContext")
	if share := s.ShareProcessNamespace; share != nil && *share && s.HostPID {
		e.invalid(p.Child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled")
	}
	sc := s.SecurityContext
	if sc == nil {
		return
	}
	if sc.FSGroup != nil {
		e.invalid(p.Child("fsGroup"), *sc.FSGroup, is.IsValidGroupID(*sc.FSGroup)...)
	}
	e.userAndGroup(sc.RunAsUser, sc.RunAsGroup, p)
	for i, g := range sc.SupplementalGroups {
		e.invalid(p.Child("supplementalGroups").Index(i), g, is.IsValidGroupID(g)...)
	}
	e.sysctls(s, p)
	oneOfPointer(e, sc.FSGroupChangePolicy, p.Child("fsGroupChangePolicy"), corev1.FSGroupChangeAlways, corev1.FSGroupChangeOnRootMismatch)
	e.seccompProfile(sc.SeccompProfile, p.Child("seccompProfile"))
	e.appArmorProfile(sc.AppArmorProfile, p.Child("appArmorProfile"))
	oneOfPointer(e, sc.SupplementalGroupsPolicy, p.Child("supplementalGroupsPolicy"), corev1.SupplementalGroupsPolicyMerge, corev1.SupplementalGroupsPolicyStrict)
	oneOfPointer(e, sc.SELinuxChangePolicy, p.Child("seLinuxChangePolicy"), corev1.SELinuxChangePolicyRecursive) // the gate for MountOption is off
}

const (
	sysctlSegment   = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
	maxSysctlLength = 253
)

var sysctlName = regexp.MustCompile("^(" + sysctlSegment + "[\\./])*" + sysctlSegment + "$")

// sysctls checks kernel parameters, which may not be those of the node.
func (e *errs) sysctls(s *corev1.PodSpec, p *field.Path) {
	seen := map[string]bool{}
	for i, c := range s.SecurityContext.Sysctls {
		at := p.Child("sysctls").Index(i).Child("name")
		switch {
		case c.Name == "":
			e.required(at, "")
		case len(c.Name) > maxSysctlLength || !sysctlName.MatchString(c.Name):
			e.invalid(at, c.Name, fmt.Sprintf("must have at most %d characters and match regex %s", maxSysctlLength, sysctlName))
		case seen[c.Name]:
			e.duplicate(at, c.Name)
		}
		seen[c.Name] = true
		switch ns, _, _ := sysctl.GetNamespace(c.Name); {
		case s.HostNetwork && ns == sysctl.NetNamespace:
			e.invalid(at, c.Name, "may not be specified when 'hostNetwork' is true")
		case s.HostIPC && ns == sysctl.IPCNamespace:
			e.invalid(at, c.Name, "may not be specified when 'hostIPC' is true")
		}
	}
}

func (e *errs) seccompProfile(sp *corev1.SeccompProfile, p *field.Path) {
	if sp == nil {
		return
	}
	if sp.Type == "" {
		e.required(p.Child("type"), "type is required when seccompProfile is set")
	} else {
		oneOf(e, sp.Type, false, p.Child("type"), corev1.SeccompProfileTypeLocalhost, corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeUnconfined)
	}
	at := p.Child("localhostProfile")
	switch {
	case sp.Type == corev1.SeccompProfileTypeLocalhost && sp.LocalhostProfile == nil:
		e.required(at, "must be set when seccomp type is Localhost")
	case sp.Type == corev1.SeccompProfileTypeLocalhost:
		e.relativePath(*sp.LocalhostProfile, at)
	case sp.LocalhostProfile != nil:
		e.invalid(at, sp, "can only be set when seccomp type is Localhost")
	}
}

func (e *errs) appArmorProfile(a *corev1.AppArmorProfile, p *field.Path) {
	const longest = 4095
	if a == nil {
		return
	}
	at, name := p.Child("localhostProfile"), a.LocalhostProfile
	switch a.Type {
	case corev1.AppArmorProfileTypeLocalhost:
		switch {
		case name == nil:
			e.required(at, "must be set when AppArmor type is Localhost")
			return
		case strings.TrimSpace(*name) != *name:
			e.invalid(at, *name, "must not be padded with whitespace")
		case *name == "":
			e.required(at, "must be set when AppArmor type is Localhost")
		}
		if len(*name) > longest {
			e.add(field.TooLong(at, "", longest))
		}
	case corev1.AppArmorProfileTypeRuntimeDefault, corev1.AppArmorProfileTypeUnconfined:
		if name != nil {
			e.invalid(at, *name, "can only be set when AppArmor type is Localhost")
		}
	case "":
		e.required(p.Child("type"), "type is required when appArmorProfile is set")
	default:
		oneOf(e, a.Type, false, p.Child("type"), corev1.AppArmorProfileTypeLocalhost, corev1.AppArmorProfileTypeRuntimeDefault, corev1.AppArmorProfileTypeUnconfined)
	}
}

// seccompAnnotations checks the annotations that stood in for profiles once.
func (e *errs) seccompAnnotations(annotations map[string]string, p *field.Path) {
	const container = "container.seccomp.security.alpha.kubernetes.io/"
	for _, key := range sortedKeys(annotations) {
		if key != corev1.SeccompPodAnnotationKey && !strings.HasPrefix(key, container) {
			continue
		}
		value, local := strings.CutPrefix(annotations[key], corev1.SeccompLocalhostProfileNamePrefix)
		switch {
		case local:
			e.relativePath(value, p.Child(key))
		case value != corev1.SeccompProfileRuntimeDefault && value != corev1.DeprecatedSeccompProfileDockerDefault && value != corev1.SeccompProfileNameUnconfined:
			e.invalid(p.Child(key), value, "must be a valid seccomp profile")
		}
	}
}

// appArmorAnnotations does so for AppArmor.
func (e *errs) appArmorAnnotations(annotations map[string]string, s *corev1.PodSpec, p *field.Path) {
	for _, key := range sortedKeys(annotations) {
		name, ok := strings.CutPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
		if !ok {
			continue
		}
		found := false
		eachContainer(s, p, func(c *corev1.Container, _ func() *field.Path) { found = found || c.Name == name })
		if !found {
			e.invalid(p.Key(key), name, "container not found")
		}
		value := annotations[key]
		if value != "" && value != corev1.DeprecatedAppArmorBetaProfileRuntimeDefault && value != corev1.DeprecatedAppArmorBetaProfileNameUnconfined &&
			!strings.HasPrefix(value, corev1.DeprecatedAppArmorBetaProfileNamePrefix) {
			e.invalid(p.Key(key), value, fmt.Sprintf("invalid AppArmor profile name: %q", value))
		}
	}
}

// securityAnnotationsMatch wants annotations and fields for one thing to say the same.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateSeccompAnnotationsAndFields,
// validateAppArmorAnnotationsAndFieldsMatchOnCreate.
func (e *errs) securityAnnotationsMatch(annotations map[string]string, s *corev1.PodSpec, p *field.Path) {
	if len(annotations) == 0 {
		return
	}
	var podSeccomp *corev1.SeccompProfile
	var podArmor *corev1.AppArmorProfile
	if s.SecurityContext != nil {
		podSeccomp, podArmor = s.SecurityContext.SeccompProfile, s.SecurityContext.AppArmorProfile
	}
	e.seccompMatches(annotations, corev1.SeccompPodAnnotationKey, podSeccomp, func() *field.Path { return p })
	eachContainer(s, p, func(c *corev1.Container, at func() *field.Path) {
		if c.SecurityContext != nil {
			e.seccompMatches(annotations, corev1.SeccompContainerAnnotationKeyPrefix+c.Name, c.SecurityContext.SeccompProfile, at)
		}
	})
	if s.OS != nil && s.OS.Name == corev1.Windows {
		return
	}
	eachContainer(s, p, func(c *corev1.Container, at func() *field.Path) {
		profile := podArmor
		if c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil {
			profile = c.SecurityContext.AppArmorProfile
		}
		e.appArmorMatches(annotations, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name, profile, at)
	})
}

func (e *errs) seccompMatches(annotations map[string]string, key string, sp *corev1.SeccompProfile, at func() *field.Path) {
	value, ok := annotations[key]
	if !ok || sp == nil {
		return
	}
	p := at().Child("securityContext", "seccompProfile")
	local, isLocal := strings.CutPrefix(value, corev1.SeccompLocalhostProfileNamePrefix)
	good := true
	switch sp.Type {
	case corev1.SeccompProfileTypeUnconfined:
		good = value == corev1.SeccompProfileNameUnconfined
	case corev1.SeccompProfileTypeRuntimeDefault:
		good = value == corev1.SeccompProfileRuntimeDefault || value == corev1.DeprecatedSeccompProfileDockerDefault
	case corev1.SeccompProfileTypeLocalhost:
		good = isLocal
		if isLocal && (sp.LocalhostProfile == nil || local != *sp.LocalhostProfile) {
			e.forbidden(p.Child("localhostProfile"), "seccomp profile in annotation and field must match")
		}
	}
	if !good {
		e.forbidden(p.Child("type"), "seccomp type in annotation and field must match")
	}
}

func (e *errs) appArmorMatches(annotations map[string]string, key string, a *corev1.AppArmorProfile, at func() *field.Path) {
	value, ok := annotations[key]
	if !ok || a == nil {
		return
	}
	p := at().Child("securityContext", "appArmorProfile")
	local, isLocal := strings.CutPrefix(value, corev1.DeprecatedAppArmorBetaProfileNamePrefix)
	good := true
	switch a.Type {
	case corev1.AppArmorProfileTypeUnconfined:
		good = value == corev1.DeprecatedAppArmorBetaProfileNameUnconfined
	case corev1.AppArmorProfileTypeRuntimeDefault:
		good = value == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault
	case corev1.AppArmorProfileTypeLocalhost:
		good = isLocal
		if isLocal && (a.LocalhostProfile == nil || local != *a.LocalhostProfile) {
			e.forbidden(p.Child("localhostProfile"), "apparmor profile in annotation and field must match")
		}
	}
	if !good {
		e.forbidden(p.Child("type"), "apparmor type in annotation and field must match")
	}
}

// hostUsers forbids to share other things of the node where its users are not shared. The names of two fields are
// upstream's.
func (e *errs) hostUsers(s *corev1.PodSpec, p *field.Path) {
	const detail = "when `hostUsers` is false"
	if s.HostUsers == nil || *s.HostUsers {
		return
	}
	if s.HostNetwork {
		e.forbidden(p.Child("hostNetwork"), detail)
	}
	if s.HostPID {
		e.forbidden(p.Child("HostPID"), detail)
	}
	if s.HostIPC {
		e.forbidden(p.Child("HostIPC"), detail)
	}
	eachContainer(s, p, func(c *corev1.Container, at func() *field.Path) {
		if len(c.VolumeDevices) > 0 {
			e.forbidden(at().Child("volumeDevices"), detail)
		}
	})
}
