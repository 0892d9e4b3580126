package fault

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/world"
)

func TestMode(t *testing.T) {
	tests := []struct {
		text       string
		of3, of10  int
		wantString string
	}{
		{"all", 3, 10, "all"},
		{"one", 1, 1, "one"},
		{"5", 3, 5, "5"},
		{"25%", 1, 3, "25%"},
		{"100%", 3, 10, "100%"},
		{"0.1%", 1, 1, "0.1%"},
	}
	for _, tt := range tests {
		var m Mode
		if err := m.UnmarshalText([]byte(tt.text)); err != nil {
			t.Fatal(err)
		}
		if m.Of(3) != tt.of3 || m.Of(10) != tt.of10 || m.Of(0) != 0 || m.String() != tt.wantString {
			t.Errorf("%s: %d of 3, %d of 10, %d of 0, %s", tt.text, m.Of(3), m.Of(10), m.Of(0), m)
		}
	}
	for _, bad := range []string{"", "0", "-1", "some", "0%", "101%", "x%"} {
		var m Mode
		if m.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestCheck(t *testing.T) {
	node := Target{Node: "n1"}
	pod := Object{Target: "Pod/web"}
	tests := []struct {
		name   string
		action Action
		want   string
	}{
		{"one target", &NodeCrash{node}, ""},
		{"no target", &NodeCrash{}, "needs exactly one of node, zone, select, step"},
		{"two targets", &Cordon{Target{Node: "a", Zone: "b"}}, "needs exactly one of node, zone, select, step"},
		{"bad selector", &Uncordon{Target{Select: "a in"}}, "select: unable to parse requirement: found '' expected: '('"},
		{"kubelet", &Partition{node, "dead"}, `kubelet: must be running or frozen, got "dead"`},
		{"effect", &Taint{node, []corev1.Taint{{Key: "a", Effect: "No"}}}, `taints: effect: must be NoSchedule, PreferNoSchedule or NoExecute, got "No"`},
		{"no kind", &Scale{Object{Target: "web"}, new(int32)}, `target: must be KIND/NAME, got "web"`},
		{"unknown kind", &Scale{Object{Target: "Foo/web"}, new(int32)}, `target: unknown kind "Foo"`},
		{"no replicas", &Scale{Object{Target: "deploy/web"}, nil}, "replicas: required"},
		{"cluster scope", &Delete{Object: Object{"Node/n1", "default"}}, "namespace: a Node belongs to none"},
		{"propagation", &Delete{Object: pod, Propagation: "All"}, `propagation: must be Background, Foreground or Orphan, got "All"`},
		{"patch list", &Patch{Object: pod, Type: "json", Patch: []byte("{}")}, "patch: must be a list of operations for type json"},
		{"patch map", &Patch{Object: pod, Patch: []byte("[]")}, "patch: must be a mapping for type strategic"},
		{"kill", &KillContainer{Object: Object{Target: "Job/x"}}, "target: must be a Pod"},
		{"glob", &RegistryOutage{Match: "[a"}, "match: not a glob"},
		{"throttle", &RegistryThrottle{Match: "*", Bandwidth: world.Constant(1)}, ""},
		{"reboot", &NodeReboot{Target: node}, "downFor: required"},
	}
	for _, tt := range tests {
		got := ""
		if err := tt.action.Check(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestRegistry: names are unique, and every action starts out zero.
func TestRegistry(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Registry {
		if seen[e.Name] {
			t.Errorf("%s is registered twice", e.Name)
		}
		seen[e.Name] = true
		if e.New != nil && e.New().Check() == nil {
			t.Errorf("%s: an empty action passes Check", e.Name)
		}
	}
}
