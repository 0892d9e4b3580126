package main

import (
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
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
}

// state is what a Scenario has made so far, so that ops left without their subject do nothing.
type state struct {
	nodes, pods map[string]bool
}

// apply does an op other than DoSchedule on every side. It reports whether there was anything to do.
func (st *state) apply(op Op, sides ...cluster) bool {
	switch op.Do {
	case DoRemoveNode:
		if !st.nodes[op.Key] {
			return false
		}
		delete(st.nodes, op.Key)
	case DoRemovePod:
		if !st.pods[op.Key] {
			return false
		}
		delete(st.pods, op.Key)
	}
	for _, c := range sides {
		switch o := op.Object.(type) {
		case *corev1.Node:
			st.nodes[o.Name] = true
			c.SetNode(o)
		case *corev1.Pod:
			st.pods[o.Namespace+"/"+o.Name] = true
			c.SetPod(o)
		case nil:
			if op.Do == DoRemoveNode {
				c.RemoveNode(op.Key)
			} else {
				c.RemovePod(op.Key)
			}
		default:
			if op.Do == DoRemove {
				c.RemoveObject(o)
			} else {
				c.SetObject(o)
			}
		}
	}
	return true
}

// after is what follows from an answer: victims go, and the pod is put on the node chosen.
func after(a *Answer, pod *corev1.Pod, at int) (ops []Op) {
	for _, v := range a.Victims {
		ops = append(ops, Op{Do: DoRemovePod, Key: v})
	}
	if a.Chosen != "" {
		bound, start := pod.DeepCopy(), instant(at)
		bound.Spec.NodeName, bound.Status.NominatedNodeName, bound.Status.StartTime = a.Chosen, "", &start
		ops = append(ops, Op{Do: DoSet, Object: bound})
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
	}
	panic(fmt.Sprintf("no name for %T", o))
}
