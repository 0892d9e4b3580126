package sim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// The recorded cases: the sequence of distinct states of every pod, and when each began, must follow what a real
// control plane with real kubelets did. Short-lived states are a race there too, hence a share of them.
const leastShare = 0.88

func TestRecordedStates(t *testing.T) {
	files, err := filepath.Glob("testdata/recorded/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded cases: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".yaml"), func(t *testing.T) { compareRecorded(t, f) })
	}
}

// seen is one state of a pod and when it began, in seconds.
type seen struct {
	at    float64
	state string
}

func compareRecorded(t *testing.T, file string) {
	want, tolerance := readRecorded(t, strings.TrimSuffix(file, ".yaml")+".txt")
	got := runStates(t, file)
	same, longer, late := 0, 0, 0
	for _, pod := range sortedPods(want, got) {
		a, b := want[pod], got[pod]
		pairs := align(a, b)
		same, longer = same+len(pairs), longer+max(len(a), len(b))
		for _, p := range pairs {
			x, y := a[p[0]].at, b[p[1]].at
			// Back-off is drawn from a range in the real world: what follows it may lie apart by a share of the time.
			if d := x - y; d > max(tolerance, 0.2*x) || -d > max(tolerance, 0.2*x) {
				late++
				t.Logf("%s: %q at %.3f, recorded at %.3f", pod, b[p[1]].state, y, x)
			}
		}
	}
	share := float64(same) / float64(longer)
	if share < leastShare {
		t.Errorf("%.0f %% of the states in order, want %.0f %%", 100*share, 100*leastShare)
	}
	if late > 0 {
		t.Errorf("%d states off by more than the tolerance", late)
	}
}

func readRecorded(t *testing.T, file string) (map[string][]seen, float64) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out, tolerance := map[string][]seen{}, 1.5
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			if _, v, ok := strings.Cut(line, "tolerance "); ok {
				tolerance, _ = strconv.ParseFloat(v, 64)
			}
			continue
		}
		f := strings.SplitN(line, " ", 3)
		at, err := strconv.ParseFloat(f[0], 64)
		if err != nil || len(f) < 3 {
			t.Fatalf("%s: %q", file, line)
		}
		out[f[1]] = append(out[f[1]], seen{at, f[2]})
	}
	return out, tolerance
}

// stateSink notes each distinct state of every pod.
type stateSink map[string][]seen

// Record implements journal.Sink.
func (s stateSink) Record(r *journal.Record) error {
	p, ok := r.Object.(*store.Pod)
	if !ok {
		return nil
	}
	state := "gone"
	if r.Verb != journal.Deleted {
		state = describe(p)
	}
	if l := s[p.Name]; len(l) == 0 || l[len(l)-1].state != state {
		s[p.Name] = append(l, seen{r.At.Seconds(), state})
	}
	return nil
}

func describe(p *store.Pod) string {
	words := []string{string(p.Status.Phase)}
	if p.Deletion != nil {
		words = append(words, "deleting")
	}
	if p.NodeName != "" {
		words = append(words, "bound")
	}
	for _, list := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range list {
			words = append(words, describeContainer(&list[i]))
		}
	}
	var conditions []string
	for _, c := range p.Status.Conditions {
		s := string(c.Type) + "=" + string(c.Status[:1])
		if c.Reason != "" {
			s += "(" + c.Reason + ")"
		}
		conditions = append(conditions, s)
	}
	slices.Sort(conditions)
	return strings.Join(append(words, conditions...), " ")
}

func describeContainer(c *corev1.ContainerStatus) string {
	s := ""
	switch st := &c.State; {
	case st.Waiting != nil:
		s = "waiting"
		if st.Waiting.Reason != "" {
			s += ":" + st.Waiting.Reason
		}
	case st.Running != nil:
		s = "running"
	case st.Terminated != nil:
		s = fmt.Sprintf("terminated:%s:%d", st.Terminated.Reason, st.Terminated.ExitCode)
	}
	mark := func(on bool, m string) string {
		if on {
			return m
		}
		return "-"
	}
	s = fmt.Sprintf("%s=%s/%d%s%s", c.Name, s, c.RestartCount, mark(c.Ready, "r"), mark(c.Started != nil && *c.Started, "s"))
	if l := c.LastTerminationState.Terminated; l != nil {
		s += fmt.Sprintf("<%s:%d", l.Reason, l.ExitCode)
	}
	return s
}

func runStates(t *testing.T, file string) stateSink {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sc, problems := scenarios.Load(file, data, scenarios.LoadOptions{})
	if sc == nil {
		t.Fatalf("%s: %v", file, problems)
	}
	o, err := sc.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	s := stateSink{}
	r, err := sim.New(o, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(); err != nil {
		t.Fatal(err)
	}
	return s
}

func sortedPods(a, b map[string][]seen) (names []string) {
	for n := range a {
		names = append(names, n)
	}
	for n := range b {
		if a[n] == nil {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// align is a longest common subsequence of two lists of states, as pairs of indexes.
func align(a, b []seen) (pairs [][2]int) {
	n := make([][]int, len(a)+1)
	for i := range n {
		n[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].state == b[j].state {
				n[i][j] = n[i+1][j+1] + 1
			} else {
				n[i][j] = max(n[i+1][j], n[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].state == b[j].state:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case n[i+1][j] >= n[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}
