package scheduler

import (
	"fmt"

	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// preBinder is what a plugin has to get done for a pod that has its node, before the binding may be written.
type preBinder struct {
	plugin string
	// run begins it and calls done once, at once or later, with what went wrong. It returns nil if there is nothing to do
	// for such a pod: upstream's Skip.
	prepare func(b *binding) (run func(done func(error)))
}

// preBinders are run one after another.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/runtime/framework.go RunPreBindPlugins.
// Differs: upstream runs those of VolumeBinding and DynamicResources side by side.
var preBinders = []preBinder{
	{"VolumeBinding", (*binding).prepareVolumes},
	{nameDynamicResources, (*binding).prepareDevices},
}

// step is a preBinder that has something to do.
type step struct {
	plugin string
	run    func(done func(error))
}

// begin takes the binding through PreBind to its write. A pod that has to wait is nominated to its node meanwhile.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go bindingCycle (gate NominatedNodeNameForExpectation, on).
func (b *binding) begin() {
	var steps []step
	for i := range preBinders {
		if run := preBinders[i].prepare(b); run != nil {
			steps = append(steps, step{preBinders[i].plugin, run})
		}
	}
	if len(steps) == 0 {
		b.send()
		return
	}
	if b.pod.Status.NominatedNodeName == b.node {
		b.run(steps)
		return
	}
	b.s.engine.At(b.s.client.Reserve(b.s.engine.Now())+b.s.write, kindPatch, engine.Func(func() {
		// The pod may be gone: the steps find out.
		_, _ = b.s.store.UpdatePod(b.pod.Key(), string(b.pod.UID), func(p *store.Pod) bool {
			st := *p.Status
			st.NominatedNodeName = b.node
			p.Status = &st
			return true
		})
		b.run(steps)
	}))
}

func (b *binding) run(steps []step) {
	if len(steps) == 0 {
		b.send()
		return
	}
	steps[0].run(func(err error) {
		if err != nil {
			b.fail(fmt.Sprintf("running PreBind plugin %q: %v", steps[0].plugin, err))
			return
		}
		b.run(steps[1:])
	})
}

// send queues the write of the binding.
func (b *binding) send() {
	b.s.engine.At(b.s.client.Reserve(b.s.engine.Now())+b.s.write, kindBind, b)
}
