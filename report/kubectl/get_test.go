package kubectl

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
)

// TestHumanDuration has the table of kubelet.md 14.1.
func TestHumanDuration(t *testing.T) {
	for _, test := range []struct {
		d    time.Duration
		want string
	}{
		{-2 * time.Second, "<invalid>"}, {-1500 * time.Millisecond, "0s"}, {-time.Second, "0s"}, {0, "0s"}, {999 * time.Millisecond, "0s"},
		{119 * time.Second, "119s"}, {120 * time.Second, "2m"}, {149 * time.Second, "2m29s"}, {10*time.Minute - time.Second, "9m59s"},
		{10 * time.Minute, "10m"}, {179 * time.Minute, "179m"}, {3 * time.Hour, "3h"}, {3*time.Hour + 5*time.Minute, "3h5m"}, {8*time.Hour + time.Minute, "8h"},
		{47 * time.Hour, "47h"}, {48 * time.Hour, "2d"}, {51 * time.Hour, "2d3h"}, {8 * 24 * time.Hour, "8d"}, {729 * 24 * time.Hour, "729d"},
		{730 * 24 * time.Hour, "2y"}, {740 * 24 * time.Hour, "2y10d"}, {8 * 365 * 24 * time.Hour, "8y"},
	} {
		if got := HumanDuration(test.d); got != test.want {
			t.Errorf("%v: %s, want %s", test.d, got, test.want)
		}
	}
}

func waiting(reason string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
}

func ended(code int32, reason string) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason}}
}

func running() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}

// TestDisplayStatus goes through the steps of kubelet.md 14.1.
func TestDisplayStatus(t *testing.T) {
	always, yes := corev1.ContainerRestartPolicyAlways, true
	type status = corev1.ContainerStatus
	for _, test := range []struct {
		name       string
		phase      corev1.PodPhase
		reason     string
		deleted    bool
		conditions []corev1.PodCondition
		inits      []status // a name of "side" is a sidecar
		containers []status
		want       string
		ready      string
	}{
		{"phase", corev1.PodPending, "", false, nil, nil, nil, "Pending", "0/0"},
		{"reason of the pod", corev1.PodFailed, "Evicted", false, nil, nil, nil, "Evicted", "0/0"},
		{"gated", corev1.PodPending, "", false, []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "SchedulingGated"}}, nil, nil, "SchedulingGated", "0/0"},
		{"first init runs", corev1.PodPending, "", false, nil, []status{{Name: "a", State: running()}, {Name: "b", State: waiting("PodInitializing")}}, []status{{Name: "x", State: waiting("PodInitializing")}}, "Init:0/2", "0/1"},
		{"second init waits", corev1.PodPending, "", false, nil, []status{{Name: "a", State: ended(0, "Completed")}, {Name: "b", State: waiting("PodInitializing")}}, nil, "Init:1/2", "0/0"},
		{"init fails", corev1.PodPending, "", false, nil, []status{{Name: "a", State: ended(1, "Error")}}, nil, "Init:Error", "0/0"},
		{"init exit code", corev1.PodPending, "", false, nil, []status{{Name: "a", State: ended(7, "")}}, nil, "Init:ExitCode:7", "0/0"},
		{"init backs off", corev1.PodPending, "", false, nil, []status{{Name: "a", State: waiting("CrashLoopBackOff")}}, nil, "Init:CrashLoopBackOff", "0/0"},
		{"sidecar started", corev1.PodRunning, "", false, nil, []status{{Name: "side", State: running(), Started: &yes, Ready: true}}, []status{{Name: "x", State: running(), Ready: true}}, "Running", "2/2"},
		{"sidecar not started", corev1.PodPending, "", false, nil, []status{{Name: "side", State: running()}}, []status{{Name: "x", State: waiting("PodInitializing")}}, "Init:0/1", "0/2"},
		{"initialized overrides", corev1.PodRunning, "", false, []corev1.PodCondition{{Type: corev1.PodInitialized, Status: corev1.ConditionTrue}}, []status{{Name: "side", State: waiting("CrashLoopBackOff")}}, []status{{Name: "x", State: waiting("ErrImagePull")}}, "ErrImagePull", "0/2"},
		{"first container has the last word", corev1.PodRunning, "", false, nil, nil, []status{{Name: "a", State: waiting("CrashLoopBackOff")}, {Name: "b", State: ended(1, "Error")}}, "CrashLoopBackOff", "0/2"},
		{"unready", corev1.PodRunning, "", false, nil, nil, []status{{Name: "a", State: running()}}, "Running", "0/1"},
		{"one completed, one runs, ready", corev1.PodRunning, "", false, []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}, nil, []status{{Name: "a", State: ended(0, "Completed")}, {Name: "b", State: running(), Ready: true}}, "Running", "1/2"},
		{"one completed, one runs", corev1.PodRunning, "", false, nil, nil, []status{{Name: "a", State: ended(0, "Completed")}, {Name: "b", State: running(), Ready: true}}, "NotReady", "1/2"},
		{"one completed, one failed", corev1.PodFailed, "", false, nil, nil, []status{{Name: "a", State: ended(0, "Completed")}, {Name: "b", State: ended(1, "Error")}}, "Error", "0/2"},
		{"signal", corev1.PodFailed, "", false, nil, nil, []status{{Name: "a", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Signal: 9}}}}, "Signal:9", "0/1"},
		{"terminating", corev1.PodRunning, "", true, nil, nil, []status{{Name: "a", State: running(), Ready: true}}, "Terminating", "1/1"},
		{"deleted after its end", corev1.PodSucceeded, "", true, nil, nil, []status{{Name: "a", State: ended(0, "Completed")}}, "Completed", "0/1"},
		{"node lost", corev1.PodRunning, "NodeLost", true, nil, nil, nil, "Unknown", "0/0"},
	} {
		pod := &corev1.Pod{Status: corev1.PodStatus{Phase: test.phase, Reason: test.reason, Conditions: test.conditions, InitContainerStatuses: test.inits, ContainerStatuses: test.containers}}
		if test.deleted {
			pod.DeletionTimestamp = &metav1.Time{}
		}
		for _, s := range test.inits {
			c := corev1.Container{Name: s.Name}
			if s.Name == "side" {
				c.RestartPolicy = &always
			}
			pod.Spec.InitContainers = append(pod.Spec.InitContainers, c)
		}
		for _, s := range test.containers {
			pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: s.Name})
		}
		cells := podCells(time.Time{}, pod)
		if cells[2] != test.want || cells[1] != test.ready || DisplayStatus(pod) != test.want {
			t.Errorf("%s: %s %s, want %s %s", test.name, cells[1], cells[2], test.ready, test.want)
		}
	}
}

// small has a few objects with short rows.
func small() *Cluster {
	now := time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)
	meta := func(namespace, name string, ago time.Duration, labels map[string]string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(namespace + name), Labels: labels, CreationTimestamp: metav1.NewTime(now.Add(-ago))}
	}
	pod := func(namespace, name string, ago time.Duration, labels map[string]string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: meta(namespace, name, ago, labels), Spec: corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{{Name: "c"}}}, Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	}
	return &Cluster{Now: now, Objects: []model.Object{
		pod("default", "web-b", 30*time.Second, map[string]string{"app": "web"}),
		pod("default", "web-a", 40*time.Second, map[string]string{"app": "web", "tier": "front"}),
		pod("a-b", "x", 20*time.Second, nil),
		pod("a", "y", 10*time.Second, nil),
		&corev1.Node{ObjectMeta: meta("", "n1", time.Minute, nil), Status: corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{KubeletVersion: "v1.36.3"}}},
		&corev1.Event{ObjectMeta: meta("default", "web-a.1", 5*time.Second, nil), Reason: "Started", Type: "Normal", Message: "Container started", InvolvedObject: corev1.ObjectReference{Kind: "Pod", APIVersion: "v1", Name: "web-a", Namespace: "default", UID: "defaultweb-a"},
			FirstTimestamp: metav1.NewTime(now.Add(-11 * time.Second)), LastTimestamp: metav1.NewTime(now.Add(-4 * time.Second)), Count: 5, Source: corev1.EventSource{Component: "kubelet"}},
	}}
}

func TestGet(t *testing.T) {
	for _, test := range []struct{ command, want string }{
		{"get pods", "NAME    READY   STATUS    RESTARTS   AGE\nweb-a   0/1     Running   0          40s\nweb-b   0/1     Running   0          30s\n"},
		{"get po web-b", "NAME    READY   STATUS    RESTARTS   AGE\nweb-b   0/1     Running   0          30s\n"},
		{"get pods web-b web-a --no-headers", "web-b   0/1   Running   0     30s\nweb-a   0/1   Running   0     40s\n"},
		// By etcd key: a-b/x stands before a/y, since a hyphen sorts before a slash.
		{"get pods -A --no-headers", "a-b       x       0/1   Running   0     20s\na         y       0/1   Running   0     10s\ndefault   web-a   0/1   Running   0     40s\ndefault   web-b   0/1   Running   0     30s\n"},
		{"get pods,nodes", "NAME        READY   STATUS    RESTARTS   AGE\npod/web-a   0/1     Running   0          40s\npod/web-b   0/1     Running   0          30s\n\nNAME      STATUS    ROLES    AGE   VERSION\nnode/n1   Unknown   <none>   60s   v1.36.3\n"},
		{"get pod/web-a node/n1 --no-headers", "pod/web-a   0/1   Running   0     40s\nnode/n1   Unknown   <none>   60s   v1.36.3\n"},
		{"get pods -l tier=front --no-headers", "web-a   0/1   Running   0     40s\n"},
		{"get pods -l tier!=front -o name", "pod/web-b\n"},
		{"get pods --field-selector metadata.name=web-b,spec.nodeName=n1 -o name", "pod/web-b\n"},
		{"get pods --field-selector status.phase!=Running", "No resources found in default namespace.\n"},
		{"get pods -o name --sort-by .metadata.creationTimestamp", "pod/web-a\npod/web-b\n"},
		{"get pods -A -o name --sort-by {.metadata.creationTimestamp}", "pod/web-a\npod/web-b\npod/x\npod/y\n"},
		{"get pods --show-labels --no-headers", "web-a   0/1   Running   0     40s   app=web,tier=front\nweb-b   0/1   Running   0     30s   app=web\n"},
		{"get events", "LAST SEEN   TYPE     REASON    OBJECT      MESSAGE\n4s          Normal   Started   pod/web-a   Container started\n"},
		{"events", "LAST SEEN          TYPE     REASON    OBJECT      MESSAGE\n4s (x5 over 11s)   Normal   Started   Pod/web-a   Container started\n"},
		{"get all -o name", "pod/web-a\npod/web-b\n"},
		{"get deploy", "No resources found in default namespace.\n"},
		{"get pv", "No resources found\n"},
		{"get deploy -A", "No resources found\n"},
		{"get deploy -o yaml", "apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: \"\"\n"},
		{"get node n1 -o yaml", "apiVersion: v1\nkind: Node\nmetadata:\n  creationTimestamp: \"2026-01-01T00:00:00Z\"\n  name: n1\n  uid: n1\nspec: {}\nstatus:\n  daemonEndpoints:\n    kubeletEndpoint:\n      Port: 0\n  nodeInfo:\n    architecture: \"\"\n    bootID: \"\"\n    containerRuntimeVersion: \"\"\n    kernelVersion: \"\"\n    kubeProxyVersion: \"\"\n    kubeletVersion: v1.36.3\n    machineID: \"\"\n    operatingSystem: \"\"\n    osImage: \"\"\n    systemUUID: \"\"\n"},
	} {
		if got := run(t, small(), "", test.command); got != test.want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", test.command, got, test.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		command string
		code    int
		want    string
	}{
		{"get pods x", 1, "Error from server (NotFound): pods \"x\" not found"},
		{"get deployments.apps x", 1, "Error from server (NotFound): deployments.apps \"x\" not found"},
		{"get pod/x pod/z pod/x", 1, "Error from server (NotFound): pods \"x\" not found\nError from server (NotFound): pods \"z\" not found"},
		{"get widgets", 1, "error: the server doesn't have a resource type \"widgets\""},
		{"get pods -A web-a", 1, "error: a resource cannot be retrieved by name across all namespaces"},
		{"get pods web-a -l a=b", 1, "error: name cannot be provided when a selector is specified"},
		{"get pod/web-a -l a=b", 1, "error: selectors and the all flag cannot be used when passing resource/name arguments"},
		{"get pod/a/b", 1, "error: arguments in resource/name form may not have more than one slash"},
		{"get pod/", 1, "error: arguments in resource/name form must have a single resource and name"},
		{"get pods -o table", 1, "error: unable to match a printer suitable for the output format \"table\", allowed formats are: json,name,wide,yaml"},
		{"get pods -o json --show-labels", 1, "error: --show-labels option cannot be used with json printer"},
		{"get pods --field-selector spec.x=1", 1, "Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label selector \"\", field selector \"spec.x=1\": field label not supported: spec.x"},
		{"get deploy --field-selector x=1", 1, "Error from server (BadRequest): Unable to find \"apps/v1, Resource=deployments\" that match label selector \"\", field selector \"x=1\": \"x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""},
		{"get pods --sort-by .spec.absent", 1, "error: couldn't find any field with path \"{.spec.absent}\" in the list of objects"},
		{"get deploy", 0, "No resources found in default namespace."},
		{"events -A", 0, ""},
		{"describe pod nothing", 1, "Error from server (NotFound): pods \"nothing\" not found"},
		{"describe deploy", 0, "No resources found in default namespace."},
	} {
		words := strings.Fields(test.command)
		r := Request{}
		for i := 1; i < len(words); i++ {
			switch words[i] {
			case "-A":
				r.AllNamespaces = true
			case "-l":
				i++
				r.Selector = words[i]
			case "-o":
				i++
				r.Output = words[i]
			case "--show-labels":
				r.ShowLabels = true
			case "--sort-by":
				i++
				r.SortBy = words[i]
			case "--field-selector":
				i++
				r.FieldSelector = words[i]
			default:
				r.Args = append(r.Args, words[i])
			}
		}
		do := map[string]func() error{
			"get":      func() error { return Get(new(strings.Builder), small(), r) },
			"describe": func() error { return Describe(new(strings.Builder), small(), r) },
			"events":   func() error { return Events(new(strings.Builder), small(), r) },
		}[words[0]]
		err := do()
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", test.command, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) || e.Message != test.want || e.Code != test.code {
			t.Errorf("%s\ngot  %v\nwant %s (exit %d)", test.command, err, test.want, test.code)
		}
	}
}

// Part of the names are there: kubectl prints those, and fails.
func TestGetPrintsWhatItFinds(t *testing.T) {
	var out strings.Builder
	err := Get(&out, small(), Request{Args: []string{"pods", "web-a", "x"}, NoHeaders: true})
	if out.String() != "web-a   0/1   Running   0     40s\n" || err == nil || err.Error() != "Error from server (NotFound): pods \"x\" not found" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestEventsFilters(t *testing.T) {
	for _, test := range []struct {
		r    Request
		want string
	}{
		{Request{For: "pod/web-a", NoHeaders: true}, "4s (x5 over 11s)   Normal   Started   Pod/web-a   Container started\n"},
		{Request{For: "pod/web-b"}, "No events found in default namespace."},
		{Request{Types: []string{"warning"}}, "No events found in default namespace."},
		{Request{Types: []string{"Normal"}, Output: "name"}, "event/web-a.1\n"},
		{Request{Types: []string{"Odd"}}, "error: valid --types are Normal or Warning"},
		{Request{For: "web"}, "error: --for must be in resource/name form"},
		{Request{Namespace: "none"}, "No events found in none namespace."},
	} {
		var out strings.Builder
		var got string
		if err := Events(&out, small(), test.r); err != nil {
			got = err.Error()
		} else {
			got = out.String()
		}
		if got != test.want {
			t.Errorf("%+v\ngot  %q\nwant %q", test.r, got, test.want)
		}
	}
}

// A name that is not there is a prefix, and then no events are shown; several objects are two lines apart.
func TestDescribePrefix(t *testing.T) {
	got := run(t, small(), "", "describe pod web-")
	if strings.Count(got, "Name:") != 2 || strings.Contains(got, "Events:") || !strings.HasSuffix(got, "<none>\n\n") {
		t.Errorf("got\n%s", got)
	}
	got = run(t, small(), "", "describe pods")
	if strings.Count(got, "\n\n\nName:") != 1 || strings.Contains(got, "Events:") {
		t.Errorf("got\n%s", got)
	}
	got = run(t, small(), "", "describe pod web-a")
	if !strings.HasSuffix(got, "  Normal  Started  4s (x5 over 11s)  kubelet  Container started\n") {
		t.Errorf("got\n%s", got)
	}
}

// TestFieldTitles has upstream's own table, and two more.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe_test.go.
func TestFieldTitles(t *testing.T) {
	for in, want := range map[string]string{
		"simpleField": "Simple Field", "respectPDBs": "Respect PDBs", "respectPDB": "Respect PDB", "apiURL": "API URL", "kubeAPI": "Kube API",
		"userUID": "User UID", "HTTPSProxy": "HTTPSProxy", "customCRDs": "Custom CRDs", "apiVersion": "API Version", "f:metadata": "f:metadata",
	} {
		if got := fieldTitle(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// Every kind has columns, and a row for an empty object.
func TestViewsAreComplete(t *testing.T) {
	for _, k := range model.Kinds {
		v := viewOf(k)
		o := k.New()
		if n := len(v.cells(time.Time{}, o)); n != len(v.columns) {
			t.Errorf("%s: %d cells in %d columns", k.Name, n, len(v.columns))
		}
		c := &Cluster{Objects: []model.Object{o}}
		if text := describeObject(c, v, o, true); text == "" {
			t.Errorf("%s: no sheet", k.Name)
		}
	}
	seen := map[*model.Kind]bool{}
	for _, v := range views {
		if v.kind == nil || seen[v.kind] {
			t.Errorf("the table has a kind twice, or none: %+v", v)
		}
		seen[v.kind] = true
	}
}
