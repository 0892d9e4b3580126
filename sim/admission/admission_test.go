package admission

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"sigs.k8s.io/yaml"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

func server(t *testing.T) (*Admission, *store.Store) {
	t.Helper()
	cfg, _ := config.Profile("")
	e := engine.New(1)
	s := store.New(e, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), journal.New())
	a := New(e, s, cfg.ControllerManager)
	a.Bootstrap()
	return a, s
}

// object reads one manifest.
func object(t *testing.T, text string) model.Object {
	t.Helper()
	ms, problems := model.Decode("test.yaml", []byte(text), model.Options{})
	if problems.HasErrors() || len(ms) != 1 {
		t.Fatalf("%v\n%s", problems, text)
	}
	return ms[0].Object
}

func create(t *testing.T, a *Admission, text string) error {
	t.Helper()
	o := object(t, text)
	_, err := a.Create(model.KindOf(o), o)
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const minimal = `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: "registry.test/app:v1"}]}}`

func key(name string) store.Key { return store.Key{Namespace: "default", Name: name} }

// The stored object of a minimal manifest, as a recorded one looks (controllers.md 1.1, taint-noexecute).
func TestMinimalPod(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, minimal))
	o := s.Pod(key("web")).API().(*corev1.Pod)
	token := o.Spec.Volumes[0].Name
	if !strings.HasPrefix(token, "kube-api-access-") || len(token) != len("kube-api-access-")+5 {
		t.Errorf("token volume %q", token)
	}
	var got, want any
	b, err := json.Marshal(o)
	must(t, err)
	must(t, json.Unmarshal([]byte(strings.ReplaceAll(string(b), token, "TOKEN")), &got))
	must(t, yaml.Unmarshal([]byte(`
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: default, creationTimestamp: "2026-01-01T00:00:00Z", generation: 1, resourceVersion: "`+o.ResourceVersion+`", uid: `+string(o.UID)+`}
spec:
  containers:
  - name: app
    image: registry.test/app:v1
    imagePullPolicy: IfNotPresent
    resources: {}
    terminationMessagePath: /dev/termination-log
    terminationMessagePolicy: File
    volumeMounts: [{mountPath: /var/run/secrets/kubernetes.io/serviceaccount, name: TOKEN, readOnly: true}]
  dnsPolicy: ClusterFirst
  enableServiceLinks: true
  preemptionPolicy: PreemptLowerPriority
  priority: 0
  restartPolicy: Always
  schedulerName: default-scheduler
  securityContext: {}
  serviceAccount: default
  serviceAccountName: default
  terminationGracePeriodSeconds: 30
  tolerations:
  - {effect: NoExecute, key: node.kubernetes.io/not-ready, operator: Exists, tolerationSeconds: 300}
  - {effect: NoExecute, key: node.kubernetes.io/unreachable, operator: Exists, tolerationSeconds: 300}
  volumes:
  - name: TOKEN
    projected:
      defaultMode: 420
      sources:
      - serviceAccountToken: {expirationSeconds: 3607, path: token}
      - configMap: {items: [{key: ca.crt, path: ca.crt}], name: kube-root-ca.crt}
      - downwardAPI: {items: [{fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}, path: namespace}]}
status: {phase: Pending, qosClass: BestEffort}
`), &want))
	if !reflect.DeepEqual(got, want) {
		g, _ := yaml.Marshal(got)
		w, _ := yaml.Marshal(want)
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

// What plugins refuse, and in which words (controllers.md 1.3, 1.4, 1.5, 12.1).
func TestRefusals(t *testing.T) {
	const prelude = `apiVersion: v1
kind: Pod
`
	for _, x := range []struct{ manifest, want string }{
		{`metadata: {name: web, namespace: gone}
spec: {containers: [{name: app, image: i}]}`, `404 namespaces "gone" not found`},
		{`metadata: {name: web, namespace: dying}
spec: {containers: [{name: app, image: i}]}`, `403 pods "web" is forbidden: unable to create new content in namespace dying because it is being terminated`},
		{`metadata: {name: web}
spec: {serviceAccountName: robot, containers: [{name: app, image: i}]}`, `403 pods "web" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found`},
		{`metadata: {generateName: web-}
spec: {priorityClassName: gold, containers: [{name: app, image: i}]}`, `403 pods "web-" is forbidden: no PriorityClass with name gold was found`},
		{`metadata: {name: web}
spec: {priority: 7, containers: [{name: app, image: i}]}`, `403 pods "web" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name`},
		{`metadata: {name: web}
spec: {runtimeClassName: gvisor, containers: [{name: app, image: i}]}`, `403 pods "web" is forbidden: pod rejected: RuntimeClass "gvisor" not found`},
		{`metadata: {name: web, annotations: {kubernetes.io/config.mirror: x}}
spec: {serviceAccountName: default, nodeName: a, containers: [{name: app, image: i}]}`, `403 pods "web" is forbidden: a mirror pod may not reference service accounts`},
		{`metadata: {name: web}
spec: {containers: []}`, `422 Pod "web" is invalid: spec.containers: Required value`},
		{`metadata: {name: taken}
spec: {containers: [{name: app, image: i}]}`, `409 pods "taken" already exists`},
	} {
		a, _ := server(t)
		must(t, create(t, a, `{apiVersion: v1, kind: Namespace, metadata: {name: dying}}`))
		must(t, a.Delete(model.Namespace, store.Key{Name: "dying"}, nil, ""))
		must(t, create(t, a, strings.Replace(minimal, "web", "taken", 1)))
		err, _ := create(t, a, prelude+x.manifest).(*store.APIError)
		if err == nil || fmt.Sprintf("%d %s", err.Code, err.Message) != x.want {
			t.Errorf("got  %v\nwant %s", err, x.want)
		}
	}
}

func TestPriorityClasses(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: gold}, value: 1000, globalDefault: true, preemptionPolicy: Never}`))
	err := create(t, a, `{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: silver}, value: 10, globalDefault: true}`)
	if fmt.Sprint(err) != `priorityclasses.scheduling.k8s.io "silver" is forbidden: PriorityClass gold is already marked as default. Only one default can exist` {
		t.Error(err)
	}
	must(t, create(t, a, minimal))
	must(t, create(t, a, strings.Replace(strings.Replace(minimal, "web", "node", 1), "spec: {", "spec: {priorityClassName: system-node-critical, ", 1)))
	p, n := s.Pod(key("web")).Spec(), s.Pod(key("node")).Spec()
	if p.PriorityClassName != "gold" || *p.Priority != 1000 || *p.PreemptionPolicy != corev1.PreemptNever {
		t.Errorf("%s %d %s", p.PriorityClassName, *p.Priority, *p.PreemptionPolicy)
	}
	if *n.Priority != 2000001000 || *n.PreemptionPolicy != corev1.PreemptLowerPriority {
		t.Errorf("%d %s", *n.Priority, *n.PreemptionPolicy)
	}
	if c := s.Get(model.PriorityClass, store.Key{Name: "system-cluster-critical"}).API().(*schedulingv1.PriorityClass); c.Value != 2000000000 {
		t.Error(c.Value)
	}
}

func TestTolerationsAreAddedOncePerKey(t *testing.T) {
	for _, x := range []struct{ given, want string }{
		{``, "not-ready/300 unreachable/300"},
		{`{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 5}`, "unreachable/5 not-ready/300"},
		{`{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoSchedule}`, "unreachable not-ready/300 unreachable/300"},
		{`{operator: Exists}`, ""},
		{`{operator: Exists, effect: NoSchedule}`, " not-ready/300 unreachable/300"},
	} {
		a, s := server(t)
		must(t, create(t, a, strings.Replace(minimal, "spec: {", "spec: {tolerations: ["+x.given+"], ", 1)))
		var got []string
		for _, tol := range s.Pod(key("web")).Spec().Tolerations {
			one := strings.TrimPrefix(tol.Key, "node.kubernetes.io/")
			if tol.TolerationSeconds != nil {
				one += fmt.Sprintf("/%d", *tol.TolerationSeconds)
			}
			got = append(got, one)
		}
		if strings.Join(got, " ") != x.want {
			t.Errorf("%s: %q, want %q", x.given, got, x.want)
		}
	}
}

func TestServiceAccount(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot}, automountServiceAccountToken: false, imagePullSecrets: [{name: registry}]}`))
	must(t, create(t, a, strings.Replace(minimal, "spec: {", "spec: {serviceAccountName: robot, ", 1)))
	p := s.Pod(key("web"))
	if p.Token != "" || len(p.Spec().ImagePullSecrets) != 1 || p.Spec().ImagePullSecrets[0].Name != "registry" {
		t.Errorf("token %q, secrets %v", p.Token, p.Spec().ImagePullSecrets)
	}
	must(t, create(t, a, strings.Replace(strings.Replace(minimal, "spec: {", "spec: {serviceAccountName: robot, automountServiceAccountToken: true, imagePullSecrets: [{name: own}], ", 1), "web", "web2", 1)))
	p = s.Pod(key("web2"))
	if p.Token == "" || p.Spec().ImagePullSecrets[0].Name != "own" {
		t.Errorf("the pod's word counts before the account's: token %q, secrets %v", p.Token, p.Spec().ImagePullSecrets)
	}
	// A volume of that name is used, and no other added.
	must(t, create(t, a, `
apiVersion: v1
kind: Pod
metadata: {name: brings}
spec:
  containers: [{name: app, image: i}, {name: side, image: i, volumeMounts: [{name: kube-api-access-mine, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}]
  volumes: [{name: kube-api-access-mine, emptyDir: {}}]
`))
	o := s.Pod(key("brings")).API().(*corev1.Pod)
	if len(o.Spec.Volumes) != 1 || len(o.Spec.Containers[0].VolumeMounts) != 1 || o.Spec.Containers[0].VolumeMounts[0].Name != "kube-api-access-mine" || len(o.Spec.Containers[1].VolumeMounts) != 1 {
		t.Errorf("%+v", o.Spec)
	}
}

func TestNewNamespaceIsReadyForPods(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: Namespace, metadata: {name: team}}`))
	must(t, create(t, a, strings.Replace(minimal, "name: web", "name: web, namespace: team", 1)))
	ns := s.Get(model.Namespace, store.Key{Name: "team"}).API().(*corev1.Namespace)
	if ns.Status.Phase != corev1.NamespaceActive || len(ns.Spec.Finalizers) != 1 || ns.Labels[corev1.LabelMetadataName] != "team" {
		t.Errorf("%+v", ns)
	}
	for _, m := range NamespaceContents("team") {
		if s.Get(m.Kind, store.Key{Namespace: "team", Name: m.Object.GetName()}) == nil {
			t.Errorf("%s %s is missing", m.Kind.Name, m.Object.GetName())
		}
	}
}

func TestSchedulingGates(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, strings.Replace(minimal, "spec: {", "spec: {schedulingGates: [{name: wait}], ", 1)))
	c := s.Pod(key("web")).Status.Conditions
	if len(c) != 1 || c[0].Reason != "SchedulingGated" || c[0].Status != corev1.ConditionFalse || c[0].Message != "Scheduling is blocked due to non-empty scheduling gates" {
		t.Errorf("%+v", c)
	}
	must(t, a.Patch(model.Pod, key("web"), "merge", "", []byte(`{"spec":{"schedulingGates":null}}`)))
	if p := s.Pod(key("web")); len(p.Spec().SchedulingGates) != 0 || p.Generation != 2 {
		t.Errorf("%v, generation %d", p.Spec().SchedulingGates, p.Generation)
	}
}

func TestLabelKeysAreMerged(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web, rev: "7"}}
spec:
  containers: [{name: app, image: i}]
  topologySpreadConstraints:
  - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [rev, absent]}
  affinity:
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
      - {topologyKey: zone, labelSelector: {matchLabels: {app: web}}, mismatchLabelKeys: [rev]}
`))
	spec := s.Pod(key("web")).Spec()
	spread := spec.TopologySpreadConstraints[0].LabelSelector.MatchExpressions
	anti := spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchExpressions
	if fmt.Sprint(spread) != "[{rev In [7]}]" || fmt.Sprint(anti) != "[{rev NotIn [7]}]" {
		t.Errorf("%v %v", spread, anti)
	}
}

// Pods of one manifest share a template, until something changes on which admission depends.
func TestTemplatesAreShared(t *testing.T) {
	a, s := server(t)
	m := object(t, strings.Replace(minimal, "name: web", "generateName: web-", 1)).(*corev1.Pod)
	make1 := func() *store.Pod {
		p, _, err := a.CreatePodAs(m, identityOf(m))
		must(t, err)
		return p
	}
	x, y := make1(), make1()
	if x.Template != y.Template || x.Status != y.Status || x.Name == y.Name || x.Token == y.Token {
		t.Errorf("%s and %s do not share, or share too much", x.Name, y.Name)
	}
	must(t, create(t, a, `{apiVersion: v1, kind: ServiceAccount, metadata: {name: other}}`))
	if make1().Template == x.Template {
		t.Error("a new ServiceAccount may change what admission does")
	}
	for _, name := range []string{"copy-1", "copy-2"} { // two manifests, as copies are
		must(t, create(t, a, strings.Replace(minimal, "web", name, 1)))
	}
	if s.Pod(key("copy-1")).Template != s.Pod(key("copy-2")).Template {
		t.Error("copies do not share")
	}
	if m.Name != "" || m.Spec.Priority != nil {
		t.Error("the manifest was changed")
	}
	if p := s.Pod(key("copy-1")).API().(*corev1.Pod); p.Name != "copy-1" {
		t.Error(p.Name)
	}
}

func TestNodesComeTainted(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {taints: [{key: x, effect: NoSchedule}]}}`))
	if n := s.Node("n1"); len(n.Spec.Taints) != 2 || n.Spec.Taints[1].Key != corev1.TaintNodeNotReady || n.Spec.Taints[1].Effect != corev1.TaintEffectNoSchedule {
		t.Errorf("%+v", n.Spec.Taints)
	}
}

func TestImportKeepsWhatIs(t *testing.T) {
	a, s := server(t)
	must(t, a.Import(object(t, `
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: team, uid: abc, creationTimestamp: "2025-12-31T23:00:00Z", generation: 3, labels: {a: b},
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: rs, uid: def, controller: true}], deletionTimestamp: "2026-01-01T00:00:10Z", deletionGracePeriodSeconds: 30}
spec: {nodeName: n1, containers: [{name: app, image: i}]}
status: {phase: Running, podIP: 10.0.0.7, qosClass: BestEffort}
`)))
	p := s.Pod(store.Key{Namespace: "team", Name: "old"})
	o := p.API().(*corev1.Pod)
	if o.UID != "abc" || p.Created != -time.Hour || o.Status.PodIP != "10.0.0.7" || o.Spec.NodeName != "n1" || o.Generation != 3 || o.Labels["a"] != "b" || len(o.OwnerReferences) != 1 || len(o.Spec.Tolerations) != 0 {
		t.Errorf("%+v", o)
	}
	if p.Deletion == nil || p.Deletion.At != 10*time.Second || p.Deletion.GraceSeconds != 30 {
		t.Errorf("%+v", p.Deletion)
	}
	if s.Get(model.Namespace, store.Key{Name: "team"}) == nil {
		t.Error("its namespace is missing")
	}
	must(t, a.Import(object(t, `{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {x: "y"}}}`)))
	if ns := s.Get(model.Namespace, store.Key{Name: "default"}).API(); ns.GetLabels()["x"] != "y" {
		t.Error("what Bootstrap made is replaced")
	}
}
