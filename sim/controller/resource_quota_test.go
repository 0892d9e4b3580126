package controller

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/store"
)

func (p *plant) usedOf(name string) string {
	q := get[*corev1.ResourceQuota](p, resourceQuotaKind, name)
	var out []string
	for k, v := range q.Status.Used { // unordered: sorted below
		out = append(out, string(k)+"="+v.String())
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (p *plant) wantUsed(want string) {
	p.t.Helper()
	if got := p.usedOf("q"); got != want {
		p.t.Errorf("at %v: used %s, want %s", p.engine.Now(), got, want)
	}
}

// A quota counts what is there when it comes; what ends or goes is given back; finished pods count as objects alone.
func TestQuotaUsage(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	pod := func(name string) string {
		return `{apiVersion: v1, kind: Pod, metadata: {name: ` + name + `}, spec: {containers: [{name: app, image: app, resources: {requests: {cpu: 300m, memory: 128Mi}}}]}}`
	}
	p.create(pod("a"))
	p.create(pod("b"))
	p.run(time.Second)
	p.create(`{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: "5", requests.cpu: "2", requests.memory: 1Gi, count/pods: "9", services: "1", configmaps: "9", example.com/x: "1"}}}`)
	p.run(1100 * time.Millisecond)
	p.wantUsed("configmaps=1 count/pods=2 pods=2 requests.cpu=600m requests.memory=256Mi services=1") // the namespace's own ConfigMap and Service
	p.create(pod("c"))
	p.wantUsed("configmaps=1 count/pods=3 pods=3 requests.cpu=900m requests.memory=384Mi services=1")
	p.run(3 * time.Second)
	p.phase(key("a"), "", corev1.PodSucceeded, life{})
	p.run(4 * time.Second)
	p.wantUsed("configmaps=1 count/pods=3 pods=2 requests.cpu=600m requests.memory=256Mi services=1")
	_ = p.store.DeletePod(key("b"), "", nil)
	p.run(4500 * time.Millisecond)
	p.wantUsed("configmaps=1 count/pods=3 pods=2 requests.cpu=600m requests.memory=256Mi services=1")
	p.run(6 * time.Second)
	p.wantUsed("configmaps=1 count/pods=2 pods=1 requests.cpu=300m requests.memory=128Mi services=1")
	p.patch(resourceQuotaKind, "q", `{"spec": {"hard": {"pods": "1", "requests.cpu": null}}}`)
	p.run(7 * time.Second)
	p.wantUsed("configmaps=1 count/pods=2 pods=1 requests.memory=128Mi services=1")
}

// A pod that is stuck in its deletion is charged for two graces, and given back by the next resync, every five minutes.
func TestQuotaOfStuckPods(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.slow = true
	p.create(`{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: "5"}}}`)
	p.run(time.Second)
	p.create(`{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: app, image: app}]}}`)
	p.run(3 * time.Second)
	_ = p.store.DeletePod(key("a"), "", nil)
	p.run(62 * time.Second)
	p.wantUsed("pods=1")
	p.run(63*time.Second + quotaResync + time.Second)
	p.wantUsed("pods=0")
	if p.store.Pod(key("a")) == nil {
		t.Error("the pod is gone")
	}
	zero := int64(0)
	_ = p.store.DeletePod(key("a"), "", &zero)
	p.run(p.engine.Now() + time.Second)
	p.wantUsed("pods=0")
}

// A ReplicaSet gets as many pods as the quota has room for, and the others when there is room again.
func TestQuotaHoldsBack(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.create(`{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: "3"}}}`)
	p.run(time.Second)
	p.create(webSet(5, ""))
	p.run(10 * time.Second)
	if n := len(p.pods(nil)); n != 3 {
		t.Errorf("%d pods, want 3", n)
	}
	p.patch(resourceQuotaKind, "q", `{"spec": {"hard": {"pods": "5"}}}`)
	p.run(60 * time.Second)
	if n := len(p.pods(func(p *store.Pod) bool { return podReady(p) })); n != 5 {
		t.Errorf("%d pods, want 5", n)
	}
	p.wantUsed("pods=5")
}

// What comes between a quota and the first count of it is not charged, until the next resync.
func TestQuotaResync(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.create(`{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: "5"}}}`)
	p.engine.After(2*time.Millisecond, kindTest, engine.Func(func() {
		p.create(`{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: app, image: app}]}}`)
	}))
	p.run(time.Second)
	p.wantUsed("pods=0")
	p.run(quotaResync + time.Second)
	p.wantUsed("pods=1")
}
