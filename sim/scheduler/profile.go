package scheduler

import (
	"encoding/binary"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/config"
)

// DefaultSchedulerName is the schedulerName of the pods that the default profile takes.
const DefaultSchedulerName = corev1.DefaultSchedulerName

// Args are the settings of a Profile. The zero value is the default.
type Args = config.SchedulerProfile

// Profile is a compiled set of plugins. Profiles of one run are made by NewProfiles: they share what they number. It is not
// safe for concurrent use.
type Profile struct {
	*dictionary
	Name string // the schedulerName that pods ask for
	Args Args

	percentage int32 // of nodes to score; 0 = adaptive
	plugins    []registered
	lineup     *lineup
	rejections []Rejection
	verdicts   map[string]Verdict

	keys      []func(spec *corev1.PodSpec, namespace string, labels map[string]string) string // Plugin.Key
	skeletons map[string]*skeleton
	split     bool // pods that differ in requests alone share a skeleton: no plugin is known to read more
	templates map[templateKey]*Shape
	key       []byte

	classes   []*class // cached verdicts, at most maxClasses
	classTick uint64
	// Reference makes every cycle judge every node anew, plugin by plugin, as upstream does: slow, and the same in every result.
	Reference bool
}

// NewProfile returns the profile that the arguments describe, with out-of-tree plugins beside the ones of the registry. It
// panics where CheckProfile returns an error.
func NewProfile(args Args, more ...Registered) *Profile {
	return newProfile(newDictionary(), args, 0, more)
}

// newProfiles returns the profiles of a configuration, the default one if it has none. Pods on nodes that belong to no
// profile are counted by the first.
func newProfiles(cfg config.Scheduler, more []Registered) []*Profile {
	d := newDictionary()
	list := cfg.Profiles
	if len(list) == 0 {
		list = []Args{{}}
	}
	var out []*Profile
	for _, args := range list {
		out = append(out, newProfile(d, args, cfg.PercentageOfNodesToScore, more))
	}
	return out
}

func newProfile(d *dictionary, args Args, percentage int32, more []Registered) *Profile {
	plugins := registry(more)
	order, err := lineUp(plugins, &args.Plugins)
	if err != nil {
		panic("invariant: profiles are checked: " + err.Error())
	}
	p := &Profile{
		dictionary: d, Name: args.SchedulerName, Args: args, percentage: percentage, plugins: plugins, lineup: order,
		rejections: make([]Rejection, 1), verdicts: map[string]Verdict{}, skeletons: map[string]*skeleton{}, templates: map[templateKey]*Shape{},
	}
	for i := range p.plugins {
		p.plugins[i].Weight = order.weights[i]
		if key := plugins[i].Key; key != nil {
			p.keys = append(p.keys, key)
		}
	}
	fit := &args.NodeResourcesFit.ScoringStrategy
	p.split = len(more)+len(fit.Resources)+len(args.NodeResourcesBalancedAllocation.Resources) == 0 && (fit.Type == "" || fit.Type == config.LeastAllocated)
	if p.Name == "" {
		p.Name = DefaultSchedulerName
	}
	if args.PercentageOfNodesToScore != nil {
		p.percentage = *args.PercentageOfNodesToScore
	}
	return p
}

// profileNamed is the profile that takes pods of a schedulerName, or nil.
func profileNamed(list []*Profile, name string) *Profile {
	for _, p := range list {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Plugins lists the names in order.
func (p *Profile) Plugins() []string {
	out := make([]string, len(p.plugins))
	for i, pl := range p.plugins {
		out[i] = pl.Name
	}
	return out
}

// Rejection is what a Verdict other than 0 means.
func (p *Profile) Rejection(v Verdict) *Rejection { return &p.rejections[v] }

// verdict numbers a rejection.
func (p *Profile) verdict(plugin int, code Code, reasons ...string) Verdict {
	key := string(binary.AppendUvarint(nil, uint64(plugin)<<2|uint64(code))) + strings.Join(reasons, "\x00")
	if v, ok := p.verdicts[key]; ok {
		return v
	}
	v := Verdict(len(p.rejections))
	p.rejections = append(p.rejections, Rejection{Plugin: plugin, Code: code, Reasons: slices.Clone(reasons)})
	p.verdicts[key] = v
	return v
}

// numFeasibleNodesToFind is how many feasible nodes of n end the search.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go numFeasibleNodesToFind.
func (p *Profile) numFeasibleNodesToFind(n int) int {
	const fewest, fewestPercent = 100, 5
	percentage := p.percentage
	switch {
	case len(p.lineup.at(PointScore)) == 0:
		return 1 // nothing tells nodes apart
	case n < fewest:
		return n
	case percentage == 0:
		percentage = max(50-int32(n)/125, fewestPercent)
	}
	return max(int(int32(n)*percentage/100), fewest)
}
