package scheduler

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"

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
	Next            int
	Nominated       string
	Victims         []string
}

// vectorCluster is where a vector is replayed.
type vectorCluster struct {
	*testing.T
	p              *Profile
	s              *Snapshot
	l              *Placer
	bound, waiting map[string]*Pod
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
	c := &vectorCluster{t, p, s, p.NewPlacer(s), map[string]*Pod{}, map[string]*Pod{}}
	for i := range v.Ops {
		switch op := &v.Ops[i]; op.Do {
		case "set":
			c.set(op)
		case "remove":
			s.RemoveObject(op.object(t))
		case "remove-node":
			s.RemoveNode(op.Key)
		case "remove-pod":
			s.RemovePod(c.bound[op.Key])
			delete(c.bound, op.Key)
		case "nominate":
			pod := p.Compile(op.object(t).(*corev1.Pod))
			c.waiting[pod.Namespace+"/"+pod.Name] = pod
			s.Nominate(pod, pod.Nominated)
		case "forget":
			s.Nominate(c.waiting[op.Key], "")
		case "schedule":
			pods++
			if diff := c.schedule(op); diff != "" {
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
		"PodDisruptionBudget": &policyv1.PodDisruptionBudget{}, "PersistentVolume": &corev1.PersistentVolume{},
		"PersistentVolumeClaim": &corev1.PersistentVolumeClaim{}, "StorageClass": &storagev1.StorageClass{}, "CSINode": &storagev1.CSINode{},
		"VolumeAttachment": &storagev1.VolumeAttachment{},
	}
	o := kinds[op.Kind]
	if err := json.Unmarshal(op.Object, o); err != nil {
		t.Fatal(err)
	}
	return o
}

func (c *vectorCluster) set(op *vectorOp) {
	switch o := op.object(c.T).(type) {
	case *corev1.Node:
		c.s.SetNode(o)
	case *corev1.Pod:
		key := o.Namespace + "/" + o.Name
		if old := c.bound[key]; old != nil {
			c.s.RemovePod(old)
		}
		c.bound[key] = c.p.Compile(o)
		c.s.AddPod(c.bound[key], o.Spec.NodeName)
	default:
		c.s.SetObject(o)
	}
}

// schedule compares the plain cycle and the fast one with the real answer.
func (c *vectorCluster) schedule(op *vectorOp) string {
	pod := c.p.Compile(op.object(c.T).(*corev1.Pod))
	plain := c.p.Schedule(pod, c.s, Options{Start: c.l.Start})
	fast := c.l.Place(pod)
	if fast.Chosen != plain.Chosen || c.l.Start != plain.Next {
		return fmt.Sprintf("plain %q, next %d; fast %q, next %d", plain.Chosen, plain.Next, fast.Chosen, c.l.Start)
	}
	got := vectorAnswer{Chosen: fast.Chosen, Message: fast.Message, Plugins: fast.Plugins, Next: plain.Next, Nodes: plain.Nodes, Nominated: fast.Nominated}
	for _, v := range fast.Victims {
		if !v.Terminating { // nobody asks twice
			got.Victims = append(got.Victims, v.Namespace+"/"+v.Name)
		}
	}
	slices.Sort(got.Victims)
	want := op.Answer
	sameShape(want.Nodes)
	sameShape(got.Nodes)
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
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
