package rule

const (
	apiServer component = "api-server"
	scenario  component = "scenario"
)

// Rules of the API server.
var (
	Bootstrap = apiServer.rule("bootstrap",
		"The API server makes this when the cluster begins.",
		"클러스터가 시작될 때 API 서버가 만든다.",
		"pkg/controlplane/instance.go")
	EventExpired = apiServer.rule("event-expired",
		"Events are kept for {eventTTL} after their last write.",
		"이벤트는 마지막 기록 후 {eventTTL} 동안만 보관된다.",
		"pkg/controlplane/apiserver/options/options.go EventTTL", Constant{"eventTTL", "1h", ""})
	Quota = apiServer.rule("quota-charge",
		"A created object is charged to the ResourceQuotas of its namespace before it is stored.",
		"오브젝트를 저장하기 전에 네임스페이스의 ResourceQuota에서 차감한다.",
		"staging apiserver/pkg/admission/plugin/resourcequota/controller.go")
	EvictionAllowed = apiServer.rule("eviction-allowed",
		"The eviction API found no PodDisruptionBudget that forbids it, counts the disruption and deletes the pod.",
		"축출 API가 축출을 막는 PodDisruptionBudget이 없는지 확인하고, 중단을 기록한 뒤 파드를 삭제한다.",
		"pkg/registry/core/pod/storage/eviction.go Create")
)

// Rules of the scenario: what the user asked for.
var (
	ScenarioImport = scenario.rule("import",
		"It was there before the run began.",
		"실행이 시작되기 전부터 있었다.", "")
	ScenarioNode = scenario.rule("node",
		"The scenario's cluster has this node.",
		"시나리오의 클러스터에 있는 노드이다.", "")
	ScenarioCreate = scenario.rule("create",
		"The scenario creates it, as `kubectl create` would.",
		"시나리오가 `kubectl create`처럼 만든다.", "")
	ScenarioStep = scenario.rule("step",
		"A step of the scenario's timeline does this.",
		"시나리오 타임라인의 단계가 실행한다.", "")
	ScenarioRevert = scenario.rule("revert",
		"A step of the scenario's timeline is undone, as its `for` says.",
		"타임라인 단계가 `for`에 따라 되돌려진다.", "")
	ScenarioFailure = scenario.rule("failure",
		"The failure model of a node has it fail, or repairs it.",
		"노드의 장애 모델에 따라 고장 나거나 복구된다.", "")
	ScenarioDrain = scenario.rule("drain",
		"A drain of the scenario evicts the pods of a node, and asks again every {retry} where a budget refuses.",
		"시나리오의 drain이 노드의 파드를 축출하고, 예산이 거부하면 {retry}마다 다시 요청한다.",
		"staging kubectl/pkg/drain/drain.go evictPods", Constant{"retry", "5s", ""})
)
