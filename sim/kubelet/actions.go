package kubelet

import (
	"fmt"
	"slices"

	"clustersim/sim/engine"
	"clustersim/sim/world"
)

// actions is what a sync has decided to do.
type actions struct {
	killPod       bool // stop all containers and the sandbox
	createSandbox bool
	kills         []kill
	startInits    []int // indexes into worker.containers, in order
	start         []int
}

// kill is a running container that has to go.
type kill struct {
	index   int
	message string
	probe   world.ProbeType // whose grace period holds
	probed  bool
}

// decide compares the spec with the runtime as of t. It changes nothing.
//
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions.
func (w *worker) decide(t engine.Time) actions {
	if !w.sandbox.readyAt(t) {
		return w.decideSandbox(t)
	}
	var a actions
	initialised := w.decideInits(t, &a)
	if a.killPod || !initialised {
		return a
	}
	keep := 0
	for n := w.spec.inits; n < len(w.containers); n++ {
		if w.decideRegular(n, t, &a) {
			keep++
		}
	}
	if keep == 0 && len(a.start) == 0 {
		a.killPod = true
		a.startInits = nil
	}
	return a
}

// decideSandbox is decide for a pod whose sandbox does not exist or has died.
func (w *worker) decideSandbox(t engine.Time) actions {
	a := actions{killPod: true, createSandbox: true}
	records := slices.ContainsFunc(w.containers, func(c container) bool { return c.at(t) != nil })
	if !w.mayRestart() && w.sandbox.attempt > 0 && records {
		a.createSandbox = false
		return a
	}
	for n := w.spec.inits; n < len(w.containers); n++ {
		c := &w.containers[n]
		if i := c.at(t); i.stateAt(t) == stateExited && i.exitCode == 0 && w.runsOnce(c.spec) {
			continue
		}
		a.start = append(a.start, n)
	}
	if len(a.start) == 0 && w.regularCreated(t) {
		a.createSandbox = false
		return a
	}
	if w.spec.inits > 0 {
		a.startInits, a.start = []int{0}, nil
	}
	return a
}

// decideInits finds the init container that is next, and sidecars to start again. It reports whether the pod is
// initialised.
//
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_container.go computeInitContainerActions.
func (w *worker) decideInits(t engine.Time, a *actions) (initialised bool) {
	if w.spec.inits == 0 {
		return true
	}
	initialised = w.regularActive(t)
	previous := initialised
	for n := w.spec.inits - 1; n >= 0; n-- {
		c := &w.containers[n]
		i := c.at(t)
		if i == nil {
			if previous && c.spec.sidecar {
				a.startInits = append(a.startInits, n)
			}
			continue
		}
		if previous && !c.spec.sidecar {
			continue
		}
		done := false
		switch i.stateAt(t) {
		case stateCreated:
			a.startInits = append(a.startInits, n)
		case stateRunning:
			done = c.spec.sidecar && w.keepSidecar(n, c, i, a)
		case stateExited:
			switch {
			case c.spec.sidecar:
				a.startInits = append(a.startInits, n)
			case i.exitCode == 0 && i.reason != ReasonOOMKilled:
				done = true
			case !w.spec.shouldRestart(c.spec, i.exitCode):
				a.killPod, a.startInits = true, nil
				return false
			default:
				a.startInits = append(a.startInits, n)
			}
		}
		if done && n == w.spec.inits-1 {
			initialised = true
		} else if done && !previous {
			a.startInits = append(a.startInits, n+1)
		}
		previous = true
	}
	if !previous {
		a.startInits = append(a.startInits, 0)
	}
	slices.Sort(a.startInits)
	a.startInits = slices.Compact(a.startInits)
	return initialised
}

// keepSidecar looks at a running sidecar: whether it counts as started, and whether a probe wants it killed.
func (w *worker) keepSidecar(n int, c *container, i *instance, a *actions) (done bool) {
	failed := func(t world.ProbeType, word string) {
		a.kills = append(a.kills, kill{index: n, message: fmt.Sprintf("Init container %s failed %s probe", c.spec.Name, word), probe: t, probed: true})
		a.startInits = append(a.startInits, n)
	}
	if c.spec.probes[world.Startup] != nil && i.results[world.Startup] != resultSuccess {
		if i.results[world.Startup] == resultFailure {
			failed(world.Startup, "startup")
		}
		return false
	}
	switch {
	case c.changed:
		a.kills = append(a.kills, kill{index: n, message: fmt.Sprintf("Init container %s definition changed", c.spec.Name)})
		a.startInits = append(a.startInits, n)
	case i.results[world.Liveness] == resultFailure:
		failed(world.Liveness, "liveness")
	}
	return true
}

// decideRegular looks at one regular container and reports whether it is kept as it is.
func (w *worker) decideRegular(n int, t engine.Time, a *actions) (keep bool) {
	c := &w.containers[n]
	i := c.at(t)
	if i.stateAt(t) != stateRunning {
		if i.stateAt(t) != stateExited || w.spec.shouldRestart(c.spec, i.exitCode) {
			a.start = append(a.start, n)
		}
		return false
	}
	k := kill{index: n}
	restart := w.spec.restartsOnFailure(c.spec)
	switch {
	case c.changed:
		k.message = fmt.Sprintf("Container %s definition changed", c.spec.Name)
		restart = true
	case i.results[world.Liveness] == resultFailure:
		k.message = fmt.Sprintf("Container %s failed liveness probe", c.spec.Name)
		k.probe, k.probed = world.Liveness, true
	case i.results[world.Startup] == resultFailure:
		k.message = fmt.Sprintf("Container %s failed startup probe", c.spec.Name)
		k.probe, k.probed = world.Startup, true
	default:
		return true
	}
	if restart {
		k.message += ", will be restarted"
		a.start = append(a.start, n)
	}
	a.kills = append(a.kills, k)
	return false
}

// mayRestart reports whether the pod's policy lets any failed container start again.
func (w *worker) mayRestart() bool { return w.pod.Spec().RestartPolicy != "Never" }

func (w *worker) runsOnce(c *containerSpec) bool {
	if c.RestartPolicy != nil {
		return *c.RestartPolicy == "OnFailure"
	}
	return w.pod.Spec().RestartPolicy == "OnFailure"
}

// regularCreated reports whether any regular container existed in the current sandbox as of t.
func (w *worker) regularCreated(t engine.Time) bool {
	for n := w.spec.inits; n < len(w.containers); n++ {
		if i := w.containers[n].at(t); i != nil && i.sandbox == w.sandbox.attempt {
			return true
		}
	}
	return false
}

// regularActive reports whether any regular container was created or running as of t: all init containers have run.
func (w *worker) regularActive(t engine.Time) bool {
	for n := w.spec.inits; n < len(w.containers); n++ {
		if s := w.containers[n].at(t).stateAt(t); s == stateCreated || s == stateRunning {
			return true
		}
	}
	return false
}
