package admission

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// The examples of RFC 7386, appendix A.
func TestMergePatch(t *testing.T) {
	for _, x := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`}, {`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`}, {`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`}, {`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`}, {`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`}, {`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`["a","b"]`, `["c","d"]`, `["c","d"]`}, {`{"a":"b"}`, `["c"]`, `["c"]`}, {`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`}, {`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		if got := mergePatch(decode(t, x[0]), decode(t, x[1])); !reflect.DeepEqual(got, decode(t, x[2])) {
			t.Errorf("%s + %s = %v, want %s", x[0], x[1], got, x[2])
		}
	}
}

// The examples of RFC 6902, appendix A.
func TestJSONPatch(t *testing.T) {
	for _, x := range [][3]string{
		{`{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux"}]`, `{"baz":"qux","foo":"bar"}`},
		{`{"foo":["bar","baz"]}`, `[{"op":"add","path":"/foo/1","value":"qux"}]`, `{"foo":["bar","qux","baz"]}`},
		{`{"baz":"qux","foo":"bar"}`, `[{"op":"remove","path":"/baz"}]`, `{"foo":"bar"}`},
		{`{"foo":["bar","qux","baz"]}`, `[{"op":"remove","path":"/foo/1"}]`, `{"foo":["bar","baz"]}`},
		{`{"baz":"qux","foo":"bar"}`, `[{"op":"replace","path":"/baz","value":"boo"}]`, `{"baz":"boo","foo":"bar"}`},
		{`{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}`, `[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]`, `{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}`},
		{`{"foo":["all","grass","cows","eat"]}`, `[{"op":"move","from":"/foo/1","path":"/foo/3"}]`, `{"foo":["all","cows","eat","grass"]}`},
		{`{"baz":"qux","foo":["a",2,"c"]}`, `[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]`, `{"baz":"qux","foo":["a",2,"c"]}`},
		{`{"foo":"bar"}`, `[{"op":"add","path":"/child","value":{"grandchild":{}}}]`, `{"foo":"bar","child":{"grandchild":{}}}`},
		{`{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":10}]`, `{"/":9,"~1":10}`},
		{`{"foo":["bar"]}`, `[{"op":"add","path":"/foo/-","value":["abc","def"]}]`, `{"foo":["bar",["abc","def"]]}`},
		{`{"a":{"b":1}}`, `[{"op":"copy","from":"/a","path":"/c"}]`, `{"a":{"b":1},"c":{"b":1}}`},
	} {
		got, err := jsonPatch(decode(t, x[0]), []byte(x[1]))
		if err != nil || !reflect.DeepEqual(got, decode(t, x[2])) {
			t.Errorf("%s + %s = %v %v, want %s", x[0], x[1], got, err, x[2])
		}
	}
	for _, x := range [][2]string{
		{`{"baz":"qux"}`, `[{"op":"test","path":"/baz","value":"bar"}]`}, {`{"foo":"bar"}`, `[{"op":"add","path":"/baz/bat","value":"qux"}]`},
		{`{}`, `[{"op":"remove","path":"/a"}]`}, {`{}`, `[{"op":"replace","path":"/a","value":1}]`}, {`{"a":[1]}`, `[{"op":"add","path":"/a/2","value":1}]`},
		{`{}`, `[{"op":"jump","path":"/a"}]`}, {`{}`, `{"op":"add"}`}, {`{}`, `[{"op":"add","path":"a"}]`}, {`{}`, `[{"op":"remove","path":""}]`}, {`{"a":1}`, `[{"op":"move","from":"/b","path":"/a"}]`},
	} {
		if _, err := jsonPatch(decode(t, x[0]), []byte(x[1])); err == nil {
			t.Errorf("%s + %s is an error", x[0], x[1])
		}
	}
}

// Cases from the comments and tests of upstream's strategicpatch, on the types of the API.
func TestStrategicMerge(t *testing.T) {
	for _, x := range [][3]string{
		// A list with a merge key is merged, scalars of an item replaced.
		{`{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}`, `{"spec":{"containers":[{"name":"b","image":"2"},{"name":"c","image":"3"}]}}`,
			`{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"},{"name":"c","image":"3"}]}}`},
		{`{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"x"}]}]}}`, `{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"y"}]}]}}`,
			`{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"y"}]}]}}`},
		{`{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}`, `{"spec":{"containers":[{"$patch":"delete","name":"a"}]}}`, `{"spec":{"containers":[{"name":"b"}]}}`},
		{`{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}`, `{"spec":{"containers":[{"$patch":"replace"},{"name":"c"}]}}`, `{"spec":{"containers":[{"name":"c"}]}}`},
		{`{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}`, `{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","image":"x"}]}}`,
			`{"spec":{"containers":[{"name":"b"},{"name":"a","image":"x"}]}}`},
		// A list without one is replaced; tolerations are such a list.
		{`{"spec":{"tolerations":[{"key":"a"}]}}`, `{"spec":{"tolerations":[{"key":"b"}]}}`, `{"spec":{"tolerations":[{"key":"b"}]}}`},
		// Scalars that are merged: finalizers.
		{`{"metadata":{"finalizers":["a","b"]}}`, `{"metadata":{"finalizers":["b","c"]}}`, `{"metadata":{"finalizers":["a","b","c"]}}`},
		{`{"metadata":{"finalizers":["a","b"]}}`, `{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]}}`, `{"metadata":{"finalizers":["b"]}}`},
		// Maps.
		{`{"metadata":{"labels":{"a":"1","b":"2"}}}`, `{"metadata":{"labels":{"a":null,"c":"3"}}}`, `{"metadata":{"labels":{"b":"2","c":"3"}}}`},
		{`{"metadata":{"labels":{"a":"1"}}}`, `{"metadata":{"labels":{"$patch":"replace","c":"3"}}}`, `{"metadata":{"labels":{"c":"3"}}}`},
		{`{"spec":{"securityContext":{"runAsUser":1}}}`, `{"spec":{"securityContext":{"$patch":"delete"}}}`, `{"spec":{}}`},
		// retainKeys: a volume's source is changed.
		{`{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}`, `{"spec":{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}}`, `{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}`},
	} {
		got, err := strategicMerge(decode(t, x[0]).(map[string]any), decode(t, x[1]).(map[string]any), reflect.TypeOf(&corev1.Pod{}))
		if err != nil || !reflect.DeepEqual(any(got), decode(t, x[2])) {
			t.Errorf("%s\n+ %s\n= %v %v\nwant %s", x[0], x[1], got, err, x[2])
		}
	}
	_, err := strategicMerge(map[string]any{}, decode(t, `{"spec":{"containers":[{"image":"x"}]}}`).(map[string]any), reflect.TypeOf(&corev1.Pod{}))
	if err == nil || !strings.Contains(err.Error(), "does not contain declared merge key: name") {
		t.Error(err)
	}
	if r := ruleOf(reflect.TypeOf(&appsv1.DeploymentSpec{}), "strategy"); !r.retainKeys {
		t.Errorf("%+v", r)
	}
}

func decode(t *testing.T, s string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(err, s)
	}
	return v
}

// What a patch may do to a pod (controllers.md 1.8 27-32), and what it counts as.
func TestPatchPod(t *testing.T) {
	for _, x := range []struct {
		typ, sub, patch string
		want            string // start of the error, "" = none
		generation      int64
	}{
		{"strategic", "", `{"metadata":{"labels":{"a":"b"}}}`, "", 1},
		{"strategic", "", `{"spec":{"containers":[{"name":"app","image":"registry.test/app:v2"}]}}`, "", 2},
		{"json", "", `[{"op":"replace","path":"/spec/containers/0/image","value":"registry.test/app:v2"}]`, "", 2},
		{"merge", "", `{"spec":{"activeDeadlineSeconds":30}}`, "", 2},
		{"merge", "", `{"spec":{"restartPolicy":"Never"}}`, "422 Pod \"web\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,", 1},
		{"merge", "", `{"spec":{"tolerations":[]}}`, "422 Pod \"web\" is invalid: spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds", 1},
		{"merge", "", `{"status":{"phase":"Running"}}`, "", 1},
		{"merge", "", `{"metadata":{"name":"other"}}`, "400 the name of the object (other) does not match the name on the URL (web)", 1},
		{"merge", "", `{"metadata":{"resourceVersion":"1"}}`, `409 Operation cannot be fulfilled on pods "web": the object has been modified; please apply your changes to the latest version and try again`, 1},
		{"merge", "resize", `{"spec":{"containers":[{"name":"app","image":"registry.test/app:v1","resources":{"requests":{"cpu":"1"}}}]}}`, "422 Pod \"web\" is invalid: spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing", 1},
		{"json", "", `[{"op":"test","path":"/spec/nodeName","value":"x"}]`, "422 the server rejected our request due to an error in our request", 1},
		{"apply", "", `{}`, "400 unknown patch type", 1},
		{"merge", "", `[]`, "400 error decoding patch", 1},
	} {
		a, s := server(t)
		must(t, create(t, a, strings.Replace(minimal, "spec: {", "spec: {tolerations: [{key: x, operator: Exists}], ", 1)))
		before := s.Pod(key("web"))
		err := a.Patch(model.Pod, key("web"), x.typ, x.sub, []byte(x.patch))
		text := ""
		if e, ok := err.(*store.APIError); ok {
			text = fmt.Sprintf("%d %s", e.Code, e.Message)
		} else if err != nil {
			t.Fatal(err)
		}
		if x.want == "" && err != nil || !strings.HasPrefix(text, x.want) {
			t.Errorf("%s: %s, want %s", x.patch, text, x.want)
		}
		p := s.Pod(key("web"))
		if p.Generation != x.generation || p.Status.Phase != corev1.PodPending {
			t.Errorf("%s: generation %d, phase %s", x.patch, p.Generation, p.Status.Phase)
		}
		if err != nil && p != before {
			t.Errorf("%s: refused and yet written", x.patch)
		}
		if o := p.API().(*corev1.Pod); len(o.Spec.Volumes) != 1 || len(o.Spec.Containers[0].VolumeMounts) != 1 {
			t.Errorf("%s: the token volume is not once there", x.patch)
		}
	}
}

func TestPatchStatusAndNothing(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, minimal))
	must(t, a.Patch(model.Pod, key("web"), "merge", "status", []byte(`{"status":{"podIP":"10.0.0.1"},"metadata":{"labels":{"a":"b"}}}`)))
	p := s.Pod(key("web"))
	if p.Status.PodIP != "10.0.0.1" || len(p.LabelSet()) != 0 || p.Template.Status.PodIP != "" {
		t.Errorf("%+v", p)
	}
	before := s.Revision()
	must(t, a.Patch(model.Pod, key("web"), "merge", "", []byte(`{}`)))
	must(t, a.Patch(model.Pod, key("web"), "merge", "", []byte(`{"spec":{"restartPolicy":"Always"}}`)))
	if s.Revision() != before {
		t.Error("a patch that changes nothing writes nothing")
	}
	if err := a.Patch(model.Pod, key("gone"), "merge", "", []byte(`{}`)); fmt.Sprint(err) != `pods "gone" not found` {
		t.Error(err)
	}
}

func TestPatchNodeAndDeployment(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {taints: [{key: maint, effect: NoExecute}]}}`))
	must(t, a.Patch(model.Node, store.Key{Name: "n1"}, "merge", "", []byte(`{"spec":{"taints":null,"unschedulable":true}}`)))
	if n := s.Node("n1"); len(n.Spec.Taints) != 0 || !n.Spec.Unschedulable {
		t.Errorf("%+v", n.Spec)
	}
	must(t, create(t, a, deployment))
	k := model.FindKind("deployment")
	get := func() *appsv1.Deployment { return s.Get(k, key("web")).API().(*appsv1.Deployment) }
	for _, x := range []struct {
		patch string
		want  int64
	}{{`{"spec":{"replicas":5}}`, 2}, {`{"metadata":{"labels":{"a":"b"}}}`, 2}, {`{"metadata":{"annotations":{"a":"b"}}}`, 3}, {`{"spec":{"replicas":5}}`, 3}} {
		must(t, a.Patch(k, key("web"), "merge", "", []byte(x.patch)))
		if g := get().Generation; g != x.want {
			t.Errorf("%s: generation %d, want %d", x.patch, g, x.want)
		}
	}
	must(t, a.Scale(k, key("web"), 7))
	if d := get(); *d.Spec.Replicas != 7 || d.Generation != 4 {
		t.Errorf("scaled: %d replicas, generation %d", *d.Spec.Replicas, d.Generation)
	}
	must(t, a.Patch(k, key("web"), "merge", "scale", []byte(`{"spec":{"replicas":1}}`)))
	if d := get(); *d.Spec.Replicas != 1 {
		t.Errorf("scale patched: %d replicas", *d.Spec.Replicas)
	}
	for what, err := range map[string]error{"negative": a.Scale(k, key("web"), -1), "absent": a.Scale(k, key("nobody"), 1), "a node": a.Scale(model.Node, store.Key{Name: "n1"}, 1)} {
		if err == nil {
			t.Errorf("%s: scaled", what)
		}
	}
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {tier: front}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: "i:1", env: [{name: A, value: "1"}, {name: B, value: "2"}]}]
`

// kubectl apply: three ways (manifest, what was applied last, what others changed since).
func TestApply(t *testing.T) {
	a, s := server(t)
	k := model.FindKind("deployment")
	get := func() *appsv1.Deployment { return s.Get(k, key("web")).API().(*appsv1.Deployment) }
	must(t, a.Apply(object(t, deployment)))
	const want = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{},"labels":{"tier":"front"},"name":"web","namespace":"default"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],"image":"i:1","name":"app"}]}}}}` + "\n"
	if got := get().Annotations[corev1.LastAppliedConfigAnnotation]; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	revision := s.Revision()
	must(t, a.Apply(object(t, deployment)))
	if s.Revision() != revision {
		t.Error("unchanged is not written")
	}
	must(t, a.Patch(k, key("web"), "strategic", "", []byte(`{"metadata":{"labels":{"other":"x"}},"spec":{"paused":true,"template":{"spec":{"containers":[{"name":"side","image":"s"},{"name":"app","env":[{"name":"C","value":"3"}]}]}}}}`)))
	next := strings.NewReplacer("replicas: 2", "minReadySeconds: 3", "labels: {tier: front}", "labels: {area: a}, annotations: {note: hi}", `, {name: B, value: "2"}`, "", "i:1", "i:2").Replace(deployment)
	must(t, a.Apply(object(t, next)))
	d := get()
	c := d.Spec.Template.Spec.Containers
	if *d.Spec.Replicas != 1 || d.Spec.MinReadySeconds != 3 || !d.Spec.Paused || d.Labels["tier"] != "" || d.Labels["area"] != "a" || d.Labels["other"] != "x" || d.Annotations["note"] != "hi" {
		t.Errorf("%+v %+v", d.ObjectMeta, d.Spec)
	}
	byName := map[string]corev1.Container{}
	for i := range c {
		byName[c[i].Name] = c[i]
	}
	var env []string
	for _, e := range byName["app"].Env {
		env = append(env, e.Name)
	}
	if len(c) != 2 || byName["app"].Image != "i:2" || byName["side"].Image != "s" || fmt.Sprint(env) != "[A C]" {
		t.Errorf("%+v", c)
	}
}

func TestApplyPod(t *testing.T) {
	a, s := server(t)
	must(t, a.Apply(object(t, minimal)))
	must(t, a.Apply(object(t, strings.Replace(minimal, "app:v1", "app:v2", 1))))
	p := s.Pod(key("web"))
	if p.Spec().Containers[0].Image != "registry.test/app:v2" || p.Generation != 2 || len(p.Spec().Tolerations) != 2 {
		t.Errorf("%+v", p.Spec())
	}
	err := a.Apply(object(t, strings.Replace(minimal, "spec: {", "spec: {hostNetwork: true, ", 1)))
	if err == nil || !strings.Contains(err.Error(), "pod updates may not change fields other than") {
		t.Error(err)
	}
}
