package controller

import (
	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var kindAccountSync = engine.NewKind("service account sync", engine.RankController, false).By(rule.ServiceAccountDefault)

// serviceAccounts brings back what every namespace must hold. At creation they come with the namespace itself
// (package admission).
//
// Source: k8s v1.36.3 pkg/controller/serviceaccount/serviceaccounts_controller.go,
// pkg/controller/certificates/rootcacertpublisher/publisher.go.
type serviceAccounts struct {
	env *Env
	api *api
}

func newServiceAccounts(env *Env) Reconciler { return &serviceAccounts{env, env.newAPI()} }

// Start implements Reconciler.
func (c *serviceAccounts) Start() {}

// Observe implements store.Watcher.
func (c *serviceAccounts) Observe(ch *store.Change) {
	if ch.Verb != journal.Deleted {
		return
	}
	k, key := ch.Kind(), ch.New.Key()
	if k == model.ServiceAccount && key.Name == admission.DefaultServiceAccount || k == model.ConfigMap && key.Name == admission.RootCAConfigMap {
		c.env.Engine.After(0, kindAccountSync, engine.Func(func() { c.sync(key.Namespace) }))
	}
}

func (c *serviceAccounts) sync(namespace string) {
	if !c.active(namespace) {
		return
	}
	for _, m := range admission.NamespaceContents(namespace) {
		c.api.write(func() {
			if c.active(namespace) {
				_ = c.env.Store.Create(m.Kind, m.Object) // Conflict: somebody else made it
			}
		})
	}
}

func (c *serviceAccounts) active(namespace string) bool {
	ns := c.env.Store.Get(model.Namespace, store.Key{Name: namespace})
	return ns != nil && ns.API().GetDeletionTimestamp() == nil
}
