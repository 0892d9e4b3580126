package controller

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// ttlWorkers is the number of concurrent syncs.
// Source: k8s v1.36.3 pkg/controller/ttlafterfinished/config/v1alpha1/defaults.go.
const ttlWorkers = 5

// ttlAfterFinished deletes Jobs ttlSecondsAfterFinished after their end, in the foreground: their pods go first. That a
// Job waits for this keeps no run from having settled.
//
// Source: k8s v1.36.3 pkg/controller/ttlafterfinished/ttlafterfinished_controller.go.
type ttlAfterFinished struct {
	env   *Env
	api   *api
	queue *workQueue[store.Key]
}

func newTTLAfterFinished(env *Env) Reconciler {
	c := &ttlAfterFinished{env: env, api: env.newAPI()}
	c.queue = newWorkQueue(env.Engine, ttlWorkers, c.sync).by(rule.TTLAfterFinished)
	return c
}

// Start implements Reconciler.
func (c *ttlAfterFinished) Start() {
	for _, o := range c.env.Store.List(model.Job) {
		c.note(o.API().(*batchv1.Job))
	}
}

// Observe implements store.Watcher.
func (c *ttlAfterFinished) Observe(ch *store.Change) {
	if ch.Kind() != model.Job {
		return
	}
	if ch.Verb == journal.Deleted {
		c.queue.cancelDelayed(ch.New.Key())
		return
	}
	c.note(ch.New.API().(*batchv1.Job))
}

func (c *ttlAfterFinished) note(j *batchv1.Job) {
	if expires(j) {
		c.queue.add(keyOf(j))
	}
}

// expires reports whether the Job has finished and is to be deleted some time after.
func expires(j *batchv1.Job) bool {
	return j.DeletionTimestamp == nil && j.Spec.TTLSecondsAfterFinished != nil && jobFinished(j)
}

func (c *ttlAfterFinished) sync(key store.Key, done func(error)) {
	j := c.expired(key)
	if j == nil {
		done(nil)
		return
	}
	c.api.read() // is it still so?
	c.api.write(func() {
		err := c.env.API.DeleteUID(model.Job, key, string(j.UID), nil, string(metav1.DeletePropagationForeground))
		done(err)
	})
}

// expired returns the Job if its time has come. Else it is queued for then.
//
// Source: k8s v1.36.3 ttlafterfinished_controller.go processTTL.
func (c *ttlAfterFinished) expired(key store.Key) *batchv1.Job {
	o := c.env.Store.Get(model.Job, key)
	if o == nil {
		return nil
	}
	j := o.API().(*batchv1.Job)
	if !expires(j) {
		return nil
	}
	end := finishedCondition(j).LastTransitionTime
	left := end.Add(time.Duration(*j.Spec.TTLSecondsAfterFinished) * time.Second).Sub(c.env.Store.Now())
	if left > 0 {
		c.queue.addAfterIdle(key, engine.Time(left))
		return nil
	}
	return j
}
