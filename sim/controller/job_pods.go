package controller

import (
	"maps"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/admission"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// deleteActive deletes all active pods, which keep their finalizers. If one cannot be deleted the Job is not at its end yet.
//
// Source: k8s v1.36.3 pkg/controller/job/job_controller.go deleteActivePods.
func (y *jobSync) deleteActive(done func(error)) {
	together(len(y.active), func(i int, done func(error)) {
		y.c.pods.delete(&y.job, y.active[i].Key(), func(err error) {
			if isNotFound(err) {
				err = nil
			}
			y.deleted(y.active[i], err)
			done(err)
		})
	}, func(failures int, err error) {
		if failures > 0 {
			y.finished = nil
		}
		done(err)
	})
}

// deleted accounts for the deletion of an active pod, or for the failure of it.
func (y *jobSync) deleted(p *store.Pod, err error) {
	if err == nil {
		y.running--
		y.terminating++
	}
	if podReady(p) {
		y.ready--
	}
}

// manage deletes active pods that are too many, or creates missing ones once the back-off is over.
//
// Source: k8s v1.36.3 job_controller.go manageJob.
func (y *jobSync) manage(done func(error)) {
	if y.suspended() {
		y.remove(y.surplus(len(y.active)), done)
		return
	}
	want := y.wanted()
	if surplus := y.surplus(max(0, len(y.active)-want)); len(surplus) > 0 {
		y.remove(surplus[:min(len(surplus), jobMaxPods)], done)
		return
	}
	missing := want - len(y.active)
	if replacesFailedOnly(&y.job) {
		missing -= int(y.terminating)
	}
	if missing <= 0 {
		done(nil)
		return
	}
	if !y.perIndex() {
		if wait := y.backoff.remaining(y.now()); wait > 0 {
			y.again(wait)
			done(nil)
			return
		}
	}
	y.create(min(missing, jobMaxPods), done)
}

// again queues the Job after a back-off, which ends no sooner than a batch.
func (y *jobSync) again(wait time.Duration) {
	y.c.queue.addAfter(y.state.key, engine.Time(max(wait, jobBatch)))
}

// wanted is the number of active pods that the Job should have.
func (y *jobSync) wanted() int {
	parallelism := int(*y.job.Spec.Parallelism)
	if y.job.Spec.Completions == nil {
		if y.succeeded > 0 {
			return len(y.active)
		}
		return parallelism
	}
	return max(0, min(parallelism, y.completions()-int(y.succeeded)))
}

// surplus chooses at least n active pods to delete: those without a proper index and all but one of each index, then
// those that are the least loss.
//
// Source: k8s v1.36.3 job_controller.go activePodsForRemoval.
func (y *jobSync) surplus(n int) (remove []*store.Pod) {
	left := slices.Clone(y.active)
	if isIndexed(&y.job) {
		remove, left = y.duplicates(left)
	}
	if len(remove) < n {
		sortActivePods(left)
		remove = append(remove, left[:n-len(remove)]...)
	}
	return remove
}

// duplicates parts pods without a proper index, and all but the best one of each index, from the others.
//
// Source: k8s v1.36.3 indexed_job_utils.go appendDuplicatedIndexPodsForRemoval.
func (y *jobSync) duplicates(pods []*store.Pod) (remove, left []*store.Pod) {
	slices.SortStableFunc(pods, func(a, b *store.Pod) int { return indexOf(a) - indexOf(b) })
	for len(pods) > 0 {
		i, n := indexOf(pods[0]), 1
		for n < len(pods) && indexOf(pods[n]) == i {
			n++
		}
		same := pods[:n]
		pods = pods[n:]
		if i == noIndex || i >= y.completions() {
			remove = append(remove, same...)
			continue
		}
		if n > 1 {
			sortActivePods(same)
		}
		remove, left = append(remove, same[:n-1]...), append(left, same[n-1])
	}
	return remove, left
}

// remove takes the finalizer off pods and deletes them: they are not counted.
//
// Source: k8s v1.36.3 job_controller.go deleteJobPods.
func (y *jobSync) remove(pods []*store.Pod, done func(error)) {
	together(len(pods), func(i int, done func(error)) {
		p := pods[i]
		finish := func(err error) {
			if isNotFound(err) {
				err = nil
			}
			y.deleted(p, err)
			done(err)
		}
		if !tracked(p) {
			y.c.pods.delete(&y.job, p.Key(), finish)
			return
		}
		y.c.untrack(p, func(err error) {
			if err != nil {
				finish(err)
				return
			}
			y.c.pods.delete(&y.job, p.Key(), finish)
		})
	}, func(_ int, err error) { done(err) })
}

// create creates n pods, or fewer if only some indexes are past their back-off.
func (y *jobSync) create(n int, done func(error)) {
	var todo []int
	if isIndexed(&y.job) {
		todo = y.taken().missing(n, y.completions())
		if y.perIndex() {
			var wait time.Duration
			if todo, wait = y.pastBackoff(todo); wait > 0 {
				y.again(wait)
				done(nil)
				return
			}
		}
		n = len(todo)
	}
	y.running += int32(n)
	tried := 0
	slowStart(n, 1, func(i int, done func(error)) {
		tried++
		m, id := y.manifest(noIndex)
		if isIndexed(&y.job) {
			m, id = y.manifest(todo[i])
		}
		y.c.pods.create(&y.job, m, id, func(err error) {
			if namespaceTerminating(err) {
				err, y.state.blocked = nil, y.c.env.Engine.Now()+expectationsTimeout
			}
			if err != nil {
				y.running--
			}
			done(err)
		})
	}, func(_ int, err error) {
		y.running -= int32(n - tried) // those that were never tried
		done(err)
	})
}

// taken are the indexes that need no pod.
//
// Source: k8s v1.36.3 indexed_job_utils.go firstPendingIndexes.
func (y *jobSync) taken() indexes {
	x := y.done.with(indexesOf(y.active))
	if replacesFailedOnly(&y.job) {
		for _, p := range y.pods {
			if i := indexOf(p); podTerminating(p) && i != noIndex {
				x = x.with([]int{i})
			}
		}
	}
	return x.merge(y.lost)
}

// pastBackoff returns the indexes that may have a pod now or, if there are none, the time until the first may.
//
// Source: k8s v1.36.3 job_controller.go getPodCreationInfoForIndependentIndexes.
func (y *jobSync) pastBackoff(todo []int) (now []int, wait time.Duration) {
	for _, i := range todo {
		left := time.Duration(0)
		if p := y.delayed[i]; p != nil {
			left = remainingBackoff(allFailuresOf(p)+1, finishedAt(p), y.now())
		}
		switch {
		case left == 0:
			now = append(now, i)
		case wait == 0 || left < wait:
			wait = left
		}
	}
	if len(now) > 0 {
		wait = 0
	}
	return now, wait
}

// manifest is what a pod of the index is made of. Pods of a Job without indexes share it.
func (y *jobSync) manifest(index int) (*corev1.Pod, admission.Identity) {
	s := y.state
	id := admission.Identity{Namespace: s.key.Namespace, GenerateName: podPrefix(s.key.Name), Owners: s.owners}
	if s.manifest == nil || !sameTemplate(s.template, &y.job.Spec.Template) {
		t := y.job.Spec.Template
		s.template = &y.job.Spec.Template
		s.manifest = manifestOf(&t)
		if !slices.Contains(t.Finalizers, batchv1.JobTrackingFinalizer) {
			s.manifest.Finalizers = append(slices.Clip(t.Finalizers), batchv1.JobTrackingFinalizer)
		}
		if isIndexed(&y.job) {
			withIndexEnv(&s.manifest.Spec)
		}
	}
	if index == noIndex {
		return s.manifest, id
	}
	m := *s.manifest
	text := strconv.Itoa(index)
	m.Labels = withKey(m.Labels, batchv1.JobCompletionIndexAnnotation, text)
	m.Annotations = withKey(m.Annotations, batchv1.JobCompletionIndexAnnotation, text)
	m.Spec.Hostname = s.key.Name + "-" + text
	id.GenerateName = indexPrefix(s.key.Name, index)
	if y.perIndex() {
		y.addFailureCounts(&m, y.delayed[index])
	}
	return &m, id
}

// addFailureCounts notes how often the index has failed, the pod included that is being replaced.
//
// Source: k8s v1.36.3 indexed_job_utils.go addIndexFailureCountAnnotation, getNewIndexFailureCounts.
func (y *jobSync) addFailureCounts(m *corev1.Pod, replaced *store.Pod) {
	failures, ignored := 0, 0
	if replaced != nil {
		failures, ignored = failuresOf(replaced, batchv1.JobIndexFailureCountAnnotation), failuresOf(replaced, batchv1.JobIndexIgnoredFailureCountAnnotation)
		if _, counts, _ := matchFailurePolicy(y.job.Spec.PodFailurePolicy, replaced); counts {
			failures++
		} else {
			ignored++
		}
	}
	m.Annotations = maps.Clone(m.Annotations)
	m.Annotations[batchv1.JobIndexFailureCountAnnotation] = strconv.Itoa(failures)
	if ignored > 0 {
		m.Annotations[batchv1.JobIndexIgnoredFailureCountAnnotation] = strconv.Itoa(ignored)
	}
}
