package rule

// Storage: the controllers of volumes, and the simulated provisioners and drivers beside them.
const (
	provisioner component = "external-provisioner"
	attacher    component = "external-attacher"
	protection  component = "storage-protection"
	ephemeral   component = "ephemeral-volume"
)

// Rules of storage.
var (
	VolumeResync = volumeBinder.rule("resync",
		"Claims without a volume are looked at again every {pvClaimBinderSyncPeriod}.",
		"볼륨을 얻지 못한 클레임을 {pvClaimBinderSyncPeriod}마다 다시 살핀다.",
		"pkg/controller/volume/persistentvolume/pv_controller_base.go resync", Constant{"pvClaimBinderSyncPeriod", "15s", ""})
	VolumeProvision = provisioner.rule("provision",
		"The external provisioner makes the volume that the claim asks for; it takes {provisionTime}.",
		"외부 프로비저너가 클레임이 요청한 볼륨을 만든다: {provisionTime} 걸린다.",
		"", Constant{"provisionTime", "2s", "cluster.storage.provisionTime"})
	VolumeDelete = provisioner.rule("delete",
		"The volume is released, its reclaim policy is Delete and no node has it any more: it is deleted.",
		"볼륨이 해제되었고 회수 정책이 Delete이며 붙어 있는 노드가 없어서 삭제한다.",
		"")
	VolumeMove = attacher.rule("attach",
		"The driver does what the VolumeAttachment asks for: attaching takes {attachTime}, taking off {detachTime}.",
		"드라이버가 VolumeAttachment의 요청을 수행한다: 연결에 {attachTime}, 분리에 {detachTime} 걸린다.",
		"", Constant{"attachTime", "1s", "cluster.storage.attachTime"}, Constant{"detachTime", "1s", "cluster.storage.detachTime"})
	VolumeForceDetach = attachDetach.rule("force-detach",
		"Nobody needs the volume, but its node, which is not ready, has not said for {maxWaitForUnmountDuration} that it is unmounted: it is taken off by force.",
		"볼륨을 쓰는 파드가 없는데 준비되지 않은 노드가 {maxWaitForUnmountDuration} 동안 마운트 해제를 알리지 않아서 강제로 분리한다.",
		"pkg/controller/volume/attachdetach/reconciler/reconciler.go reconcile", Constant{"maxWaitForUnmountDuration", "6m", ""})
	VolumeOutOfService = attachDetach.rule("out-of-service",
		"The node has the taint out-of-service: its volumes are taken off without waiting for it.",
		"노드에 out-of-service 테인트가 있어서 기다리지 않고 볼륨을 분리한다.",
		"pkg/controller/volume/attachdetach/reconciler/reconciler.go reconcile")
	StorageProtection = protection.rule("finalizer",
		"A claim stays for as long as pods on nodes use it, and a volume for as long as it is bound: a finalizer sees to that.",
		"노드의 파드가 쓰는 동안 클레임을, 묶여 있는 동안 볼륨을 파이널라이저가 지킨다.",
		"pkg/controller/volume/pvcprotection/pvc_protection_controller.go, pkg/controller/volume/pvprotection/pv_protection_controller.go")
	EphemeralClaim = ephemeral.rule("claim",
		"The pod has a generic ephemeral volume: a claim is made for it, and the pod owns it.",
		"파드에 일반 임시 볼륨이 있어서 클레임을 만들고 파드가 소유한다.",
		"pkg/controller/volume/ephemeral/controller.go handleVolume")
	SchedulerVolumes = scheduler.rule("bind-volumes",
		"The pod has its node; it is bound when its claims are: the scheduler writes what it chose, looks every {poll} and gives up after {bindTimeoutSeconds}.",
		"파드의 노드가 정해졌지만 클레임이 묶여야 배정된다: 스케줄러가 선택을 기록하고 {poll}마다 확인하며 {bindTimeoutSeconds}이 지나면 포기한다.",
		"pkg/scheduler/framework/plugins/volumebinding/binder.go BindPodVolumes",
		Constant{"poll", "1s", ""}, Constant{"bindTimeoutSeconds", "600s", ""})
)
