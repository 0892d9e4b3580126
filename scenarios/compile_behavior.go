package scenarios

import (
	"maps"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim/world"
)

// behaviors compiles spec.behaviors.
func (c *compiler) behaviors() {
	for i := range c.spec.Behaviors {
		b := &c.spec.Behaviors[i]
		to := world.Behavior{
			Select: c.selector(b), Container: b.Container, StartError: b.StartError, Listens: b.Listens,
			SandboxDelay: b.SandboxDelay,
			OnTerm:       world.OnTerm{Ignore: b.OnTerm.Ignore, ExitAfter: b.OnTerm.ExitAfter, ExitCode: c.exitCode(b.OnTerm.ExitCode, b.Place)},
			PreStop:      c.hook(b.Hooks.PreStop, b.Place), PostStart: c.hook(b.Hooks.PostStart, b.Place),
			Probes: c.probes(&b.Probes),
			Usage:  c.seriesMap(b.Usage, "usage"), Load: c.seriesMap(b.Load.series, "load"),
		}
		for j := range b.Run.Attempts {
			to.Attempts = append(to.Attempts, c.attempt(&b.Run.Attempts[j]))
		}
		if b.Run.Then != nil {
			then := c.attempt(b.Run.Then)
			to.Then = &then
		}
		if b.OnTerm.Ignore && (b.OnTerm.ExitAfter.IsSet() || b.OnTerm.ExitCode.IsSet()) {
			c.add(b.Place, model.Error, "", "onTerm: ignore excludes exitAfter and exitCode")
		}
		for _, port := range b.Listens {
			if port < 1 || port > 65535 {
				c.add(b.Place, model.Error, "", "listens: must be a port from 1 to 65535, got %d", port)
			}
		}
		c.options.Behaviors = append(c.options.Behaviors, to)
	}
}

// selector compiles the parts of a select.
func (c *compiler) selector(b *Behavior) world.Selector {
	s := world.Selector{Namespace: b.Select.Namespace, Name: b.Select.Name, Owner: b.Select.Owner, Image: b.Select.Image}
	at := b.Select.Place
	if at.Line == 0 {
		at = b.Place
	}
	if b.Select.Labels != "" {
		sel, err := labels.Parse(b.Select.Labels)
		if err != nil {
			c.add(at, model.Error, "", "select.labels: must be a label selector such as app=web, got %q", b.Select.Labels)
		}
		s.Labels = sel
	}
	if s.Owner != "" {
		kind, name, ok := strings.Cut(s.Owner, "/")
		k := model.FindKind(kind)
		if !ok || name == "" || k == nil {
			c.add(at, model.Error, "", "select.owner: must be KIND/NAME such as Deployment/web, got %q", s.Owner)
			return s
		}
		s.Owner = k.Name + "/" + name
	}
	return s
}

func (c *compiler) attempt(a *attempt) world.Attempt {
	to := world.Attempt{Forever: a.forever, For: a.For, ExitCode: c.exitCode(a.ExitCode, a.Place), Reason: a.Reason, Message: a.Message}
	return to
}

// exitCode refuses what no process can answer. Random ones are held to the range when they are drawn.
func (c *compiler) exitCode(v world.Value, at model.Place) world.Value {
	if v.IsSet() && !v.IsRandom() && v.Int(nil) > 255 {
		c.add(at, model.Error, "", "exitCode: must be from 0 to 255, got %d", v.Int(nil))
	}
	return v
}

func (c *compiler) hook(h *hook, at model.Place) *world.Hook {
	if h == nil {
		return nil
	}
	return &world.Hook{For: h.For, ExitCode: c.exitCode(h.ExitCode, at)}
}

// probes compiles the scripts of the probes; nil if there is none.
func (c *compiler) probes(p *Probes) map[world.ProbeType]world.ProbeScript {
	to := map[world.ProbeType]world.ProbeScript{}
	for t, s := range map[world.ProbeType]*ProbeScript{ // unordered: fills a map; problems are sorted by place
		world.Startup: p.Startup, world.Readiness: p.Readiness, world.Liveness: p.Liveness,
	} {
		if s != nil {
			to[t] = c.probeScript(s)
		}
	}
	if len(to) == 0 {
		return nil
	}
	return to
}

// probeScript puts the windows in the order in which they decide: an error or a timeout inside a failing stretch wins.
func (c *compiler) probeScript(s *ProbeScript) world.ProbeScript {
	to := world.ProbeScript{FailureRate: s.FailureRate, Latency: s.Latency, Output: s.Output}
	for _, kind := range []struct {
		list    []window
		outcome world.Outcome
	}{{s.ErrorDuring, world.Errored}, {s.TimeoutDuring, world.TimedOut}, {s.FailDuring, world.Failure}} {
		for _, w := range kind.list {
			to.Windows = append(to.Windows, world.Window{From: w.from, To: w.to, Outcome: kind.outcome})
		}
	}
	if s.OkAfter != nil && *s.OkAfter > 0 {
		to.Windows = append(to.Windows, world.Window{To: *s.OkAfter, Outcome: world.Failure})
	}
	if s.FailureRate > 1 {
		c.add(s.Place, model.Error, "", "failureRate: must be from 0 to 1, got %v", s.FailureRate)
	}
	return to
}

// usedResources are what a behaviour can use of.
var usedResources = []string{"cpu", "memory", "ephemeral-storage"}

// seriesMap compiles quantities over time; cpu counts millicores, everything else whole units.
func (c *compiler) seriesMap(m map[string]*series, what string) map[string]world.Series {
	if len(m) == 0 {
		return nil
	}
	to := map[string]world.Series{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		unit := world.Bytes
		if name == "cpu" {
			unit = world.MilliCPU
		}
		s := m[name]
		if s == nil {
			continue
		}
		if s.node != nil && !slices.Contains(usedResources, name) {
			c.add(c.place(s.node), model.Error, model.DidYouMean(name, usedResources), "%s: must be of cpu, memory or ephemeral-storage, got %s", what, name)
		}
		to[name] = c.series(s, unit)
	}
	return to
}

func (c *compiler) series(s *series, unit world.Unit) (to world.Series) {
	if s.value != nil {
		to.Value = c.value(s.value, s.path, unit)
		return to
	}
	last := time.Duration(-1)
	for _, pair := range s.steps {
		var nodes [2]*yaml.Node
		for i, n := range pair {
			m, ok := c.resolve(n, s.path)
			if !ok {
				return to
			}
			nodes[i] = m
		}
		at := c.duration(nodes[0], s.path)
		amount, _ := c.number(nodes[1], s.path, unit)
		if at <= last {
			c.errorf(nodes[0], "%s: the times must rise, got %s after %s", s.path, at, last)
		}
		last = at
		to.Steps = append(to.Steps, world.Step{At: at, N: int64(amount)})
	}
	return to
}
