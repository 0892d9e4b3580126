package importer

import (
	"cmp"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

// knownImage is an image whose size a node tells.
type knownImage struct {
	ref  string
	size int64
}

// behavior is what the dump tells of how containers run.
type behavior struct {
	namespace, name, owner, container string
	run                               time.Duration
	exitCode                          int32
	reason                            string
}

// learn takes from the dump how large images are, how long Jobs run and which containers crash.
func (d *Dump) learn() {
	d.learnImages()
	d.learnJobs()
	d.learnCrashes()
}

// learnImages lists the sizes that nodes tell, and puts on each node the images that its pods run: a node reports at most
// 50 of them.
func (d *Dump) learnImages() {
	nodes, sizes := map[string]*corev1.Node{}, map[string]int64{}
	var order []string
	cached := map[string]map[string]bool{}
	for _, m := range d.Objects {
		n, ok := m.Object.(*corev1.Node)
		if !ok {
			continue
		}
		nodes[n.Name], cached[n.Name] = n, map[string]bool{}
		for _, image := range n.Status.Images {
			for _, ref := range image.Names {
				cached[n.Name][ref] = true
				if _, known := sizes[ref]; !known && image.SizeBytes > 0 {
					sizes[ref] = image.SizeBytes
					order = append(order, ref)
				}
			}
		}
	}
	used, unknown := map[string]bool{}, 0
	for _, m := range d.Objects {
		p, ok := m.Object.(*corev1.Pod)
		if !ok {
			continue
		}
		for i := range p.Spec.Containers {
			ref := p.Spec.Containers[i].Image
			if !used[ref] {
				used[ref] = true
				if _, known := sizes[ref]; !known {
					unknown++
				}
			}
			if n := nodes[p.Spec.NodeName]; n != nil && p.Status.Phase == corev1.PodRunning && !cached[n.Name][ref] {
				cached[n.Name][ref] = true
				n.Status.Images = append(n.Status.Images, corev1.ContainerImage{Names: []string{ref}, SizeBytes: sizes[ref]})
			}
		}
	}
	for _, ref := range order {
		if used[ref] {
			d.images = append(d.images, knownImage{ref, sizes[ref]})
		}
	}
	slices.SortFunc(d.images, func(a, b knownImage) int { return cmp.Compare(a.ref, b.ref) })
	d.note(unknown, "%d images have a size that no node tells: 100Mi is assumed.")
}

// learnJobs takes the median run time of the finished pods of each Job or CronJob for those that will run.
func (d *Dump) learnJobs() {
	type owner struct{ namespace, name string }
	times := map[owner][]time.Duration{}
	var order []owner
	open := 0
	for _, m := range d.Objects {
		p, ok := m.Object.(*corev1.Pod)
		if !ok {
			continue
		}
		o := owner{p.Namespace, d.jobOf(p)}
		if o.name == "" {
			continue
		}
		if _, seen := times[o]; !seen {
			times[o] = nil
			order = append(order, o)
		}
		for _, s := range p.Status.ContainerStatuses {
			if e := s.State.Terminated; e != nil && e.ExitCode == 0 && !e.StartedAt.IsZero() {
				times[o] = append(times[o], e.FinishedAt.Sub(e.StartedAt.Time))
			}
		}
	}
	for _, o := range order {
		list := times[o]
		if len(list) == 0 {
			open++
			continue
		}
		slices.Sort(list)
		d.behaviors = append(d.behaviors, behavior{namespace: o.namespace, owner: o.name, container: "*", run: max(list[(len(list)-1)/2], time.Second)})
	}
	d.note(len(order)-open, "%d Jobs and CronJobs run as long as the median of their finished pods.")
	d.note(open, "%d Jobs and CronJobs have no finished pod: their containers are assumed to run 10 s, or as long as a `sleep` in their command says.")
}

// jobOf is the CronJob or Job above a pod, as a behaviour's owner, "" without one.
func (d *Dump) jobOf(p *corev1.Pod) string {
	ref := metav1.GetControllerOfNoCopy(p)
	if ref == nil || ref.Kind != "Job" {
		return ""
	}
	if job, ok := d.byUID[ref.UID].(*batchv1.Job); ok {
		if up := metav1.GetControllerOfNoCopy(job); up != nil && up.Kind == "CronJob" {
			return "CronJob/" + up.Name
		}
	}
	return "Job/" + ref.Name
}

// learnCrashes lets containers that crash go on crashing.
func (d *Dump) learnCrashes() {
	n := 0
	for _, m := range d.Objects {
		p, ok := m.Object.(*corev1.Pod)
		if !ok || m.Kind != model.Pod {
			continue
		}
		for _, s := range p.Status.ContainerStatuses {
			last := s.LastTerminationState.Terminated
			if s.State.Waiting == nil || s.State.Waiting.Reason != "CrashLoopBackOff" || last == nil {
				continue
			}
			n++
			d.behaviors = append(d.behaviors, behavior{
				namespace: p.Namespace, name: p.Name, container: s.Name, exitCode: last.ExitCode, reason: last.Reason,
				run: max(last.FinishedAt.Sub(last.StartedAt.Time), 0),
			})
		}
	}
	d.note(n, "%d containers in CrashLoopBackOff go on crashing as they last did.")
}
