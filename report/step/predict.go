package step

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/report/kubectl"
)

// predict asks what a pod will show next in the columns of `get pods`, goes there, and says whether it was right.
func (s *Session) predict(rest string) error {
	name := strings.TrimPrefix(rest, "pod/")
	i := s.Tape.next(s.Tape.position, func(e *entry) bool { return turns(e, name) != nil })
	if i < 0 {
		s.print(nothingNext)
		return nil
	}
	e := &s.Tape.entries[i]
	c := turns(e, name)
	s.print(question, c.title, e.before.GetName(), c.of(summary(e.before)))
	if !s.In.Scan() {
		return s.In.Err()
	}
	guess := strings.Trim(strings.TrimSpace(s.In.Text()), `"'.`)
	s.Tape.seek(i + 1)
	if is := c.of(summary(e.object)); strings.EqualFold(guess, is) {
		s.print(isRight, is)
	} else {
		s.print(isWrong, is)
	}
	s.printText(s.Tape.told(i))
	return nil
}

// column is one that `get pods` shows and that can be predicted.
type column struct {
	title string
	of    func(kubectl.PodSummary) string
}

var columns = []column{
	{"STATUS", func(p kubectl.PodSummary) string { return p.Status }},
	{"RESTARTS", func(p kubectl.PodSummary) string { return strconv.Itoa(p.Restarts) }},
	{"READY", func(p kubectl.PodSummary) string { return fmt.Sprintf("%d/%d", p.Ready, p.Total) }},
}

// turns is the column that a change of the pod of that name changes, the most telling first; nil if there is none. No name
// stands for any pod.
func turns(e *entry, name string) *column {
	pod, ok := e.before.(*corev1.Pod)
	if !ok || name != "" && pod.Name != name {
		return nil
	}
	was, is := summary(e.before), summary(e.object)
	for i := range columns {
		if c := &columns[i]; c.of(was) != c.of(is) {
			return c
		}
	}
	return nil
}

// summary is what kubectl shows of a pod; of one that is gone it is the word "gone".
func summary(o model.Object) kubectl.PodSummary {
	if pod, ok := o.(*corev1.Pod); ok && pod != nil {
		return kubectl.Summarize(pod)
	}
	return kubectl.PodSummary{Status: "gone"}
}
