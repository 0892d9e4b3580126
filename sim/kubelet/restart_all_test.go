package kubelet

import (
	"testing"
	"time"

	"clustersim/sim/world"
)

// A container that ends with a code that its rule names restarts the whole pod in place: the others are killed with two
// seconds of grace and no preStop hook, the init container runs again, restart counts rise by one each, the sandbox stays, no
// back-off holds anything up, and Initialized stays True.
//
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_manager.go SyncPod, kubelet_pods.go convertToAPIContainerStatuses,
// status/generate.go GenerateAllContainersRestartingCondition; test/e2e/common/node/container_restart_policy.go.
func TestRestartAllContainers(t *testing.T) {
	c := newCluster(t, false, []world.Behavior{
		{Container: "source", Attempts: []world.Attempt{{For: fixed(10 * time.Second), ExitCode: world.Constant(42)}, {Forever: true}}},
		{Container: "other", OnTerm: world.OnTerm{Ignore: true}},
	}, nil, "app:v1")
	c.pod(time.Second, `
metadata: {name: p}
spec:
  restartPolicy: Never
  initContainers: [{name: init, image: 'app:v1'}]
  containers:
  - {name: other, image: 'app:v1', lifecycle: {preStop: {exec: {command: [x]}}}}
  - name: source
    image: app:v1
    restartPolicy: Never
    restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [42]}}]`)
	c.run(5 * time.Minute)
	begun := c.times("EVT p Started")
	if len(begun) != 6 {
		t.Fatalf("%d starts, want init, other and source twice:\n%v", len(begun), c.lines)
	}
	ended := begun[2] + 10
	c.near(ended, 1.1, "MODIFIED", "source=Error:42 rc=0", "AllContainersRestarting=T(RestartAllContainersStarted)")
	c.near(ended, 1.1, "EVT p Killing", "killing")
	c.never("Stopping container")
	c.near(ended+2, 1.2, "MODIFIED p", "init=waiting:RestartingAllContainers rc=1", "other=waiting:RestartingAllContainers rc=1", "source=waiting:RestartingAllContainers rc=1",
		"Initialized=T", "AllContainersRestarting=F")
	if wait := begun[3] - ended; wait < 2 || wait > 3.2 {
		t.Errorf("starts again after %v s, want 2 and a relist", wait)
	}
	c.never("Initialized=F", "rc=1")
	c.never("Failed")
	c.never("BackOff")
	c.never("SandboxChanged")
	last := c.times("MODIFIED p Running", "init=Completed:0 rc=1", "other=running rc=1 ready", "source=running rc=1 ready", "Ready=T")
	if len(last) != 1 {
		t.Errorf("runs again at %v, want once:\n%v", last, c.lines)
	}
}

// Another code of the same container is the policy's business: the pod fails.
func TestRestartAllContainersOtherCode(t *testing.T) {
	c := newCluster(t, false, []world.Behavior{{Container: "source", Attempts: exits(1, 5*time.Second)}, {Container: "other", Attempts: exits(0, time.Second)}}, nil, "app:v1")
	c.pod(time.Second, `
metadata: {name: p}
spec:
  restartPolicy: Never
  containers:
  - {name: other, image: 'app:v1'}
  - name: source
    image: app:v1
    restartPolicy: Never
    restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [42]}}]`)
	c.run(time.Minute)
	c.near(7.5, 2, "MODIFIED p Failed |", "AllContainersRestarting=F(PodFailed)")
	c.never("AllContainersRestarting=T")
}
