package sim

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var (
	kindArrival = engine.NewKind("workload arrives", engine.RankWorld, false)
	kindCreate  = engine.NewKind("kubectl create", engine.RankAPI, false).By(rule.ScenarioCreate)
)

// queueWorkloads queues the arrival of every workload.
func (r *Run) queueWorkloads() {
	like := map[string]int{}
	for i := range r.Options.Workloads {
		w := &r.Options.Workloads[i]
		if w.Arrivals == nil {
			r.Engine.At(w.At, kindArrival, engine.Func(func() { r.create(w) }))
			continue
		}
		what := w.what()
		a := &arrivals{run: r, workload: w, gaps: r.Engine.Stream(fmt.Sprintf("arrivals/%s/%d", what, like[what]))}
		like[what]++
		r.Engine.At(w.At, kindArrival, engine.Func(a.next))
	}
}

// what names a workload by the first of its objects, so that another workload beside it leaves its stream as it was.
func (w *Workload) what() string {
	if len(w.Manifests) == 0 {
		return ""
	}
	m := &w.Manifests[0]
	return m.Kind.Name + "/" + m.Object.GetNamespace() + "/" + m.Object.GetGenerateName() + m.Object.GetName()
}

// create sends a workload's objects, one after another, as `kubectl create -f` does.
func (r *Run) create(w *Workload) {
	at := r.Engine.Now()
	for i := range w.Manifests {
		m := &w.Manifests[i]
		at += r.Options.Components.Latency.APIWrite
		r.Engine.At(at, kindCreate, engine.Func(func() { r.createOne(m, w.Arrivals == nil) }))
	}
}

// createOne sends one object; once says that no other arrival needs its manifest.
func (r *Run) createOne(m *model.Manifest, once bool) {
	r.markCreated(m)
	r.ensureNamespace(m)
	if r.Options.Consume && once {
		defer func() { *m = model.Manifest{} }()
	}
	was := m.Object.GetUID()
	warnings, err := r.api.Create(m.Kind, r.withOwners(m.Object))
	for _, w := range warnings {
		r.note("workload", "%s/%s: warning: %s", m.Kind.Plural, m.Object.GetName(), w)
	}
	if err != nil {
		r.refused("workload", m, err)
		return
	}
	r.reborn(m, was)
}

// reborn remembers which object stands for one of a dump: those that it owns have to name the new one.
func (r *Run) reborn(m *model.Manifest, was types.UID) {
	if was == "" {
		return
	}
	if o := r.Store.Get(m.Kind, store.Key{Namespace: m.Object.GetNamespace(), Name: m.Object.GetName()}); o != nil {
		r.uids[was] = o.API().GetUID()
	}
}

// withOwners gives owners of a dump their new UIDs. An owner that has not been created yet is left out: its controller
// will find the object by its labels.
func (r *Run) withOwners(o model.Object) model.Object {
	refs := o.GetOwnerReferences()
	if len(refs) == 0 {
		return o
	}
	kept := make([]metav1.OwnerReference, 0, len(refs))
	for _, ref := range refs {
		if uid, ok := r.uids[ref.UID]; ok {
			ref.UID = uid
			kept = append(kept, ref)
		}
	}
	o = o.DeepCopyObject().(model.Object)
	o.SetOwnerReferences(kept)
	return o
}

// refused notes what the API server did not take, in kubectl's words.
func (r *Run) refused(what string, m *model.Manifest, err error) {
	reason := "InternalError"
	if e, ok := err.(*store.APIError); ok {
		reason = e.Reason
	}
	r.note(what, "Error from server (%s): error when creating %q: %v", reason, m.Place.File, err)
}

// ensureNamespace creates a namespace that a manifest lives in and nobody has made.
func (r *Run) ensureNamespace(m *model.Manifest) {
	if !m.Kind.Namespaced {
		return
	}
	name := m.Object.GetNamespace()
	if name == "" {
		name = metav1.NamespaceDefault
	}
	if r.Store.Get(model.Namespace, store.Key{Name: name}) != nil {
		return
	}
	r.note("workload", "namespace %q did not exist and was created", name)
	if _, err := r.api.Create(model.Namespace, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
		r.note("workload", "namespace %q: %v", name, err)
	}
}

// arrivals makes a workload arrive again and again.
type arrivals struct {
	run      *Run
	workload *Workload
	gaps     *engine.Stream
	count    int
}

// next queues the next arrival, one gap from now.
func (a *arrivals) next() {
	o := a.workload.Arrivals
	if o.Count > 0 && a.count >= o.Count {
		return
	}
	at := a.run.Engine.Now() + max(o.Every.Duration(a.gaps), time.Microsecond)
	if o.Until > 0 && at >= o.Until {
		return
	}
	a.count++
	a.run.Engine.At(at, kindArrival, engine.Func(func() {
		a.run.create(a.workload)
		a.next()
	}))
}
