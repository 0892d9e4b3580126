package fault

import (
	"testing"

	"clustersim/sim/world"
)

func TestForEachCheck(t *testing.T) {
	pool := Target{Select: "pool=old"}
	task := func(name string, a Action) []Task { return []Task{{Name: name, Action: a}} }
	for _, tt := range []struct {
		name string
		each ForEach
		want string
	}{
		{"fine", ForEach{Target: pool, Do: []Task{{"drain", &Drain{}}, {"nodeReboot", &NodeReboot{DownFor: world.Constant(1)}}, {"uncordon", &Uncordon{}}}}, ""},
		{"nothing to do", ForEach{Target: pool}, "do: required, a list of actions on nodes"},
		{"no nodes", ForEach{Do: task("drain", &Drain{})}, "needs exactly one of node, zone, select, step"},
		{"not on nodes", ForEach{Target: pool, Do: task("scale", &Scale{})}, "do: scale: is not an action on nodes"},
		{"other nodes", ForEach{Target: pool, Do: task("cordon", &Cordon{Target{Node: "n1"}})}, "do: cordon: takes the nodes of forEach and cannot name its own"},
		{"nested", ForEach{Target: pool, Do: task("forEach", &ForEach{})}, "do: forEach: cannot stand inside forEach"},
		{"inner field", ForEach{Target: pool, Do: task("nodeReboot", &NodeReboot{})}, "do: nodeReboot: downFor: required"},
		{"parallel", ForEach{Target: pool, Parallel: -1, Do: task("drain", &Drain{})}, "parallel: must not be negative"},
	} {
		got := ""
		if err := tt.each.Check(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestShare(t *testing.T) {
	for text, want := range map[string]int64{"95%": 950, "12.5%": 125, "1Ki": 1024, "100%": 1000} {
		var s Share
		if err := s.UnmarshalText([]byte(text)); err != nil || s.of(1000) != want {
			t.Errorf("%s: %d, %v, want %d", text, s.of(1000), err, want)
		}
	}
	for _, bad := range []string{"", "0%", "101%", "-1", "x", "NaN%"} {
		if (&Share{}).UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
