package invariant

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// workloadRules hold for what controllers make.
var workloadRules = []Rule{
	{"replicas", "a ReplicaSet or ReplicationController never has more active pods than it was lately asked for", checkReplicas},
	{"deployment-surge", "a Deployment's ReplicaSets are never raised beyond replicas and maxSurge", checkSurge},
	{"statefulset-ordinals", "a StatefulSet's pods have its ordinals, and in order each comes when those before it are ready", checkOrdinals},
	{"daemonset-node", "a DaemonSet without surge has one active pod on a node at most", checkDaemon},
	{"job-parallelism", "a Job never has more active pods than its parallelism, and one for each index", checkJob},
}

// Names of the numbers that an object of a workload kind is bound by.
const (
	boundReplicas = "replicas"
	boundSurge    = "replicas and surge"
	boundHighest  = "highest ordinal"
)

// bound notes the numbers that an object asks for.
func (c *Checker) bound(e *existing, at time.Duration) {
	set := func(name string, v int64) {
		if e.bounds == nil {
			e.bounds = map[string]*ceiling{}
		}
		if e.bounds[name] == nil {
			e.bounds[name] = &ceiling{}
		}
		e.bounds[name].set(at, v)
	}
	switch o := e.api.(type) {
	case *appsv1.ReplicaSet:
		set(boundReplicas, number(o.Spec.Replicas, 1))
	case *corev1.ReplicationController:
		set(boundReplicas, number(o.Spec.Replicas, 1))
	case *batchv1.Job:
		set(boundReplicas, number(o.Spec.Parallelism, 1))
	case *appsv1.StatefulSet:
		first := int64(0)
		if o.Spec.Ordinals != nil {
			first = int64(o.Spec.Ordinals.Start)
		}
		set(boundHighest, first+number(o.Spec.Replicas, 1))
	case *appsv1.Deployment:
		set(boundSurge, allowed(o))
	case *corev1.ResourceQuota:
		if e.counted == 0 && len(o.Status.Hard) > 0 {
			e.counted = at
		}
	}
}

func number(p *int32, unset int64) int64 {
	if p == nil {
		return unset
	}
	return int64(*p)
}

// allowed is how many pods a Deployment may have.
//
// Source: k8s v1.36.3 pkg/controller/deployment/util/deployment_util.go MaxSurge, ResolveFenceposts.
func allowed(d *appsv1.Deployment) int64 {
	n := number(d.Spec.Replicas, 1)
	if d.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType || d.Spec.Strategy.RollingUpdate == nil {
		return n
	}
	surge := d.Spec.Strategy.RollingUpdate.MaxSurge
	if surge == nil {
		return n + int64(math.Ceil(float64(n)/4))
	}
	if surge.Type == intstr.Int {
		return n + int64(surge.IntVal)
	}
	percent, _ := strconv.Atoi(strings.TrimSuffix(surge.StrVal, "%"))
	return n + (n*int64(percent)+99)/100
}

// came reports whether the step is a new pod of a controller of that kind.
func (c *Checker) came(s *step, kinds ...string) *existing {
	if s.pod == nil || s.Verb != journal.Added || s.At == 0 || !isActive(s.pod) {
		return nil
	}
	o := c.controller(s.pod.OwnerList())
	if o == nil || o.api == nil {
		return nil
	}
	for _, k := range kinds {
		if kindOf(o.api) == k {
			return o
		}
	}
	return nil
}

// active counts the controller's pods that are active.
func (e *existing) active(which func(*store.Pod) bool) (n int64) {
	for p := range e.pods { // unordered: a count
		if isActive(p.pod) && (which == nil || which(p.pod)) {
			n++
		}
	}
	return n
}

func checkReplicas(c *Checker, s *step) string {
	o := c.came(s, "ReplicaSet", "ReplicationController")
	if o == nil {
		return ""
	}
	if n, most := o.active(nil)+1, o.bounds[boundReplicas].max(s.At); n > most {
		return fmt.Sprintf("%s %s has %d active pods, and no more than %d were asked for", kindOf(o.api), o.api.GetName(), n, most)
	}
	return ""
}

func checkSurge(c *Checker, s *step) string {
	rs, ok := s.api.(*appsv1.ReplicaSet)
	if !ok || s.At == 0 || s.Verb == journal.Deleted {
		return ""
	}
	was := int64(0)
	if old, ok := s.old.(*appsv1.ReplicaSet); ok {
		was = number(old.Spec.Replicas, 1)
	}
	is := number(rs.Spec.Replicas, 1)
	d := c.controller(rs.OwnerReferences)
	if d == nil || is <= was {
		return ""
	}
	total := is
	for k, e := range c.live { // unordered: a sum
		if k.kind == model.ReplicaSet && e != s.existing && c.controller(e.owners) == d {
			total += number(e.api.(*appsv1.ReplicaSet).Spec.Replicas, 1)
		}
	}
	if most := d.bounds[boundSurge].max(s.At); total > most {
		return fmt.Sprintf("Deployment %s: its ReplicaSets are to have %d pods, and %d are allowed", d.api.GetName(), total, most)
	}
	return ""
}

func checkOrdinals(c *Checker, s *step) string {
	o := c.came(s, "StatefulSet")
	if o == nil {
		return ""
	}
	set := o.api.(*appsv1.StatefulSet)
	first := 0
	if set.Spec.Ordinals != nil {
		first = int(set.Spec.Ordinals.Start)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(s.key.Name, set.Name+"-"))
	if most := o.bounds[boundHighest].max(s.At); err != nil || n < first || int64(n) >= most {
		return fmt.Sprintf("StatefulSet %s has the ordinals %d to %d", set.Name, first, most-1)
	}
	if set.Spec.PodManagementPolicy == appsv1.ParallelPodManagement {
		return ""
	}
	for k := first; k < n; k++ {
		if key := (store.Key{Namespace: s.key.Namespace, Name: fmt.Sprintf("%s-%d", set.Name, k)}); !c.wasReady(key, s.At) {
			return fmt.Sprintf("%s is not ready", key.Name)
		}
	}
	return ""
}

func checkDaemon(c *Checker, s *step) string {
	o := c.came(s, "DaemonSet")
	if o == nil {
		return ""
	}
	set := o.api.(*appsv1.DaemonSet)
	if u := set.Spec.UpdateStrategy.RollingUpdate; u != nil && u.MaxSurge != nil && u.MaxSurge.String() != "0" && u.MaxSurge.String() != "0%" {
		return ""
	}
	node := target(s.pod)
	if n := o.active(func(p *store.Pod) bool { return target(p) == node }); n > 0 {
		return fmt.Sprintf("DaemonSet %s has %d active pods on node %s already", set.Name, n, node)
	}
	return ""
}

// target is the node for which a DaemonSet has made a pod.
func target(p *store.Pod) string {
	if p.NodeName != "" {
		return p.NodeName
	}
	a := p.Spec().Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return ""
	}
	for _, t := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		for _, f := range t.MatchFields {
			if f.Key == metav1.ObjectNameField && len(f.Values) == 1 {
				return f.Values[0]
			}
		}
	}
	return ""
}

func checkJob(c *Checker, s *step) string {
	o := c.came(s, "Job")
	if o == nil {
		return ""
	}
	job := o.api.(*batchv1.Job)
	if n, most := o.active(nil)+1, o.bounds[boundReplicas].max(s.At); n > most {
		return fmt.Sprintf("Job %s has %d active pods, and its parallelism is %d", job.Name, n, most)
	}
	index, ok := s.pod.AnnotationSet()[batchv1.JobCompletionIndexAnnotation]
	if !ok {
		return ""
	}
	if n := o.active(func(p *store.Pod) bool { return p.AnnotationSet()[batchv1.JobCompletionIndexAnnotation] == index }); n > 0 {
		return fmt.Sprintf("Job %s has an active pod of index %s already", job.Name, index)
	}
	return ""
}
