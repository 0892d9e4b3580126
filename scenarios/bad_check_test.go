package scenarios

import "testing"

// Every mistake in a check is found before the run, at its place.
func TestBadChecks(t *testing.T) {
	const steps = "  timeline:\n  - {name: crash, at: 60s, nodeCrash: {node: node-1}}\n"
	for _, tt := range []struct {
		name, spec string
		want       []string
	}{
		{"no mode", "  expect:\n  - {cel: \"true\"}", []string{`t.yaml:6:5: error: a check needs one of at, eventually, always, never, finally`}},
		{"two modes", "  expect:\n  - {finally: {}, at: 3s, cel: \"true\"}", []string{`t.yaml:6:5: error: at and finally exclude each other`}},
		{"no condition", "  expect:\n  - {finally: {}}", []string{`t.yaml:6:5: error: a check needs exactly one of cel, match, event, refused, golden`}},
		{"unknown field", "  expect:\n  - {finaly: {}, cel: \"true\"}", []string{`t.yaml:6:5: error: a check needs one of at, eventually, always, never, finally`,
			`t.yaml:6:6: error: unknown field "spec.expect[0].finaly" (did you mean "finally"?)`}},
		{"twice", "  expect:\n  - {name: a, finally: {}, cel: \"true\"}\n  - {name: a, finally: {}, cel: \"true\"}", []string{`t.yaml:7:5: error: a second check named "a" (first on line 6)`}},
		{"step", steps + "  expect:\n  - {never: {from: crsh}, cel: \"true\"}", []string{`t.yaml:8:20: error: "crsh" is neither a time such as 90s nor the name of a step (did you mean "crash"?)`}},
		{"empty window", steps + "  expect:\n  - {never: {from: crash+5m, to: crash}, cel: \"true\"}", []string{`t.yaml:8:5: error: never: the window is empty: it ends at crash and begins at crash+5m0s`}},
		{"by and within", "  expect:\n  - {eventually: {by: 3s, within: 5s}, cel: \"true\"}", []string{`t.yaml:6:5: error: eventually: by and within exclude each other`}},

		{"cel field", "  expect:\n  - finally: {}\n    cel: pods(\"app=web\").all(p, p.spec.nodName == \"a\")", []string{`t.yaml:7:39: error: cel: undefined field 'nodName' (did you mean "nodeName"?)`}},
		{"cel quoted", "  expect:\n  - finally: {}\n    cel: 'pods().all(p, p.spec.nodName == \"a\")'", []string{`t.yaml:7:31: error: cel: undefined field 'nodName' (did you mean "nodeName"?)`}},
		{"cel block", "  expect:\n  - finally: {}\n    cel: |\n      pods().size() == 3\n      && pods().all(p, p.status.phse == \"a\")", []string{`t.yaml:9:32: error: cel: undefined field 'phse' (did you mean "phase"?)`}},
		{"cel type", "  expect:\n  - finally: {}\n    cel: pods().size() == \"3\"", []string{`t.yaml:7:24: error: cel: found no matching overload for '_==_' applied to '(int, string)'`}},
		{"cel result", "  expect:\n  - finally: {}\n    cel: pods().size()", []string{`t.yaml:7:10: error: cel: must be true or false, but is of type int`}},
		{"cel syntax", "  expect:\n  - finally: {}\n    cel: pods().size() ==", []string{`t.yaml:7:26: error: cel: Syntax error: mismatched input end of the expression`}},
		{"cel name", "  expect:\n  - finally: {}\n    cel: pds().size() == 3", []string{`t.yaml:7:13: error: cel: undeclared reference to 'pds'`}},
		{"cel argument", "  expect:\n  - finally: {}\n    cel: pods(3).size() == 3", []string{`t.yaml:7:14: error: cel: found no matching overload for 'pods' applied to '(int)'`}},
		{"cel kind", "  expect:\n  - finally: {}\n    cel: objects(\"Deploymnt\").size() == 3", []string{`t.yaml:7:18: error: cel: there is no kind "Deploymnt" (did you mean "Deployment"?)`}},
		{"cel selector", "  expect:\n  - finally: {}\n    cel: pods(\"app==a=\").size() == 3", []string{`t.yaml:7:15: error: cel: no label selector: found '=', expected: ',' or 'end of string'`}},
		{"cel metric", "  expect:\n  - finally: {}\n    cel: metric(\"pods_pendin\") == 0.0", []string{`t.yaml:7:17: error: cel: there is no metric "pods_pendin" (did you mean "pods_pending"?)`}},
		{"cel objects field", "  expect:\n  - finally: {}\n    cel: objects(\"Deployment\").all(d, d.spec.replica == 3)", []string{`t.yaml:7:45: error: cel: undefined field 'replica' (did you mean "replicas"?)`}},
		{"when", "  timeline:\n  - {when: pods().size(), cordon: {node: node-1}}", []string{`t.yaml:6:12: error: cel: must be true or false, but is of type int`}},

		{"match kind", "  expect:\n  - finally: {}\n    match: {kind: Pdo}", []string{`t.yaml:7:12: error: match: kind: must be a known kind, got "Pdo" (did you mean "Pod"?)`}},
		{"match field", "  expect:\n  - finally: {}\n    match: {kind: Pod, status: {containerStatuses: [{stat: {}}]}}", []string{`t.yaml:7:54: error: match: unknown field "status.containerStatuses[0].stat" (did you mean "state"?)`}},
		{"match type", "  expect:\n  - finally: {}\n    match: {kind: Pod, metadata: {name: 3}, status: {containerStatuses: {ready: true}}}", []string{
			`t.yaml:7:41: error: match: metadata.name: must be text: write "3", in quotes`, `t.yaml:7:73: error: match: status.containerStatuses: must be a list`}},
		{"match number", "  expect:\n  - finally: {}\n    match: {kind: Pod, spec: {priority: high}}", []string{`t.yaml:7:41: error: match: spec.priority: must be a whole number, got "high"`}},
		{"match quantity", "  expect:\n  - finally: {}\n    match: {kind: Node, status: {capacity: {cpu: many}}}", []string{`t.yaml:7:50: error: match: status.capacity.cpu: must be a quantity such as 500m or 16Gi, got "many"`}},
		{"count", "  expect:\n  - {finally: {}, cel: \"true\", count: 3}", []string{`t.yaml:6:5: error: count: goes with match alone (an event has a count of its own)`}},

		{"regexp", "  expect:\n  - {finally: {}, event: {reason: A, messageMatches: \"(\"}}", []string{`t.yaml:6:54: error: messageMatches: missing closing ): ` + "`(`"}},
		{"regarding", "  expect:\n  - {finally: {}, event: {reason: A, regarding: web}}", []string{`t.yaml:6:49: error: event.regarding: must be KIND/NAME, got "web"`}},
		{"event", "  expect:\n  - {finally: {}, event: {}}", []string{`t.yaml:6:5: error: event: needs a reason, or something else to tell it by`}},
		{"event count", "  expect:\n  - {finally: {}, event: {reason: A, count: 0}}", []string{`t.yaml:6:5: error: count: at least 1; for none write never`}},
		{"refused", "  expect:\n  - {finally: {}, refused: {kind: Pdo}}", []string{`t.yaml:6:35: error: refused.kind: unknown kind "Pdo"`}},

		{"threshold", "  thresholds: {pods_unschedulable: max === 0}", []string{`t.yaml:5:40: error: thresholds: "===" is no comparison; use < <= > >= == !=`}},
		{"metric", "  thresholds: {time_to_redy_seconds: [max < 3s]}", []string{`t.yaml:5:16: error: thresholds: there is no metric "time_to_redy_seconds" (did you mean "time_to_ready_seconds"?)`}},
		{"metric label", "  thresholds:\n    cost{app=\"web\"}: sum < 3", []string{`t.yaml:6:10: error: thresholds: cost has no label "app" (it has node, name)`}},
		{"threshold", "  thresholds:\n    pods_pending: [max == 0, \"max < 3s\"]", []string{`t.yaml:6:37: error: thresholds: pods_pending is in pods: a duration has no meaning`}},
		{"aggregate", "  thresholds:\n    pods_pending: rate < 3", []string{`t.yaml:6:19: error: thresholds: pods_pending has no "rate": it is a level, which has avg, min, med, max, value, p(N)`}},
		{"output", "  outputs: [{kind: htm, path: a}, {kind: html}]", []string{`t.yaml:5:13: error: outputs: unknown kind "htm" (known: html, svg, png, trace, csv, json, jsonl, openmetrics, junit, text, md) (did you mean "html"?)`, `t.yaml:5:35: error: outputs: path: required`}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkBad(t, head+tt.spec+"\n", LoadOptions{}, tt.want...) })
	}
}
