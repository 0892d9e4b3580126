package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Op is one step of a Scenario.
type Op struct {
	Do     string         // see the constants
	Object runtime.Object // for what is set
	Key    string         // name of a node, namespace/name of a pod, for what is removed
	Answer *Answer        // of the real scheduler to DoSchedule, in vectors
}

// What an Op does. Pods are namespace/name; removing what is not there does nothing.
const (
	DoSet        = "set"         // a node, a pod with a node, or any other object: add it or take in its new state
	DoRemove     = "remove"      // an object other than a node or a pod
	DoRemoveNode = "remove-node" // its pods stay
	DoRemovePod  = "remove-pod"
	DoSchedule   = "schedule" // run a cycle for a pod; it is put on the node that the real scheduler chose
	DoRetry      = "retry"    // DoSchedule for the pod that has waited for its nominated node longest
	DoNominate   = "nominate" // a pod waits for status.nominatedNodeName
	DoProfile    = "profile"  // Key is a KubeSchedulerConfiguration; the first op, if there is one
	DoForget     = "forget"   // it does not any more
)

// Scenario is a cluster's history.
type Scenario []Op

// cluster is one of the two sides.
type cluster interface {
	SetObject(o runtime.Object)
	RemoveObject(o runtime.Object)
	SetNode(n *corev1.Node)
	RemoveNode(name string)
	SetPod(p *corev1.Pod)
	RemovePod(key string)
	Nominate(p *corev1.Pod)
	Forget(key string)
}

// state is what a Scenario has made so far, so that ops left without their subject do nothing.
type state struct {
	nodes   map[string]bool
	pods    map[string]*corev1.Pod
	waiting []*corev1.Pod
	claims  map[string]*corev1.PersistentVolumeClaim
	volumes map[string]*corev1.PersistentVolume
	abrupt  bool // victims go at once
}

func newState(sc Scenario) *state {
	return &state{nodes: map[string]bool{}, pods: map[string]*corev1.Pod{}, claims: map[string]*corev1.PersistentVolumeClaim{},
		volumes: map[string]*corev1.PersistentVolume{}, abrupt: slices.ContainsFunc(sc, spreads)}
}

// spreads reports whether the op schedules a pod that must be spread, or makes all pods such. See the known differences in
// README.md.
func spreads(op Op) bool {
	if op.Do == DoProfile {
		return strings.Contains(op.Key, string(corev1.DoNotSchedule))
	}
	p, ok := op.Object.(*corev1.Pod)
	return ok && op.Do == DoSchedule && slices.ContainsFunc(p.Spec.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
		return c.WhenUnsatisfiable == corev1.DoNotSchedule
	})
}

func keyOf(p *corev1.Pod) string { return p.Namespace + "/" + p.Name }

func (st *state) waits(key string) int {
	return slices.IndexFunc(st.waiting, func(p *corev1.Pod) bool { return keyOf(p) == key })
}

// resolve makes a DoRetry into a DoSchedule. It returns nil if the op has nothing to do.
func (st *state) resolve(op Op) *Op {
	switch op.Do {
	case DoRetry:
		if len(st.waiting) == 0 {
			return nil
		}
		op = Op{Do: DoSchedule, Object: st.waiting[0].DeepCopy()}
	case DoRemoveNode:
		if !st.nodes[op.Key] {
			return nil
		}
	case DoRemovePod:
		if st.waits(op.Key) >= 0 {
			op.Do = DoForget
		} else if st.pods[op.Key] == nil {
			return nil
		}
	}
	return &op
}

// apply does a resolved op other than DoSchedule on every side.
func (st *state) apply(op *Op, sides ...cluster) {
	for _, c := range sides {
		switch op.Do {
		case DoSet:
			switch o := op.Object.(type) {
			case *corev1.Node:
				c.SetNode(o)
			case *corev1.Pod:
				c.SetPod(o)
			default:
				c.SetObject(o)
			}
		case DoRemove:
			c.RemoveObject(op.Object)
		case DoRemoveNode:
			c.RemoveNode(op.Key)
		case DoRemovePod:
			c.RemovePod(op.Key)
		case DoNominate:
			c.Nominate(op.Object.(*corev1.Pod))
		case DoForget:
			c.Forget(op.Key)
		}
	}
	st.note(op)
}

func (st *state) note(op *Op) {
	switch o := op.Object.(type) {
	case *corev1.Node:
		st.nodes[o.Name] = true
	case *corev1.PersistentVolumeClaim:
		st.claims[o.Namespace+"/"+o.Name] = o
	case *corev1.PersistentVolume:
		st.volumes[o.Name] = o
	case *corev1.Pod:
		if i := st.waits(keyOf(o)); i >= 0 {
			st.waiting = slices.Delete(st.waiting, i, i+1)
		}
		if op.Do == DoNominate {
			st.waiting = append(st.waiting, o)
		} else {
			st.pods[keyOf(o)] = o
		}
	}
	switch op.Do {
	case DoRemoveNode:
		delete(st.nodes, op.Key)
	case DoRemovePod:
		delete(st.pods, op.Key)
	case DoForget:
		i := st.waits(op.Key)
		st.waiting = slices.Delete(st.waiting, i, i+1)
	}
}

// after is what follows from an answer: victims go at once or begin to terminate, nominations change, and the pod is put
// on the node chosen.
func (st *state) after(a *Answer, pod *corev1.Pod) (ops []Op) {
	made := int(pod.CreationTimestamp.Sub(instant(0).Time).Seconds()) // decides, so that nothing depends on the ops before
	for _, v := range a.Victims {
		if p := st.pods[v]; made%2 == 0 || st.abrupt {
			ops = append(ops, Op{Do: DoRemovePod, Key: v})
		} else {
			p = p.DeepCopy()
			terminate(p)
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: corev1.PodReasonPreemptionByScheduler}}
			ops = append(ops, Op{Do: DoSet, Object: p})
		}
	}
	for _, key := range a.Cleared {
		ops = append(ops, Op{Do: DoForget, Key: key})
	}
	waits := st.waits(keyOf(pod)) >= 0
	switch {
	case a.Chosen != "":
		bound, start := pod.DeepCopy(), instant(2000+made)
		bound.Spec.NodeName, bound.Status.NominatedNodeName, bound.Status.StartTime = a.Chosen, "", &start
		if waits {
			ops = append(ops, Op{Do: DoForget, Key: keyOf(pod)})
		}
		ops = append(ops, st.bindClaims(a)...)
		ops = append(ops, Op{Do: DoSet, Object: bound})
	case a.Nominated != "":
		p := pod.DeepCopy()
		p.Status.NominatedNodeName = a.Nominated
		if waits {
			ops = append(ops, Op{Do: DoForget, Key: keyOf(pod)})
		}
		ops = append(ops, Op{Do: DoNominate, Object: p})
	case waits:
		ops = append(ops, Op{Do: DoForget, Key: keyOf(pod)})
	}
	return ops
}

// bindClaims is what the PV controller and a provisioner make of the claims that waited for the pod.
func (st *state) bindClaims(a *Answer) (ops []Op) {
	for _, key := range slices.Sorted(maps.Keys(a.Volumes)) {
		c, v := st.claims[key].DeepCopy(), st.volumes[a.Volumes[key]]
		if v == nil {
			v = &corev1.PersistentVolume{}
			v.Name = "pvc-" + string(c.UID)
			v.Spec.StorageClassName, v.Spec.AccessModes, v.Spec.Capacity, v.Spec.VolumeMode = *c.Spec.StorageClassName, c.Spec.AccessModes, c.Spec.Resources.Requests, c.Spec.VolumeMode
			v.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: csiDriver, VolumeHandle: v.Name}
		} else {
			v = v.DeepCopy()
		}
		bindClaim(c, v)
		ops = append(ops, Op{Do: DoSet, Object: v}, Op{Do: DoSet, Object: c})
	}
	return ops
}

// opJSON is an Op in a file: its object's kind is written where it can be read before the rest.
type opJSON struct {
	Do     string          `json:"do"`
	Kind   string          `json:"kind,omitempty"`
	Key    string          `json:"key,omitempty"`
	Object json.RawMessage `json:"object,omitempty"`
	Answer *Answer         `json:"answer,omitempty"`
}

// MarshalJSON writes an op.
func (op Op) MarshalJSON() ([]byte, error) {
	j := opJSON{Do: op.Do, Key: op.Key, Kind: kindOf(op.Object), Answer: op.Answer}
	if op.Object != nil {
		var err error
		if j.Object, err = compact(op.Object); err != nil {
			return nil, err
		}
	}
	return json.Marshal(j)
}

// compact is an object's JSON without the empty structs and nulls that API types write.
func compact(o any) ([]byte, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	for k, f := range v {
		if m, ok := f.(map[string]any); k == "status" && ok && o != nil {
			delete(m, "loadBalancer")
			delete(m, "daemonEndpoints")
			if n, ok := m["nodeInfo"].(map[string]any); ok && n["machineID"] == "" {
				delete(m, "nodeInfo")
			}
			if r, ok := m["replicas"].(float64); ok && r == 0 {
				delete(m, "replicas")
			}
			if len(m) == 0 {
				delete(v, k)
			}
		}
	}
	if m, ok := v["metadata"].(map[string]any); ok && m["creationTimestamp"] == nil {
		delete(m, "creationTimestamp")
	}
	return json.Marshal(v)
}

func kindOf(o runtime.Object) string {
	switch o.(type) {
	case nil:
		return ""
	case *corev1.Node:
		return "Node"
	case *corev1.Pod:
		return "Pod"
	case *corev1.Namespace:
		return "Namespace"
	case *corev1.Service:
		return "Service"
	case *corev1.ReplicationController:
		return "ReplicationController"
	case *appsv1.ReplicaSet:
		return "ReplicaSet"
	case *appsv1.StatefulSet:
		return "StatefulSet"
	case *policyv1.PodDisruptionBudget:
		return "PodDisruptionBudget"
	case *corev1.PersistentVolume:
		return "PersistentVolume"
	case *corev1.PersistentVolumeClaim:
		return "PersistentVolumeClaim"
	case *storagev1.StorageClass:
		return "StorageClass"
	case *storagev1.CSINode:
		return "CSINode"
	case *storagev1.VolumeAttachment:
		return "VolumeAttachment"
	}
	panic(fmt.Sprintf("no name for %T", o))
}
