package model

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// podOf makes a defaulted pod of the YAML of a spec.
func podOf(t *testing.T, spec string) *corev1.Pod {
	t.Helper()
	ms, ps := Decode("in.yaml", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: default}\nspec: "+spec+"\n"), Options{})
	if ps.HasErrors() || len(ms) != 1 {
		t.Fatal(ps)
	}
	Default(ms[0].Object)
	return ms[0].Object.(*corev1.Pod)
}

// TestQOSClass follows kubelet.md 12 and controllers.md 1.1.
func TestQOSClass(t *testing.T) {
	for _, tt := range []struct {
		spec string
		want corev1.PodQOSClass
	}{
		{"{containers: [{name: a}]}", corev1.PodQOSBestEffort},
		{"{containers: [{name: a, resources: {requests: {cpu: 0}}}]}", corev1.PodQOSBestEffort},
		{"{containers: [{name: a, resources: {requests: {example.com/x: 1}, limits: {example.com/x: 1}}}]}", corev1.PodQOSBestEffort},
		{"{containers: [{name: a, resources: {requests: {cpu: 1}}}]}", corev1.PodQOSBurstable},
		{"{containers: [{name: a, resources: {limits: {cpu: 1}}}]}", corev1.PodQOSBurstable},
		{"{containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}}}]}", corev1.PodQOSGuaranteed},
		{"{containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}}}, {name: b}]}", corev1.PodQOSBurstable},
		{"{containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}}}], initContainers: [{name: b, resources: {requests: {cpu: 1}}}]}", corev1.PodQOSBurstable},
		{"{containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}}]}", corev1.PodQOSBurstable},
		{"{containers: [{name: a}], resources: {limits: {cpu: 1, memory: 1Gi}}}", corev1.PodQOSGuaranteed},
		{"{containers: [{name: a, resources: {requests: {cpu: 1}}}], resources: {limits: {cpu: 2}}}", corev1.PodQOSBurstable},
	} {
		if got := podOf(t, tt.spec).Status.QOSClass; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.spec, got, tt.want)
		}
	}
}

// TestPodRequests follows scheduler.md 4.1.
func TestPodRequests(t *testing.T) {
	const big = "initContainers: [{name: i, resources: {requests: {cpu: 3}}}]"
	const side = "initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 500m}}}, {name: i, resources: {requests: {cpu: 3}}}]"
	for _, tt := range []struct{ spec, want string }{
		{"{containers: [{name: a}]}", "0"},
		{"{containers: [{name: a, resources: {requests: {cpu: 1}}}]}", "1"},
		{"{containers: [{name: a, resources: {requests: {cpu: 1}}}, {name: b, resources: {limits: {cpu: 1500m}}}]}", "2500m"},
		{"{containers: [{name: a, resources: {requests: {cpu: 1}}}], " + big + "}", "3"},
		{"{containers: [{name: a, resources: {requests: {cpu: 4}}}], " + big + "}", "4"},
		{"{containers: [{name: a, resources: {requests: {cpu: 1}}}], " + side + "}", "3500m"},
		{"{containers: [{name: a, resources: {requests: {cpu: 1}}}], overhead: {cpu: 100m}}", "1100m"},
		{"{containers: [{name: a, resources: {requests: {cpu: 1}}}], resources: {requests: {cpu: 5}}}", "5"},
	} {
		sum := PodRequests(&podOf(t, tt.spec).Spec)
		if got := sum.Cpu().String(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.spec, got, tt.want)
		}
	}
}

// TestImages: the pull policies are those of kubelet.md 4, the upper-case message is recorded in image-pull-policies, and the
// others are those of distribution/reference v0.6.0.
func TestImages(t *testing.T) {
	hex := strings.Repeat("a", 64)
	for _, tt := range []struct {
		image  string
		name   string
		policy corev1.PullPolicy
		err    string
	}{
		{"nginx", "docker.io/library/nginx", corev1.PullAlways, ""},
		{"nginx:latest", "docker.io/library/nginx", corev1.PullAlways, ""},
		{"nginx:1.27", "docker.io/library/nginx", corev1.PullIfNotPresent, ""},
		{"nginx@sha256:" + hex, "docker.io/library/nginx", corev1.PullIfNotPresent, ""},
		{"nginx:latest@sha256:" + hex, "docker.io/library/nginx", corev1.PullAlways, ""},
		{"team/app:v1", "docker.io/team/app", corev1.PullIfNotPresent, ""},
		{"index.docker.io/nginx", "docker.io/library/nginx", corev1.PullAlways, ""},
		{"localhost/x", "localhost/x", corev1.PullAlways, ""},
		{"registry.test:5000/a/b__c--d.e:v1_x", "registry.test:5000/a/b__c--d.e", corev1.PullIfNotPresent, ""},
		{"[::1]:5000/x:v1", "[::1]:5000/x", corev1.PullIfNotPresent, ""},
		{"Registry.Test/app:v1", "Registry.Test/app", corev1.PullIfNotPresent, ""},
		{"Registry.Test/UPPER:v1", "", corev1.PullIfNotPresent, "invalid reference format: repository name (UPPER) must be lowercase"},
		{"UPPER", "", corev1.PullIfNotPresent, "invalid reference format: repository name (library/UPPER) must be lowercase"},
		{"nginx:", "", corev1.PullIfNotPresent, "invalid reference format"},
		{"nginx:a b", "", corev1.PullIfNotPresent, "invalid reference format"},
		{"-nginx", "", corev1.PullIfNotPresent, "invalid reference format"},
		{"a//b", "", corev1.PullIfNotPresent, "invalid reference format"},
		{"nginx@sha256:abc", "", corev1.PullIfNotPresent, "invalid reference format"},
		{"nginx@sha256:" + hex[:40], "", corev1.PullIfNotPresent, "invalid checksum digest length"},
		{"nginx@md5:" + hex, "", corev1.PullIfNotPresent, "unsupported digest algorithm"},
		{"", "", corev1.PullIfNotPresent, "invalid reference format"},
		{hex, "", corev1.PullIfNotPresent, "invalid repository name (" + hex + "), cannot specify 64-byte hexadecimal strings"},
		{"r.test/" + strings.Repeat("a", 256), "", corev1.PullIfNotPresent, "repository name must not be more than 255 characters"},
	} {
		ref, err := ParseImage(tt.image)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != tt.err || err == nil && ref.Name() != tt.name {
			t.Errorf("%q: %q, %q", tt.image, ref.Name(), text)
		}
		if got := DefaultPullPolicy(tt.image); got != tt.policy {
			t.Errorf("%q: %s, want %s", tt.image, got, tt.policy)
		}
	}
	const recorded = `Failed to apply default image tag "Registry.Test/UPPER:v1": couldn't parse image name "Registry.Test/UPPER:v1": invalid reference format: repository name (UPPER) must be lowercase`
	if got := InvalidImage("Registry.Test/UPPER:v1"); got != recorded {
		t.Error(got)
	}
	if got := InvalidImage("nginx"); got != "" {
		t.Error(got)
	}
}

// TestInvalidMessage prints one error and several, in upstream's order.
func TestInvalidMessage(t *testing.T) {
	pod := podOf(t, "{containers: []}")
	if got := InvalidMessage(pod, Validate(pod)); got != `Pod "x" is invalid: spec.containers: Required value` {
		t.Error(got)
	}
	pod = podOf(t, "{containers: [{}], restartPolicy: X}")
	const want = `Pod "x" is invalid: [spec.containers[0].name: Required value, spec.containers[0].image: Required value, ` +
		`spec.restartPolicy: Unsupported value: "X": supported values: "Always", "OnFailure", "Never"]`
	if got := InvalidMessage(pod, Validate(pod)); got != want {
		t.Error(got)
	}
	ms, _ := Decode("in.yaml", []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n"), Options{})
	if got := InvalidMessage(ms[0].Object, nil); !strings.HasPrefix(got, `Deployment.apps "d" is invalid:`) {
		t.Error(got)
	}
}

// TestValidatePodUpdate follows rows 27-30 of controllers.md 1.8.
func TestValidatePodUpdate(t *testing.T) {
	const old = "{containers: [{name: a, image: i}], tolerations: [{key: k, operator: Exists, effect: NoExecute}], activeDeadlineSeconds: 10}"
	const gated = "{containers: [{name: a, image: i}], schedulingGates: [{name: g}], nodeSelector: {a: b}}"
	const forbidden = "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
	for _, tt := range []struct {
		name, old string
		change    func(p *corev1.Pod)
		want      string
	}{
		{"nothing", old, func(p *corev1.Pod) {}, ""},
		{"image", old, func(p *corev1.Pod) { p.Spec.Containers[0].Image = "j" }, ""},
		{"label", old, func(p *corev1.Pod) { p.Labels = map[string]string{"a": "b"} }, ""},
		{"node", old, func(p *corev1.Pod) { p.Spec.NodeName = "n" }, forbidden},
		{"command", old, func(p *corev1.Pod) { p.Spec.Containers[0].Command = []string{"x"} }, forbidden},
		{"container", old, func(p *corev1.Pod) {
			p.Spec.Containers = append(p.Spec.Containers, *p.Spec.Containers[0].DeepCopy())
			p.Spec.Containers[1].Name = "b"
		}, "spec.containers: Forbidden: pod updates may not add or remove containers"},
		{"seconds", old, func(p *corev1.Pod) { p.Spec.Tolerations[0].TolerationSeconds = new(int64) }, ""},
		{"toleration", old, func(p *corev1.Pod) { p.Spec.Tolerations[0].Key = "z" }, "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"},
		{"more tolerations", old, func(p *corev1.Pod) {
			p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: "z", Operator: corev1.TolerationOpExists})
		}, ""},
		{"shorter", old, func(p *corev1.Pod) { *p.Spec.ActiveDeadlineSeconds = 5 }, ""},
		{"longer", old, func(p *corev1.Pod) { *p.Spec.ActiveDeadlineSeconds = 50 }, "spec.activeDeadlineSeconds: Invalid value: 50: must be less than or equal to previous value"},
		{"none", old, func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = nil }, "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"},
		{"name", old, func(p *corev1.Pod) { p.Name = "y" }, `metadata.name: Invalid value: "y": field is immutable`},
		{"gate", gated, func(p *corev1.Pod) { p.Spec.SchedulingGates = nil }, ""},
		{"new gate", gated, func(p *corev1.Pod) { p.Spec.SchedulingGates[0].Name = "h" }, "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'h'"},
		{"narrower", gated, func(p *corev1.Pod) { p.Spec.NodeSelector["c"] = "d" }, ""},
		{"wider", gated, func(p *corev1.Pod) { p.Spec.NodeSelector = nil }, "spec.nodeSelector: Invalid value: null: only additions to spec.nodeSelector are allowed (no mutations or deletions)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := podOf(t, tt.old)
			before.ResourceVersion = "1"
			after := before.DeepCopy()
			tt.change(after)
			list := ValidatePodUpdate(after, before)
			switch {
			case tt.want == "" && len(list) > 0:
				t.Error(list)
			case tt.want != "" && (len(list) == 0 || !strings.HasPrefix(list[0].Error(), tt.want)):
				t.Errorf("got  %v\nwant %s", list, tt.want)
			}
		})
	}
}

// TestJSONDiff is one hunk with three lines around it.
func TestJSONDiff(t *testing.T) {
	type object struct{ A, B, C, D, E, F int }
	got := jsonDiff(object{1, 2, 3, 4, 5, 6}, object{1, 2, 3, 4, 7, 6})
	const want = "@@ -3,6 +3,6 @@\n  \"B\": 2,\n  \"C\": 3,\n  \"D\": 4,\n- \"E\": 5,\n+ \"E\": 7,\n  \"F\": 6\n }\n"
	if got != want {
		t.Errorf("%q", got)
	}
}
