package kubelet

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/world"
)

// point is the start of a stretch of time in which a container uses n of a resource.
type point struct {
	at engine.Time
	n  int64
}

// profile is what one life of a container uses of a resource: nothing before the first point, then n until the next.
type profile []point

// mostUsed bounds one amount, so that sums over a node stay inside an int64: 1 PiB.
const mostUsed = 1 << 50

// at is the amount in use at t.
func (p profile) at(t engine.Time) (n int64) {
	for i := range p {
		if p[i].at > t {
			break
		}
		n = p[i].n
	}
	return n
}

// next is the first change after t, engine.Never if there is none.
func (p profile) next(t engine.Time) engine.Time {
	for i := range p {
		if p[i].at > t {
			return p[i].at
		}
	}
	return engine.Never
}

// above is the first instant at which more than limit is in use; ok is false if there is none.
func (p profile) above(limit int64) (at engine.Time, ok bool) {
	for i := range p {
		if p[i].n > limit {
			return p[i].at, true
		}
	}
	return 0, false
}

// most is the largest amount.
func (p profile) most() (n int64) {
	for i := range p {
		n = max(n, p[i].n)
	}
	return n
}

// capped is the profile with every amount held to limit: what lies above is refused to the process.
func (p profile) capped(limit int64) profile {
	if p.most() <= limit {
		return p
	}
	q := slices.Clone(p)
	for i := range q {
		q[i].n = min(q[i].n, limit)
	}
	return q
}

// consumption is what one life of a container uses, by the scenario's word.
type consumption struct{ cpu, memory, disk profile } // millicores, bytes, bytes

// consume draws what the instance, just started, will use; nil if no scenario says so.
func (w *worker) consume(c *container, i *instance) *consumption {
	if c.behavior == nil || len(c.behavior.Usage) == 0 {
		return nil
	}
	of := func(name corev1.ResourceName) profile {
		s, ok := c.behavior.Usage[string(name)]
		if !ok {
			return nil
		}
		return w.profile(s, "usage/"+c.spec.Name+"/"+string(name), i)
	}
	return &consumption{of(corev1.ResourceCPU), of(corev1.ResourceMemory), of(corev1.ResourceEphemeralStorage)}
}

// profile lays a series over the time since the instance's start. A random value is drawn once.
func (w *worker) profile(s world.Series, purpose string, i *instance) profile {
	if len(s.Steps) == 0 {
		n := s.Value.Int(w.stream(purpose, uint64(i.attempt)))
		return profile{{i.started, bounded(n)}}
	}
	p := make(profile, 0, len(s.Steps))
	for _, step := range s.Steps {
		p = append(p, point{later(i.started, step.At), bounded(step.N)})
	}
	return p
}

func bounded(n int64) int64 { return min(max(n, 0), mostUsed) }

// later is t + d, or an instant that no run reaches.
func later(t engine.Time, d time.Duration) engine.Time {
	if t > 0 && d > engine.Never-1-t {
		return engine.Never - 1
	}
	return t + d
}

// meter adds up what the running containers of a node use. Most containers use nothing that a scenario speaks of: they
// are not in it.
type meter struct {
	users   []user
	highest int64 // the sum of the most memory that each of the users ever takes
	outside int64 // memory that processes outside of all pods take
	nodefs  int64 // of the disk, in the same way
	imagefs int64
	oom     engine.Timer
}

// user is one running container that uses something.
type user struct {
	w *worker
	c *container
	i *instance
}

// began enters an instance that has just started.
func (n *Node) began(w *worker, c *container, i *instance) {
	if c.metered() {
		w.usageChanged()
	}
	if i.use == nil {
		return
	}
	n.meter.users = append(n.meter.users, user{w, c, i})
	n.meter.highest += i.use.memory.most()
	n.usageChanged()
}

// ended takes out an instance whose process is gone.
func (n *Node) ended(w *worker, i *instance) {
	w.usageChanged()
	if i.use == nil {
		return
	}
	at := slices.IndexFunc(n.meter.users, func(u user) bool { return u.i == i })
	if at < 0 {
		return
	}
	n.meter.users = slices.Delete(n.meter.users, at, at+1)
	n.meter.highest -= i.use.memory.most()
	n.usageChanged()
}

// usageChanged computes anew when the memory will not suffice, and when the kubelet will see it.
func (n *Node) usageChanged() {
	n.planOOM()
	n.planRound()
}

// memory is what all containers use at t.
func (m *meter) memory(t engine.Time) (sum int64) {
	for _, u := range m.users {
		sum += u.i.use.memory.at(t)
	}
	return sum
}

// disk is what all containers have written at t.
func (m *meter) disk(t engine.Time) (sum int64) {
	for _, u := range m.users {
		sum += u.i.use.disk.at(t)
	}
	return sum
}

// next is the first change of any container's use after t, as long as those run that run now.
func (m *meter) next(t engine.Time) engine.Time {
	at := engine.Never
	for _, u := range m.users {
		at = min(at, u.i.use.memory.next(t), u.i.use.disk.next(t))
	}
	return at
}
