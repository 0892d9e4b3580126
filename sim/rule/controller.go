package rule

// The controllers of kube-controller-manager.
const (
	nodeLifecycle   component = "node-lifecycle"
	taintEviction   component = "taint-eviction"
	podGC           component = "pod-gc"
	garbage         component = "garbage-collector"
	namespace       component = "namespace"
	serviceAccount  component = "service-account"
	endpointSlice   component = "endpoint-slice"
	disruption      component = "disruption"
	resourceQuota   component = "resource-quota"
	ttlAfter        component = "ttl-after-finished"
	attachDetach    component = "attach-detach"
	volumeBinder    component = "persistent-volume"
	podAutoscaler   component = "horizontal-pod-autoscaler"
	resourceClaim   component = "resource-claim"
	controllerOther component = "controller"
)

// Rules of the controllers of nodes.
var (
	NodeUnknown = nodeLifecycle.rule("unknown",
		"Nothing was heard of the node for {nodeMonitorGracePeriod}: at its next look, one every {nodeMonitorPeriod}, the controller sets its Ready condition to Unknown.",
		"노드에서 {nodeMonitorGracePeriod} 동안 소식이 없다: {nodeMonitorPeriod}마다 보는 컨트롤러가 Ready 컨디션을 Unknown으로 바꾼다.",
		"pkg/controller/nodelifecycle/node_lifecycle_controller.go tryUpdateNodeHealth",
		Constant{"nodeMonitorGracePeriod", "50s", "components.kubeControllerManager.nodeMonitorGracePeriod"}, Constant{"nodeMonitorPeriod", "5s", "components.kubeControllerManager.nodeMonitorPeriod"})
	NodePodsUnready = nodeLifecycle.rule("pods-not-ready",
		"The node has lost Ready, so its pods are marked not ready: no traffic should go where nobody answers.",
		"노드가 Ready를 잃어서 그 위의 파드를 준비되지 않음으로 표시한다: 응답이 없는 곳에 트래픽을 보내지 않기 위해서이다.",
		"pkg/controller/util/node/controller_utils.go MarkPodsNotReady")
	NodeConditionTaint = nodeLifecycle.rule("condition-taint",
		"The node's conditions, or its cordon, ask for a NoSchedule taint, or no longer do: no new pods are put there while it stays.",
		"노드의 컨디션이나 cordon에 따라 NoSchedule 테인트를 붙이거나 뗀다: 붙어 있는 동안 새 파드를 배치하지 않는다.",
		"pkg/controller/nodelifecycle/node_lifecycle_controller.go doNoScheduleTaintingPass")
	NodeNoExecuteTaint = nodeLifecycle.rule("no-execute-taint",
		"A node that is not ready gets a NoExecute taint: {nodeEvictionRate} nodes a second and zone, looked at every {noExecutePeriod}.",
		"준비되지 않은 노드에 NoExecute 테인트를 붙인다: 존마다 초당 {nodeEvictionRate}개, {noExecutePeriod}마다 확인한다.",
		"pkg/controller/nodelifecycle/node_lifecycle_controller.go doNoExecuteTaintingPass",
		Constant{"nodeEvictionRate", "0.1", "components.kubeControllerManager.nodeEvictionRate"}, Constant{"noExecutePeriod", "100ms", ""})
	NodeReachable = nodeLifecycle.rule("reachable",
		"The node is ready again, so its NoExecute taints are taken off.",
		"노드가 다시 준비되어서 NoExecute 테인트를 뗀다.",
		"pkg/controller/nodelifecycle/node_lifecycle_controller.go markNodeAsReachable")
	NodeWatch = nodeLifecycle.rule("node-watch",
		"The controller has taken note of a node that came, left or turned.",
		"컨트롤러가 생기거나 사라지거나 바뀐 노드를 알아차렸다.",
		"pkg/controller/nodelifecycle/node_lifecycle_controller.go monitorNodeHealth")
	TaintEviction = taintEviction.rule("evict",
		"The node has a NoExecute taint that the pod does not tolerate, or no longer: its tolerationSeconds ({defaultTolerationSeconds} for not-ready and unreachable where the pod says nothing) are over, so it is deleted.",
		"노드의 NoExecute 테인트를 파드가 견디지 않거나 tolerationSeconds(파드가 정하지 않으면 not-ready와 unreachable에 대해 {defaultTolerationSeconds})가 지나서 파드를 삭제한다.",
		"pkg/controller/tainteviction/taint_eviction.go processPodOnNode",
		Constant{"defaultTolerationSeconds", "300s", "components.kubeControllerManager.defaultTolerationSeconds"})
	TaintEvictionCancelled = taintEviction.rule("cancel",
		"The taint is gone, or the pod: the deletion that was to come is called off.",
		"테인트나 파드가 사라져서 예정된 삭제를 취소한다.",
		"pkg/controller/tainteviction/taint_eviction.go handleNodeUpdate")
	PodGCOrphan = podGC.rule("orphan",
		"The pod is bound to a node that does not exist; {quarantineTime} after that was seen it is failed and removed, at a pass every {gcCheckPeriod}.",
		"파드가 없는 노드에 배정되어 있다; 확인 후 {quarantineTime}이 지나면 {gcCheckPeriod}마다 도는 수집기가 실패로 처리하고 지운다.",
		"pkg/controller/podgc/gc_controller.go gcOrphaned", Constant{"quarantineTime", "40s", "components.kubeControllerManager.podGCQuarantine"}, Constant{"gcCheckPeriod", "20s", "components.kubeControllerManager.podGCPeriod"})
	PodGCTerminated = podGC.rule("terminated",
		"There are more finished pods than {terminatedPodGCThreshold}, so the oldest are removed.",
		"끝난 파드가 {terminatedPodGCThreshold}개를 넘어서 오래된 것부터 지운다.",
		"pkg/controller/podgc/gc_controller.go gcTerminated", Constant{"terminatedPodGCThreshold", "12500", "components.kubeControllerManager.terminatedPodGCThreshold"})
	PodGCOutOfService = podGC.rule("out-of-service",
		"The pod is being deleted on a node that is out of service or was never scheduled, so it is removed by force.",
		"out-of-service 테인트가 있는 노드에서 삭제 중이거나 스케줄되지 않은 파드를 강제로 지운다.",
		"pkg/controller/podgc/gc_controller.go gcTerminating")
)

// Rules of the controllers that clean up and keep count.
var (
	GarbageOwner = garbage.rule("owner-gone",
		"All owners of the object are gone, so it is deleted too.",
		"오브젝트의 소유자가 모두 사라져서 함께 삭제한다.",
		"pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteItem")
	GarbageForeground = garbage.rule("foreground",
		"The owner's deletion waits for what it owns: that goes first, then the owner.",
		"소유자의 삭제가 종속 오브젝트를 기다린다: 종속 오브젝트가 먼저, 소유자가 다음이다.",
		"pkg/controller/garbagecollector/garbagecollector.go processDeletingDependentsItem")
	GarbageOrphan = garbage.rule("orphan",
		"The owner was deleted without what it owns, so the dependents forget it.",
		"소유자만 삭제되어 종속 오브젝트가 소유자 참조를 버린다.",
		"pkg/controller/garbagecollector/garbagecollector.go orphanDependents")
	NamespaceEmpty = namespace.rule("delete",
		"The namespace is being deleted, so everything in it goes, pods first.",
		"네임스페이스가 삭제되는 중이라 안의 모든 것을 지운다. 파드가 먼저이다.",
		"pkg/controller/namespace/deletion/namespaced_resources_deleter.go Delete")
	ServiceAccountDefault = serviceAccount.rule("default",
		"Every namespace has a ServiceAccount default and a ConfigMap kube-root-ca.crt.",
		"모든 네임스페이스에는 ServiceAccount default와 ConfigMap kube-root-ca.crt가 있다.",
		"pkg/controller/serviceaccount/serviceaccounts_controller.go")
	EndpointSlices = endpointSlice.rule("sync",
		"The pods that a Service leads to have changed, or their readiness, so its EndpointSlices follow.",
		"서비스가 가리키는 파드나 준비 상태가 바뀌어서 EndpointSlice를 맞춘다.",
		"pkg/controller/endpointslice/endpointslice_controller.go syncService")
	Endpoints = endpointSlice.rule("endpoints",
		"The pods that a Service leads to have changed, or their readiness, so its Endpoints object follows.",
		"서비스가 가리키는 파드나 준비 상태가 바뀌어서 Endpoints 오브젝트를 맞춘다.",
		"pkg/controller/endpoint/endpoints_controller.go syncService")
	DisruptionCount = disruption.rule("count",
		"The healthy pods of a PodDisruptionBudget have changed, so the number that may be evicted is counted anew.",
		"PodDisruptionBudget의 정상 파드 수가 바뀌어서 축출할 수 있는 수를 다시 센다.",
		"pkg/controller/disruption/disruption.go trySync")
	DisruptionStale = disruption.rule("stale-target",
		"The pod was to be disrupted but was not deleted within {stalePodDisruptionTimeout}, so the condition is taken back.",
		"중단 예정이던 파드가 {stalePodDisruptionTimeout} 안에 삭제되지 않아서 컨디션을 되돌린다.",
		"pkg/controller/disruption/disruption.go syncStalePodDisruption", Constant{"stalePodDisruptionTimeout", "2m", ""})
	QuotaCount = resourceQuota.rule("count",
		"What the namespace's objects use has changed, so the quota's status is counted anew.",
		"네임스페이스의 사용량이 바뀌어서 ResourceQuota 상태를 다시 센다.",
		"pkg/controller/resourcequota/resource_quota_controller.go syncResourceQuota", Constant{"resyncPeriod", "5m", ""})
	TTLAfterFinished = ttlAfter.rule("expired",
		"The Job finished ttlSecondsAfterFinished ago, so it is deleted.",
		"Job이 끝난 지 ttlSecondsAfterFinished가 지나서 삭제한다.",
		"pkg/controller/ttlafterfinished/ttlafterfinished_controller.go processJob")
	ControllerSync = controllerOther.rule("sync",
		"A controller brings an object to what is asked for.",
		"컨트롤러가 오브젝트를 원하는 상태로 맞춘다.",
		"pkg/controller")
	ResourceClaim = resourceClaim.rule("sync",
		"A pod's ResourceClaim is made from its template, or gives its devices back because no pod uses it any more.",
		"파드의 ResourceClaim을 템플릿에서 만들거나, 쓰는 파드가 더 없어 장치를 돌려준다.",
		"pkg/controller/resourceclaim/controller.go syncPod, syncClaim")
	AttachDetach = attachDetach.rule("sync",
		"A volume that a pod needs is attached to the pod's node, or detached where nobody needs it.",
		"파드에 필요한 볼륨을 노드에 붙이거나, 더 필요 없는 노드에서 뗀다.",
		"pkg/controller/volume/attachdetach/attach_detach_controller.go")
	VolumeBinding = volumeBinder.rule("sync",
		"A claim is matched with a volume, or one is provisioned for it.",
		"클레임에 맞는 볼륨을 연결하거나 새로 만든다.",
		"pkg/controller/volume/persistentvolume/pv_controller.go")
	Autoscale = podAutoscaler.rule("scale",
		"The measured metric differs from its target by more than {tolerance}, so the number of replicas follows, at a look every {syncPeriod}.",
		"측정값이 목표에서 {tolerance} 넘게 벗어나서 {syncPeriod}마다 레플리카 수를 맞춘다.",
		"pkg/controller/podautoscaler/horizontal.go reconcileAutoscaler", Constant{"tolerance", "10%", ""}, Constant{"syncPeriod", "15s", ""})
)
