package controller

import (
	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var kindWrite = engine.NewKind("controller write", engine.RankAPI, false)

// api is one controller's way to the API server.
type api struct {
	engine  *engine.Engine
	client  *store.Client
	latency engine.Time
	rule    rule.ID // by which it writes where nobody has said another
}

// write performs f, which writes to the store, when the request has arrived there. The store's refusals can be dropped
// there: the object is gone, and with it the reason to write.
func (a *api) write(f func()) {
	if a.engine.Why.Rule() == 0 {
		a.engine.Act(a.rule)
	}
	a.engine.At(a.client.Reserve(a.engine.Now())+a.latency, kindWrite, engine.Func(f))
}

// by does what follows at once from what is being observed under a rule of its own.
func (a *api) by(r rule.ID, f func()) {
	why := a.engine.Why
	a.engine.Act(r)
	f()
	a.engine.Why = why
}

// read accounts for a GET or LIST.
//
// Differs: it takes a place in the client's limit but no time; recorded reactions that begin with a GET take no longer
// than others (controllers.md 17, cordon).
func (a *api) read() { a.client.Reserve(a.engine.Now()) }

// writeAll performs n writes one after another, each when the one before has been answered, and then calls done.
func (a *api) writeAll(n int, write func(i int), done func()) {
	var step func(i int)
	step = func(i int) {
		if i == n {
			done()
			return
		}
		a.write(func() {
			write(i)
			step(i + 1)
		})
	}
	step(0)
}
