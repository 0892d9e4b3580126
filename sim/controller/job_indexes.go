package controller

import (
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/store"
)

const (
	noIndex            = -1
	completionIndexEnv = "JOB_COMPLETION_INDEX"
	maxGenerateName    = 58 // Source: k8s v1.36.3 staging apiserver/pkg/storage/names/generate.go MaxGeneratedNameLength
)

// indexes is a set of completion indexes as ordered intervals that neither touch nor overlap: "1,3-5,7,8".
//
// Source: k8s v1.36.3 pkg/controller/job/indexed_job_utils.go orderedIntervals.
type indexes []span

type span struct{ first, last int }

// parseIndexes reads a set, without what lies at or beyond completions. What cannot be read is left out.
func parseIndexes(s string, completions int) (out indexes) {
	if s == "" {
		return nil
	}
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		if err != nil {
			continue
		}
		if first >= completions {
			break
		}
		last := first
		if isRange {
			if last, err = strconv.Atoi(to); err != nil {
				continue
			}
			last = min(last, completions-1)
		}
		out = out.append(span{first, last})
	}
	return out
}

// append adds a span that does not begin before the last one of the set.
func (x indexes) append(s span) indexes {
	if n := len(x); n > 0 && s.first <= x[n-1].last+1 {
		x[n-1].last = max(x[n-1].last, s.last)
		return x
	}
	return append(x, s)
}

// merge returns the union of both sets.
func (x indexes) merge(y indexes) (out indexes) {
	for len(x) > 0 || len(y) > 0 {
		if len(y) == 0 || len(x) > 0 && x[0].first < y[0].first {
			out, x = out.append(x[0]), x[1:]
		} else {
			out, y = out.append(y[0]), y[1:]
		}
	}
	return out
}

// with returns the set with more indexes in it, given in any order.
func (x indexes) with(more []int) indexes {
	more = slices.Clone(more)
	slices.Sort(more)
	var y indexes
	for _, i := range more {
		y = y.append(span{i, i})
	}
	return x.merge(y)
}

// total is the number of indexes.
func (x indexes) total() (n int) {
	for _, s := range x {
		n += s.last - s.first + 1
	}
	return n
}

// has reports whether i is in the set.
func (x indexes) has(i int) bool {
	return slices.ContainsFunc(x, func(s span) bool { return s.first <= i && i <= s.last })
}

// String writes the set as the status holds it.
func (x indexes) String() string {
	var b strings.Builder
	for _, s := range x {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(s.first))
		switch {
		case s.last == s.first+1:
			b.WriteString("," + strconv.Itoa(s.last))
		case s.last > s.first:
			b.WriteString("-" + strconv.Itoa(s.last))
		}
	}
	return b.String()
}

// overlap counts the indexes that are in both sets.
func (x indexes) overlap(y indexes) (n int) {
	for _, a := range x {
		for _, b := range y {
			n += max(0, min(a.last, b.last)-max(a.first, b.first)+1)
		}
	}
	return n
}

// missing returns the n lowest indexes below completions that are not in the set.
//
// Source: k8s v1.36.3 indexed_job_utils.go firstPendingIndexes.
func (x indexes) missing(n, completions int) (out []int) {
	next := 0
	for _, s := range append(slices.Clone(x), span{completions, completions}) {
		for ; next < min(s.first, completions) && len(out) < n; next++ {
			out = append(out, next)
		}
		next = max(next, s.last+1)
	}
	return out
}

// indexOf is the pod's completion index, noIndex if it has none.
//
// Source: k8s v1.36.3 indexed_job_utils.go getCompletionIndex.
func indexOf(p *store.Pod) int {
	i, err := strconv.Atoi(p.AnnotationSet()[batchv1.JobCompletionIndexAnnotation])
	if err != nil || i < 0 {
		return noIndex
	}
	return i
}

func isIndexed(j *batchv1.Job) bool {
	return j.Spec.CompletionMode != nil && *j.Spec.CompletionMode == batchv1.IndexedCompletion
}

// failuresOf reads the count of an annotation, 0 if there is none or it is nonsense.
func failuresOf(p *store.Pod, annotation string) int {
	n, err := strconv.ParseInt(p.AnnotationSet()[annotation], 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}

// allFailuresOf counts the failures of the pod's index before it, ignored ones included.
func allFailuresOf(p *store.Pod) int {
	return failuresOf(p, batchv1.JobIndexFailureCountAnnotation) + failuresOf(p, batchv1.JobIndexIgnoredFailureCountAnnotation)
}

// withIndexEnv adds the variable with the completion index to every container.
//
// Source: k8s v1.36.3 indexed_job_utils.go addCompletionIndexEnvVariables.
func withIndexEnv(s *corev1.PodSpec) {
	add := func(list []corev1.Container) []corev1.Container {
		list = slices.Clone(list)
		for i := range list {
			if slices.ContainsFunc(list[i].Env, func(e corev1.EnvVar) bool { return e.Name == completionIndexEnv }) {
				continue
			}
			list[i].Env = append(slices.Clip(list[i].Env), corev1.EnvVar{Name: completionIndexEnv, ValueFrom: &corev1.EnvVarSource{
				FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels['" + batchv1.JobCompletionIndexAnnotation + "']"},
			}})
		}
		return list
	}
	s.InitContainers, s.Containers = add(s.InitContainers), add(s.Containers)
}

// indexPrefix is the base of the names of an index's pods.
//
// Source: k8s v1.36.3 indexed_job_utils.go podGenerateNameWithIndex.
func indexPrefix(job string, index int) string {
	tail := "-" + strconv.Itoa(index) + "-"
	if len(job)+len(tail) > maxGenerateName {
		job = job[:maxGenerateName-len(tail)]
	}
	return job + tail
}
