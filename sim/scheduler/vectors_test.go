package scheduler

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"clustersim/model"
)

// vector is a cluster's history with the answers of the real scheduler. benchmarks/realscheduler writes the file.
type vector struct {
	Seed uint64
	Ops  []vectorOp
}

type vectorOp struct {
	Do, Kind, Key string
	Object        json.RawMessage
	Answer        vectorAnswer
}

type vectorAnswer struct {
	Chosen, Message string
	Plugins         []string
	Nodes           []NodeResult
	Evaluated       int
	Nominated       string
	Victims         []string
}

// TestVectors replays random clusters: for each pod the same verdict and scores of every node, the same node, and the
// same words if there is none.
func TestVectors(t *testing.T) {
	lines := bufio.NewScanner(bytes.NewReader(unzip(t, "vectors.jsonl.gz")))
	lines.Buffer(nil, 1<<22)
	pods := 0
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprint(v.Seed), func(t *testing.T) { pods += v.replay(t) })
	}
	if err := lines.Err(); err != nil || pods < 1000 {
		t.Fatalf("%d pods, %v", pods, err)
	}
}

func (v *vector) replay(t *testing.T) (pods int) {
	p := NewProfile(Args{})
	s := p.NewSnapshot()
	l := p.NewPlacer(s)
	bound := map[string]*Pod{}
	for i := range v.Ops {
		switch op := &v.Ops[i]; op.Do {
		case "set":
			op.set(t, p, s, bound)
		case "remove":
			s.RemoveObject(op.object(t))
		case "remove-node":
			s.RemoveNode(op.Key)
		case "remove-pod":
			s.RemovePod(bound[op.Key])
			delete(bound, op.Key)
		case "schedule":
			pods++
			if diff := op.schedule(t, p, s, l); diff != "" {
				t.Fatalf("op %d, pod %s (-real +ours):\n%s", i, op.Object, diff)
			}
		default:
			t.Fatalf("op %q", op.Do)
		}
	}
	return pods
}

func (op *vectorOp) object(t *testing.T) model.Object {
	kinds := map[string]model.Object{
		"Node": &corev1.Node{}, "Pod": &corev1.Pod{}, "Namespace": &corev1.Namespace{}, "Service": &corev1.Service{},
		"ReplicationController": &corev1.ReplicationController{}, "ReplicaSet": &appsv1.ReplicaSet{}, "StatefulSet": &appsv1.StatefulSet{},
		"PodDisruptionBudget": &policyv1.PodDisruptionBudget{},
	}
	o := kinds[op.Kind]
	if err := json.Unmarshal(op.Object, o); err != nil {
		t.Fatal(err)
	}
	return o
}

func (op *vectorOp) set(t *testing.T, p *Profile, s *Snapshot, bound map[string]*Pod) {
	switch o := op.object(t).(type) {
	case *corev1.Node:
		s.SetNode(o)
	case *corev1.Pod:
		key := o.Namespace + "/" + o.Name
		if old := bound[key]; old != nil {
			s.RemovePod(old)
		}
		bound[key] = p.Compile(o)
		s.AddPod(bound[key], o.Spec.NodeName)
	default:
		s.SetObject(o)
	}
}

// schedule compares the plain cycle and the fast one with the real answer.
func (op *vectorOp) schedule(t *testing.T, p *Profile, s *Snapshot, l *Placer) string {
	pod := p.Compile(op.object(t).(*corev1.Pod))
	plain := p.Schedule(pod, s, Options{Start: l.Start})
	fast := l.Place(pod)
	got := vectorAnswer{Chosen: fast.Chosen, Message: fast.Message, Plugins: fast.Plugins, Evaluated: plain.Evaluated, Nodes: plain.Nodes}
	want := op.Answer
	if fast.Chosen != plain.Chosen || l.Start != plain.Next {
		return fmt.Sprintf("plain %q, next %d; fast %q, next %d", plain.Chosen, plain.Next, fast.Chosen, l.Start)
	}
	sameShape(want.Nodes)
	sameShape(got.Nodes)
	if len(want.Nodes) == 0 {
		want.Nodes = got.Nodes[:0]
	}
	return cmp.Diff(want, got)
}

// sameShape levels what is not compared: the order of reasons, which upstream takes from a map, and the score 0 that
// DynamicResources gives to all pods without claims.
func sameShape(nodes []NodeResult) {
	for i := range nodes {
		n := &nodes[i]
		n.Reasons = slices.Sorted(slices.Values(n.Reasons))
		delete(n.Scores, "DynamicResources")
		if len(n.Scores) == 0 {
			n.Scores = nil
		}
	}
}
