package admission

import (
	"testing"

	"clustersim/model"
)

func TestImmutableFields(t *testing.T) {
	a, _ := server(t)
	const template = `selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: app}]}}`
	for _, kind := range []string{"Deployment", "ReplicaSet", "DaemonSet"} {
		must(t, create(t, a, `{apiVersion: apps/v1, kind: `+kind+`, metadata: {name: web}, spec: {`+template+`}}`))
		err := a.Patch(model.FindKind(kind), key("web"), "merge", "", []byte(`{"spec": {"selector": {"matchLabels": {"b": "c"}}, "template": {"metadata": {"labels": {"b": "c"}}}}}`))
		want := kind + `.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"web","b":"c"}}: field is immutable`
		if err == nil || err.Error() != want {
			t.Errorf("%s: got  %v\nwant %s", kind, err, want)
		}
	}
	must(t, create(t, a, `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}, spec: {serviceName: web, `+template+`}}`))
	set := model.FindKind("StatefulSet")
	must(t, a.Patch(set, key("web"), "merge", "", []byte(`{"spec": {"replicas": 5, "minReadySeconds": 3, "updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}}`)))
	err := a.Patch(set, key("web"), "merge", "", []byte(`{"spec": {"serviceName": "other"}}`))
	want := `StatefulSet.apps "web" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
