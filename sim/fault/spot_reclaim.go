package fault

import (
	"clustersim/sim/engine"
	"clustersim/sim/world"
)

// SpotReclaim has the cloud take machines back: a notice, to which nothing in Kubernetes itself listens, then a shutdown as of
// nodeShutdown, then the machine and its Node object are gone and another machine comes instead.
type SpotReclaim struct {
	Target
	Notice  world.Value `json:"notice" unit:"duration"` // from the step to the shutdown; unset = none
	Replace string      `json:"replace"`                // the id of the node template that the new machines are of; "" = none come

	// Pattern is that template, as in AddNodes.
	Pattern *world.Pattern `json:"-"`
}

// Check implements Action.
func (a *SpotReclaim) Check() error { return a.check() }

var kindReclaim = engine.NewKind("machine is reclaimed", engine.RankWorld, false)

// Run implements Runner.
func (a *SpotReclaim) Run(c Cluster) (func(), error) {
	return each(c, &a.Target, func(m Machine) {
		notice := a.Notice.Duration(c.Stream("notice/" + m.Name()))
		c.Engine().After(notice, kindReclaim, engine.Func(func() {
			m.Shutdown(func() { a.gone(c, m) })
		}))
	}, nil)
}

func (a *SpotReclaim) gone(c Cluster, m Machine) {
	remove(c, m)
	if a.Pattern != nil {
		add(c, a.Pattern)
	}
}
