package scheduler

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// dictionary numbers what pods and nodes speak of: resources, images, taints. The profiles of a run share it, so that they
// can share a Snapshot.
type dictionary struct {
	resources     map[corev1.ResourceName]int32
	resourceNames []string
	images        map[string]int32
	taintLists    map[string]int32
	taints        [][]corev1.Taint
	matchers      map[string]*nodeMatcher
	tolerations   map[string]*tolerationMemo
	terms         map[string]*podTerms
	termScores    map[string]*termScore
}

func newDictionary() *dictionary {
	return &dictionary{
		resources: map[corev1.ResourceName]int32{}, images: map[string]int32{}, taintLists: map[string]int32{"": 0}, taints: [][]corev1.Taint{nil},
		matchers: map[string]*nodeMatcher{}, tolerations: map[string]*tolerationMemo{}, terms: map[string]*podTerms{}, termScores: map[string]*termScore{},
	}
}

// imageID numbers an image name.
func (d *dictionary) imageID(name string) int32 {
	id, ok := d.images[name]
	if !ok {
		id = int32(len(d.images))
		d.images[name] = id
	}
	return id
}

// taintsID numbers a list of taints; 0 is the empty list.
func (d *dictionary) taintsID(taints []corev1.Taint) int32 {
	var b []byte
	for i := range taints {
		t := &taints[i]
		b = append(append(append(append(append(append(b, t.Key...), 0), t.Value...), 0), t.Effect...), 1)
	}
	id, ok := d.taintLists[string(b)]
	if !ok {
		id = int32(len(d.taints))
		d.taints = append(d.taints, slices.Clone(taints))
		d.taintLists[string(b)] = id
	}
	return id
}
