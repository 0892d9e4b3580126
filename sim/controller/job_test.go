package controller

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

func jobManifest(spec string, restart string) string {
	return fmt.Sprintf(`
apiVersion: batch/v1
kind: Job
metadata: {name: work}
spec:
%s
  template: {spec: {restartPolicy: %s, containers: [{name: app, image: app}]}}
`, spec, restart)
}

func (p *plant) job() *batchv1.Job { return get[*batchv1.Job](p, model.Job, "work") }

// summary is a Job in short: counters, indexes, conditions that are true.
func summary(j *batchv1.Job) string {
	st := &j.Status
	s := fmt.Sprintf("active %d succeeded %d failed %d", st.Active, st.Succeeded, st.Failed)
	if st.CompletedIndexes != "" {
		s += " completed " + st.CompletedIndexes
	}
	if st.FailedIndexes != nil && *st.FailedIndexes != "" {
		s += " lost " + *st.FailedIndexes
	}
	for _, c := range st.Conditions {
		if c.Status == corev1.ConditionTrue {
			s += fmt.Sprintf(" %s(%s)", c.Type, c.Reason)
		}
	}
	return s
}

// Source: controllers.md 9.5: a pod that fails at once with backoffLimit 6 starts at 0, 10, 30, 70, 150, 310, 630 s plus the
// run times, each counted from the whole second of the end before; the seventh failure ends the Job.
func TestJobBackoff(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.life = func(*store.Pod) life { return life{ends: time.Second, code: 1} }
	p.create(jobManifest("  backoffLimit: 6", "Never"))
	p.run(20 * time.Minute)
	end := time.Duration(0)
	wait := 10 * time.Second
	pods := p.pods(nil)
	slices.SortFunc(pods, func(a, b *store.Pod) int { return cmp.Compare(a.Created, b.Created) })
	for i, pod := range pods {
		if i > 0 {
			if late := pod.Created - (end.Truncate(time.Second) + wait); late < 0 || late > 20*time.Millisecond {
				t.Errorf("pod %d is made at %s, want %s after the second of the end before, %s", i, pod.Created, wait, end)
			}
			wait *= 2
		}
		end = pod.Created + 1500*time.Millisecond
	}
	if len(pods) != 7 {
		t.Errorf("%d pods", len(pods))
	}
	if got := summary(p.job()); got != "active 0 succeeded 0 failed 7 FailureTarget(BackoffLimitExceeded) Failed(BackoffLimitExceeded)" {
		t.Error(got)
	}
}

// Ends of Jobs, each by its own rule.
func TestJobEnds(t *testing.T) {
	byIndex := func(fails ...string) func(*store.Pod) life {
		return func(p *store.Pod) life {
			if slices.Contains(fails, p.AnnotationSet()[batchv1.JobCompletionIndexAnnotation]) {
				return life{ends: 2 * time.Second, code: 7}
			}
			return life{ends: 2 * time.Second}
		}
	}
	all := func(l life) func(*store.Pod) life { return func(*store.Pod) life { return l } }
	for _, c := range []struct {
		name, spec, restart string
		life                func(*store.Pod) life
		want                string
		pods                int
	}{
		{"done", "  completions: 5\n  parallelism: 2", "Never", all(life{ends: 2 * time.Second}),
			"active 0 succeeded 5 failed 0 SuccessCriteriaMet(CompletionsReached) Complete(CompletionsReached)", 5},
		{"work queue", "  parallelism: 3", "Never", all(life{ends: 2 * time.Second}),
			"active 0 succeeded 3 failed 0 SuccessCriteriaMet(CompletionsReached) Complete(CompletionsReached)", 3},
		{"deadline", "  activeDeadlineSeconds: 10", "Never", all(life{}),
			"active 0 succeeded 0 failed 1 FailureTarget(DeadlineExceeded) Failed(DeadlineExceeded)", 0},
		{"restarts", "  backoffLimit: 3", "OnFailure", all(life{restart: 3}),
			"active 0 succeeded 0 failed 1 FailureTarget(BackoffLimitExceeded) Failed(BackoffLimitExceeded)", 0},
		{"one restart is too many for limit 0", "  backoffLimit: 0", "OnFailure", all(life{restart: 1}),
			"active 0 succeeded 0 failed 1 FailureTarget(BackoffLimitExceeded) Failed(BackoffLimitExceeded)", 0},
		{"indexed", "  completions: 4\n  parallelism: 3\n  completionMode: Indexed", "Never", byIndex(),
			"active 0 succeeded 4 failed 0 completed 0-3 SuccessCriteriaMet(CompletionsReached) Complete(CompletionsReached)", 4},
		{"per index", "  completions: 5\n  parallelism: 5\n  completionMode: Indexed\n  backoffLimitPerIndex: 1", "Never", byIndex("1", "3"),
			"active 0 succeeded 3 failed 4 completed 0,2,4 lost 1,3 FailureTarget(FailedIndexes) Failed(FailedIndexes)", 7},
		{"too many indexes", "  completions: 5\n  parallelism: 1\n  completionMode: Indexed\n  backoffLimitPerIndex: 0\n  maxFailedIndexes: 1", "Never", byIndex("0", "1", "2"),
			"active 0 succeeded 0 failed 2 lost 0,1 FailureTarget(MaxFailedIndexesExceeded) Failed(MaxFailedIndexesExceeded)", 2},
		{"success policy", "  completions: 5\n  parallelism: 5\n  completionMode: Indexed\n  successPolicy: {rules: [{succeededIndexes: \"0-2\", succeededCount: 2}]}", "Never",
			func(p *store.Pod) life {
				if i := p.AnnotationSet()[batchv1.JobCompletionIndexAnnotation]; i == "0" || i == "2" {
					return life{ends: 2 * time.Second}
				}
				return life{}
			}, "active 0 succeeded 2 failed 0 completed 0,2 SuccessCriteriaMet(SuccessPolicy) Complete(SuccessPolicy)", 2},
		{"failure policy", "  backoffLimit: 6\n  podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {containerName: app, operator: In, values: [7]}}]}", "Never", all(life{ends: time.Second, code: 7}),
			"active 0 succeeded 0 failed 1 FailureTarget(PodFailurePolicy) Failed(PodFailurePolicy)", 1},
		{"failed index", "  completions: 2\n  parallelism: 2\n  completionMode: Indexed\n  backoffLimitPerIndex: 5\n  podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: NotIn, values: [1]}}]}", "Never", byIndex("1"),
			"active 0 succeeded 1 failed 1 completed 0 lost 1 FailureTarget(FailedIndexes) Failed(FailedIndexes)", 2},
	} {
		p := newPlant(t, "v1.36", false)
		p.life = c.life
		p.create(jobManifest(c.spec, c.restart))
		p.run(5 * time.Minute)
		if got := summary(p.job()); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
		if n := len(p.pods(nil)); n != c.pods {
			t.Errorf("%s: %d pods are left, want %d", c.name, n, c.pods)
		}
		for _, pod := range p.pods(nil) {
			if tracked(pod) {
				t.Errorf("%s: %s still has its finalizer", c.name, pod.Name)
			}
		}
	}
}

// What a podFailurePolicy ignores is replaced and never counted.
func TestJobIgnores(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	n := 0
	p.life = func(*store.Pod) life {
		if n++; n <= 3 {
			return life{ends: time.Second, code: 9}
		}
		return life{ends: time.Second}
	}
	p.create(jobManifest("  backoffLimit: 0\n  podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {operator: In, values: [9]}}]}", "Never"))
	p.run(10 * time.Minute)
	if got := summary(p.job()); got != "active 0 succeeded 1 failed 0 SuccessCriteriaMet(CompletionsReached) Complete(CompletionsReached)" {
		t.Error(got)
	}
}

// A pod that somebody deletes has failed, and is replaced at once; with podReplacementPolicy Failed, when it has ended.
func TestJobPodDeleted(t *testing.T) {
	for _, c := range []struct{ policy, during, after string }{
		{"TerminatingOrFailed", "active 1 succeeded 0 failed 1", "active 1 succeeded 0 failed 1"},
		{"Failed", "active 0 succeeded 0 failed 0", "active 1 succeeded 0 failed 1"},
	} {
		p := newPlant(t, "v1.36", false)
		p.create(jobManifest("  podReplacementPolicy: "+c.policy, "Never"))
		p.run(2 * time.Second)
		pod := p.pods(nil)[0]
		p.slow = true
		if err := p.store.DeletePod(pod.Key(), "", nil); err != nil {
			t.Fatal(err)
		}
		p.run(15 * time.Second)
		if got := summary(p.job()); got != c.during {
			t.Errorf("%s, while it ends: %s", c.policy, got)
		}
		p.phase(pod.Key(), "", corev1.PodFailed, life{code: 143})
		p.run(40 * time.Second)
		if got := summary(p.job()); got != c.after {
			t.Errorf("%s, afterwards: %s", c.policy, got)
		}
	}
}

// Suspended, a Job has no pods and has not started; resumed, it starts anew.
func TestJobSuspend(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.show = "Job/"
	p.life = func(*store.Pod) life { return life{ends: 20 * time.Second} }
	p.create(jobManifest("  parallelism: 2\n  completions: 2\n  activeDeadlineSeconds: 30", "Never"))
	p.run(5 * time.Second)
	p.patch(model.Job, "work", `{"spec": {"suspend": true}}`)
	p.run(10 * time.Second)
	if got := summary(p.job()); got != "active 0 succeeded 0 failed 0 Suspended(JobSuspended)" || p.job().Status.StartTime != nil || len(p.pods(nil)) != 0 {
		t.Errorf("%s, started %v, %d pods", got, p.job().Status.StartTime, len(p.pods(nil)))
	}
	p.run(40 * time.Second)
	p.patch(model.Job, "work", `{"spec": {"suspend": false}}`)
	p.run(70 * time.Second)
	p.expect(
		"0.0 Job/work SuccessfulCreate: Created pod: work-?",
		"0.0 Job/work SuccessfulCreate: Created pod: work-?",
		"5.0 Job/work SuccessfulDelete: Deleted pod: work-?",
		"5.0 Job/work SuccessfulDelete: Deleted pod: work-?",
		"5.0 Job/work Suspended: Job suspended",
		"40.0 Job/work SuccessfulCreate: Created pod: work-?",
		"40.0 Job/work SuccessfulCreate: Created pod: work-?",
		"40.0 Job/work Resumed: Job resumed",
		"61.5 Job/work Completed: Job completed")
}

// Source: controllers.md 9.1.
func TestJobShape(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.create(jobManifest("  completions: 2\n  completionMode: Indexed", "Never"))
	p.run(time.Second)
	j := p.job()
	pod := p.pods(nil)[0].API().(*corev1.Pod)
	for _, l := range []string{"controller-uid", batchv1.ControllerUidLabel} {
		if pod.Labels[l] != string(j.UID) {
			t.Errorf("label %s is %q", l, pod.Labels[l])
		}
	}
	if !strings.HasPrefix(pod.Name, "work-0-") || pod.Spec.Hostname != "work-0" || pod.Labels[batchv1.JobCompletionIndexAnnotation] != "0" || pod.Annotations[batchv1.JobCompletionIndexAnnotation] != "0" {
		t.Errorf("name %s, hostname %s, labels %v", pod.Name, pod.Spec.Hostname, pod.Labels)
	}
	if e := pod.Spec.Containers[0].Env; len(e) != 1 || e[0].Name != "JOB_COMPLETION_INDEX" || e[0].ValueFrom.FieldRef.FieldPath != "metadata.labels['batch.kubernetes.io/job-completion-index']" {
		t.Errorf("env %+v", e)
	}
	if j.Labels["job-name"] != "work" || j.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel] != string(j.UID) || !slices.Contains(pod.Finalizers, batchv1.JobTrackingFinalizer) {
		t.Errorf("labels %v, selector %v, finalizers %v", j.Labels, j.Spec.Selector, pod.Finalizers)
	}
}

func TestIndexes(t *testing.T) {
	for _, c := range []struct {
		text        string
		completions int
		want        string
		total       int
	}{{"", 5, "", 0}, {"0", 5, "0", 1}, {"1,3-5,7,8", 9, "1,3-5,7,8", 6}, {"0-3", 3, "0-2", 3}, {"0,1,2", 3, "0-2", 3}, {"5", 5, "", 0}, {"x,2", 5, "2", 1}} {
		x := parseIndexes(c.text, c.completions)
		if x.String() != c.want || x.total() != c.total {
			t.Errorf("%q: %s, %d", c.text, x, x.total())
		}
	}
	x := parseIndexes("1,3-5", 10).with([]int{9, 2, 0})
	if x.String() != "0-5,9" || !x.has(9) || x.has(6) || fmt.Sprint(x.missing(3, 10)) != "[6 7 8]" || fmt.Sprint(x.missing(9, 12)) != "[6 7 8 10 11]" {
		t.Errorf("%s, missing %v", x, x.missing(9, 12))
	}
	if n := parseIndexes("0-4,8", 10).overlap(parseIndexes("3-8", 10)); n != 3 {
		t.Errorf("overlap %d", n)
	}
}

// Source: controllers.md 9.11.
func TestTTL(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.life = func(*store.Pod) life { return life{ends: 2 * time.Second} }
	p.create(jobManifest("  ttlSecondsAfterFinished: 30", "Never"))
	p.run(30 * time.Second)
	end := finishedCondition(p.job()).LastTransitionTime
	due := p.store.Since(end.Time) + 30*time.Second
	p.run(due - 10*time.Millisecond)
	if p.store.Len(model.Job) != 1 {
		t.Error("gone too early")
	}
	p.run(due + 100*time.Millisecond)
	if p.store.Len(model.Job) != 0 || len(p.pods(nil)) != 0 {
		t.Errorf("%d jobs, %d pods are left", p.store.Len(model.Job), len(p.pods(nil)))
	}
}
