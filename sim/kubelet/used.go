package kubelet

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/world"
)

// Metered reports whether a scenario says of any container what it uses.
func (k *Kubelets) Metered() bool {
	return slices.ContainsFunc(k.world.Behaviors, func(b world.Behavior) bool { return len(b.Usage)+len(b.Load) > 0 })
}

// Used tells what the containers of each node that run now used at t: cpu in millicores, memory in bytes. Machines that cannot be
// reached tell what they use as well, as it is used there. It changes nothing, not even what is remembered of the bearers of a load.
//
// Differs: containers that ended since t without a word to the API server are not counted.
func (k *Kubelets) Used(t engine.Time, tell func(node string, resource corev1.ResourceName, n int64)) {
	bearers := k.countBearers()
	for _, node := range k.order {
		if node.gone {
			continue
		}
		for _, resource := range [...]corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			sum := int64(0)
			for _, u := range node.meter.users {
				sum += u.i.use.of(resource).at(t)
			}
			for b, n := range bearers[node] { // unordered: a sum
				if s, ok := b.Load[string(resource)]; ok {
					sum += n * (k.load(s, resource, t) / max(bearers[nil][b], 1))
				}
			}
			tell(node.name, resource, sum)
		}
	}
}

// countBearers counts the containers that bear the load of a behaviour, on each node and, as that of nil, in all.
func (k *Kubelets) countBearers() map[*Node]map[*world.Behavior]int64 {
	if !slices.ContainsFunc(k.world.Behaviors, func(b world.Behavior) bool { return len(b.Load) > 0 }) {
		return nil
	}
	out := map[*Node]map[*world.Behavior]int64{nil: {}}
	for _, node := range k.order {
		here := map[*world.Behavior]int64{}
		for _, w := range node.order {
			for i := range w.containers {
				if c := &w.containers[i]; c.behavior != nil && len(c.behavior.Load) > 0 && c.newest.running() && w.podReady() {
					here[c.behavior]++
					out[nil][c.behavior]++
				}
			}
		}
		out[node] = here
	}
	return out
}
