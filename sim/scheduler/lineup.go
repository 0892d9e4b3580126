package scheduler

import (
	"fmt"
	"math/bits"
	"slices"

	"clustersim/sim/config"
)

// maxWeights is the largest sum of weights. Upstream's limit is higher; no sum of scores may leave 32 bits here.
const maxWeights = 1_000_000

// lineup says which plugins run at which extension point, and in which order.
type lineup struct {
	order   [len(pointNames)][]int // by point: places in the registry
	points  []Points               // by place in the registry: where the plugin runs
	weights []int64                // the same: of its score
}

// at is the order at a single point.
func (l *lineup) at(p Points) []int { return l.order[bits.TrailingZeros16(uint16(p))] }

// has reports whether a plugin runs at a point.
func (l *lineup) has(plugin int, p Points) bool { return l.points[plugin]&p != 0 }

// CheckProfile says why upstream or this scheduler would not start with a profile: plugins that do not exist, or exist
// twice, or do not implement a point; no Bind plugin; a combination that is not simulated.
func CheckProfile(args *Args, more ...Registered) error {
	_, err := lineUp(registry(more), &args.Plugins)
	return err
}

// lineUp applies a profile's plugin sets to the default ones.
//
// Source: k8s v1.36.3 pkg/scheduler/apis/config/v1/default_plugins.go mergePlugins,
// pkg/scheduler/framework/runtime/framework.go NewFramework, expandMultiPointPlugins, getValidScoreWeights.
func lineUp(plugins []registered, c *config.SchedulerPlugins) (*lineup, error) {
	e := &expander{plugins: plugins, lineup: &lineup{points: make([]Points, len(plugins)), weights: make([]int64, len(plugins))}}
	e.multiPoint(&c.MultiPoint)
	for i := range pointNames {
		p := Points(1) << i
		e.expand(p, PluginSetAt(c, p))
	}
	for i := range plugins {
		if w := &e.lineup.weights[i]; !e.lineup.has(i, PointScore) {
			*w = 0
		} else {
			*w = max(*w, 1)
			e.sum += *w
		}
	}
	if e.err == nil {
		e.err = e.check()
	}
	return e.lineup, e.err
}

// PluginSetAt is the set of a single point.
func PluginSetAt(c *config.SchedulerPlugins, p Points) *config.PluginSet {
	sets := [...]*config.PluginSet{&c.PreEnqueue, &c.QueueSort, &c.PreFilter, &c.Filter, &c.PostFilter, &c.PreScore, &c.Score, &c.Reserve, &c.Permit, &c.PreBind, &c.Bind, &c.PostBind}
	return sets[bits.TrailingZeros16(uint16(p))]
}

// expander makes a lineup. It remembers the first mistake.
type expander struct {
	plugins []registered
	lineup  *lineup
	multi   []config.SchedulerPlugin // of multiPoint, the default ones among them
	sum     int64                    // of weights
	err     error
}

func (e *expander) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}

// find is the place of a plugin in the registry, -1 if there is none of that name.
func (e *expander) find(name string) int {
	return slices.IndexFunc(e.plugins, func(pl registered) bool { return pl.Name == name })
}

func contains(list []config.SchedulerPlugin, name string) int {
	return slices.IndexFunc(list, func(pl config.SchedulerPlugin) bool { return pl.Name == name })
}

// multiPoint merges the set of all points with the registry: what is listed again replaces the default where it stands.
func (e *expander) multiPoint(c *config.PluginSet) {
	var replaced []int
	if contains(c.Disabled, "*") < 0 {
		for i := range e.plugins {
			pl := config.SchedulerPlugin{Name: e.plugins[i].Name, Weight: e.plugins[i].Weight}
			if contains(c.Disabled, pl.Name) >= 0 {
				continue
			}
			if at := contains(c.Enabled, pl.Name); at >= 0 {
				pl = c.Enabled[at]
				replaced = append(replaced, at)
			}
			e.multi = append(e.multi, pl)
		}
	}
	for i, pl := range c.Enabled {
		switch {
		case e.find(pl.Name) < 0:
			e.fail("plugin %q does not exist", pl.Name)
		case slices.Contains(replaced, i):
		case contains(e.multi, pl.Name) >= 0:
			e.fail("plugin %q is enabled twice", pl.Name)
		default:
			e.multi = append(e.multi, pl)
		}
	}
}

// expand finds the order of one point: first what the point lists and multiPoint has too, then the rest of multiPoint,
// then the rest of what the point lists.
func (e *expander) expand(p Points, c *config.PluginSet) {
	var listed, both, rest []string
	for _, pl := range c.Enabled {
		switch i := e.find(pl.Name); {
		case i < 0:
			e.fail("plugin %q does not exist", pl.Name)
			continue
		case e.plugins[i].points()&p == 0:
			e.fail("plugin %q has no %v", pl.Name, p)
			continue
		case slices.Contains(listed, pl.Name):
			e.fail("plugin %q is enabled twice at %v", pl.Name, p)
			continue
		case p == PointScore:
			e.lineup.weights[i] = max(pl.Weight, 1)
		}
		listed = append(listed, pl.Name)
	}
	for _, pl := range e.multi {
		i := e.find(pl.Name)
		if i < 0 || e.plugins[i].points()&p == 0 || contains(c.Disabled, "*") >= 0 || contains(c.Disabled, pl.Name) >= 0 {
			continue
		}
		if slices.Contains(listed, pl.Name) {
			both = append(both, pl.Name)
			continue
		}
		rest = append(rest, pl.Name)
		if p == PointScore {
			e.lineup.weights[i] = pl.Weight
		}
	}
	var names []string
	for _, name := range listed {
		if slices.Contains(both, name) {
			names = append(names, name)
		}
	}
	names = append(names, rest...)
	for _, name := range listed {
		if !slices.Contains(both, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		i := e.find(name)
		e.lineup.order[bits.TrailingZeros16(uint16(p))] = append(e.lineup.at(p), i)
		e.lineup.points[i] |= p
	}
}

// check refuses what upstream does not start with, and what is not simulated.
func (e *expander) check() error {
	switch l := e.lineup; {
	case len(l.at(PointQueueSort)) != 1:
		return fmt.Errorf("exactly one queueSort plugin is needed, got %d", len(l.at(PointQueueSort)))
	case len(l.at(PointBind)) == 0:
		return fmt.Errorf("at least one bind plugin is needed")
	case e.sum > maxWeights:
		return fmt.Errorf("the weights of score plugins sum up to more than %d", maxWeights)
	}
	for i := range e.plugins {
		for _, pair := range [...][2]Points{{PointPreFilter, PointFilter}, {PointPreScore, PointScore}} {
			prepare, use := pair[0], pair[1]
			if has := e.plugins[i].points(); has&prepare != 0 && has&use != 0 && e.lineup.has(i, use) && !e.lineup.has(i, prepare) {
				return fmt.Errorf("%v of plugin %q without its %v is not simulated", use, e.plugins[i].Name, prepare)
			}
		}
		if has := e.plugins[i].points(); has&PointReserve != 0 {
			for _, p := range [...]Points{PointReserve, PointPreBind} {
				if e.lineup.has(i, p) != e.lineup.has(i, PointFilter) {
					return fmt.Errorf("plugin %q with its filter and without its %v, or the other way round, is not simulated", e.plugins[i].Name, p)
				}
			}
		}
	}
	return nil
}
