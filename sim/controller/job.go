package controller

import (
	"cmp"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Source: k8s v1.36.3 pkg/controller/job/job_controller.go and config/v1alpha1/defaults.go.
const (
	jobWorkers     = 5
	jobBatch       = time.Second      // from the first of several changes of pods or of the status to the sync
	jobRetry       = time.Second      // first back-off after an error
	jobRetryMax    = time.Minute      //
	jobBackoff     = 10 * time.Second // first back-off after a failed pod
	jobBackoffMax  = 10 * time.Minute //
	jobMaxPods     = 500              // created or deleted in one sync
	jobMaxCounting = 500              // UIDs in status.uncountedTerminatedPods
)

// jobs runs Jobs to their completion.
//
// Pods are counted in two steps: their UIDs go into the status, their finalizers are taken off, and then the counters
// rise. Whatever happens to a pod, it is there until it is counted.
//
// Differs: there are no expectations, for a write is seen when it is made.
//
// Source: k8s v1.36.3 pkg/controller/job/job_controller.go.
type jobs struct {
	env    *Env
	api    *api
	events *record.Recorder
	pods   podControl
	queue  *workQueue[store.Key]
	strays *workQueue[store.Key] // pods whose finalizer no sync of a Job takes off

	states map[types.UID]*jobState
}

// jobState is what the controller remembers of a Job between syncs.
type jobState struct {
	key      store.Key
	owners   []metav1.OwnerReference
	backoff  backoffRecord
	template *corev1.PodTemplateSpec // of the manifest
	manifest *corev1.Pod             // what new pods are made of
	blocked  engine.Time             // no pods are created or deleted until then
}

func newJobs(env *Env) Reconciler {
	c := &jobs{env: env, api: env.newAPI(), states: map[types.UID]*jobState{}}
	c.events = env.newRecorder("job-controller", c.api)
	c.pods = podControl{env, c.api, c.events, model.Job}
	c.queue = newWorkQueue(env.Engine, jobWorkers, c.sync).by(rule.JobSync)
	c.queue.base, c.queue.max, c.queue.limit = jobRetry, jobRetryMax, nil
	c.strays = newWorkQueue(env.Engine, jobWorkers, c.syncStray).by(rule.JobTrack)
	return c
}

// Start implements Reconciler.
func (c *jobs) Start() {
	for _, o := range c.env.Store.List(model.Job) {
		c.added(o.API().(*batchv1.Job))
	}
}

// Observe implements store.Watcher.
func (c *jobs) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Pod:
		c.observePod(ch)
	case model.Job:
		c.observeJob(ch)
	}
}

func (c *jobs) added(j *batchv1.Job) {
	c.states[j.UID] = &jobState{key: keyOf(j), owners: []metav1.OwnerReference{newControllerRef(model.Job, j)}}
	if manual(j) {
		c.env.owned.trackOrphans(c.env.Store)
	}
	c.queue.add(keyOf(j))
}

// manual reports whether the Job selects pods that it need not have made.
func manual(j *batchv1.Job) bool { return j.Spec.ManualSelector != nil && *j.Spec.ManualSelector }

func (c *jobs) observeJob(ch *store.Change) {
	j := ch.New.API().(*batchv1.Job)
	switch ch.Verb {
	case journal.Added:
		c.added(j)
		return
	case journal.Deleted:
		delete(c.states, j.UID)
		c.events.Forget(j.UID)
		c.queue.cancelDelayed(keyOf(j))
		c.queue.forget(keyOf(j))
		c.queueStrays(j)
		return
	}
	if jobFinished(j) {
		c.queue.cancelDelayed(keyOf(j))
		c.queueStrays(j)
		return
	}
	old := ch.Old.API().(*batchv1.Job)
	if old.Generation == j.Generation {
		c.queue.addAfter(keyOf(j), jobBatch)
	} else {
		c.queue.add(keyOf(j))
	}
	if d := j.Spec.ActiveDeadlineSeconds; j.Status.StartTime != nil && d != nil && (old.Spec.ActiveDeadlineSeconds == nil || *old.Spec.ActiveDeadlineSeconds != *d) {
		c.queue.addAfter(keyOf(j), engine.Time(j.Status.StartTime.Add(time.Duration(*d)*time.Second).Sub(c.env.Store.Now())))
	}
}

// queueStrays queues the Job's pods that still have a finalizer.
func (c *jobs) queueStrays(j *batchv1.Job) {
	for _, p := range c.env.owned.podsOf(j.UID) {
		if tracked(p) {
			c.strays.add(p.Key())
		}
	}
}

// tracked reports whether the pod has the finalizer with which Jobs keep pods until they are counted.
func tracked(p *store.Pod) bool {
	return slices.Contains(p.FinalizerList(), batchv1.JobTrackingFinalizer)
}

// jobFinished reports whether the Job is Complete or Failed.
//
// Source: k8s v1.36.3 pkg/controller/job/util/utils.go FinishedCondition.
func jobFinished(j *batchv1.Job) bool { return finishedCondition(j) != nil }

func finishedCondition(j *batchv1.Job) *batchv1.JobCondition {
	for i := range j.Status.Conditions {
		c := &j.Status.Conditions[i]
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return c
		}
	}
	return nil
}

// observePod queues the pod's Job a second from now. Every change counts, for the first one of many sets the time.
//
// Source: k8s v1.36.3 job_controller.go addPod, updatePod, deletePod.
func (c *jobs) observePod(ch *store.Change) {
	old, p, _ := ch.Pods()
	owner := controllerUID(p.OwnerList())
	if old != nil {
		if was := controllerUID(old.OwnerList()); was != owner && c.states[was] != nil {
			c.queue.addAfter(c.states[was].key, jobBatch)
		}
	}
	s := c.states[owner]
	switch {
	case s != nil:
		if j := c.job(s.key); j != nil && !jobFinished(j) {
			c.queue.addAfter(s.key, jobBatch)
		} else if p.Deletion != nil && tracked(p) && ch.Verb != journal.Deleted {
			c.strays.add(p.Key())
		}
	case len(p.FinalizerList()) > 0 && tracked(p) && ch.Verb != journal.Deleted:
		if r := controllerOf(p.OwnerList()); r == nil || r.Kind == model.Job.Name {
			c.strays.add(p.Key())
		}
	case owner == "" && c.env.owned.orphans != nil && ch.Verb != journal.Deleted && (old == nil || !sameMap(old.LabelSet(), p.LabelSet()) || controllerUID(old.OwnerList()) != ""):
		c.queueAdopters(p)
	}
}

// queueAdopters queues the Jobs that may adopt a pod without a controller.
func (c *jobs) queueAdopters(p *store.Pod) {
	for _, o := range c.env.Store.List(model.Job) {
		if j := o.API().(*batchv1.Job); j.Namespace == p.Namespace && manual(j) && selects(j.Spec.Selector, p.LabelSet()) {
			c.queue.addAfter(keyOf(j), jobBatch)
		}
	}
}

func (c *jobs) job(key store.Key) *batchv1.Job {
	if o := c.env.Store.Get(model.Job, key); o != nil {
		return o.API().(*batchv1.Job)
	}
	return nil
}

// syncStray takes the finalizer off a pod that no Job counts any more.
//
// Source: k8s v1.36.3 job_controller.go handleSingleOrphanPod.
func (c *jobs) syncStray(key store.Key, done func(error)) {
	p := c.env.Store.Pod(key)
	if p == nil || !tracked(p) {
		done(nil)
		return
	}
	if r := controllerOf(p.OwnerList()); r != nil {
		if r.Kind != model.Job.Name {
			done(nil)
			return
		}
		if s := c.states[r.UID]; s != nil {
			if j := c.job(s.key); j != nil && !jobFinished(j) {
				done(nil)
				return
			}
		}
	}
	c.untrack(p, done)
}

// untrack takes the finalizer off a pod. That the pod is gone is no error.
func (c *jobs) untrack(p *store.Pod, done func(error)) {
	c.api.write(func() {
		_, err := c.env.Store.UpdatePod(p.Key(), string(p.UID), func(p *store.Pod) bool {
			if !tracked(p) {
				return false
			}
			p.Finalizers = slices.DeleteFunc(append([]string{}, p.FinalizerList()...), func(f string) bool { return f == batchv1.JobTrackingFinalizer })
			return true
		})
		if isNotFound(err) {
			err = nil
		}
		done(err)
	})
}

// claim releases pods that the Job does not select any more, adopts those that it does, and calls next with the Job's pods.
//
// Source: k8s v1.36.3 job_controller.go getPodsForJob.
func (c *jobs) claim(s *jobState, j *batchv1.Job, next func([]*store.Pod, error)) {
	selector, err := metav1.LabelSelectorAsSelector(j.Spec.Selector)
	if err != nil {
		next(nil, err)
		return
	}
	owned := c.env.owned.podsOf(j.UID)
	var mine []*store.Pod
	var patches []claimPatch
	for _, p := range owned {
		switch {
		case controllerUID(p.OwnerList()) != j.UID:
		case selector.Matches(labels.Set(p.LabelSet())):
			mine = append(mine, p)
		case j.DeletionTimestamp == nil:
			patches = append(patches, claimPatch{pod: p})
		}
	}
	if manual(j) && j.DeletionTimestamp == nil {
		patches = append(patches, c.adoptable(j.Namespace, selector)...)
	}
	if len(patches) == 0 {
		next(mine, nil)
		return
	}
	claimPods(c.api, c.env.Store, s.owners[0], patches, func(err error) {
		for _, p := range patches {
			if now := c.env.Store.Pod(p.pod.Key()); p.adopt && now != nil {
				mine = append(mine, now)
			}
		}
		next(mine, err)
	})
}

// adoptable lists the pods without a controller that the selector matches.
func (c *jobs) adoptable(namespace string, selector labels.Selector) (out []claimPatch) {
	for _, p := range c.env.owned.orphans[namespace] { // unordered: sorted below
		if p.Deletion == nil && selector.Matches(labels.Set(p.LabelSet())) {
			out = append(out, claimPatch{pod: p, adopt: true, finalizer: batchv1.JobTrackingFinalizer})
		}
	}
	slices.SortFunc(out, func(a, b claimPatch) int { return cmp.Compare(a.pod.Index, b.pod.Index) })
	if len(out) > 0 {
		c.api.read() // is the Job still there?
	}
	return out
}
