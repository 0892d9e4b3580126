package kubelet

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// state words of the tables: what a container status says.
func statusOf(name, word string) (corev1.ContainerStatus, bool) {
	s := corev1.ContainerStatus{Name: name, Started: boolPointer(false)}
	end := func(code int32) *corev1.ContainerStateTerminated {
		return &corev1.ContainerStateTerminated{ExitCode: code}
	}
	switch word {
	case "absent":
		return s, false
	case "waiting":
		s.State.Waiting = &corev1.ContainerStateWaiting{Reason: ReasonContainerCreating}
	case "running":
		s.State.Running = &corev1.ContainerStateRunning{}
		s.Started = boolPointer(true)
	case "starting": // a sidecar whose startup probe has not succeeded
		s.State.Running = &corev1.ContainerStateRunning{}
	case "ok":
		s.State.Terminated = end(0)
	case "bad":
		s.State.Terminated = end(1)
	case "backoff":
		s.State.Waiting = &corev1.ContainerStateWaiting{Reason: ReasonCrashLoopBackOff}
		s.LastTerminationState.Terminated = end(1)
	}
	return s, true
}

// The tables of kubelet.md 1.3, which follow k8s v1.36.3 pkg/kubelet/kubelet_pods_test.go's cases.
func TestPhase(t *testing.T) {
	const P, R, S, F = corev1.PodPending, corev1.PodRunning, corev1.PodSucceeded, corev1.PodFailed
	for _, v := range []struct {
		init, side, a, b         string // "" = the pod has no such container
		always, onFailure, never corev1.PodPhase
	}{
		{"", "", "waiting", "waiting", P, P, P},
		{"", "", "absent", "absent", P, P, P},
		{"", "", "running", "waiting", P, P, P},
		{"", "", "running", "running", R, R, R},
		{"", "", "running", "ok", R, R, R},
		{"", "", "running", "bad", R, R, R},
		{"", "", "running", "backoff", R, R, R},
		{"", "", "ok", "ok", R, S, S},
		{"", "", "ok", "bad", R, R, F},
		{"", "", "bad", "bad", R, R, F},
		{"", "", "ok", "backoff", R, R, F},
		{"waiting", "", "waiting", "waiting", P, P, P},
		{"running", "", "waiting", "waiting", P, P, P},
		{"bad", "", "waiting", "waiting", P, P, F},
		{"backoff", "", "waiting", "waiting", P, P, F},
		{"ok", "", "waiting", "waiting", P, P, P},
		{"ok", "", "running", "running", R, R, R},
		{"", "starting", "waiting", "waiting", P, P, P},
		{"", "running", "waiting", "waiting", P, P, P},
		{"", "running", "running", "running", R, R, R},
		{"", "backoff", "running", "running", R, R, R},
		{"", "running", "ok", "ok", R, R, R},
		{"", "bad", "ok", "ok", R, S, S},
		{"", "ok", "ok", "bad", R, R, F},
	} {
		for policy, want := range map[corev1.RestartPolicy]corev1.PodPhase{"Always": v.always, "OnFailure": v.onFailure, "Never": v.never} {
			pod := &corev1.Pod{Spec: corev1.PodSpec{RestartPolicy: policy}}
			var inits, regulars []corev1.ContainerStatus
			add := func(list *[]corev1.ContainerStatus, name, word string) {
				if s, ok := statusOf(name, word); ok {
					*list = append(*list, s)
				}
			}
			if v.side != "" {
				always := corev1.ContainerRestartPolicyAlways
				pod.Spec.InitContainers = append(pod.Spec.InitContainers, corev1.Container{Name: "side", RestartPolicy: &always})
				add(&inits, "side", v.side)
			}
			if v.init != "" {
				pod.Spec.InitContainers = append(pod.Spec.InitContainers, corev1.Container{Name: "init"})
				add(&inits, "init", v.init)
			}
			pod.Spec.Containers = []corev1.Container{{Name: "a"}, {Name: "b"}}
			add(&regulars, "a", v.a)
			add(&regulars, "b", v.b)
			initialised := v.a != "waiting" && v.a != "absent"
			if got := phaseOf(compile(pod), inits, regulars, false, initialised, false); got != want {
				t.Errorf("init %q sidecar %q containers %s %s, policy %s: %s, want %s", v.init, v.side, v.a, v.b, policy, got, want)
			}
		}
	}
}

// A pod that was stopped ends: Succeeded if every container exited 0, whatever the policy.
func TestPhaseOfStopped(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{RestartPolicy: "Always", Containers: []corev1.Container{{Name: "a"}}}}
	for word, want := range map[string]corev1.PodPhase{"ok": corev1.PodSucceeded, "bad": corev1.PodFailed, "waiting": corev1.PodPending} {
		s, _ := statusOf("a", word)
		if got := phaseOf(compile(pod), nil, []corev1.ContainerStatus{s}, true, true, false); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
	s, _ := statusOf("a", "ok")
	if got := phaseOf(compile(pod), nil, []corev1.ContainerStatus{s}, true, true, true); got != corev1.PodRunning {
		t.Errorf("a static pod is not ended: %s", got)
	}
}
