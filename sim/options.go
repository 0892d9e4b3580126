package sim

import (
	"fmt"
	"time"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/fault"
	"clustersim/sim/scheduler"
	"clustersim/sim/world"
)

// Options say everything about one run. Equal options give equal journals, byte for byte.
type Options struct {
	Name        string // of the scenario
	Description string
	Seed        uint64
	Start       time.Time     // virtual wall clock at t=0; zero = 2026-01-01T00:00:00Z
	Duration    time.Duration // half-open; 0 = until the run has settled
	Profile     string
	Components  config.Components

	Nodes      []world.NodeTemplate
	Import     []model.Manifest // objects that exist before t=0, kept as they are
	Images     []world.NamedImage
	Registries []world.Registry
	Behaviors  []world.Behavior
	// Storage is what is known of provisioners and drivers; their StorageClasses are in Import. A StorageClass without an entry
	// has config.DefaultStorage behind it.
	Storage []config.Storage

	Workloads []Workload
	Steps     []fault.Step

	// SchedulerPlugins are out-of-tree plugins of the scheduler, in the order in which they run after its own.
	SchedulerPlugins []scheduler.Registered

	// Extend, if set, makes the extensions that belong to the scenario itself: those that trigger its steps.
	Extend func() []Extension

	// Consume lets the run forget each manifest once it is created: for options that serve one run alone.
	Consume bool

	// Reference executes every probe, heartbeat, relist and tick as an engine event, also those that change nothing, and has
	// the scheduler judge every node anew in each cycle.
	// Slow; a test wants the same changes of state with it and without.
	Reference bool
}

// Workload is a set of manifests that arrive together, as `kubectl create` would bring them.
type Workload struct {
	At        time.Duration
	Manifests []model.Manifest
	Arrivals  *Arrivals // nil: once, at At
}

// Arrivals makes a Workload arrive again and again, from At on.
type Arrivals struct {
	Every world.Value   // gap between arrivals; the first comes one gap after At
	Until time.Duration // 0 = until the run ends
	Count int           // 0 = no limit
}

// complete fills in what is not set: the start, and the components of the profile.
func (o *Options) complete() error {
	if o.Start.IsZero() {
		o.Start = DefaultStart
	}
	if o.Components.Kubelet.SyncFrequency == 0 { // unset: no profile has that
		c, ok := config.Profile(o.Profile)
		if !ok {
			return fmt.Errorf("unknown profile %q (known: %v)", o.Profile, config.Profiles)
		}
		o.Components = c
	}
	return nil
}
