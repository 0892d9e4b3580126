package model

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// os checks what depends on the operating system that a pod names.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateOS, validateLinux, validateWindows.
// Differs: host-process containers of Windows are not checked.
func (e *errs) os(s *corev1.PodSpec, p *field.Path) {
	switch s.OS.Name {
	case "":
		e.required(p.Child("os", "name"), "")
	case corev1.Linux:
		e.linux(s, p)
	case corev1.Windows:
		e.windows(s, p)
	default:
		oneOf(e, s.OS.Name, false, p.Child("os"), corev1.Linux, corev1.Windows)
	}
}

func (e *errs) linux(s *corev1.PodSpec, p *field.Path) {
	const detail = "windows options cannot be set for a linux pod"
	if s.SecurityContext != nil && s.SecurityContext.WindowsOptions != nil {
		e.forbidden(p.Child("securityContext", "windowsOptions"), detail)
	}
	eachContainer(s, p, func(c *corev1.Container, at func() *field.Path) {
		if c.SecurityContext != nil && c.SecurityContext.WindowsOptions != nil {
			e.forbidden(at().Child("securityContext", "windowsOptions"), detail)
		}
	})
}

// setField is a field that may not be set.
type setField struct {
	set  bool
	name string
}

func (e *errs) windows(s *corev1.PodSpec, p *field.Path) {
	const detail = "cannot be set for a windows pod"
	forbid := func(fields []setField, at func() *field.Path) {
		for _, f := range fields {
			if f.set {
				e.forbidden(at().Child(f.name), detail)
			}
		}
	}
	pod := func() *field.Path { return p }
	context := func() *field.Path { return p.Child("securityContext") }
	sc := s.SecurityContext
	if sc == nil {
		sc = &corev1.PodSecurityContext{}
	}
	forbid([]setField{{sc.AppArmorProfile != nil, "appArmorProfile"}, {sc.SELinuxOptions != nil, "seLinuxOptions"}}, context)
	forbid([]setField{{s.HostUsers != nil, "hostUsers"}, {s.HostPID, "hostPID"}, {s.HostIPC, "hostIPC"}}, pod)
	forbid([]setField{{sc.SeccompProfile != nil, "seccompProfile"}, {sc.FSGroup != nil, "fsGroup"},
		{sc.FSGroupChangePolicy != nil, "fsGroupChangePolicy"}, {len(sc.Sysctls) > 0, "sysctls"}}, context)
	forbid([]setField{{s.ShareProcessNamespace != nil, "shareProcessNamespace"}}, pod)
	forbid([]setField{{sc.RunAsUser != nil, "runAsUser"}, {sc.RunAsGroup != nil, "runAsGroup"}, {sc.SupplementalGroups != nil, "supplementalGroups"},
		{sc.SupplementalGroupsPolicy != nil, "supplementalGroupsPolicy"}, {sc.SELinuxChangePolicy != nil, "seLinuxChangePolicy"}}, context)
	eachContainer(s, p, func(c *corev1.Container, at func() *field.Path) {
		sc := c.SecurityContext
		if sc == nil {
			return
		}
		forbid([]setField{{sc.AppArmorProfile != nil, "appArmorProfile"}, {sc.SELinuxOptions != nil, "seLinuxOptions"}, {sc.SeccompProfile != nil, "seccompProfile"},
			{sc.Capabilities != nil, "capabilities"}, {sc.ReadOnlyRootFilesystem != nil, "readOnlyRootFilesystem"}, {sc.Privileged != nil, "privileged"},
			{sc.AllowPrivilegeEscalation != nil, "allowPrivilegeEscalation"}, {sc.ProcMount != nil, "procMount"}, {sc.RunAsUser != nil, "runAsUser"},
			{sc.RunAsGroup != nil, "runAsGroup"}}, func() *field.Path { return at().Child("securityContext") })
	})
}

// linuxSignals are the names that a container may give its stop signal.
var linuxSignals = []corev1.Signal{
	corev1.SIGABRT, corev1.SIGALRM, corev1.SIGBUS, corev1.SIGCHLD, corev1.SIGCLD, corev1.SIGCONT, corev1.SIGFPE, corev1.SIGHUP, corev1.SIGILL,
	corev1.SIGINT, corev1.SIGIO, corev1.SIGIOT, corev1.SIGKILL, corev1.SIGPIPE, corev1.SIGPOLL, corev1.SIGPROF, corev1.SIGPWR, corev1.SIGQUIT,
	corev1.SIGSEGV, corev1.SIGSTKFLT, corev1.SIGSTOP, corev1.SIGSYS, corev1.SIGTERM, corev1.SIGTRAP, corev1.SIGTSTP, corev1.SIGTTIN, corev1.SIGTTOU,
	corev1.SIGURG, corev1.SIGUSR1, corev1.SIGUSR2, corev1.SIGVTALRM, corev1.SIGWINCH, corev1.SIGXCPU, corev1.SIGXFSZ,
	corev1.SIGRTMIN, corev1.SIGRTMINPLUS1, corev1.SIGRTMINPLUS2, corev1.SIGRTMINPLUS3, corev1.SIGRTMINPLUS4, corev1.SIGRTMINPLUS5,
	corev1.SIGRTMINPLUS6, corev1.SIGRTMINPLUS7, corev1.SIGRTMINPLUS8, corev1.SIGRTMINPLUS9, corev1.SIGRTMINPLUS10, corev1.SIGRTMINPLUS11,
	corev1.SIGRTMINPLUS12, corev1.SIGRTMINPLUS13, corev1.SIGRTMINPLUS14, corev1.SIGRTMINPLUS15, corev1.SIGRTMAX,
	corev1.SIGRTMAXMINUS1, corev1.SIGRTMAXMINUS2, corev1.SIGRTMAXMINUS3, corev1.SIGRTMAXMINUS4, corev1.SIGRTMAXMINUS5, corev1.SIGRTMAXMINUS6,
	corev1.SIGRTMAXMINUS7, corev1.SIGRTMAXMINUS8, corev1.SIGRTMAXMINUS9, corev1.SIGRTMAXMINUS10, corev1.SIGRTMAXMINUS11, corev1.SIGRTMAXMINUS12,
	corev1.SIGRTMAXMINUS13, corev1.SIGRTMAXMINUS14,
}

// stopSignal wants a signal of the operating system that the pod names.
func (r *containerRules) stopSignal(signal corev1.Signal, p *field.Path) {
	switch os := r.spec.OS; {
	case os == nil:
		r.forbidden(p, "may not be set for containers with empty `spec.os.name`")
	case os.Name == corev1.Windows:
		oneOf(r.errs, signal, false, p, corev1.SIGKILL, corev1.SIGTERM)
	case os.Name == corev1.Linux:
		oneOf(r.errs, signal, false, p, slices.Sorted(slices.Values(linuxSignals))...)
	}
}
