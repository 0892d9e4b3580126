package scenarios

import (
	"strings"
	"testing"
)

// A check that can see nothing is said to, at its place.
func TestLintChecks(t *testing.T) {
	const world = `  duration: 5m
  cluster: {nodes: [{name: n1, labels: {disk: ssd}}]}
  workloads:
  - inline: |
      apiVersion: v1
      kind: Pod
      metadata: {name: a, labels: {app: web}}
      spec: {containers: [{name: c, image: i}]}
  timeline:
  - {name: crash, at: 4m, nodeCrash: {node: n1}}
`
	for _, tt := range []struct {
		spec string
		want string
	}{
		{"  expect:\n  - finally: {}\n    cel: pods(\"app=wbe\").size() == 1", `t.yaml:17:15: warning: cel: the scenario brings no pod that matches "app=wbe"`},
		{"  expect:\n  - finally: {}\n    cel: |\n      t > duration(\"0s\") &&\n      nodes(\"disk=hdd\").size() == 1", `t.yaml:19:13: warning: cel: no node matches "disk=hdd"`},
		{"  expect:\n  - {at: 6m, cel: \"true\"}", `t.yaml:16:10: warning: at: 6m0s is after the end of the run at 5m0s`},
		{"  expect:\n  - {eventually: {after: crash, within: 2m}, cel: \"true\"}", `t.yaml:16:26: warning: eventually.within: 6m0s is after the end of the run at 5m0s`},
		{"  expect:\n  - {never: {from: crash+1m}, cel: \"true\"}", `t.yaml:16:20: warning: from: 5m0s is after the end of the run at 5m0s`},
		{"  expect:\n  - {finally: {}, match: {kind: Pod, metadata: {name: b}}}", `t.yaml:16:55: warning: match: the scenario brings no Pod "b"`},
		{"  expect:\n  - {finally: {}, event: {reason: A, regarding: Node/n2}}", `t.yaml:16:49: warning: event.regarding: the scenario brings no Node "n2"`},
		{"  thresholds: {'pods_pending{app=\"wbe\"}': max == 0}", `t.yaml:15:43: warning: thresholds: the scenario brings no pod with app=wbe`},
		{"  behaviors: []\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}]}", `t.yaml:9:7: warning: a second Pod "a" (first at t.yaml:17:1): the API server refuses it as long as the first is there`},
		{"  expect:\n  - {eventually: {by: 5m}, cel: 'pods(\"app=web\").size() == 1 && nodes(\"disk\").size() == 1'}\n  - {at: 5m, match: {kind: Pod, metadata: {name: a}}}\n  - {finally: {}, event: {reason: A, regarding: Pod/*}}", ""},
		{"  expect:\n  - {finally: {}, cel: 'pods(\"job-name=x,app=web\").size() == 0'}", ""},
		{"  expect:\n  - {finally: {}, cel: 'pods(\"job-name=x,app=w\").size() == 0'}", `t.yaml:16:30: warning: cel: the scenario brings no pod that matches "job-name=x,app=w"`},
	} {
		s, problems := Load("t.yaml", []byte(head+world+tt.spec+"\n"), LoadOptions{})
		if s == nil {
			t.Errorf("%s: %v", tt.spec, problems)
			continue
		}
		var got []string
		for _, p := range s.Lint() {
			got = append(got, p.String())
		}
		if g := strings.Join(got, "\n"); g != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.spec, g, tt.want)
		}
	}
}
