package timeline

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func podNamed(t *testing.T, r Run, name string) *Pod {
	t.Helper()
	for i := range r.Pods {
		if r.Pods[i].Name == name {
			return &r.Pods[i]
		}
	}
	t.Fatalf("no pod %s", name)
	return nil
}

// statesOf passes over segments that differ from the one before in their label only.
func statesOf(l Lane) string {
	names := []string{}
	for i, s := range l.Segments {
		if i == 0 || l.Segments[i-1].State != s.State {
			names = append(names, s.State.String())
		}
	}
	return strings.Join(names, " ")
}

// The expectations are read from the recordings' own timeline.txt and from what kubectl printed.
func TestHistoryOfRealRuns(t *testing.T) {
	crash := podNamed(t, recordedRun(t, "crashloop"), "crash")
	if crash.Restarts != 5 || crash.Status != "Error" || crash.Node != "crashloop-n1" || crash.Bound != ms(1012) || crash.Ready != ms(1327) {
		t.Errorf("crash: %+v", crash)
	}
	if n := len(crash.Containers[0].Marks); n != 5 {
		t.Errorf("%d restart marks, want 5", n)
	}
	if got := statesOf(crash.Lane); !strings.HasPrefix(got, "Pending Waiting Ready BackOff Ready BackOff") {
		t.Errorf("crash: %s", got)
	}

	if n := len(crash.Lane.Marks); n != 1 || crash.Lane.Marks[0].At != ms(4158) {
		t.Errorf("%d warnings, want that of the first back-off: %+v", n, crash.Lane.Marks)
	}
	told := ""
	for _, c := range crash.Changes {
		told += fmt.Sprintln(c.At, c.Status, c.Text, c.Repeats)
	}
	for _, want := range []string{
		"1.012s Pending bound to crashloop-n1; now true: PodScheduled 0\n",
		"1.327s Running app: running (ready); phase Running; now true: Ready, ContainersReady 0\n",
		"4.161s Error app: ended: Error, exit code 1, restart 1; now false: Ready (ContainersNotReady), ContainersReady (ContainersNotReady) 0\n",
		"1.323s ContainerCreating event Normal Started: app: Container started 5\n",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("lacks %q:\n%s", want, told)
		}
	}

	deleted := recordedRun(t, "graceful-delete")
	for name, gone := range map[string]int64{"ignores-term": 18233, "prestop": 16227, "exits-zero": 14225} {
		p := podNamed(t, deleted, name)
		if p.Gone != ms(gone) || !strings.Contains(statesOf(p.Lane), "Ready Terminating") {
			t.Errorf("%s: gone %v, %s", name, p.Gone, statesOf(p.Lane))
		}
		if last := p.Lane.Segments[len(p.Lane.Segments)-1]; last.To != p.Gone {
			t.Errorf("%s: lane ends at %v", name, last.To)
		}
	}

	unschedulable := recordedRun(t, "unschedulable")
	if p := podNamed(t, unschedulable, "too-big"); p.Bound != Never || !strings.Contains(p.WhyNot, "Insufficient cpu") || statesOf(p.Lane) != "Pending" {
		t.Errorf("too-big: %+v", p)
	}

	image := podNamed(t, recordedRun(t, "image-backoff"), "missing")
	if got := statesOf(image.Lane); !strings.Contains(got, "Pulling") || !strings.Contains(got, "BackOff") {
		t.Errorf("missing: %s", got)
	}
}

// Lanes are in order, do not overlap, and end where the pod is gone; equal input gives equal text.
func TestHistoryInvariants(t *testing.T) {
	for _, name := range realRuns(t) {
		r := recordedRun(t, name)
		for _, p := range r.Pods {
			for _, lane := range append([]Lane{p.Lane}, p.Containers...) {
				end := time.Duration(0)
				for i, s := range lane.Segments {
					if s.From < end || s.To <= s.From || (s.To == Forever && i < len(lane.Segments)-1) {
						t.Errorf("%s %s %s: segment %d %v after %v", name, p.Name, lane.Name, i, s, end)
					}
					end = s.To
				}
			}
		}
		var a, b strings.Builder
		_ = PhaseTimeline(&a, r, Options{})
		_ = PhaseTimeline(&b, recordedRun(t, name), Options{})
		if a.String() != b.String() {
			t.Errorf("%s: two tellings differ", name)
		}
	}
}
