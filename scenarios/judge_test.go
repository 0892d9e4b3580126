package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"clustersim/report"
	"clustersim/sim"
)

// judged is a small cluster in which node worker-1 loses its power at 60 s. By the facts (controllers.md): the node is Unknown
// between 40 s and 60 s later (grace period 50 s from the last heartbeat, which is at most 10 s old, looked at each 5 s), its pod is
// marked for deletion 300 s after that, and a new one is there at once.
const judged = head + `  duration: 10m
  cluster: {nodes: [{name: "worker-{i}", count: 3, images: ["nginx:1"]}]}
  workloads:
  - inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: 3
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: c, image: "nginx:1"}]}
  - {at: 5s, inline: '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"big"},"spec":{"containers":[{"name":"c","image":"nginx:1","resources":{"requests":{"cpu":"100"}}}]}}'}
  - {at: 6s, inline: '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"big"},"spec":{"containers":[{"name":"c","image":"nginx:1"}]}}'}
  timeline:
  - {name: crash, at: 60s, nodeCrash: {node: worker-1}}
  - {name: never, when: 'pods().size() > 100', cordon: {node: worker-2}}
  - {name: grown, when: 'nodes().exists(n, !ready(n))', scale: {target: Deployment/web, replicas: 4}}
  expect:
`

// verdict runs the scenario with one check and returns "outcome from-to": the seconds are those of the deciding instant.
func verdict(t *testing.T, text, check string) report.CheckResult {
	t.Helper()
	s, problems := Load("t.yaml", []byte(text+"  - "+check+"\n"), LoadOptions{})
	if s == nil {
		t.Fatalf("%s: %v", check, problems)
	}
	o, _ := s.Options(0)
	j := s.Judge()
	r, err := sim.New(o, j.Sinks()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(); err != nil {
		t.Fatal(err)
	}
	return j.Checks(r, false)[0]
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		check    string
		outcome  report.Outcome
		from, to float64 // seconds of the deciding instant; -1: none
		says     string  // part of message and details
	}{
		{`{finally: {}, cel: 'pods("app=web").filter(p, ready(p)).size() == 4'}`, report.Passed, -1, -1, ""},
		{`{at: 59s, cel: 'pods("app=web").filter(p, ready(p)).size() == 3'}`, report.Passed, 59, 59, ""},
		{`{at: 60s, cel: 'nodes().all(n, ready(n))'}`, report.Passed, 60, 60, ""},
		{`{at: 115s, cel: 'nodes().all(n, ready(n))'}`, report.Failed, 115, 115, "Node worker-1: NotReady"},
		{`{eventually: {after: crash, within: 1m}, match: {kind: Node, metadata: {name: worker-1}, status: {conditions: [{type: Ready, status: Unknown}]}}}`, report.Passed, 100, 115, ""},
		{`{eventually: {after: crash, within: 40s}, match: {kind: Node, metadata: {name: worker-1}, status: {conditions: [{type: Ready, status: Unknown}]}}}`, report.Failed, 100, 100,
			`status.conditions[3].status: is "True", wanted "Unknown"`},
		{`{never: {}, match: {kind: Node, status: {conditions: [{type: Ready, status: Unknown}]}}}`, report.Failed, 100, 115, "1 Node matches, wanted none"},
		{`{always: {to: crash}, match: {kind: Node, status: {conditions: [{type: Ready, status: "True"}]}}, count: 3}`, report.Passed, -1, -1, ""},
		{`{always: {}, match: {kind: Node, status: {conditions: [{type: Ready, status: "True"}]}}, count: 3}`, report.Failed, 100, 115, "2 Node match, wanted exactly 3"},
		{`{never: {from: crash, to: crash+339s}, event: {reason: TaintManagerEviction, regarding: "Pod/web-*"}}`, report.Passed, -1, -1, ""},
		{`{never: {from: crash}, event: {reason: TaintManagerEviction, regarding: "pod/web-*", messageMatches: "^Marking"}}`, report.Failed, 400, 420, "the Event was said once"},
		{`{never: {from: crash}, event: {reason: TaintManagerEviction, regarding: "Pod/api-*"}}`, report.Passed, -1, -1, ""},
		{`{eventually: {}, event: {reason: Started, count: 3}}`, report.Passed, 0.2, 1, ""},
		{`{eventually: {by: 30s}, event: {reason: Started, count: 4}}`, report.Failed, 30, 30, "said 3 times, wanted at least 4 times"},
		{`{eventually: {by: 7s}, refused: {kind: pod, name: big, messageMatches: "already exists"}}`, report.Passed, 6, 6.1, ""},
		{`{finally: {}, refused: {kind: Service}}`, report.Failed, 600, 600, "refused 0 times"},
		{`{eventually: {after: never, within: 3s}, cel: "true"}`, report.Failed, 600, 600, "the step never never happened"},
		{`{eventually: {after: grown, within: 5s}, cel: 'pods("app=web").size() == 4'}`, report.Passed, 100, 115, ""},
		{`{never: {to: grown}, cel: 'pods("app=web").size() == 4'}`, report.Passed, -1, -1, ""},
		{`{always: {}, cel: 'pods("app=web").size() >= 3'}`, report.Failed, 0, 0, `no Pod matches "app=web"`},
		{`{always: {from: 5s, to: 90s}, cel: 'pods("app=web")[2].spec.nodeName != ""'}`, report.Passed, -1, -1, ""},
		{`{always: {from: 5s}, cel: 'pods("app=web")[9].spec.nodeName != ""'}`, report.Failed, 5, 5, "cannot be evaluated: index out of bounds: 9"},
		{`{never: {}, cel: 'pods("app=web")[9].spec.nodeName != ""'}`, report.Failed, 600, 600, "could not be evaluated"},
		{`{finally: {}, cel: 'metric("pods_unschedulable", "max") == 1.0 && metric("pods_pending{app=\"web\"}") == 0.0'}`, report.Passed, -1, -1, ""},
		{`{finally: {}, cel: 'objects("Deployment").all(d, ready(d) && d.spec.replicas == 4 && d.metadata.name == "web") && events("Started").size() == 5'}`, report.Passed, -1, -1, ""},
		{`{always: {from: 1m, to: 2m}, cel: 't >= duration("1m") && t < duration("2m")'}`, report.Passed, -1, -1, ""},
		{`{finally: {}, cel: 'quantity(pods().filter(p, p.metadata.name == "big")[0].spec.containers[0].resources.requests["cpu"]) == 100.0'}`, report.Passed, -1, -1, ""},
		{`{finally: {}, cel: '!has(pods("app=web")[0].metadata.deletionTimestamp) || restarts(pods("app=web")[0]) == 0'}`, report.Passed, -1, -1, ""},
		{`{finally: {}, match: {kind: Pod, metadata: {name: big, deletionTimestamp: null}, spec: {containers: [{resources: {requests: {cpu: 100000m}}}]}}}`, report.Passed, -1, -1, ""},
		{`{at: 12m, cel: "true"}`, report.Failed, 600, 600, "the run ended before its time came"},
		{`{at: 10m, cel: "true"}`, report.Passed, 600, 600, ""},
	} {
		v := verdict(t, judged, c.check)
		at := -1.0
		if v.At >= 0 {
			at = v.At.Seconds()
		}
		text := v.Message + "\n" + strings.Join(v.Details, "\n")
		if v.Outcome != c.outcome || at < c.from || at > c.to || !strings.Contains(text, c.says) {
			t.Errorf("%s\ngot %s at %v: %s", c.check, v.Outcome, at, text)
		}
	}
}

// Who watches changes nothing: the journal and the count of engine events are those of the run without checks.
func TestChecksChangeNothing(t *testing.T) {
	run := func(with bool) string {
		s, problems := Load("t.yaml", []byte(judged+"  - {always: {from: 1s}, cel: 'pods().size() >= 0 && t >= duration(\"0s\")'}\n  - {at: 77s, cel: \"true\"}\n"), LoadOptions{})
		if s == nil {
			t.Fatal(problems)
		}
		o, _ := s.Options(0)
		j := s.Judge()
		sinks := j.Sinks()
		if !with {
			sinks = nil
		}
		r, err := sim.New(o, sinks...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Run(); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(r.Journal.Digest(), r.Engine.Ran())
	}
	if a, b := run(true), run(false); a != b {
		t.Errorf("with checks %s, without %s", a, b)
	}
}
