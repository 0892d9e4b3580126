package rule

// The controllers of workloads.
const (
	deployment  component = "deployment"
	replicaSet  component = "replica-set"
	statefulSet component = "stateful-set"
	daemonSet   component = "daemon-set"
	job         component = "job"
	cronJob     component = "cron-job"
)

// Rules of Deployments and ReplicaSets.
var (
	DeploymentNewSet = deployment.rule("new-replica-set",
		"The Deployment's template has no ReplicaSet yet, so one is made for it.",
		"Deployment의 템플릿에 맞는 ReplicaSet이 없어서 새로 만든다.",
		"pkg/controller/deployment/sync.go getNewReplicaSet")
	DeploymentScale = deployment.rule("scale",
		"The Deployment asks for another number of replicas, so its ReplicaSets are scaled.",
		"Deployment가 요구하는 레플리카 수가 달라져서 ReplicaSet을 조정한다.",
		"pkg/controller/deployment/sync.go scale")
	DeploymentRollout = deployment.rule("rolling-update",
		"The rollout goes on: the new ReplicaSet grows up to maxSurge above the replicas, and the old ones shrink while no more than maxUnavailable are missing.",
		"롤아웃이 진행된다: 새 ReplicaSet은 maxSurge까지 늘고, 이전 것은 maxUnavailable을 넘지 않는 범위에서 줄어든다.",
		"pkg/controller/deployment/rolling.go rolloutRolling")
	DeploymentRecreate = deployment.rule("recreate",
		"The strategy is Recreate: all old pods go before the first new one comes.",
		"전략이 Recreate이다: 이전 파드가 모두 사라진 뒤에 새 파드를 만든다.",
		"pkg/controller/deployment/recreate.go rolloutRecreate")
	DeploymentProgress = deployment.rule("progress",
		"The Deployment's status says how far its rollout is; without progress for progressDeadlineSeconds it says so.",
		"Deployment 상태에 롤아웃 진행을 기록한다; progressDeadlineSeconds 동안 진행이 없으면 그렇게 적는다.",
		"pkg/controller/deployment/progress.go syncRolloutStatus", Constant{"progressDeadlineSeconds", "600s", ""})
	DeploymentCleanup = deployment.rule("cleanup",
		"There are more old ReplicaSets than revisionHistoryLimit, so the oldest empty ones are deleted.",
		"이전 ReplicaSet이 revisionHistoryLimit보다 많아서 빈 것 중 오래된 것을 지운다.",
		"pkg/controller/deployment/sync.go cleanupDeployment", Constant{"revisionHistoryLimit", "10", ""})
	DeploymentSync = deployment.rule("sync",
		"The Deployment's controller brings its ReplicaSets to what it asks for.",
		"Deployment 컨트롤러가 ReplicaSet을 원하는 상태로 맞춘다.",
		"pkg/controller/deployment/deployment_controller.go syncDeployment")
	ReplicaSetCreate = replicaSet.rule("create-pod",
		"Fewer pods exist than replicas are asked for, so one is created: 1 first, then twice as many at a time as succeed.",
		"요구한 레플리카보다 파드가 적어서 만든다: 처음에는 1개, 성공할 때마다 두 배로 늘린다.",
		"pkg/controller/replicaset/replica_set.go manageReplicas", Constant{"slowStartInitialBatchSize", "1", ""}, Constant{"burstReplicas", "500", ""})
	ReplicaSetDelete = replicaSet.rule("delete-pod",
		"More pods exist than replicas are asked for, so the least useful is deleted: not yet bound, not ready, youngest first.",
		"요구한 레플리카보다 파드가 많아서 덜 쓸모 있는 것부터 삭제한다: 배정되지 않은 것, 준비되지 않은 것, 최근 것 순이다.",
		"pkg/controller/controller_utils.go ActivePodsWithRanks")
	ReplicaSetStatus = replicaSet.rule("status",
		"The number of pods, or of ready ones, has changed, so the status follows.",
		"파드 수나 준비된 수가 바뀌어서 상태를 갱신한다.",
		"pkg/controller/replicaset/replica_set_utils.go updateReplicaSetStatus")
	Adoption = replicaSet.rule("adopt",
		"A pod's labels match, or no longer, so the controller takes it as its own or lets it go.",
		"파드의 레이블이 맞거나 더는 맞지 않아서 컨트롤러가 소유하거나 놓아준다.",
		"pkg/controller/controller_ref_manager.go ClaimPods")
)

// Rules of StatefulSets and DaemonSets.
var (
	StatefulSetCreate = statefulSet.rule("create-pod",
		"The pod of the next ordinal does not exist, and those before it are ready (unless they need not be), so it is created.",
		"다음 순번의 파드가 없고 앞 순번이 준비되었으므로(병렬이면 상관없이) 만든다.",
		"pkg/controller/statefulset/stateful_set_control.go updateStatefulSet")
	StatefulSetDelete = statefulSet.rule("delete-pod",
		"The pod is of an older revision, has failed, or its ordinal is too many, so it is deleted, the highest ordinal first.",
		"이전 리비전이거나 실패했거나 순번이 넘치는 파드를 높은 순번부터 삭제한다.",
		"pkg/controller/statefulset/stateful_set_control.go updateStatefulSet")
	StatefulSetClaims = statefulSet.rule("claims",
		"A pod of the set needs a claim for each of its volume templates.",
		"세트의 파드에는 볼륨 템플릿마다 클레임이 필요하다.",
		"pkg/controller/statefulset/stateful_pod_control.go createPersistentVolumeClaims")
	StatefulSetSync = statefulSet.rule("sync",
		"The StatefulSet's status and revisions follow its pods.",
		"StatefulSet의 상태와 리비전을 파드에 맞춘다.",
		"pkg/controller/statefulset/stateful_set.go sync")
	DaemonSetCreate = daemonSet.rule("create-pod",
		"A node that the DaemonSet is meant for has no pod of it, so one is created for that node.",
		"DaemonSet이 필요한 노드에 파드가 없어서 그 노드를 위한 파드를 만든다.",
		"pkg/controller/daemon/daemon_controller.go manage")
	DaemonSetDelete = daemonSet.rule("delete-pod",
		"A pod of the DaemonSet has failed, is of an older template, or is on a node that it is not meant for, so it is deleted.",
		"실패했거나 이전 템플릿이거나 대상이 아닌 노드에 있는 DaemonSet 파드를 삭제한다.",
		"pkg/controller/daemon/daemon_controller.go podsShouldBeOnNode")
	DaemonSetSync = daemonSet.rule("sync",
		"The DaemonSet's status and history follow its pods and nodes.",
		"DaemonSet의 상태와 이력을 파드와 노드에 맞춘다.",
		"pkg/controller/daemon/daemon_controller.go syncDaemonSet")
)

// Rules of Jobs and CronJobs.
var (
	JobCreate = job.rule("create-pod",
		"The Job needs more completions than it has pods for, up to its parallelism, so a pod is created; after a failure it waits {podBackoff}, doubled up to {maxPodBackoff}.",
		"Job에 필요한 완료 수가 남아 parallelism까지 파드를 만든다; 실패 후에는 {podBackoff}에서 두 배씩 {maxPodBackoff}까지 기다린다.",
		"pkg/controller/job/job_controller.go manageJob", Constant{"podBackoff", "10s", ""}, Constant{"maxPodBackoff", "10m", ""})
	JobDelete = job.rule("delete-pod",
		"The Job has more pods than it needs, or has ended, so pods that run are deleted.",
		"Job에 필요 이상으로 파드가 있거나 Job이 끝나서 실행 중인 파드를 삭제한다.",
		"pkg/controller/job/job_controller.go deleteActivePods")
	JobFailed = job.rule("failed",
		"More pods of the Job have failed than backoffLimit ({backoffLimit} where it says nothing), its deadline is over, or its policy says so: the Job fails.",
		"실패한 파드가 backoffLimit(정하지 않으면 {backoffLimit})을 넘었거나 기한이 지났거나 정책에 따라 Job이 실패한다.",
		"pkg/controller/job/job_controller.go syncJob", Constant{"backoffLimit", "6", ""})
	JobComplete = job.rule("complete",
		"As many pods have succeeded as the Job asks for: it is complete.",
		"요구한 만큼 파드가 성공해서 Job이 완료된다.",
		"pkg/controller/job/job_controller.go syncJob")
	JobTrack = job.rule("track",
		"A pod of the Job has finished: it is counted in the status, and its finalizer is taken off.",
		"Job의 파드가 끝났다: 상태에 세고 파이널라이저를 뗀다.",
		"pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers")
	JobSync = job.rule("sync",
		"The Job's status follows its pods, {syncPeriod} after the first change of a burst.",
		"Job 상태를 파드에 맞춘다. 변화가 몰리면 첫 변화에서 {syncPeriod} 뒤이다.",
		"pkg/controller/job/job_controller.go syncJob", Constant{"syncPeriod", "1s", ""})
	CronJobStart = cronJob.rule("start",
		"The schedule's time has come, so the CronJob makes a Job.",
		"예약된 시각이 되어 CronJob이 Job을 만든다.",
		"pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob")
	CronJobSync = cronJob.rule("sync",
		"The CronJob's status follows its Jobs, and old ones are deleted by its history limits.",
		"CronJob 상태를 Job에 맞추고, 보존 한도에 따라 오래된 Job을 지운다.",
		"pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob")
)
