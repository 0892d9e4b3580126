package kubelet

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

const ranBefore = `
metadata: {name: old}
spec:
  nodeName: n2
  initContainers: [{name: init, image: 'app:v1'}]
  containers: [{name: a, image: 'app:v1', readinessProbe: {tcpSocket: {port: 1}}}, {name: b, image: 'app:v1'}]
status:
  phase: Running
  podIP: 10.9.9.9
  podIPs: [{ip: 10.9.9.9}]
  startTime: "2025-11-01T00:00:00Z"
  initContainerStatuses:
  - {name: init, ready: true, restartCount: 0, image: 'app:v1', imageID: i, containerID: 'docker://i',
     state: {terminated: {exitCode: 0, reason: Completed, containerID: 'docker://i', startedAt: "2025-11-01T00:00:01Z", finishedAt: "2025-11-01T00:00:02Z"}}}
  containerStatuses:
  - {name: a, ready: true, started: true, restartCount: 7, image: 'app:v1', imageID: i, containerID: 'docker://a', state: {running: {startedAt: "2025-12-01T00:00:00Z"}}}
  - {name: b, ready: true, started: true, restartCount: 0, image: 'app:v1', imageID: i, containerID: 'docker://b', state: {running: {startedAt: "2025-11-01T00:00:03Z"}}}
`

// adopted is a cluster with a second node that, as a dump tells, has long run the pod old.
func adopted(t *testing.T, kubelet bool, behaviors ...world.Behavior) *cluster {
	c := newCluster(t, false, behaviors, nil)
	p := &corev1.Pod{}
	if err := yaml.UnmarshalStrict([]byte(ranBefore), p); err != nil {
		t.Fatal(err)
	}
	model.Default(p)
	status := p.Status
	if err := c.store.CreatePod(&store.Pod{Namespace: "default", Name: "old", Template: p, NodeName: "n2", Created: -1, Status: &status}); err != nil {
		t.Fatal(err)
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n2"}}
	node.Status.Allocatable = corev1.ResourceList{"pods": resource.MustParse("110")}
	if !kubelet {
		node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionUnknown}}
	}
	c.kubelets.AddNode(world.NodeTemplate{Object: node, NoKubelet: !kubelet, Images: []string{"app:v1"}}, true)
	return c
}

// A pod that ran before the run goes on: no container is started again, and it never stops being ready.
func TestPodOfDumpGoesOn(t *testing.T) {
	c := adopted(t, true)
	c.store.Watch(watcher(func(ch *store.Change) {
		if _, p, ok := ch.Pods(); ok && ch.Verb == journal.Modified {
			for i, id := range []string{"docker://a", "docker://b"} {
				if s := p.Status.ContainerStatuses[i]; s.ContainerID != id || !s.Ready || p.Status.PodIP != "10.9.9.9" {
					t.Errorf("%s ready %v, podIP %s", s.ContainerID, s.Ready, p.Status.PodIP)
				}
			}
			if ready := find(p.Status.Conditions, corev1.PodReady); ready == nil || ready.Status != corev1.ConditionTrue {
				t.Errorf("not ready: %v", ready)
			}
		}
	}))
	c.run(time.Hour)
	c.never("EVT old")
}

// What happens to it is counted from what the dump says.
func TestPodOfDumpCrashes(t *testing.T) {
	c := adopted(t, true, world.Behavior{Container: "a", Attempts: exits(1, 30*time.Second)})
	c.run(2 * time.Minute)
	c.near(30, 1.1, "EVT old Started x1")
	if got := c.times("a=running rc=8"); len(got) == 0 || got[0] < 30 || got[0] > 31.2 {
		t.Errorf("running again at %v", got)
	}
	c.never("b=running rc=1")
}

// A Node of a dump that is not Ready stays so: nothing runs there until its machine recovers.
func TestNodeOfDumpWithoutKubelet(t *testing.T) {
	c := adopted(t, false)
	c.at(10*time.Minute, func() {
		if c.kubelets.Node("n2").Powered() || nodeReady(c.store.Node("n2")) {
			t.Error("somebody has woken it up")
		}
		if at, ok := c.kubelets.LastRenewal("n2", c.engine.Now()); ok && at > 0 {
			t.Errorf("it renewed its lease at %v", at)
		}
		c.kubelets.Node("n2").Recover()
	})
	c.run(11 * time.Minute)
	c.near(600, 2.5, "a=running rc=8 ready b=running rc=1 ready")
	if !nodeReady(c.store.Node("n2")) {
		t.Error("not Ready after its recovery")
	}
}
