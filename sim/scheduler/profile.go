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

// Args are the settings of a Profile's plugins, by their names in KubeSchedulerConfiguration. The zero value is the
// default.
type Args struct {
	PercentageOfNodesToScore int32 // 0 = adaptive
	Fit                      ScoringStrategy
}

// Profile is a compiled set of plugins, together with the dictionary in which it numbers what pods and nodes speak of:
// resources, images, taints, shapes. It is not safe for concurrent use: one Profile a run.
type Profile struct {
	Args Args

	plugins    []registered
	rejections []Rejection
	verdicts   map[string]Verdict

	resources     map[corev1.ResourceName]int32
	resourceNames []string
	images        map[string]int32
	taintLists    map[string]int32
	taints        [][]corev1.Taint
	matchers      map[string]*nodeMatcher
	tolerations   map[string]*tolerationMemo
	terms         map[string]*podTerms

	shapes    map[string]*Shape
	templates map[templateKey]*Shape
	key       []byte

	classes   []*class // cached verdicts, at most maxClasses
	classTick uint64
	// Reference makes every cycle judge every node anew, as upstream does: slow, and the same in every result.
	Reference bool
}

// NewProfile returns the default profile.
func NewProfile(args Args) *Profile {
	p := &Profile{
		Args: args, plugins: registry(), rejections: make([]Rejection, 1), verdicts: map[string]Verdict{},
		resources: map[corev1.ResourceName]int32{}, images: map[string]int32{}, taintLists: map[string]int32{},
		matchers: map[string]*nodeMatcher{}, tolerations: map[string]*tolerationMemo{}, terms: map[string]*podTerms{}, shapes: map[string]*Shape{}, templates: map[templateKey]*Shape{},
	}
	return p
}

func profileOf(cfg config.Scheduler) *Profile {
	return NewProfile(Args{PercentageOfNodesToScore: cfg.PercentageOfNodesToScore})
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

// imageID numbers an image name.
func (p *Profile) imageID(name string) int32 {
	id, ok := p.images[name]
	if !ok {
		id = int32(len(p.images))
		p.images[name] = id
	}
	return id
}

// taintsID numbers a list of taints; 0 is the empty list.
func (p *Profile) taintsID(taints []corev1.Taint) int32 {
	if p.taints == nil {
		p.taints, p.taintLists[""] = [][]corev1.Taint{nil}, 0
	}
	var b []byte
	for i := range taints {
		t := &taints[i]
		b = append(append(append(append(append(append(b, t.Key...), 0), t.Value...), 0), t.Effect...), 1)
	}
	id, ok := p.taintLists[string(b)]
	if !ok {
		id = int32(len(p.taints))
		p.taints = append(p.taints, slices.Clone(taints))
		p.taintLists[string(b)] = id
	}
	return id
}

// numFeasibleNodesToFind is how many feasible nodes of n end the search.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go numFeasibleNodesToFind.
func numFeasibleNodesToFind(percentage int32, n int) int {
	const fewest, fewestPercent = 100, 5
	if n < fewest {
		return n
	}
	if percentage == 0 {
		percentage = max(50-int32(n)/125, fewestPercent)
	}
	return max(int(int32(n)*percentage/100), fewest)
}
