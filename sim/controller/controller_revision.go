package controller

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/rand"

	"clustersim/model"
	"clustersim/sim/store"
)

var controllerRevision = model.FindKind("ControllerRevision")

// revisionHashLabel is the label of a revision that holds the hash of its data.
//
// Source: k8s v1.36.3 pkg/controller/history/controller_history.go ControllerRevisionHashLabel.
const revisionHashLabel = "controller.kubernetes.io/hash"

// history keeps the templates that a StatefulSet or DaemonSet has had, as ControllerRevisions.
//
// Source: k8s v1.36.3 pkg/controller/history/controller_history.go.
type history struct {
	env  *Env
	api  *api
	kind *model.Kind // of the owners
}

// templatePatch is the data of a revision: a patch that brings the template back.
//
// Source: k8s v1.36.3 pkg/controller/statefulset/stateful_set_utils.go getPatch, pkg/controller/daemon/update.go getPatch.
func templatePatch(t *corev1.PodTemplateSpec) []byte {
	var template map[string]any
	b, err := json.Marshal(t)
	if err == nil {
		err = json.Unmarshal(b, &template)
	}
	if err == nil {
		template["$patch"] = "replace"
		b, err = json.Marshal(map[string]any{"spec": map[string]any{"template": template}})
	}
	if err != nil {
		panic("invariant: pod templates are JSON: " + err.Error())
	}
	return b
}

// templateOf is the template that a revision holds.
func templateOf(r *appsv1.ControllerRevision) (*corev1.PodTemplateSpec, error) {
	var doc struct {
		Spec struct {
			Template corev1.PodTemplateSpec `json:"template"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(r.Data.Raw, &doc); err != nil {
		return nil, err
	}
	return &doc.Spec.Template, nil
}

// hashRevision is the hash of a revision's data, with the number of collisions seen so far.
//
// Source: k8s v1.36.3 controller_history.go HashControllerRevision.
func hashRevision(data []byte, collisions int32) string {
	h := fnv.New32()
	h.Write(data)
	h.Write([]byte(strconv.FormatInt(int64(collisions), 10)))
	return rand.SafeEncodeString(fmt.Sprint(h.Sum32()))
}

// revisionName is prefix-hash, the prefix cut so that it is a name.
//
// Source: k8s v1.36.3 controller_history.go ControllerRevisionName.
func revisionName(prefix, hash string) string {
	if len(prefix) > 223 {
		prefix = prefix[:223]
	}
	return prefix + "-" + hash
}

// list returns the revisions of the owner, the oldest first.
//
// Source: k8s v1.36.3 controller_history.go ListControllerRevisions, byRevision.
func (h *history) list(owner model.Object) []*appsv1.ControllerRevision {
	var out []*appsv1.ControllerRevision
	for _, o := range h.env.owned.controlledBy(owner.GetUID(), controllerRevision) {
		out = append(out, o.(*appsv1.ControllerRevision))
	}
	slices.SortFunc(out, func(a, b *appsv1.ControllerRevision) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name))
	})
	return out
}

// adopt takes over revisions that have no controller and that the selector matches.
//
// Differs: it looks for them once for each owner, when it first syncs it.
func (h *history) adopt(owner model.Object, selector labels.Selector, done func(error)) {
	var orphans []*appsv1.ControllerRevision
	for _, o := range h.env.Store.List(controllerRevision) {
		if r := o.API().(*appsv1.ControllerRevision); r.Namespace == owner.GetNamespace() && controllerOf(r.OwnerReferences) == nil && selector.Matches(labels.Set(r.Labels)) {
			orphans = append(orphans, r)
		}
	}
	if len(orphans) == 0 {
		done(nil)
		return
	}
	h.api.read() // is the owner still there?
	oneByOne(len(orphans), func(i int, done func(error)) {
		h.api.write(func() {
			done(h.env.Store.Update(controllerRevision, keyOf(orphans[i]), func(o model.Object) bool {
				o.SetOwnerReferences(append(o.GetOwnerReferences(), newControllerRef(h.kind, owner)))
				return true
			}))
		})
	}, done)
}

// find returns the last of the revisions whose data are these, nil if there is none.
func find(revisions []*appsv1.ControllerRevision, data []byte) *appsv1.ControllerRevision {
	for i := len(revisions) - 1; i >= 0; i-- {
		if bytes.Equal(revisions[i].Data.Raw, data) {
			return revisions[i]
		}
	}
	return nil
}

// newest is the number of the last revision, 0 if there is none.
func newest(revisions []*appsv1.ControllerRevision) int64 {
	if len(revisions) == 0 {
		return 0
	}
	return revisions[len(revisions)-1].Revision
}

// create stores a revision of the owner under the name that the hash gives. If the name is taken by other data, taken
// is called with what has it and tells whether to try again.
func (h *history) create(owner model.Object, r *appsv1.ControllerRevision, taken func(*appsv1.ControllerRevision) bool, done func(*appsv1.ControllerRevision, error)) {
	h.api.write(func() {
		_, err := h.env.API.Create(controllerRevision, r)
		if err == nil || !isAlreadyExists(err) {
			done(h.get(owner, r.Name), err)
			return
		}
		h.api.read()
		have := h.get(owner, r.Name)
		switch {
		case have == nil:
			done(nil, store.NotFound(controllerRevision, r.Name))
		case bytes.Equal(have.Data.Raw, r.Data.Raw):
			done(have, nil)
		case taken(have):
			h.create(owner, r, taken, done)
		default:
			done(nil, err)
		}
	})
}

func (h *history) get(owner model.Object, name string) *appsv1.ControllerRevision {
	o := h.env.Store.Get(controllerRevision, store.Key{Namespace: owner.GetNamespace(), Name: name})
	if o == nil {
		return nil
	}
	return o.API().(*appsv1.ControllerRevision)
}

// newRevision is a revision of the owner that is not stored yet.
func (h *history) newRevision(owner model.Object, t *corev1.PodTemplateSpec, data []byte, number int64) *appsv1.ControllerRevision {
	r := &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{Namespace: owner.GetNamespace(), Labels: map[string]string{}, OwnerReferences: []metav1.OwnerReference{newControllerRef(h.kind, owner)}},
		Data:       runtime.RawExtension{Raw: data}, Revision: number,
	}
	maps.Copy(r.Labels, t.Labels)
	if len(owner.GetAnnotations()) > 0 {
		r.Annotations = maps.Clone(owner.GetAnnotations())
	}
	return r
}

// renumber makes an old revision the newest, as a roll-back does.
//
// Source: k8s v1.36.3 controller_history.go UpdateControllerRevision.
func (h *history) renumber(owner model.Object, r *appsv1.ControllerRevision, number int64, done func(*appsv1.ControllerRevision, error)) {
	h.api.write(func() {
		err := h.env.Store.Update(controllerRevision, keyOf(r), func(o model.Object) bool {
			o.(*appsv1.ControllerRevision).Revision = number
			return true
		})
		done(h.get(owner, r.Name), err)
	})
}

// truncate deletes the oldest revisions that nobody uses beyond the limit.
//
// Source: k8s v1.36.3 stateful_set_control.go truncateHistory, daemon/update.go cleanupHistory.
func (h *history) truncate(revisions []*appsv1.ControllerRevision, live func(*appsv1.ControllerRevision) bool, limit *int32, done func(error)) {
	old := slices.DeleteFunc(slices.Clone(revisions), live)
	keep := 10
	if limit != nil {
		keep = int(*limit)
	}
	if keep < 0 || len(old) <= keep {
		done(nil)
		return
	}
	old = old[:len(old)-keep]
	oneByOne(len(old), func(i int, done func(error)) {
		h.api.write(func() {
			err := h.env.Store.Remove(controllerRevision, keyOf(old[i]))
			if isNotFound(err) {
				err = nil
			}
			done(err)
		})
	}, done)
}
