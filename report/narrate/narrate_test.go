package narrate

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	corev1 "k8s.io/api/core/v1"
)

// A pod's change is said in the same order in both languages; what the API spells stays as it is.
func TestPodInBothLanguages(t *testing.T) {
	before := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{Name: "app"}}}}
	now := before.DeepCopy()
	now.Spec.NodeName = "n1"
	now.Status.Phase = corev1.PodRunning
	now.Status.ContainerStatuses[0] = corev1.ContainerStatus{Name: "app", Ready: true, RestartCount: 2, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
	now.Status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodReady, Status: corev1.ConditionTrue}, {Type: corev1.ContainersReady, Status: corev1.ConditionTrue},
		{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/1 nodes are available."},
	}
	for language, want := range map[string]string{
		"en": "bound to node n1; container app runs and is ready (restart 2); phase Running, was Pending; now True: Ready, ContainersReady; now False: PodScheduled (Unschedulable: 0/1 nodes are available)",
		"ko": "n1 노드에 배치됨; 컨테이너 app: 실행 중이고 준비됨 (재시작 2회); 단계 Running, 이전에는 Pending; 컨디션 Ready, ContainersReady: True; 컨디션 PodScheduled: False (Unschedulable: 0/1 nodes are available)",
	} {
		if got := strings.Join(New(nil, language).pod(before, now), "; "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", language, got, want)
		}
	}
}

// The phrases take the same arguments in both languages, and Korean ones are Korean.
func TestPhrases(t *testing.T) {
	verb := regexp.MustCompile(`%[^a-z%]*[a-z]`)
	for _, p := range []phrase{created, gone, bound, nominated, deletion, waits, waitsOnly, runs, runsReady, ended, restarted, phaseChange, tainted, untainted, cordoned, uncordoned, wanted, begins, ends, checkHolds, checkFails} {
		en, ko := verb.FindAllString(p.en, -1), verb.FindAllString(p.ko, -1)
		if !slices.Equal(en, ko) {
			t.Errorf("%q and %q take different arguments", p.en, p.ko)
		}
		if !strings.ContainsFunc(p.ko, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
			t.Errorf("%q is not Korean", p.ko)
		}
	}
}

func TestLinesAreWrapped(t *testing.T) {
	var b strings.Builder
	n := New(&b, "ko")
	if err := n.line(90*time.Second, strings.Repeat("컨테이너 ", 40)); err != nil {
		t.Fatal(err)
	}
	_ = n.Close()
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "   90.000초  컨테이너") || !strings.HasPrefix(lines[1], strings.Repeat(" ", 13)+"컨테이너") {
		t.Errorf("%q", lines)
	}
	for _, l := range lines {
		if cells(l) > width {
			t.Errorf("%d columns: %s", cells(l), l)
		}
	}
}
