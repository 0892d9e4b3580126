package controller

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/dump"
	"k8s.io/apimachinery/pkg/util/rand"
)

// podTemplateHash is the value of the label pod-template-hash: FNV-1a of the template as apimachinery prints it, and of
// the number of collisions so far, its decimal digits written in letters and digits that make no words.
//
// Source: k8s v1.36.3 pkg/controller/controller_utils.go ComputeHash, pkg/util/hash/hash.go DeepHashObject.
func podTemplateHash(t *corev1.PodTemplateSpec, collisions *int32) string {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%v", dump.ForHash(*t)) // writing to a hash cannot fail
	if collisions != nil {
		var b [8]byte
		binary.LittleEndian.PutUint32(b[:], uint32(*collisions))
		_, _ = h.Write(b[:])
	}
	return rand.SafeEncodeString(fmt.Sprint(h.Sum32()))
}

// equalIgnoringHash reports whether two templates differ in nothing but the label pod-template-hash.
//
// Source: k8s v1.36.3 pkg/controller/deployment/util/deployment_util.go EqualIgnoreHash.
func equalIgnoringHash(a, b *corev1.PodTemplateSpec) bool {
	x, y := *a, *b
	x.Labels, y.Labels = withoutKey(a.Labels, appsv1.DefaultDeploymentUniqueLabelKey), withoutKey(b.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	return equality.Semantic.DeepEqual(&x, &y)
}

// withoutKey returns the map without the key; m itself is not changed.
func withoutKey(m map[string]string, key string) map[string]string {
	if _, ok := m[key]; !ok {
		return m
	}
	out := make(map[string]string, len(m))
	for k, v := range m { // unordered: a copy of a map
		if k != key {
			out[k] = v
		}
	}
	return out
}

// withKey returns a copy of the map with the key set.
func withKey(m map[string]string, key, value string) map[string]string {
	out := make(map[string]string, len(m)+1)
	for k, v := range m { // unordered: a copy of a map
		out[k] = v
	}
	out[key] = value
	return out
}
