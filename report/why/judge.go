package why

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"clustersim/model"
	"clustersim/report/kubectl"
	"clustersim/sim/journal"
)

// stateOf is what an object is like, in a line.
func stateOf(o model.Object) string {
	switch o := o.(type) {
	case *corev1.Pod:
		s := kubectl.Summarize(o)
		text := fmt.Sprintf("%s, %d/%d ready", s.Status, s.Ready, s.Total)
		if s.Restarts > 0 {
			text += fmt.Sprintf(", %s", count(s.Restarts, "restart"))
		}
		if o.Spec.NodeName != "" {
			return text + ", on " + o.Spec.NodeName
		}
		return text + ", no node"
	case *corev1.Node:
		return kubectl.NodeStatus(o)
	case *appsv1.Deployment:
		return fmt.Sprintf("%d of %d updated, %d available, %d pods", o.Status.UpdatedReplicas, replicas(o.Spec.Replicas), o.Status.AvailableReplicas, o.Status.Replicas)
	case *appsv1.ReplicaSet:
		return fmt.Sprintf("%d of %d pods, %d ready", o.Status.Replicas, replicas(o.Spec.Replicas), o.Status.ReadyReplicas)
	case *batchv1.Job:
		text := fmt.Sprintf("%d active, %d succeeded, %d failed", o.Status.Active, o.Status.Succeeded, o.Status.Failed)
		for _, c := range o.Status.Conditions {
			if c.Status == corev1.ConditionTrue {
				text += fmt.Sprintf("; %s (%s)", c.Type, c.Reason)
			}
		}
		return text
	case *policyv1.PodDisruptionBudget:
		return fmt.Sprintf("%s allowed: %d of %d pods healthy, %d must be", count(int(o.Status.DisruptionsAllowed), "eviction"), o.Status.CurrentHealthy, o.Status.ExpectedPods, o.Status.DesiredHealthy)
	}
	if o.GetDeletionTimestamp() != nil {
		return "being deleted"
	}
	return "there"
}

func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

func (a *Answer) wants(format string, args ...any) {
	a.Wants = append(a.Wants, fmt.Sprintf(format, args...))
}

// judge adds countdowns and what would have to change.
func (l *Log) judge(a *Answer, k key, r *journal.Record) {
	switch o := r.Object.API().(type) {
	case *corev1.Pod:
		l.judgePod(a, k, o)
	case *corev1.Node:
		if n := kubectl.NodeStatus(o); strings.HasPrefix(n, "NotReady") {
			a.wants("the machine runs again and its kubelet can reach the API server: then it posts Ready")
		}
	case *appsv1.Deployment:
		l.judgeDeployment(a, k, o)
	case *batchv1.Job:
		judgeJob(a, o)
	case *policyv1.PodDisruptionBudget:
		judgeBudget(a, o)
	}
}

func judgeJob(a *Answer, j *batchv1.Job) {
	for _, c := range j.Status.Conditions {
		if c.Status != corev1.ConditionTrue {
			continue
		}
		switch {
		case c.Type == batchv1.JobFailed && c.Reason == batchv1.JobReasonBackoffLimitExceeded:
			a.wants("a failed Job stays failed: fix what makes its pods fail, or raise backoffLimit (%d), and create it anew", limit(j.Spec.BackoffLimit))
		case c.Type == batchv1.JobFailed:
			a.wants("a failed Job stays failed (%s: %s): create it anew", c.Reason, c.Message)
		}
	}
}

func limit(n *int32) int32 {
	if n == nil {
		return 6
	}
	return *n
}

func judgeBudget(a *Answer, b *policyv1.PodDisruptionBudget) {
	if b.Status.DisruptionsAllowed > 0 {
		return
	}
	st := &b.Status
	a.wants("evictions of its pods are refused with 429 until more than %d of them are healthy; %d are now", st.DesiredHealthy, st.CurrentHealthy)
	if st.ExpectedPods <= st.DesiredHealthy {
		a.wants("with %d pods and %d that must be healthy no eviction can ever be allowed: more replicas, or a weaker minAvailable or maxUnavailable", st.ExpectedPods, st.DesiredHealthy)
	}
}

// judgeDeployment names the pods that a rollout waits for.
func (l *Log) judgeDeployment(a *Answer, k key, d *appsv1.Deployment) {
	want := replicas(d.Spec.Replicas)
	if d.Status.UpdatedReplicas >= want && d.Status.AvailableReplicas >= want && d.Status.Replicas == want {
		return
	}
	if d.Spec.Paused {
		a.wants("the rollout is paused: resume it")
	}
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
			a.wants("its pods cannot be created: %s", c.Message)
		}
	}
	n := 0
	for _, name := range l.podsOf(d) {
		p := l.last(key{model.Pod, k.namespace, name}).Object.API().(*corev1.Pod)
		if s := kubectl.Summarize(p); s.Ready < s.Total || p.DeletionTimestamp != nil {
			if n++; n <= 5 {
				a.wants("Pod %s/%s has to become ready (%s): simulate why pod/%s", k.namespace, name, s.Status, name)
			}
		}
	}
	if n > 5 {
		a.wants("and %d pods more", n-5)
	}
	l.judgeLostPods(a, k, d)
	if s := d.Spec.Strategy.RollingUpdate; d.Status.UpdatedReplicas < d.Status.Replicas && s != nil && s.MaxSurge != nil && s.MaxUnavailable != nil {
		a.Countdowns = append(a.Countdowns, Countdown{What: "old pods go when new ones are available",
			Because: fmt.Sprintf("maxSurge %s, maxUnavailable %s of %d replicas", s.MaxSurge.String(), s.MaxUnavailable.String(), want)})
	}
}

// judgeLostPods tells what time brings to the Deployment's pods on nodes that are not ready: the first few.
func (l *Log) judgeLostPods(a *Answer, k key, d *appsv1.Deployment) {
	told := 0
	for _, name := range l.podsOf(d) {
		p := l.last(key{model.Pod, k.namespace, name}).Object.API().(*corev1.Pod)
		n := l.node(p.Spec.NodeName)
		if n == nil || nodeReady(n) || p.DeletionTimestamp != nil || told == 5 {
			continue
		}
		told++
		one := Answer{}
		l.judgeLost(&one, k, p, n)
		for _, c := range one.Countdowns {
			c.What = "Pod " + name + " on " + n.Name + ": " + c.What
			a.Countdowns = append(a.Countdowns, c)
		}
	}
}

// podsOf lists the pods that there are of a Deployment's ReplicaSets, in the order in which they came.
func (l *Log) podsOf(d *appsv1.Deployment) (names []string) {
	owned := map[string]bool{}
	seen := map[string]bool{}
	for i := range l.entries {
		r := l.entries[i].record
		if r == nil || r.Verb != journal.Added {
			continue
		}
		o := r.Object.API()
		if o.GetNamespace() != d.Namespace {
			continue
		}
		for _, ref := range o.GetOwnerReferences() {
			switch {
			case r.Object.Kind() == model.ReplicaSet && ref.UID == d.UID:
				owned[string(o.GetUID())] = true
			case r.Object.Kind() == model.Pod && owned[string(ref.UID)] && !seen[o.GetName()]:
				seen[o.GetName()] = true
				if last := l.last(key{model.Pod, d.Namespace, o.GetName()}); last != nil && last.Verb != journal.Deleted {
					names = append(names, o.GetName())
				}
			}
		}
	}
	return names
}
