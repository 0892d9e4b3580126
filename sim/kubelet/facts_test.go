package kubelet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// facts are what simulators of kubelets usually get wrong, and where each is held: a test of a package, a story of the library
// with its checks, or a recorded case that TestRecordedStates compares with.
var facts = []struct{ fact, held string }{
	{"the first crash restarts at once; then 10, 20, 40 ... 300 s", "sim/kubelet TestCrashLoopWaits"},
	{"exit code 0 goes through the same back-off", "sim/kubelet TestCrashLoopWaits"},
	{"back-off counts from finishedAt; the sync adds jitter and a tick", "sim/kubelet TestCrashLoopWaits"},
	{"the API says Error until the next sync says CrashLoopBackOff", "sim/kubelet TestCrashLoopStates"},
	{"the forget rule is about the last start attempt", "lifecycle/recovers"},
	{"another image, or a new pod, has no back-off yet", "sim/kubelet TestImageOfStatus"},
	{"a liveness kill meets back-off later than a crash", "recorded/probes"},
	{"CrashLoopBackOff keeps the phase Running", "sim/kubelet TestPhase"},
	{"one container that never started makes the pod Pending", "sim/kubelet TestPhase"},
	{"Running may go back to Pending, Succeeded and Failed are final", "sim/invariant TestEveryRuleBites"},
	{"a failing init container: Pending for ever, or Failed with Never", "sim/kubelet TestInitContainers"},
	{"a sidecar's exit code never matters, one that runs keeps Running", "sim/kubelet TestSidecar"},
	{"rules of a container go before the pod's policy", "sim/kubelet TestRestartAllContainersOtherCode"},
	{"the terminal phase comes after all containers have stopped", "sim/kubelet TestGracefulDeletion"},
	{"Ready=False PodCompleted while the phase is Running", "recorded/restart-policies"},
	{"Initialized is True with PodCompleted for what succeeded", "recorded/restart-policies"},
	{"lastTransitionTime moves with the status alone", "recorded/restart-policies"},
	{"PodReadyToStartContainers before the pull, and not after the sandbox", "recorded/image-backoff"},
	{"podIP comes with the next status", "sim/kubelet TestPodIP"},
	{"startTime is the kubelet's first look, deadlines count from it", "sim/kubelet TestDeadlineAndErrors"},
	{"containers start one after another", "recorded/init-and-sidecar"},
	{"the API shows them when the sync returns", "recorded/image-backoff"},
	{"an exit is seen at the relist, a start sooner", "recorded/init-and-sidecar"},
	{"waiting reasons lag one sync", "sim/kubelet TestCrashLoopStates"},
	{"ErrImagePull and ImagePullBackOff take turns, per pod and image", "recorded/image-backoff"},
	{"BackOff is Normal for images, a Warning for crashes", "sim/kubelet TestImages"},
	{"config errors are tried each 10 to 15 s; missing volumes wait", "sim/kubelet TestWhatIsMissing"},
	{"pulls are serial, waiting counts apart", "images/one-at-a-time"},
	{"Always asks for the manifest alone where the layers are", "recorded/image-pull-policies"},
	{"the words for an image that is there", "sim/kubelet TestImages"},
	{"Container created, Container started", "recorded/graceful-delete"},
	{"missing pull secrets only warn", "recorded/private-registry"},
	{"ticks of probes count from the worker, not from the container", "sim/kubelet TestProbes"},
	{"readiness has an extra run while it is not ready", "sim/kubelet TestProbes"},
	{"each failure says Unhealthy", "sim/kubelet TestProbeTimeoutTakesItsTime"},
	{"liveness begins as Success, readiness as Failure", "sim/kubelet TestProbes"},
	{"errors of a probe do not count", "probes/handlers"},
	{"readiness restarts nothing, startup does", "probes/startup"},
	{"a deletion does not make unready; liveness and startup end", "probes/while-terminating"},
	{"preStop is inside the grace period, with two seconds at its end", "sim/kubelet TestGracefulDeletion"},
	{"sidecars stop last, in reverse", "lifecycle/sidecars-stop-last"},
	{"deleted pods end by their exit codes, Pending ones as Failed", "sim/kubelet TestGracefulDeletion"},
	{"a forced deletion leaves the containers their grace", "sim/kubelet TestForcedDeletion"},
	{"a lost node's pods stay 1/1 Running until they are evicted", "nodeloss/crash"},
	{"eviction goes by use over requests, then priority, then amount", "sim/kubelet TestEvictionByPriority"},
	{"an evicted pod that exits 0 has succeeded", "sim/kubelet TestEvictedSucceeds"},
	{"one second of grace is two; pressure stays five minutes", "sim/kubelet TestEvictionGrace"},
	{"the kubelet may refuse what was scheduled, for good", "sim/kubelet TestDeadlineAndErrors"},
	{"STATUS and RESTARTS as kubectl prints them", "report/kubectl TestDisplayStatus"},
	{"deleting a mirror changes the mirror alone", "recorded/static-pod"},
}

// Every fact is held by something that is there.
func TestFactsAreHeld(t *testing.T) {
	if len(facts) != 50 {
		t.Errorf("%d facts, want 50", len(facts))
	}
	root := filepath.Join("..", "..")
	for i, f := range facts {
		if dir, test, ok := strings.Cut(f.held, " "); ok {
			if !declares(t, filepath.Join(root, filepath.FromSlash(dir)), test) {
				t.Errorf("%d, %s: there is no %s in %s", i+1, f.fact, test, dir)
			}
			continue
		}
		path := filepath.Join(root, "scenarios", "library", filepath.FromSlash(f.held)+".yaml")
		if name, ok := strings.CutPrefix(f.held, "recorded/"); ok {
			path = filepath.Join(root, "sim", "testdata", "recorded", name+".yaml")
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%d, %s: %v", i+1, f.fact, err)
		}
	}
}

func declares(t *testing.T, dir, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+test+"(") {
			return true
		}
	}
	return false
}
