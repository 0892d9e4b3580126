package kubelet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

func exits(code int64, after ...time.Duration) []world.Attempt {
	var out []world.Attempt
	for _, d := range after {
		out = append(out, world.Attempt{For: fixed(d), ExitCode: world.Constant(code)})
	}
	return out
}

const onePod = "metadata: {name: p}\nspec: {%s containers: [{name: app, image: 'app:v1'%s}]}"

// The waits after the nth exit are at least 0, 10, 20, 40, 80, 160, 300, 300 s, each stretched by the requeue's jitter
// (1 to 1.5) and the 1 s tick. Source: kubelet.md 6.1, 6.2. The exit code does not matter.
func TestCrashLoopWaits(t *testing.T) {
	for _, code := range []int64{0, 1} {
		c := newCluster(t, false, []world.Behavior{{Attempts: exits(code, time.Second)}}, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "", ""))
		c.run(40 * time.Minute)
		starts := c.times("EVT p Started")
		least := []float64{0, 10, 20, 40, 80, 160, 300, 300}
		if len(starts) < len(least)+1 {
			t.Fatalf("code %d: %d starts", code, len(starts))
		}
		for i, w := range least {
			gap := starts[i+1] - starts[i] - 1 // it ran for one second
			// Hops of the requeue are 60 to 90 s long; above that a wait may be passed by most of a hop.
			if gap < w || gap > max(1.5*w, w+92)+2.1 && w > 60 || gap > 1.5*w+2.1 && w <= 60 {
				t.Errorf("code %d: wait %d was %.1f s, want about %v", code, i+1, gap, w)
			}
		}
	}
}

// The first restart is immediate and the API shows CrashLoopBackOff only when the next sync begins.
func TestCrashLoopStates(t *testing.T) {
	c := newCluster(t, false, []world.Behavior{{Attempts: exits(1, time.Second)}}, nil, "app:v1")
	c.pod(time.Second, fmt.Sprintf(onePod, "", ""))
	c.run(20 * time.Second)
	c.near(2.3, 1, "EVT p Started x2")
	if got := c.times("waiting:CrashLoopBackOff rc=1"); len(got) != 1 || got[0] < 12 {
		t.Errorf("CrashLoopBackOff at %v, want once, after the 10 s wait", got)
	}
	c.never("Failed")
}

func TestGracefulDeletion(t *testing.T) {
	for _, v := range []struct {
		name, spec, container string
		behavior              world.Behavior
		ended                 float64 // seconds after the deletion at which the terminal phase shows
		phase                 string
	}{
		{"dies at once", "", "", world.Behavior{}, 0, "Failed"},
		{"exits 0 after 2 s", "", "", world.Behavior{OnTerm: world.OnTerm{ExitAfter: fixed(2 * time.Second), ExitCode: world.Constant(0)}}, 2, "Succeeded"},
		{"ignores SIGTERM", "terminationGracePeriodSeconds: 6,", "", world.Behavior{OnTerm: world.OnTerm{Ignore: true}}, 6, "Failed"},
		{"preStop inside the grace", "terminationGracePeriodSeconds: 10,", ", lifecycle: {preStop: {exec: {command: [x]}}}",
			world.Behavior{PreStop: &world.Hook{For: fixed(3 * time.Second)}, OnTerm: world.OnTerm{ExitAfter: fixed(time.Second)}}, 4, "Failed"},
		{"preStop eats the grace: 2 s are left", "terminationGracePeriodSeconds: 5,", ", lifecycle: {preStop: {exec: {command: [x]}}}",
			world.Behavior{PreStop: &world.Hook{For: fixed(9 * time.Second)}, OnTerm: world.OnTerm{Ignore: true}}, 7, "Failed"},
	} {
		t.Run(v.name, func(t *testing.T) {
			c := newCluster(t, false, []world.Behavior{v.behavior}, nil, "app:v1")
			c.pod(time.Second, fmt.Sprintf(onePod, v.spec, v.container))
			c.at(10*time.Second, func() { _ = c.store.DeletePod(store.Key{Namespace: "default", Name: "p"}, "", nil) })
			c.run(60 * time.Second)
			c.near(10, 0.01, "EVT p Killing x1 Stopping container app")
			ends := c.times("MODIFIED p " + v.phase + " deleting")
			if len(ends) == 0 || ends[0] < 10+v.ended || ends[0] > 10+v.ended+0.1 {
				t.Errorf("%s at %v, want %v s after the deletion", v.phase, ends, v.ended)
			}
			c.near(10+v.ended, 1.4, "DELETED p")
			c.never("EVT p FailedPreStopHook")
		})
	}
}

func TestImages(t *testing.T) {
	images := []world.NamedImage{
		{Ref: "gone:v1", Image: world.Image{Missing: true}},
		{Ref: "slow:v1", Image: world.Image{PullTime: fixed(4 * time.Second), Size: 7}},
		{Ref: "flaky:v1", Image: world.Image{PullTime: fixed(0), FailFirst: 2, Error: "no route"}},
	}
	t.Run("missing", func(t *testing.T) {
		c := newCluster(t, false, nil, images)
		c.pod(time.Second, "metadata: {name: p}\nspec: {containers: [{name: app, image: 'gone:v1'}]}")
		c.run(5 * time.Minute)
		pulls := c.times("EVT p Pulling")
		for i, w := range []float64{10, 20, 40, 80} { // counted from the failure, retried each 10 to 15 s
			if gap := pulls[i+1] - pulls[i]; gap < w || gap > w+17 {
				t.Errorf("pull %d came %.1f s after the one before, want %v to %v", i+2, gap, w, w+17)
			}
		}
		if a, b := c.times("waiting:ErrImagePull"), c.times("waiting:ImagePullBackOff"); len(a) == 0 || len(b) == 0 || a[0] > b[0] {
			t.Errorf("ErrImagePull at %v, ImagePullBackOff at %v", a, b)
		}
	})
	t.Run("slow pull holds up what is behind it", func(t *testing.T) {
		c := newCluster(t, false, nil, images, "app:v1")
		c.pod(time.Second, "metadata: {name: a}\nspec: {containers: [{name: app, image: 'slow:v1'}]}")
		c.pod(time.Second, "metadata: {name: b}\nspec: {containers: [{name: app, image: 'flaky:v1'}]}")
		c.run(60 * time.Second)
		c.near(5.3, 0.1, "EVT a Pulled", `Successfully pulled image "slow:v1" in 4s (4s including waiting). Image size: 7 bytes.`)
		if first := c.times("EVT b Failed", "no route"); len(first) == 0 || first[0] < 5.3 {
			t.Errorf("the second pull ended at %v, want after the first", first)
		}
		c.near(1.3, 60, "EVT b Pulled")
	})
	t.Run("never", func(t *testing.T) {
		c := newCluster(t, false, nil, nil)
		c.pod(time.Second, "metadata: {name: p}\nspec: {containers: [{name: app, image: 'x:v1', imagePullPolicy: Never}]}")
		c.run(10 * time.Second)
		c.near(1.3, 0.1, "EVT p ErrImageNeverPull x1", `Container image "x:v1" is not present with pull policy of Never`)
		c.near(1.3, 1.1, "waiting:ErrImageNeverPull")
	})
}

func TestProbes(t *testing.T) {
	window := func(from, to time.Duration) []world.Window {
		return []world.Window{{From: from, To: to, Outcome: world.Failure}}
	}
	t.Run("readiness", func(t *testing.T) {
		c := newCluster(t, false, []world.Behavior{{Probes: map[world.ProbeType]world.ProbeScript{world.Readiness: {Windows: window(10*time.Second, 20*time.Second), Output: "no"}}}}, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "", ", readinessProbe: {exec: {command: [x]}, periodSeconds: 2, failureThreshold: 2}"))
		c.run(40 * time.Second)
		ready := c.times("MODIFIED p Running", " ready ")
		if len(ready) < 2 || ready[0] > 1.5 {
			t.Errorf("ready at %v", ready)
		}
		c.never("rc=1") // readiness restarts nothing
		if off := c.times("Running", "Ready=F(ContainersNotReady)"); len(off) < 1 || off[len(off)-1] < 13 || off[len(off)-1] > 15.5 {
			t.Errorf("unready at %v, want two failures after 11.3 s", off)
		}
	})
	t.Run("liveness", func(t *testing.T) {
		c := newCluster(t, false, []world.Behavior{{Probes: map[world.ProbeType]world.ProbeScript{world.Liveness: {Windows: window(15*time.Second, -1)}}}}, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "", ", livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 3}"))
		c.run(26 * time.Second)
		if n := c.times("EVT p Unhealthy", "Liveness probe failed: dial tcp 10.244.0.2:80: connect: connection refused"); len(n) != 3 {
			t.Errorf("failures at %v, want 3", n)
		}
		// Ticks lie at the worker's creation (1.3) + 3k; the third failing one from 16.3 on kills.
		c.near(22.3, 3.1, "EVT p Killing x1 Container app failed liveness probe, will be restarted")
		c.near(22.3, 3.1, "running rc=1 ready")
	})
	t.Run("startup gates the others", func(t *testing.T) {
		c := newCluster(t, false, []world.Behavior{{Probes: map[world.ProbeType]world.ProbeScript{world.Startup: {Windows: window(0, 9*time.Second)}}}}, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "", ", startupProbe: {exec: {command: [x]}, periodSeconds: 2, failureThreshold: 10}, readinessProbe: {exec: {command: [x]}, periodSeconds: 5}"))
		c.run(30 * time.Second)
		if ready := c.times("Running", " ready "); len(ready) == 0 || ready[0] < 10.3 || ready[0] > 13.5 {
			t.Errorf("ready at %v, want right after the first startup success", ready)
		}
	})
}

func TestInitContainers(t *testing.T) {
	pod := "metadata: {name: p}\nspec: {%s initContainers: [{name: i, image: 'app:v1'}], containers: [{name: app, image: 'app:v1'}]}"
	t.Run("runs first", func(t *testing.T) {
		c := newCluster(t, false, nil, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(pod, ""))
		c.run(20 * time.Second)
		c.near(2.3, 1.1, "i=Completed:0 rc=0 ready app=running rc=0 ready")
	})
	t.Run("Never fails the pod", func(t *testing.T) {
		c := newCluster(t, false, []world.Behavior{{Container: "i", Attempts: exits(2, time.Second)}}, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(pod, "restartPolicy: Never,"))
		c.run(20 * time.Second)
		c.near(3.3, 1.1, "p Failed", "i=Error:2")
		c.never("app=running")
	})
}

// A sidecar runs before and after the app: it ends last, and the pod succeeds although it exits 143.
func TestSidecar(t *testing.T) {
	c := newCluster(t, false, []world.Behavior{{Container: "app", Attempts: exits(0, 5*time.Second)}}, nil, "app:v1")
	c.pod(time.Second, "metadata: {name: p}\nspec: {restartPolicy: Never, initContainers: [{name: side, image: 'app:v1', restartPolicy: Always}], containers: [{name: app, image: 'app:v1'}]}")
	c.run(30 * time.Second)
	c.near(6.3, 1.1, "EVT p Killing x1 Stopping container side")
	c.near(8.3, 2.1, "p Succeeded")
}

func TestWhatIsMissing(t *testing.T) {
	configMap := func(c *cluster) func() {
		return func() {
			if err := c.store.Create(model.ConfigMap, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "cm"}, Data: map[string]string{"k": "v"}}); err != nil {
				c.Fatal(err)
			}
		}
	}
	t.Run("key in the environment", func(t *testing.T) {
		c := newCluster(t, false, nil, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "", ", env: [{name: X, valueFrom: {configMapKeyRef: {name: cm, key: k}}}]"))
		c.at(20*time.Second, configMap(c))
		c.run(40 * time.Second)
		if got := c.times(`EVT p Failed`, `Error: configmap "cm" not found`); len(got) < 2 || got[0] > 1.4 {
			t.Errorf("failures at %v", got)
		}
		c.near(1.3, 1.1, "waiting:CreateContainerConfigError")
		c.near(20, 16, "app=running")
	})
	t.Run("volume", func(t *testing.T) {
		c := newCluster(t, false, nil, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "volumes: [{name: v, configMap: {name: cm}}],", ", volumeMounts: [{name: v, mountPath: /v}]"))
		c.at(5*time.Second, configMap(c))
		c.run(40 * time.Second)
		if got := c.times("EVT p FailedMount", `MountVolume.SetUp failed for volume "v" : configmap "cm" not found`); len(got) < 3 {
			t.Errorf("failed mounts at %v", got)
		}
		c.never("CreateContainerConfigError")
		c.near(5, 10, "app=running")
	})
	t.Run("several volumes", func(t *testing.T) {
		c := newCluster(t, false, nil, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, `volumes: [
			{name: a, configMap: {name: none}}, {name: b, secret: {secretName: none}}, {name: unused, configMap: {name: none}},
			{name: key, configMap: {name: cm, items: [{key: other, path: x}]}},
			{name: both, projected: {sources: [{configMap: {name: none}}, {secret: {name: none}}]}},
			{name: maybe, configMap: {name: none, optional: true}}],`,
			", volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b}, {name: key, mountPath: /k}, {name: both, mountPath: /c}, {name: maybe, mountPath: /m}]"))
		c.at(0, configMap(c))
		c.run(1200 * time.Millisecond)
		for _, want := range []string{`"a" : configmap "none" not found`, `"b" : secret "none" not found`,
			`"key" : configmap references non-existent config key: other`, `"both" : [configmap "none" not found, secret "none" not found]`} {
			c.near(1.1, 0.1, "EVT p FailedMount x1 MountVolume.SetUp failed for volume "+want)
		}
		c.never("unused")
		c.never("maybe")
	})
	t.Run("volume that no container mounts", func(t *testing.T) {
		c := newCluster(t, false, nil, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "volumes: [{name: v, configMap: {name: cm}}],", ""))
		c.run(10 * time.Second)
		c.never("FailedMount")
		c.near(1.3, 0.1, "app=running")
	})
}

func TestDeadlineAndErrors(t *testing.T) {
	t.Run("activeDeadlineSeconds", func(t *testing.T) {
		c := newCluster(t, false, nil, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "activeDeadlineSeconds: 5,", ""))
		c.run(20 * time.Second)
		c.near(6, 3, "p Failed")
		if !strings.Contains(strings.Join(c.lines, "\n"), "EVT p DeadlineExceeded x1 Pod was active on the node longer than the specified deadline") {
			t.Error("no DeadlineExceeded")
		}
	})
	t.Run("start error", func(t *testing.T) {
		c := newCluster(t, false, []world.Behavior{{StartError: "no such file"}}, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "", ""))
		c.run(20 * time.Second)
		if got := c.times("EVT p Failed", "Error: no such file"); len(got) == 0 {
			t.Error("no Failed event")
		}
		if got := c.times("waiting:RunContainerError"); len(got) == 0 {
			t.Errorf("no RunContainerError:\n%s", strings.Join(c.lines, "\n"))
		}
	})
	t.Run("rejected", func(t *testing.T) {
		c := newCluster(t, false, nil, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "", ", resources: {requests: {cpu: 5}}"))
		c.run(20 * time.Second)
		c.near(1, 0.1, "EVT p OutOfcpu x1 Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000")
		c.near(1, 0.1, "p Failed")
	})
}

// Executing every tick changes nothing.
func TestReferenceIsEqual(t *testing.T) {
	run := func(reference bool) string {
		c := newCluster(t, reference, []world.Behavior{{Container: "app", Attempts: exits(1, 7*time.Second, 40*time.Second),
			Probes: map[world.ProbeType]world.ProbeScript{world.Readiness: {FailureRate: 0.3}, world.Liveness: {FailureRate: 0.2}}}}, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "", ", readinessProbe: {exec: {command: [x]}, periodSeconds: 3}, livenessProbe: {exec: {command: [x]}, periodSeconds: 4, failureThreshold: 2}"))
		c.at(400*time.Second, func() { _ = c.store.DeletePod(store.Key{Namespace: "default", Name: "p"}, "", nil) })
		return c.run(10 * time.Minute)
	}
	if a, b := run(false), run(true); a != b {
		x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
		for i := range min(len(x), len(y)) {
			if x[i] != y[i] {
				for _, l := range x[max(0, i-14):i] {
					t.Log(l)
				}
				t.Fatalf("line %d differs:\nelided    %s\nreference %s", i, x[i], y[i])
			}
		}
		t.Fatalf("%d lines, reference %d", len(x), len(y))
	}
}

// What a node sends while it cannot be heard is not heard later either.
func TestRenewalsInSilence(t *testing.T) {
	c := newCluster(t, false, nil, nil)
	n := c.kubelets.Node("n1")
	c.at(100*time.Second, func() { n.Cut(false) })
	c.at(140*time.Second, n.Heal)
	c.at(140*time.Second+time.Millisecond, func() { n.Cut(false) })
	c.run(200 * time.Second)
	if at, ok := c.kubelets.LastRenewal("n1", 200*time.Second); !ok || at > 100*time.Second || at < 89*time.Second {
		t.Errorf("last renewal at %v, want the last before the first silence", at)
	}
	if _, ok := c.kubelets.NextRenewal("n1", 200*time.Second); ok {
		t.Error("a node that is cut off renews nothing")
	}
}

// TestSleepOf: what a command says about how long it takes.
func TestSleepOf(t *testing.T) {
	for command, want := range map[string]time.Duration{
		"sleep 5": 5 * time.Second, "echo up; sleep 1.5m; echo down": 90 * time.Second, "sleep 30; rm /ok; sleep 600": 10 * time.Minute,
		"while true; do date; sleep 1; done": -1, "while :; do sleep 1; done": -1, "sleep infinity": -1, "sleep 99999999999999d": -1,
		"until getent hosts db; do sleep 2; done": 2 * time.Second,
	} {
		if got, ok := sleepOf(&corev1.Container{Command: []string{"sh", "-c", command}}); !ok || got != want {
			t.Errorf("%s: %v", command, got)
		}
	}
	if _, ok := sleepOf(&corev1.Container{Command: []string{"nginx", "-g", "daemon off"}}); ok {
		t.Error("nginx sleeps")
	}
}

// Times that no clock can count up to are never reached, and break nothing.
func TestEndlessTimes(t *testing.T) {
	const most = time.Duration(1<<63 - 1)
	hook := ", lifecycle: {preStop: {exec: {command: [x]}}}"
	for _, v := range []struct {
		name, spec, container string
		behavior              world.Behavior
		ends                  bool
	}{
		{"a run of 292 years", "", "", world.Behavior{Attempts: exits(0, most)}, true},
		{"a grace period of 292 billion years", "terminationGracePeriodSeconds: 9223372036854775807,", "", world.Behavior{}, true},
		{"the same, and SIGTERM is ignored", "terminationGracePeriodSeconds: 9223372036854775807,", "", world.Behavior{OnTerm: world.OnTerm{Ignore: true}}, false},
		{"the same, and the hook takes as long", "terminationGracePeriodSeconds: 9223372036854775807,", hook, world.Behavior{PreStop: &world.Hook{For: fixed(most)}}, false},
		{"an exit that does not come", "terminationGracePeriodSeconds: 10000000000,", "", world.Behavior{OnTerm: world.OnTerm{ExitAfter: fixed(most)}}, false},
		{"a probe that fails in 292 years", "", ", readinessProbe: {tcpSocket: {port: 1}}",
			world.Behavior{Probes: map[world.ProbeType]world.ProbeScript{world.Readiness: {Windows: []world.Window{{From: most, To: -1, Outcome: world.Failure}}}}}, true},
	} {
		t.Run(v.name, func(t *testing.T) {
			c := newCluster(t, false, []world.Behavior{v.behavior}, nil, "app:v1")
			c.pod(time.Second, fmt.Sprintf(onePod, v.spec, v.container))
			c.at(30*time.Second, func() {
				c.near(1.3, 1.1, "p Running | app=running rc=0 ready")
				if err := c.store.DeletePod(store.Key{Namespace: "default", Name: "p"}, "", nil); err != nil {
					t.Error(err)
				}
			})
			c.run(24 * time.Hour)
			if gone := c.times("DELETED p"); (len(gone) == 1) != v.ends {
				t.Errorf("gone at %v, want it to go: %v", gone, v.ends)
			}
			c.never("Unhealthy")
		})
	}
}
