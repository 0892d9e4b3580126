package rule

const scheduler component = "scheduler"

// Rules of the scheduler.
var (
	Scheduled = scheduler.rule("bind",
		"A node passes every filter and has the best score, so the scheduler binds the pod to it.",
		"모든 필터를 통과하고 점수가 가장 높은 노드에 스케줄러가 파드를 배정한다.",
		"pkg/scheduler/schedule_one.go schedulingCycle")
	Unschedulable = scheduler.rule("unschedulable",
		"No node passes every filter, so the pod waits for an event that may help, and at most {maxInUnschedulable}.",
		"모든 필터를 통과하는 노드가 없어서, 도움이 될 이벤트를 기다린다. 최대 {maxInUnschedulable}이다.",
		"pkg/scheduler/schedule_one.go handleSchedulingFailure", Constant{"podInitialBackoffSeconds", "1s", "components.kubeScheduler.podInitialBackoff"},
		Constant{"podMaxBackoffSeconds", "10s", "components.kubeScheduler.podMaxBackoff"}, Constant{"maxInUnschedulable", "5m", "components.kubeScheduler.maxInUnschedulable"})
	Preemption = scheduler.rule("preemption",
		"Pods of lower priority are evicted from a node so that this one fits there.",
		"이 파드가 들어갈 수 있도록 우선순위가 낮은 파드를 노드에서 내보낸다.",
		"pkg/scheduler/framework/preemption/executor.go prepareCandidateAsync")
	DevicesAllocated = scheduler.rule("devices",
		"The pod's node has the devices that its ResourceClaims ask for: the scheduler writes them into the claims before it binds the pod.",
		"파드의 노드에 ResourceClaim이 요청한 장치가 있다: 스케줄러가 파드를 배정하기 전에 클레임에 기록한다.",
		"pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go PreBind")
	SchedulerSeries = scheduler.rule("event-series",
		"An Event of the scheduler repeats: its count is written when the series ends or goes on for long.",
		"스케줄러 이벤트가 반복된다: 묶음이 끝나거나 오래 이어지면 횟수를 기록한다.",
		"staging client-go/tools/events/event_broadcaster.go", Constant{"finishTime", "6m", ""}, Constant{"refreshTime", "30m", ""})
)
