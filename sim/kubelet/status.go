package kubelet

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/engine"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// Waiting and terminated reasons. Source: k8s v1.36.3 pkg/kubelet/{container/sync_result.go,images/types.go,kubelet_pods.go}.
const (
	ReasonContainerCreating          = "ContainerCreating"
	ReasonPodInitializing            = "PodInitializing"
	ReasonCrashLoopBackOff           = "CrashLoopBackOff"
	ReasonErrImagePull               = "ErrImagePull"
	ReasonImagePullBackOff           = "ImagePullBackOff"
	ReasonErrImageNeverPull          = "ErrImageNeverPull"
	ReasonInvalidImageName           = "InvalidImageName"
	ReasonCreateContainerConfigError = "CreateContainerConfigError"
	ReasonRunContainerError          = "RunContainerError"
	ReasonPostStartHookError         = "PostStartHookError"
	ReasonCompleted                  = "Completed"
	ReasonError                      = "Error"
	ReasonOOMKilled                  = "OOMKilled"
	ReasonStartError                 = "StartError"
	ReasonContainerStatusUnknown     = "ContainerStatusUnknown"
	ReasonDeadlineExceeded           = "DeadlineExceeded"
)

const (
	messageLost    = "The container could not be located when the pod was terminated"
	messageDeleted = "The container could not be located when the pod was deleted.  The container used to be Running"
)

// waitingReason is what the reason cache holds of a container's last failed start.
type waitingReason struct{ reason, message string }

// generate computes the status that the kubelet would publish, seeing the runtime as of t. terminal says that the
// containers were stopped because the pod terminates. Its lists are good until the next one is generated: setStatus keeps
// copies.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet_pods.go generateAPIPodStatus.
func (w *worker) generate(t engine.Time, terminal bool) corev1.PodStatus {
	old := w.lastStatus()
	restarting := w.restartingAll(t, old)
	s := corev1.PodStatus{
		QOSClass:          w.pod.Status.QOSClass,
		NominatedNodeName: w.pod.Status.NominatedNodeName,
		HostIP:            w.node.ip, HostIPs: w.node.hostIPs,
		StartTime:          old.StartTime,
		ObservedGeneration: w.observedGeneration(),
		Resources:          w.spec.resources, AllocatedResources: w.spec.resources.Requests,
	}
	ip := w.sandbox.ipAt(t)
	if w.pod.Spec().HostNetwork {
		ip = w.node.ip // known without a sandbox
	}
	if ip != "" {
		if s.PodIP, s.PodIPs = ip, old.PodIPs; old.PodIP != ip {
			s.PodIPs = []corev1.PodIP{{IP: ip}}
		}
	}
	buffers := &w.node.k.scratch
	if w.spec.inits > 0 {
		s.InitContainerStatuses = buffers.inits[:0]
	}
	for i := range w.spec.inits {
		s.InitContainerStatuses = append(s.InitContainerStatuses, w.containerStatus(&w.containers[i], t, old.InitContainerStatuses, restarting))
	}
	s.ContainerStatuses = buffers.regulars[:0]
	for _, i := range w.spec.byName {
		s.ContainerStatuses = append(s.ContainerStatuses, w.containerStatus(&w.containers[i], t, old.ContainerStatuses, restarting))
	}
	s.Phase = phaseOf(w.spec, s.InitContainerStatuses, s.ContainerStatuses, terminal, w.regularCreated(t), w.static != nil)
	w.keepPhase(&s, old)
	w.updateProbed(&s)
	s.Conditions = conditionsOf(buffers.conditions[:0], w.spec, &s, old, w.foreign(old), s.ObservedGeneration, w.sandbox.readyAt(t))
	if w.spec.restartAll {
		s.Conditions = append(s.Conditions, w.restartingCondition(t, s.Phase, restarting))
	}
	buffers.take(&s)
	return s
}

// foreign are the conditions of others in the API, and the DisruptionTarget that the kubelet has set itself.
func (w *worker) foreign(old *corev1.PodStatus) []corev1.PodCondition {
	own := find(old.Conditions, corev1.DisruptionTarget)
	if w.killReason == nil || own == nil {
		return w.pod.Status.Conditions
	}
	out := slices.DeleteFunc(slices.Clone(w.pod.Status.Conditions), func(c corev1.PodCondition) bool { return c.Type == own.Type })
	return append(out, *own)
}

// keepPhase lays what was decided before over a computed phase: terminal phases stay, reasons stay with their phase,
// and a passed deadline fails the pod.
func (w *worker) keepPhase(s, old *corev1.PodStatus) {
	if !terminalPhase(s.Phase) {
		switch {
		case terminalPhase(old.Phase):
			s.Phase = old.Phase
		case terminalPhase(w.pod.Status.Phase):
			s.Phase = w.pod.Status.Phase
		}
	}
	if s.Phase == old.Phase {
		s.Reason, s.Message = old.Reason, old.Message
	}
	if w.deadlinePassed() {
		s.Phase, s.Reason, s.Message = corev1.PodFailed, ReasonDeadlineExceeded, messageDeadline
	}
	if terminalPhase(w.pod.Status.Phase) {
		s.Phase = w.pod.Status.Phase
	}
}

func terminalPhase(p corev1.PodPhase) bool { return p == corev1.PodSucceeded || p == corev1.PodFailed }

// observedGeneration is 0 for static pods: mirror pods have none.
func (w *worker) observedGeneration() int64 {
	if w.static != nil {
		return 0
	}
	return w.pod.Generation
}

// containerStatus is the status of one container as of t. restarting says that all containers of the pod restart.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses.
func (w *worker) containerStatus(c *container, t engine.Time, olds []corev1.ContainerStatus, restarting bool) corev1.ContainerStatus {
	old := statusNamed(olds, c.spec.Name)
	i := c.at(t)
	var s corev1.ContainerStatus
	if i == nil {
		s = w.absentStatus(c, old)
		if restarting && old != nil && old.State.Waiting == nil {
			removedStatus(&s, old)
		}
	} else {
		s = w.instanceStatus(c, i, t)
		if old != nil {
			s.LastTerminationState = old.LastTerminationState
			if i.attempt > 0 && old.State.Terminated != nil && old.ContainerID != s.ContainerID {
				s.LastTerminationState = old.State
			}
		}
		if i.prev != nil && i.prev.finished != never {
			s.LastTerminationState = corev1.ContainerState{Terminated: w.terminated(c, i.prev)}
		}
	}
	if c.reason.reason != "" && w.restartPending(c, i, t) {
		if s.State.Terminated != nil {
			s.LastTerminationState = s.State
		}
		s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: c.reason.reason, Message: c.reason.message}}
	}
	return s
}

// restartPending reports whether the next sync would start the container.
//
// Source: k8s v1.36.3 pkg/kubelet/container/helpers.go ShouldContainerBeRestarted.
func (w *worker) restartPending(c *container, i *instance, t engine.Time) bool {
	if w.pod.Deletion != nil {
		return false
	}
	switch i.stateAt(t) {
	case stateRunning:
		return false
	case stateExited:
		if c.spec.plainInit() {
			return i.exitCode != 0 && w.spec.shouldRestart(c.spec, i.exitCode)
		}
		return c.spec.sidecar || w.spec.shouldRestart(c.spec, i.exitCode)
	}
	return true
}

// absentStatus is the status of a container of which the runtime has no record.
func (w *worker) absentStatus(c *container, old *corev1.ContainerStatus) corev1.ContainerStatus {
	if old != nil && old.State.Terminated != nil {
		return *old
	}
	s := corev1.ContainerStatus{Name: c.spec.Name, Image: c.spec.Image, State: w.defaultWaiting(), VolumeMounts: w.mounts(c)}
	if old == nil {
		return s
	}
	s.RestartCount, s.LastTerminationState = old.RestartCount, old.LastTerminationState
	if old.State.Running != nil && s.LastTerminationState.Terminated == nil {
		s.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{Reason: ReasonContainerStatusUnknown, Message: messageDeleted, ExitCode: 137}
		if w.pod.Deletion == nil {
			s.RestartCount++
		}
	}
	return s
}

func (w *worker) defaultWaiting() corev1.ContainerState {
	reason := ReasonContainerCreating
	if w.spec.inits > 0 {
		reason = ReasonPodInitializing
	}
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
}

func (w *worker) instanceStatus(c *container, i *instance, t engine.Time) corev1.ContainerStatus {
	s := corev1.ContainerStatus{
		Name: c.spec.Name, Image: i.image, ImageID: w.node.k.imageID(i.image), ContainerID: w.containerID(c, i), RestartCount: i.attempt,
		VolumeMounts: w.mounts(c), AllocatedResources: c.spec.Resources.Requests, Resources: &c.spec.Resources,
	}
	if a := i.adopted; a != nil {
		s.Image, s.ImageID = a.Image, a.ImageID
	}
	switch i.stateAt(t) {
	case stateRunning:
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: w.stamp(i.started)}
	case stateExited:
		s.State.Terminated = w.terminated(c, i)
	default:
		s.State.Waiting = &corev1.ContainerStateWaiting{}
	}
	return s
}

func (w *worker) terminated(c *container, i *instance) *corev1.ContainerStateTerminated {
	t := &corev1.ContainerStateTerminated{
		ExitCode: i.exitCode, Reason: i.reason, Message: i.message, FinishedAt: w.stamp(i.finished), ContainerID: w.containerID(c, i),
	}
	if i.started == never {
		t.StartedAt = metav1.NewTime(time.Unix(0, 0).UTC())
	} else {
		t.StartedAt = w.stamp(i.started)
	}
	return t
}

// stamp is an instant as API timestamps show it: whole seconds.
func (w *worker) stamp(t engine.Time) metav1.Time { return w.pod.Clock(t) }

// runtimeName starts container IDs, as containerd's do.
const runtimeName = "containerd://"

// containerID makes up the runtime's 64 hex digits from the pod's UID, the container and its attempt.
func (w *worker) containerID(c *container, i *instance) string {
	if a := i.adopted; a != nil {
		if t := endOf(a); t != nil {
			return t.ContainerID
		}
		return a.ContainerID
	}
	if i.id != "" {
		return i.id
	}
	var b [32]byte
	key := w.key ^ engine.HashString(c.spec.Name)
	for n := range 4 {
		binary.BigEndian.PutUint64(b[8*n:], engine.DrawBits(w.node.k.engine.Seed(), key, uint64(i.attempt)<<8|uint64(n)))
	}
	i.id = runtimeName + hex.EncodeToString(b[:])
	return i.id
}

// mounts lists the container's mounts as its status does, the token's among them.
func (w *worker) mounts(c *container) []corev1.VolumeMountStatus {
	if c.mounts == nil {
		c.mounts = w.mountsOf(c.spec)
	}
	return c.mounts
}

func (w *worker) mountsOf(c *containerSpec) []corev1.VolumeMountStatus {
	n := len(c.VolumeMounts)
	if w.pod.Token == "" && n == 0 {
		return nil
	}
	out := make([]corev1.VolumeMountStatus, 0, n+1)
	token := w.pod.Token != ""
	for _, m := range c.VolumeMounts {
		s := corev1.VolumeMountStatus{Name: m.Name, MountPath: m.MountPath, ReadOnly: m.ReadOnly}
		if m.ReadOnly {
			s.RecursiveReadOnly = &readOnlyDisabled
		}
		token = token && m.MountPath != store.TokenPath
		out = append(out, s)
	}
	if token {
		out = append(out, corev1.VolumeMountStatus{Name: w.pod.Token, MountPath: store.TokenPath, ReadOnly: true, RecursiveReadOnly: &readOnlyDisabled})
	}
	return out
}

var readOnlyDisabled = corev1.RecursiveReadOnlyDisabled

// updateProbed sets started and ready of every container from what the probes have published, and lets a readiness
// worker run at once where a started container is not ready.
//
// Source: k8s v1.36.3 pkg/kubelet/prober/prober_manager.go UpdatePodStatus.
func (w *worker) updateProbed(s *corev1.PodStatus) {
	for n := range w.containers {
		c := &w.containers[n]
		cs := w.spec.status(s, c.spec)
		started := cs.State.Running != nil && w.hasStarted(c, cs)
		cs.Started = boolPointer(started)
		switch {
		case c.spec.plainInit():
			cs.Ready = cs.State.Terminated != nil && cs.State.Terminated.ExitCode == 0
		case started:
			cs.Ready = w.ready(c, cs)
		default:
			cs.Ready = false
		}
	}
}

func (w *worker) hasStarted(c *container, cs *corev1.ContainerStatus) bool {
	i := w.instanceOf(c, cs)
	if i == nil || c.spec.probes[world.Startup] == nil {
		return true
	}
	return i.results[world.Startup] == resultSuccess
}

func (w *worker) ready(c *container, cs *corev1.ContainerStatus) bool {
	if c.probes[world.Readiness] == nil {
		return true
	}
	if i := w.instanceOf(c, cs); i != nil && i.results[world.Readiness] == resultSuccess {
		return true
	}
	w.triggers = append(w.triggers, c.probes[world.Readiness])
	return false
}

// instanceOf returns the instance that a status speaks of.
func (w *worker) instanceOf(c *container, cs *corev1.ContainerStatus) *instance {
	for i := c.newest; i != nil; i = i.prev {
		if i.attempt == cs.RestartCount {
			return i
		}
	}
	return nil
}

var yes, no = true, false

// boolPointer returns a pointer to a shared bool: statuses are immutable.
func boolPointer(b bool) *bool {
	if b {
		return &yes
	}
	return &no
}

// imageID is the resolved reference: a digest made from the name, since there is no registry to ask.
func (k *Kubelets) imageID(ref string) string {
	ref = k.canonical(ref)
	if id := k.imageIDs[ref]; id != "" {
		return id
	}
	var b [32]byte
	for n := range 4 {
		binary.BigEndian.PutUint64(b[8*n:], engine.DrawBits(0, engine.HashString(ref), uint64(n)))
	}
	k.imageIDs[ref] = "sha256:" + hex.EncodeToString(b[:])
	return k.imageIDs[ref]
}
