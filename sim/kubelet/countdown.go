package kubelet

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"clustersim/sim/engine"
	"clustersim/sim/world"
)

// Countdown is something that a kubelet will do by the passage of time.
type Countdown struct {
	What    string
	At      engine.Time // 0: not known
	Because string
}

// Countdowns are those of a pod on the node, as its kubelet knows them. Asking changes nothing.
func (n *Node) Countdowns(uid types.UID) (out []Countdown) {
	w := n.workers[uid]
	if w == nil {
		return nil
	}
	for i := range w.containers {
		out = append(out, w.containerCountdowns(&w.containers[i])...)
	}
	for i := range w.images {
		if b := &w.images[i].backoff; b.inBackoff(w.now()) {
			out = append(out, Countdown{"the back-off of image " + w.images[i].ref + " ends", b.since + b.wait, fmt.Sprintf("%v since the pull failed at %v", b.wait, b.since.Round(time.Millisecond))})
		}
	}
	if w.mode == syncing && !w.busy && n.k.engine.Active(w.requeue) {
		out = append(out, Countdown{"the kubelet looks at the pod again", n.nextTick(w.requeueAt), "its retry, or resync, at the next tick of its work queue"})
	}
	return out
}

func (w *worker) containerCountdowns(c *container) (out []Countdown) {
	name := c.spec.Name
	if i := lastExited(c, w.now()); i != nil && c.newest == i && c.backoff.inBackoff(i.finished, w.now()) {
		out = append(out, Countdown{"the back-off of " + name + " ends", i.finished + c.backoff.wait, fmt.Sprintf("%v since it ended at %v", c.backoff.wait, i.finished.Round(time.Millisecond))})
	}
	if i := c.newest; i.running() && i.due != never && i.onExit != nil {
		out = append(out, Countdown{name + " ends", i.due, "it is being stopped"})
	}
	for t, p := range c.probes {
		if p == nil || p.stopped || p.probed == nil || p.run == 0 {
			continue
		}
		kind, left := world.ProbeType(t), p.probe.FailureThreshold-p.run
		switch {
		case p.last == world.Success && p.probed.results[t] != resultSuccess:
			out = append(out, Countdown{fmt.Sprintf("%s probe of %s: %d more in a row to succeed", kind, name, p.probe.SuccessThreshold-p.run), p.upcoming(), "successThreshold " + fmt.Sprint(p.probe.SuccessThreshold)})
		case p.last != world.Success && left > 0:
			out = append(out, Countdown{fmt.Sprintf("%s probe of %s: %d more failures in a row until it counts", kind, name, left), p.upcoming(), fmt.Sprintf("failureThreshold %d, periodSeconds %d", p.probe.FailureThreshold, p.probe.PeriodSeconds)})
		case p.last != world.Success:
			out = append(out, Countdown{fmt.Sprintf("%s probe of %s has failed %d times in a row and is tried again", kind, name, p.run), p.upcoming(), fmt.Sprintf("failureThreshold %d, periodSeconds %d", p.probe.FailureThreshold, p.probe.PeriodSeconds)})
		}
	}
	return out
}
