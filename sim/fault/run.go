package fault

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// Runner is an Action that this version carries out.
type Runner interface {
	Action
	// Run does it, now. revert undoes it and is nil where there is nothing to undo. An error is an answer of the API
	// server, or a target that is not there: it is reported and the run goes on.
	Run(c Cluster) (revert func(), err error)
}

// Cluster is what actions act on.
type Cluster interface {
	Engine() *engine.Engine
	Store() *store.Store
	World() *world.World
	API() API
	// Machines returns the machines that the target names now, in order; mode is applied.
	Machines(t *Target) ([]Machine, error)
	// AddNode brings a new machine, at once.
	AddNode(t world.NodeTemplate)
	// Added counts the nodes that have been added of a pattern, the present one included.
	Added(p *world.Pattern) int
	// Notes returns a way to report what happens later, under the name of the step that runs now.
	Notes() func(format string, args ...any)
	// Continue returns a way to do something later as the step that runs now, without moving what its Machines are to others.
	Continue() func(do func())
	// Stream is a source of random numbers for the step that runs.
	Stream(purpose string) *engine.Stream
}

// Machine is the world's side of a node.
type Machine interface {
	Name() string
	Crash()
	Recover()
	Cut(frozen bool)
	Heal()
	SetRuntime(down bool)
	SetVersion(kubelet string)
	Kill(pod types.UID, container string, code int32, reason, message string) bool
	// Capacity of a resource as the machine has it, in bytes.
	Capacity(resource corev1.ResourceName) int64
	// TakeOutside has processes outside of all pods take so much more of memory and of the two disks, in bytes; less, if
	// negative.
	TakeOutside(memory, nodefs, imagefs int64)
	// Shutdown switches the machine off in an orderly way; off, if not nil, is called when it is off.
	Shutdown(off func())
	// Remove takes the machine away at once and for good; its Node object stays.
	Remove()
}

// API is what users ask of the API server.
type API interface {
	Apply(o model.Object) error
	Patch(k *model.Kind, key store.Key, patchType, subresource string, patch []byte) error
	Delete(k *model.Kind, key store.Key, graceSeconds *int64, propagation string) error
	Scale(k *model.Kind, key store.Key, replicas int32) error
	Evict(key store.Key, graceSeconds *int64) error
}

// each does something to every machine of a target; undo, if not nil, reverts it.
func each(c Cluster, t *Target, do, undo func(Machine)) (func(), error) {
	ms, err := c.Machines(t)
	if err != nil {
		return nil, err
	}
	for _, m := range ms {
		do(m)
	}
	if undo == nil {
		return nil, nil
	}
	ms = slices.Clone(ms)
	return func() {
		for _, m := range ms {
			undo(m)
		}
	}, nil
}

// onNodes changes the Node objects of a target, as a user would through the API server.
func onNodes(c Cluster, t *Target, change, undo func(*corev1.Node) bool) (func(), error) {
	ms, err := c.Machines(t)
	if err != nil {
		return nil, err
	}
	update := func(change func(*corev1.Node) bool) (first error) {
		for _, m := range ms {
			if err := c.Store().UpdateNode(m.Name(), change); err != nil && first == nil {
				first = err
			}
		}
		return first
	}
	if err := update(change); err != nil || undo == nil {
		return nil, err
	}
	return func() { _ = update(undo) }, nil // a Node that is gone by then needs no undoing
}
