package sim

import "clustersim/sim/world"

// World gives tests what a timeline step may change.
func (r *Run) World() *world.World { return r.world }
