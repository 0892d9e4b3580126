package sim_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clustersim/scenarios"
)

// pitfalls are the facts that simulators of controllers usually get wrong (controllers.md 16, in its order), and what holds
// each: tests, and stories of the library, whose times are facts in a test of their own.
var pitfalls = []struct{ fact, held string }{
	{"50 s of grace, counted from the pass that saw the last heartbeat", "TestNodeLostAndBack TestRecordedNodeCrash TestZoneLoss"},
	{"the 5 minutes are the pods' own tolerations", "TestTolerationTime TestZoneLoss"},
	{"their clock starts when the taint is processed, not at timeAdded", "TestTimersAreKept TestRecordedTaintNoExecute"},
	{"a running timer is cancelled, never shortened or extended", "TestTimersAreKept"},
	{"the least of the tolerations used", "TestTolerationTime tolerations/least-of-those-used"},
	{"NoSchedule at once, NoExecute one each 10 s", "TestTaintingIsRateLimited TestZoneLoss"},
	{"all zones down: nobody is evicted", "TestAllLostThenOneBack nodeloss/every-node"},
	{"a zone of 50 or less in partial disruption evicts nobody; 2 of 3 is Normal", "TestStateOf TestZoneDisruption TestPartialDisruption"},
	{"pods of a dead node stay Running 1/1", "TestRecordedNodeCrash nodeloss/crash"},
	{"a kubelet's own NotReady leaves the pods' condition alone", "TestKubeletPostsNotReady nodeloss/runtime-down"},
	{"no STATUS Unknown: Terminating", "nodeloss/crash"},
	{"an evicted pod stays until somebody confirms", "TestZoneLoss nodeloss/crash"},
	{"pods of a deleted Node go after 40 to 60 s", "TestOrphans"},
	{"only the eviction API obeys budgets", "TestEviction TestDisruptionBudgets disruption/memory-pressure"},
	{"replacement is immediate", "TestReplicaSetReplaces workloads/replaced-while-terminating"},
	{"failed and evicted pods are kept, up to 12500", "TestReplicaSetReplaces TestTooManyFinished"},
	{"terminatingReplicas only informs", "TestReplicaSetReplaces"},
	{"what is rounded up and what down", "TestFenceposts TestDaemonSetUpdate TestDisruptionBudgets disruption/rounding"},
	{"alphabets of hashes and suffixes", "TestPodTemplateHash TestKnownIdentities"},
	{"the first step may scale both", "TestRollingUpdate workloads/rollout"},
	{"old unhealthy pods go first", "TestRollingUpdate workloads/bad-rollout"},
	{"ProgressDeadlineExceeded is a condition, nothing more", "TestProgressDeadline"},
	{"the deadline restarts with progress", "TestProgressDeadline"},
	{"an old template takes up its ReplicaSet", "TestRollBack"},
	{"Recreate waits for objects", "TestRecreate workloads/recreate-waits"},
	{"victims by ten rules", "TestVictims"},
	{"slow start: one refusal per sync", "TestReplicaSetRefusal TestReplicaSetClientLimits"},
	{"status lags behind the action", "TestRecordedStates"},
	{"available is minReadySeconds after Ready", "TestMinReadySeconds TestStatefulSetMinReady"},
	{"a StatefulSet never replaces a pod that is there", "TestStatefulSetInOrder TestStatefulSetParallel"},
	{"it deletes Failed and Succeeded pods", "TestStatefulSetFailedPod"},
	{"updates go one by one from the top", "TestStatefulSetPartition"},
	{"its deletion is not in order, claims stay", "TestStatefulSetClaims"},
	{"daemons go through the scheduler; a node must be Ready", "TestDaemonPods TestDaemonSetNodes"},
	{"a NotReady node: desired falls, misscheduled rises", "TestDaemonSetNodes"},
	{"daemons tolerate cordon and are never evicted", "TestDaemonPods workloads/daemon-set"},
	{"no toleration of memory pressure by default", "TestMinimalPod"},
	{"a deleted pod of a Job has failed", "TestJobPodDeleted TestJobSuspend"},
	{"backoffLimit counts differently for Never and OnFailure", "TestJobEnds workloads/backoff-limit"},
	{"back-off 10 s, doubling", "TestJobBackoff workloads/job-backoff"},
	{"conditions of Jobs come in pairs", "TestJobEnds workloads/job-ends-in-two-steps"},
	{"a Job deleted without a policy orphans its pods", "TestPropagation"},
	{"Jobs of a CronJob are named by minutes; many missed start one", "TestCronJobPolicies TestLastDue"},
	{"Forbid starts the missed run when the old one ends", "TestCronJobPolicies workloads/cron"},
	{"autoscalers: ready pods x ratio, missing ones, twice as many or 4", "TestAutoscalerReplicas TestAutoscalerLimits"},
	{"down by the highest of 5 minutes, up at once", "TestAutoscalerStabilization workloads/autoscale"},
	{"EndpointSlices keep terminating pods, and list those not ready", "TestEndpointConditions TestEndpoints"},
	{"deletionTimestamp lies ahead; it can only be shortened", "TestGracefulDeletion"},
	{"quota is charged at admission; stuck pods are released after two graces", "TestQuotaCharges TestQuotaOfStuckPods"},
	{"each controller has its own 20 requests a second", "TestReplicaSetClientLimits"},
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// What is said to hold a fact is there.
func TestPitfallsAreHeld(t *testing.T) {
	there := map[string]bool{}
	for _, glob := range []string{"*_test.go", "*/*_test.go"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range testName.FindAllSubmatch(text, -1) {
				there[string(m[1])] = true
			}
		}
	}
	for _, e := range scenarios.Library() {
		there[e.Name] = true
	}
	for i, p := range pitfalls {
		if missing := slices.DeleteFunc(strings.Fields(p.held), func(name string) bool { return there[name] }); len(missing) > 0 {
			t.Errorf("%d, %s: there is no %v", i+1, p.fact, missing)
		}
	}
	if len(pitfalls) != 50 {
		t.Errorf("%d facts, want 50", len(pitfalls))
	}
}
