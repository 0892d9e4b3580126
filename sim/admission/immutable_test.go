package admission

import (
	"strings"
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

// What the API server refuses to change, kind by kind, in upstream's words (validation.go of each group); and what it lets through.
func TestUpdateRefused(t *testing.T) {
	a, _ := server(t)
	for _, o := range []string{
		`{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: app}]}}}}`,
		`{apiVersion: batch/v1, kind: Job, metadata: {name: held}, spec: {suspend: true, completionMode: Indexed, completions: 2, parallelism: 2, template: {spec: {restartPolicy: Never, containers: [{name: app, image: app}]}}}}`,
		`{apiVersion: v1, kind: Secret, metadata: {name: x}, type: Opaque, data: {a: eA==}}`,
		`{apiVersion: v1, kind: Secret, metadata: {name: sealed}, immutable: true, data: {a: eA==}}`,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: sealed}, immutable: true, data: {a: x}}`,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: x}}`,
		`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], storageClassName: "", resources: {requests: {storage: 1Gi}}}}`,
		`{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: x}, value: 5}`,
		`{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: x}, provisioner: a.test/b}`,
	} {
		must(t, create(t, a, o))
	}
	tests := []struct{ kind, name, patch, want string }{ // want is a part of the message; "": let through
		{"Job", "x", `{"spec": {"completions": 3}}`, `Job.batch "x" is invalid: spec.completions: Invalid value: 3: field is immutable`},
		{"Job", "x", `{"spec": {"completionMode": "Indexed"}}`, `spec.completionMode: Invalid value: "Indexed": field is immutable`},
		{"Job", "x", `{"spec": {"template": {"spec": {"activeDeadlineSeconds": 9}}}}`, `field is immutable`},
		{"Job", "x", `{"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}}`, `: field is immutable`},
		{"Job", "x", `{"spec": {"parallelism": 3, "backoffLimit": 2, "activeDeadlineSeconds": 60, "suspend": true, "ttlSecondsAfterFinished": 9}}`, ""},
		{"Job", "held", `{"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}, "tolerations": [{"operator": "Exists"}]}}}}`, ""},
		{"Job", "held", `{"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 3}}}}`, `: field is immutable`},
		{"Job", "held", `{"spec": {"completions": 3}}`, `spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism`},
		{"Job", "held", `{"spec": {"completions": 3, "parallelism": 3}}`, ""},
		{"Secret", "x", `{"type": "kubernetes.io/basic-auth"}`, `type: Invalid value: "kubernetes.io/basic-auth": field is immutable`},
		{"Secret", "x", `{"data": {"a": "eQ=="}}`, ""},
		{"Secret", "sealed", `{"data": {"a": "eQ=="}}`, "Secret \"sealed\" is invalid: data: Forbidden: field is immutable when `immutable` is set"},
		{"ConfigMap", "sealed", `{"data": {"a": "y"}, "immutable": null}`, "ConfigMap \"sealed\" is invalid: [immutable: Forbidden: field is immutable when `immutable` is set, data: Forbidden: field is immutable when `immutable` is set]"},
		{"ConfigMap", "sealed", `{"metadata": {"labels": {"a": "b"}}}`, ""},
		{"ConfigMap", "x", `{"data": {"a": "y"}, "immutable": true}`, ""},
		{"PersistentVolumeClaim", "x", `{"spec": {"resources": {"requests": {"storage": "2Gi"}}}}`, `PersistentVolumeClaim "x" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims`},
		{"PersistentVolumeClaim", "x", `{"spec": {"accessModes": ["ReadWriteMany"]}}`, `spec: Forbidden: spec is immutable after creation`},
		{"PersistentVolumeClaim", "x", `{"spec": {"volumeName": "pv"}}`, ""},
		{"PersistentVolumeClaim", "x", `{"spec": {"volumeName": "other"}}`, `spec: Forbidden: spec is immutable after creation`},
		{"PriorityClass", "x", `{"value": 6}`, `PriorityClass.scheduling.k8s.io "x" is invalid: value: Forbidden: may not be changed in an update.`},
		{"PriorityClass", "x", `{"description": "d"}`, ""},
		{"StorageClass", "x", `{"provisioner": "c"}`, `StorageClass.storage.k8s.io "x" is invalid: provisioner: Invalid value: "c": field is immutable`},
	}
	for _, test := range tests {
		k := model.FindKind(test.kind)
		at := key(test.name)
		if !k.Namespaced {
			at.Namespace = ""
		}
		err := a.Patch(k, at, "merge", "", []byte(test.patch))
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s %s %s:\ngot  %v\nwant %s", test.kind, test.name, test.patch, err, test.want)
		}
	}
}
