package rule

const kubelet component = "kubelet"

// Rules of the kubelet: what it writes about pods, containers and its node.
var (
	PodSeen = kubelet.rule("pod-seen",
		"The kubelet of the pod's node has seen the pod and begins to set it up.",
		"노드의 kubelet이 파드를 보고 준비를 시작한다.",
		"pkg/kubelet/kubelet.go SyncPod")
	PodRefused = kubelet.rule("pod-refused",
		"The kubelet refuses the pod when it arrives: it fails, without one container started.",
		"kubelet이 도착한 파드를 거부한다: 컨테이너를 하나도 시작하지 않고 실패로 끝난다.",
		"pkg/kubelet/lifecycle/predicate.go Admit")
	SandboxReady = kubelet.rule("sandbox-ready",
		"The pod's sandbox runs: the pod has its network and its containers can be started.",
		"파드의 샌드박스가 실행된다: 네트워크가 준비되어 컨테이너를 시작할 수 있다.",
		"pkg/kubelet/kubelet.go OnPodSandboxReady")
	SandboxChanged = kubelet.rule("sandbox-changed",
		"The pod's sandbox is gone, so it is made anew and all containers with it.",
		"파드의 샌드박스가 사라져서 컨테이너와 함께 새로 만든다.",
		"pkg/kubelet/kuberuntime/kuberuntime_manager.go SyncPod")
	VolumeWait = kubelet.rule("volume-wait",
		"Containers are not started before the pod's volumes are mounted; the kubelet looks every {podAttachAndMountRetryInterval}.",
		"볼륨이 마운트되기 전에는 컨테이너를 시작하지 않는다; kubelet은 {podAttachAndMountRetryInterval}마다 확인한다.",
		"pkg/kubelet/volumemanager/volume_manager.go WaitForAttachAndMount", Constant{"podAttachAndMountRetryInterval", "300ms", "components.latency.volumeWait"})
	ImagePull = kubelet.rule("image-pull",
		"The image is not on the node, or its policy is Always, so the kubelet pulls it, one image at a time unless it may pull in parallel.",
		"이미지가 노드에 없거나 정책이 Always이므로 kubelet이 이미지를 가져온다. 병렬 설정이 없으면 한 번에 하나씩이다.",
		"pkg/kubelet/images/image_manager.go EnsureImageExists")
	ImagePresent = kubelet.rule("image-present",
		"The image is on the node already and the pod may use it.",
		"이미지가 이미 노드에 있고 파드가 쓸 수 있다.",
		"pkg/kubelet/images/image_manager.go EnsureImageExists")
	ImagePullFailed = kubelet.rule("image-pull-failed",
		"The registry did not give the image; the next try waits {backoffInitial}, doubled each time up to {backoffMax}.",
		"레지스트리에서 이미지를 받지 못했다; 다음 시도는 {backoffInitial}를 기다리고, 매번 두 배씩 {backoffMax}까지 늘어난다.",
		"pkg/kubelet/images/image_manager.go pullImage", Constant{"backoffInitial", "10s", ""}, Constant{"backoffMax", "300s", ""})
	ImagePullBackOff = kubelet.rule("image-pull-back-off",
		"The last pull of this image failed a short while ago; the kubelet does not ask the registry again before the back-off ({backoffInitial}, doubled up to {backoffMax}) is over.",
		"조금 전에 이미지 가져오기가 실패했다; 백오프({backoffInitial}에서 두 배씩 {backoffMax}까지)가 끝나기 전에는 다시 시도하지 않는다.",
		"pkg/kubelet/images/image_manager.go pullImage", Constant{"backoffInitial", "10s", ""}, Constant{"backoffMax", "300s", ""})
	ImageRefused = kubelet.rule("image-refused",
		"The image cannot be used: its name is not valid, or it is absent and may not be pulled.",
		"이미지를 쓸 수 없다: 이름이 잘못되었거나, 노드에 없는데 가져올 수 없다.",
		"pkg/kubelet/images/image_manager.go EnsureImageExists")
	PullSecretMissing = kubelet.rule("pull-secret-missing",
		"An imagePullSecret of the pod does not exist; the pull is tried without it.",
		"파드의 imagePullSecret이 없다; 없는 채로 이미지를 가져와 본다.",
		"pkg/kubelet/kubelet_pods.go getPullSecretsForPod")
	ContainerConfig = kubelet.rule("container-config",
		"What the container's configuration refers to is missing, so it cannot be created; the kubelet tries again at its next sync.",
		"컨테이너 설정이 가리키는 것이 없어서 만들 수 없다; kubelet은 다음 동기화에서 다시 시도한다.",
		"pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer")
	ContainerStart = kubelet.rule("container-start",
		"A container has started: the order is init containers one after another, then all others.",
		"컨테이너가 시작되었다: 초기화 컨테이너가 차례로, 그다음 나머지가 시작된다.",
		"pkg/kubelet/kuberuntime/kuberuntime_manager.go SyncPod")
	ContainerRestart = kubelet.rule("container-restart",
		"The container is started again, as the pod's restartPolicy says; its restart count grows by one.",
		"파드의 restartPolicy에 따라 컨테이너를 다시 시작한다; 재시작 횟수가 1 늘어난다.",
		"pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions")
	ContainerStartFailed = kubelet.rule("container-start-failed",
		"The runtime could not start the container's process.",
		"런타임이 컨테이너 프로세스를 시작하지 못했다.",
		"pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer")
	HookFailed = kubelet.rule("hook-failed",
		"A lifecycle hook failed; a failed postStart hook has the container killed.",
		"라이프사이클 훅이 실패했다; postStart 훅이 실패하면 컨테이너를 종료한다.",
		"pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer")
	ContainerExit = kubelet.rule("container-exit",
		"A container's process has ended; the kubelet sees it at its next relist, {relistPeriod} apart, and the pod's restartPolicy says what follows.",
		"컨테이너 프로세스가 끝났다; kubelet은 {relistPeriod} 간격의 relist에서 알아차리고, restartPolicy에 따라 처리한다.",
		"pkg/kubelet/pleg/generic.go Relist", Constant{"relistPeriod", "1s", ""})
	CrashLoopBackOff = kubelet.rule("crash-loop-back-off",
		"The container ended and is to be started again, but not before its back-off is over: {backoffInitial} after the first restart, doubled each time up to {maxContainerRestartPeriod}; a run of {backoffForget} without one forgets it.",
		"컨테이너가 끝나 다시 시작해야 하지만 백오프가 끝나야 한다: 처음 {backoffInitial}, 매번 두 배씩 {maxContainerRestartPeriod}까지; {backoffForget} 동안 재시작이 없으면 초기화된다.",
		"pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff", Constant{"backoffInitial", "10s", ""},
		Constant{"maxContainerRestartPeriod", "300s", "components.kubelet.maxContainerRestartPeriod"}, Constant{"backoffForget", "600s", ""})
	PodPhase = kubelet.rule("pod-phase",
		"All containers have ended for good, so the pod's phase is final: Succeeded if all exited with 0, else Failed.",
		"모든 컨테이너가 완전히 끝나 파드 단계가 확정된다: 모두 0으로 끝나면 Succeeded, 아니면 Failed.",
		"pkg/kubelet/kubelet_pods.go getPhase")
	ProbeFailed = kubelet.rule("probe-failed",
		"A probe failed; it counts only when failureThreshold failures come one after another.",
		"프로브가 실패했다; failureThreshold번 연속으로 실패해야 효력이 있다.",
		"pkg/kubelet/prober/worker.go doProbe")
	ReadinessProbe = kubelet.rule("readiness-probe",
		"The readiness probe has succeeded successThreshold times in a row, so the container is ready, and the pod if all its others are.",
		"readiness 프로브가 successThreshold번 연속 성공해서 컨테이너가 준비되고, 다른 컨테이너도 모두 준비되어 있으면 파드도 준비된다.",
		"pkg/kubelet/status/status_manager.go SetContainerReadiness")
	ReadinessLost = kubelet.rule("readiness-lost",
		"The readiness probe has failed failureThreshold times in a row, so the container is not ready, and neither is the pod; nothing is restarted for it.",
		"readiness 프로브가 failureThreshold번 연속 실패해서 컨테이너와 파드가 준비되지 않은 상태가 된다; 이 때문에 재시작하지는 않는다.",
		"pkg/kubelet/status/status_manager.go SetContainerReadiness")
	StartupProbe = kubelet.rule("startup-probe",
		"The startup probe has succeeded: the container counts as started, and the other probes begin.",
		"startup 프로브가 성공했다: 컨테이너가 시작된 것으로 보고 다른 프로브가 시작된다.",
		"pkg/kubelet/status/status_manager.go SetContainerStartup")
	LivenessKill = kubelet.rule("liveness-kill",
		"A liveness or startup probe failed failureThreshold times in a row, so the container is killed; the restartPolicy says whether it starts again.",
		"liveness 또는 startup 프로브가 failureThreshold번 연속 실패해서 컨테이너를 종료한다; 재시작 여부는 restartPolicy가 정한다.",
		"pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions")
	ContainerChanged = kubelet.rule("container-changed",
		"The container's definition has changed, so it is killed and started anew.",
		"컨테이너 정의가 바뀌어서 종료하고 새로 시작한다.",
		"pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions")
	PodStatus = kubelet.rule("pod-status",
		"The kubelet writes what it knows of the pod; one pod after another.",
		"kubelet이 파드에 대해 아는 것을 기록한다; 한 번에 한 파드씩.",
		"pkg/kubelet/status/status_manager.go syncPod")
	GracefulKill = kubelet.rule("graceful-kill",
		"The pod is to end: its containers get SIGTERM, and SIGKILL when the grace period (at least {minimumGrace}) is over.",
		"파드를 끝낸다: 컨테이너에 SIGTERM을 보내고, 유예 기간(최소 {minimumGrace})이 지나면 SIGKILL을 보낸다.",
		"pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer", Constant{"minimumGrace", "2s", ""})
	PodStopped = kubelet.rule("pod-stopped",
		"All containers of the pod have stopped: the kubelet writes the last status.",
		"파드의 컨테이너가 모두 멈췄다: kubelet이 마지막 상태를 기록한다.",
		"pkg/kubelet/kubelet.go SyncTerminatedPod")
	ObjectRemoved = kubelet.rule("object-removed",
		"The kubelet has cleaned up after a pod that was being deleted, so it removes the object from the API.",
		"kubelet이 삭제 중인 파드를 모두 정리해서 API에서 오브젝트를 지운다.",
		"pkg/kubelet/status/status_manager.go syncPod")
	ActiveDeadline = kubelet.rule("active-deadline",
		"The pod has been active for its activeDeadlineSeconds, so the kubelet fails it.",
		"파드가 activeDeadlineSeconds 동안 실행되어서 kubelet이 실패로 처리한다.",
		"pkg/kubelet/active_deadline.go ShouldSync")
	PressureEviction = kubelet.rule("pressure-eviction",
		"The node has too little left of a resource; of the pods above their requests the kubelet evicts the least important, looking every {monitoringInterval}.",
		"노드에 자원이 부족하다; kubelet은 {monitoringInterval}마다 확인하며 요청량을 넘긴 파드 중 덜 중요한 것부터 축출한다.",
		"pkg/kubelet/eviction/eviction_manager.go synchronize", Constant{"monitoringInterval", "10s", ""})
	OutOfMemory = kubelet.rule("out-of-memory",
		"The machine has run out of memory, so its kernel kills the process that it values least.",
		"머신의 메모리가 바닥나서 커널이 가장 덜 중요한 프로세스를 죽인다.",
		"pkg/kubelet/oom/oom_watcher_linux.go")
	NodeShutdown = kubelet.rule("node-shutdown",
		"The machine is being switched off in order: the kubelet ends its pods, the critical ones last.",
		"머신이 순서대로 꺼지는 중이다: kubelet이 파드를 끝내고, 중요한 파드는 마지막에 끝낸다.",
		"pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go")
	NodeRegister = kubelet.rule("node-register",
		"A kubelet has started and registers its node, or finds that it is registered.",
		"kubelet이 시작되어 노드를 등록하거나 이미 등록된 것을 확인한다.",
		"pkg/kubelet/kubelet_node_status.go registerWithAPIServer")
	NodeStatus = kubelet.rule("node-status",
		"Something that the node reports has changed, so its next status, one every {nodeStatusUpdateFrequency}, is written.",
		"노드가 보고하는 내용이 바뀌어서 {nodeStatusUpdateFrequency}마다 쓰는 다음 상태를 기록한다.",
		"pkg/kubelet/kubelet_node_status.go tryUpdateNodeStatus", Constant{"nodeStatusUpdateFrequency", "10s", "components.kubelet.nodeStatusUpdateFrequency"})
	MirrorPod = kubelet.rule("mirror-pod",
		"The kubelet runs a pod from a file of its node and shows it in the API as a mirror pod.",
		"kubelet이 노드의 파일로 파드를 실행하고 API에는 미러 파드로 보여 준다.",
		"pkg/kubelet/kubelet.go tryReconcileMirrorPods")
	KubeletSync = kubelet.rule("sync",
		"The kubelet brings the pod to what its spec asks for.",
		"kubelet이 파드를 스펙에 맞춘다.",
		"pkg/kubelet/kubelet.go SyncPod")
)
