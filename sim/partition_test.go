package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/scenarios"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

const cutOffScenario = `apiVersion: simulate/v1alpha1
kind: Scenario
metadata: {name: cut-off}
spec:
  duration: 20m
  cluster:
    nodes: [{name: n1}, {name: late, startAt: 60s}]
    images: {app:v1: {}}
  behaviors:
  - {select: {name: p}, run: {attempts: [{for: 30s, exitCode: 1}]}}
  workloads:
  - inline: |
      apiVersion: v1
      kind: Pod
      metadata: {name: p}
      spec:
        nodeName: n1
        tolerations: [{operator: Exists}]
        containers: [{name: app, image: "app:v1"}]
  timeline:
  - CUT
`

// told runs the scenario with a partition and returns when Events of that reason were written.
func told(t *testing.T, cut, reason string) (at []float64) {
	t.Helper()
	text := strings.Replace(cutOffScenario, "CUT", cut, 1)
	l := &lines{keep: func(r *journal.Record) bool {
		if e, ok := r.Object.(*store.Event); ok && e.Reason == reason {
			at = append(at, r.At.Seconds())
		}
		return false
	}}
	toEnd(t, newRun(t, textOptions(t, text, scenarios.LoadOptions{}), l))
	return at
}

// A kubelet that cannot reach the API server holds its Events back and writes them when it can: at its next try, 10 s apart.
// What it tries for two minutes in vain is lost, one Event after the other.
//
// Source: k8s v1.36.3 staging client-go/tools/record/event.go recordToSink: 12 tries, 10 s apart but for the first.
func TestEventsOfAKubeletThatIsCutOff(t *testing.T) {
	calm := told(t, "{at: 19m, cordon: {node: n1}}", "Started")
	short := told(t, "{at: 25s, partition: {node: n1}, for: 60s}", "Started")
	if len(calm) < 3 || calm[1] > 40 {
		t.Fatalf("without a partition: started at %v", calm)
	}
	for _, at := range short {
		if at > 25 && at < 85 {
			t.Errorf("written at %v, behind a partition from 25 to 85 s", at)
		}
	}
	if len(short) < 3 || short[1] < 85 || short[1] > 95.1 {
		t.Errorf("written at %v, want the second within 10 s of 85", short)
	}
	long := told(t, "{at: 25s, partition: {node: n1}, for: 10m}", "Created")
	if first := long[1]; first < 625 || first > 635.1 {
		t.Errorf("after ten minutes: written at %v, want the second within 10 s of 625", long)
	}
	if len(told(t, "{at: 25s, partition: {node: n1}, for: 10m}", "Started")) >= len(calm) {
		t.Error("nothing was lost in ten minutes, in which some five Events can be given up")
	}
}

// A partition of a machine that is off, or not there yet, holds when it comes up: it registers when the partition is over.
func TestPartitionOfAMachineThatIsOff(t *testing.T) {
	at := told(t, "{at: 30s, partition: {node: late}, for: 90s}", "Starting")
	if len(at) != 1 || at[0] < 120 || at[0] > 140 {
		t.Errorf("the kubelet that began at 60 s says so at %v, want after 120 s", at)
	}
	for name, steps := range map[string]string{ // unordered: each by itself
		"late": "{at: 30s, partition: {node: late}, for: 90s}",
		"n1":   "{at: 30s, nodeCrash: {node: n1}}\n  - {at: 40s, partition: {node: n1}, for: 80s}\n  - {at: 50s, nodeRecover: {node: n1}}",
	} {
		o := textOptions(t, strings.Replace(cutOffScenario, "CUT", steps, 1), scenarios.LoadOptions{})
		r := newRun(t, o)
		for _, want := range []struct {
			at    string
			ready bool
		}{{"119s", false}, {"131s", true}} {
			if err := r.Until(duration(t, want.at)); err != nil {
				t.Fatal(err)
			}
			if got := isNodeReady(r.Store.Get(model.Node, store.Key{Name: name})); got != want.ready && (name == "late" || want.ready) {
				t.Errorf("%s at %s: ready %v, want %v", name, want.at, got, want.ready)
			}
		}
	}
}

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func isNodeReady(o store.Object) bool {
	n := store.AsNode(o)
	if n == nil {
		return false
	}
	return slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}
