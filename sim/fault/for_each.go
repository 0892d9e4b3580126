package fault

import (
	"errors"
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// ForEach does a list of actions on each of some nodes, so many nodes at a time: a rolling upgrade. A drain is waited for, and
// after a reboot the node's return. A drain that fails ends it all: the nodes under way are left as they are.
type ForEach struct {
	Target
	Parallel int    `json:"parallel"` // nodes at a time; 0 = 1
	Do       []Task `json:"-"`        // in order
}

// Task is one action of a ForEach. Its own target is empty until a node is put in.
type Task struct {
	Name   string // the registry's
	Action Action // a NodeTarget and a Runner
}

// Check implements Action.
func (a *ForEach) Check() error {
	if len(a.Do) == 0 {
		return errors.New("do: required, a list of actions on nodes")
	}
	if a.Parallel < 0 {
		return errors.New("parallel: must not be negative")
	}
	for _, t := range a.Do {
		if err := t.checkOpen(); err != nil {
			return fmt.Errorf("do: %s: %w", t.Name, err)
		}
	}
	return a.check()
}

// checkOpen wants an action on nodes that names none.
func (t *Task) checkOpen() error {
	target, ok := t.Action.(NodeTarget)
	if _, runs := t.Action.(Runner); !ok || !runs {
		return errors.New("is not an action on nodes")
	}
	if _, nested := t.Action.(*ForEach); nested {
		return errors.New("cannot stand inside forEach")
	}
	if *target.Nodes() != (Target{}) {
		return errors.New("takes the nodes of forEach and cannot name its own")
	}
	return t.on("node").Check()
}

// on is the action for one node.
func (t *Task) on(node string) Action {
	v := reflect.New(reflect.TypeOf(t.Action).Elem())
	v.Elem().Set(reflect.ValueOf(t.Action).Elem())
	a := v.Interface().(Action)
	a.(NodeTarget).Nodes().Node = node
	return a
}

// waiter is a Runner that is over later.
type waiter interface {
	// runThen does as Run and calls done when it is over; ok is false if it has failed. If it returns an error, done is not
	// called.
	runThen(c Cluster, done func(ok bool)) error
}

var kindForEach = engine.NewKind("forEach goes on", engine.RankWorld, false)

// Run implements Runner.
func (a *ForEach) Run(c Cluster) (func(), error) {
	ms, err := c.Machines(&a.Target)
	if err != nil {
		return nil, err
	}
	u := &upgrade{ForEach: a, cluster: c, within: c.Continue(), note: c.Notes(), returns: map[string]*returning{}}
	for _, m := range ms {
		u.nodes = append(u.nodes, m.Name())
	}
	c.Store().Watch(u)
	for range max(a.Parallel, 1) {
		u.nextNode()
	}
	return nil, nil
}

// upgrade is a ForEach under way.
type upgrade struct {
	*ForEach
	cluster Cluster
	within  func(func())
	note    func(format string, args ...any)
	nodes   []string // still to do
	stopped bool
	returns map[string]*returning
}

// returning is a node that boots again.
type returning struct {
	boot string // the boot before
	then func()
}

func (u *upgrade) nextNode() {
	if len(u.nodes) == 0 || u.stopped {
		return
	}
	node := u.nodes[0]
	u.nodes = u.nodes[1:]
	u.task(node, 0)
}

// task does the n-th action on a node and then the rest.
func (u *upgrade) task(node string, n int) {
	if u.stopped {
		return
	}
	if n == len(u.Do) {
		u.nextNode()
		return
	}
	a := u.Do[n].on(node)
	done := func(ok bool) {
		if !ok {
			u.stop(node, n)
			return
		}
		u.cluster.Engine().After(0, kindForEach, engine.Func(func() { u.task(node, n+1) }))
	}
	var err error
	u.within(func() {
		if w, waits := a.(waiter); waits {
			err = w.runThen(u.cluster, done)
			return
		}
		if _, reboots := a.(*NodeReboot); reboots {
			u.returns[node] = &returning{boot: u.bootID(node), then: func() { done(true) }}
			_, err = a.(Runner).Run(u.cluster)
			return
		}
		if _, err = a.(Runner).Run(u.cluster); err == nil {
			done(true)
		}
	})
	if err != nil {
		u.note("forEach: %s on node %q: %v", u.Do[n].Name, node, err)
		u.stop(node, n)
	}
}

func (u *upgrade) stop(node string, n int) {
	u.stopped = true
	u.note("forEach: stops at node %q: %s has failed; nodes not begun: %d", node, u.Do[n].Name, len(u.nodes))
}

func (u *upgrade) bootID(node string) string {
	if o := u.cluster.Store().Node(node); o != nil {
		return o.Status.NodeInfo.BootID
	}
	return ""
}

// Observe implements store.Watcher: it looks out for nodes that are Ready after their reboot.
func (u *upgrade) Observe(ch *store.Change) {
	if len(u.returns) == 0 || ch.Kind() != model.Node {
		return
	}
	name := ch.New.Key().Name
	r, o := u.returns[name], u.cluster.Store().Node(name)
	if r == nil || o == nil || o.Status.NodeInfo.BootID == r.boot {
		return
	}
	for i := range o.Status.Conditions {
		if c := &o.Status.Conditions[i]; c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue {
			delete(u.returns, name)
			r.then()
			return
		}
	}
}
