package scheduler

import (
	"slices"
	"strings"
	"testing"

	"clustersim/sim/config"
)

func named(names ...string) (out []config.SchedulerPlugin) {
	for _, n := range names {
		out = append(out, config.SchedulerPlugin{Name: n})
	}
	return out
}

func weighted(name string, weight int64) []config.SchedulerPlugin {
	return []config.SchedulerPlugin{{Name: name, Weight: weight}}
}

// lineOf lists what runs at a point: names, for score with weights.
func lineOf(t *testing.T, c config.SchedulerPlugins, p Points) string {
	plugins := registry(nil)
	l, err := lineUp(plugins, &c)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range l.at(p) {
		name := plugins[i].Name
		if p == PointScore {
			name += "=" + string(rune('0'+l.weights[i]))
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

// The order is that of scheduler.md 1.2 and 8: what a point lists and multiPoint has, the rest of multiPoint, the rest of
// what the point lists.
func TestLineup(t *testing.T) {
	const scores = "TaintToleration=3 NodeAffinity=2 NodeResourcesFit=1 PodTopologySpread=2 InterPodAffinity=2 DynamicResources=2 NodeResourcesBalancedAllocation=1 ImageLocality=1"
	without := func(line string, names ...string) string {
		return strings.Join(slices.DeleteFunc(strings.Fields(line), func(f string) bool {
			name, _, _ := strings.Cut(f, "=")
			return slices.Contains(names, name) || name == "VolumeBinding"
		}), " ")
	}
	tests := []struct {
		name string
		set  config.SchedulerPlugins
		want string
	}{
		{"default", config.SchedulerPlugins{}, scores},
		{"one disabled", config.SchedulerPlugins{Score: config.PluginSet{Disabled: named("ImageLocality")}}, without(scores, "ImageLocality")},
		{"one alone", config.SchedulerPlugins{Score: config.PluginSet{Disabled: named("*"), Enabled: weighted("NodeResourcesFit", 5)}}, "NodeResourcesFit=5"},
		{"another weight comes first", config.SchedulerPlugins{Score: config.PluginSet{Enabled: weighted("ImageLocality", 7)}},
			"ImageLocality=7 " + without(scores, "ImageLocality")},
		{"disabled and enabled comes last", config.SchedulerPlugins{Score: config.PluginSet{Enabled: weighted("TaintToleration", 4), Disabled: named("TaintToleration")}},
			without(scores, "TaintToleration") + " TaintToleration=4"},
		{"no weight is 1", config.SchedulerPlugins{Score: config.PluginSet{Enabled: named("TaintToleration")}}, "TaintToleration=1 " + without(scores, "TaintToleration")},
		{"multiPoint replaces in place", config.SchedulerPlugins{MultiPoint: config.PluginSet{Enabled: weighted("NodeAffinity", 9)}}, strings.Replace(scores, "NodeAffinity=2", "NodeAffinity=9", 1)},
		{"a point beats multiPoint", config.SchedulerPlugins{MultiPoint: config.PluginSet{Enabled: weighted("NodeAffinity", 9)}, Score: config.PluginSet{Enabled: weighted("NodeAffinity", 8)}},
			"NodeAffinity=8 " + without(scores, "NodeAffinity")},
		{"multiPoint disabled", config.SchedulerPlugins{MultiPoint: config.PluginSet{Disabled: named("*"), Enabled: named("PrioritySort", "NodeAffinity", "DefaultBinder", "ImageLocality")}},
			"NodeAffinity=1 ImageLocality=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := without(lineOf(t, tt.set, PointScore)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCheckProfile(t *testing.T) {
	tests := []struct {
		set  config.SchedulerPlugins
		want string
	}{
		{config.SchedulerPlugins{}, ""},
		{config.SchedulerPlugins{Filter: config.PluginSet{Enabled: named("Nope")}}, `plugin "Nope" does not exist`},
		{config.SchedulerPlugins{MultiPoint: config.PluginSet{Enabled: named("Nope")}}, `plugin "Nope" does not exist`},
		{config.SchedulerPlugins{Score: config.PluginSet{Enabled: named("NodeName")}}, `plugin "NodeName" has no score`},
		{config.SchedulerPlugins{Score: config.PluginSet{Enabled: named("ImageLocality", "ImageLocality")}}, `plugin "ImageLocality" is enabled twice at score`},
		{config.SchedulerPlugins{Bind: config.PluginSet{Disabled: named("*")}}, "at least one bind plugin is needed"},
		{config.SchedulerPlugins{QueueSort: config.PluginSet{Disabled: named("*")}}, "exactly one queueSort plugin is needed, got 0"},
		{config.SchedulerPlugins{PreFilter: config.PluginSet{Disabled: named("NodeResourcesFit")}}, `filter of plugin "NodeResourcesFit" without its preFilter is not simulated`},
		{config.SchedulerPlugins{PreFilter: config.PluginSet{Disabled: named("NodePorts")}, Filter: config.PluginSet{Disabled: named("NodePorts")}}, ""},
		{config.SchedulerPlugins{Reserve: config.PluginSet{Disabled: named("DynamicResources")}},
			`plugin "DynamicResources" with its filter and without its reserve, or the other way round, is not simulated`},
		{config.SchedulerPlugins{Score: config.PluginSet{Enabled: weighted("ImageLocality", 1_000_000)}}, "the weights of score plugins sum up to more than 1000000"},
	}
	for _, tt := range tests {
		got := ""
		if err := CheckProfile(&Args{Plugins: tt.set}); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
