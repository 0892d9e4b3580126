package kubelet

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/world"
)

// never is the time of what has not happened.
const never = engine.Time(-1 << 62)

// container is one container of a pod as its node has it: the instances that ran, and what the kubelet remembers.
type container struct {
	spec     *containerSpec
	behavior *world.Behavior // nil: none matches
	newest   *instance       // nil: never created, or its records are lost
	starts   int32           // instances ever created in this pod: the next restartCount

	mounts  []corev1.VolumeMountStatus // as statuses list them; nil: not made yet
	backoff crashBackoff
	reason  waitingReason // outcome of the last failed start; zero = none
	changed bool          // the spec changed: the running instance is to be replaced
	probes  [world.NumProbeTypes]*probeWorker
}

// instance is one life of a container in the runtime, with the true times of its changes.
type instance struct {
	attempt  int32
	image    string // as the pod named it when the instance was created
	created  engine.Time
	started  engine.Time // never: not started
	finished engine.Time // never: still there
	exitCode int32
	reason   string
	message  string
	adopted  *corev1.ContainerStatus // what a dump says of it; nil: it was created in this run
	prev     *instance
	exit     engine.Timer
	due      engine.Time  // when it will end as things stand; never: it will not
	onExit   func()       // the kill that waits for it
	id       string       // containerID, "" until it is asked for
	sandbox  int32        // attempt of the sandbox it ran in
	use      *consumption // nil: no scenario says what it uses

	results [world.NumProbeTypes]probeResult
}

// probeResult is what a probe has published of an instance.
type probeResult uint8

// Nothing published comes first: upstream's results managers have no entry then.
const (
	resultNone probeResult = iota
	resultUnknown
	resultSuccess
	resultFailure
)

// state of an instance at a moment.
type state uint8

const (
	stateNone state = iota
	stateCreated
	stateRunning
	stateExited
)

// at returns the newest instance that existed at t.
func (c *container) at(t engine.Time) *instance {
	i := c.newest
	for i != nil && i.created > t {
		i = i.prev
	}
	return i
}

// stateAt returns the instance's state as of t.
func (i *instance) stateAt(t engine.Time) state {
	switch {
	case i == nil || i.created > t:
		return stateNone
	case i.finished != never && i.finished <= t:
		return stateExited
	case i.started != never && i.started <= t:
		return stateRunning
	}
	return stateCreated
}

// running reports whether the process is alive.
func (i *instance) running() bool { return i != nil && i.started != never && i.finished == never }

// trim keeps what the runtime keeps, the newest instance and one dead one, and one more: a sync may still look at the
// runtime as it was before it created the newest.
func (c *container) trim() {
	if i := c.newest; i != nil && i.prev != nil && i.prev.prev != nil {
		i.prev.prev.prev = nil
	}
}
