package sim

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// Admitted is what a run's options bring, as an API server stores it and before anything acts on it: for questions about
// placement. The objects must not be changed.
type Admitted struct {
	Components config.Components
	Nodes      []*corev1.Node // there at t=0, with the images in their caches
	Bound      []*corev1.Pod  // have a node from the start and have not finished
	Waiting    []*corev1.Pod  // have none, in the order of the input
	Objects    []model.Object // neither nodes nor pods
	Notes      []Note         // refusals of the API server, what was left out
}

// Admit admits the objects of the options as a run does. Nodes are there from the start if the options have them at t=0;
// workloads are taken in the order of the options, whenever they arrive. Pods of controllers are not among them. It
// returns an error if the options contradict themselves.
func Admit(o Options) (*Admitted, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	e := engine.New(o.Seed)
	j := journal.New()
	s := store.New(e, o.Start, j)
	r := &Run{Options: o, Engine: e, Store: s, Journal: j, api: admission.New(e, s, o.Components.ControllerManager), uids: map[types.UID]types.UID{}}
	r.api.Bootstrap()
	if err := r.importObjects(); err != nil {
		return nil, err
	}
	for _, m := range o.Import {
		if uid := m.Object.GetUID(); uid != "" {
			r.uids[uid] = uid
		}
	}
	a := &Admitted{Components: o.Components}
	r.storeAll()
	a.addNodes(r)
	for _, k := range model.Kinds {
		if k != model.Node && k != model.Pod && k != model.Event {
			for _, obj := range s.List(k) {
				a.Objects = append(a.Objects, obj.API())
			}
		}
	}
	a.takePods(r)
	a.Notes = r.Notes
	return a, nil
}

// addNodes takes the nodes that are there at t=0.
func (a *Admitted) addNodes(r *Run) {
	late := 0
	images := world.New(nil, nil, r.Options.Images)
	for i := range r.Options.Nodes {
		t := &r.Options.Nodes[i]
		if t.StartAt > 0 {
			late++
			continue
		}
		a.Nodes = append(a.Nodes, nodeOf(t, images))
	}
	if late > 0 {
		r.note("nodes", "%d start later than 0s and are left out", late)
	}
}

// takePods sorts the admitted pods: those with a node count there, the others wait in the order of the input.
func (a *Admitted) takePods(r *Run) {
	var waiting []*store.Pod
	for _, o := range r.Store.List(model.Pod) {
		switch pod := o.(*store.Pod); {
		case pod.Terminal():
		case pod.NodeName != "":
			a.Bound = append(a.Bound, pod.API().(*corev1.Pod))
		default:
			waiting = append(waiting, pod)
		}
	}
	slices.SortFunc(waiting, func(a, b *store.Pod) int { return cmp.Compare(a.Index, b.Index) })
	for _, pod := range waiting {
		a.Waiting = append(a.Waiting, pod.API().(*corev1.Pod))
	}
}
