package story

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

// Limits say from where on a run is a crowd, of which less is kept.
type Limits struct {
	// Containers is the number of pods up to which each keeps the lanes of its containers and its marks.
	Containers int
	// Events is how many Normal Events are kept; Warnings may be as many again.
	Events int
	// Points is how many points a Series has at most; beyond, each stands for a longer stretch.
	Points int
}

// DefaultLimits keep a story of 150,000 pods under 300 MB.
var DefaultLimits = Limits{Containers: 10_000, Events: 60_000, Points: 4096}

// Collector is a journal.Sink that gathers a Story. Use NewCollector.
type Collector struct {
	limits Limits
	story  Story
	rows   map[Row]int32
	pods   map[types.UID]*podLife
	byName map[string]*podLife // living pods, for the Events of static pods
	lives  []*podLife
	nodes  map[string]*nodeLife
	order  []*nodeLife
	owners map[types.UID]ownerRef // who owns what may own a pod
	asks   map[*corev1.PodSpec]ask
	normal int
	warned int
	totals totals
	series seriesSet
	now    time.Duration // of the record
	seen   time.Duration // from when on it is seen: now, or Before
	cause  cause
	used   Used
	asked  time.Duration // when used is asked next
	pod    corev1.Pod    // scratch
}

// ownerRef is an object that may own pods, and its own owner.
type ownerRef struct{ name, parent string }

// NewCollector returns a collector for one run.
func NewCollector(l Limits) *Collector {
	c := &Collector{
		limits: l, rows: map[Row]int32{}, pods: map[types.UID]*podLife{}, byName: map[string]*podLife{}, nodes: map[string]*nodeLife{},
		owners: map[types.UID]ownerRef{}, asks: map[*corev1.PodSpec]ask{},
	}
	c.story.Strings = NewStrings()
	c.series.limit = l.Points
	return c
}

// Record implements journal.Sink. It never fails.
func (c *Collector) Record(r *journal.Record) error {
	c.sampleUse(r.At)
	c.now, c.seen, c.story.Records = r.At, r.At, c.story.Records+1
	if WasBefore(r) {
		c.seen = Before
	}
	c.cause.follow(r.Seq, r.Cause)
	switch k := r.Object.Kind(); k {
	case model.Pod:
		c.observePod(r)
	case model.Event:
		if r.Verb != journal.Deleted {
			c.observeEvent(r.At, eventFacts(r))
		}
	case model.Node:
		c.observeNode(r, r.Object.API().(*corev1.Node))
	default:
		if r.Verb == journal.Added && ownsPods(k) {
			c.observeOwner(k, r.Object.API())
		}
	}
	return nil
}

func ownsPods(k *model.Kind) bool {
	switch k.Name {
	case "ReplicaSet", "Job":
		return true
	}
	return false
}

func (c *Collector) observeOwner(k *model.Kind, o model.Object) {
	ref := ownerRef{name: k.Name + "/" + o.GetName()}
	if parent := metav1.GetControllerOf(o); parent != nil {
		ref.parent = parent.Kind + "/" + parent.Name
	}
	c.owners[o.GetUID()] = ref
}

// ownerOf is what a person would name: the Deployment behind a ReplicaSet, the CronJob behind a Job.
func (c *Collector) ownerOf(refs []metav1.OwnerReference) string {
	for i := range refs {
		r := &refs[i]
		if r.Controller == nil || !*r.Controller || r.Kind == "Node" {
			continue
		}
		if o := c.owners[r.UID]; o.parent != "" {
			return o.parent
		}
		return r.Kind + "/" + r.Name
	}
	return ""
}

// Story returns what was gathered, as of the end of the run. Title, version and the like are the caller's to fill in.
// The collector must not be used after it.
func (c *Collector) Story(end time.Duration) *Story {
	s := &c.story
	s.End = end
	s.Pods = make([]Pod, len(c.lives))
	for i, l := range c.lives {
		s.Pods[i] = l.Pod
	}
	for _, n := range c.order {
		s.Nodes = append(s.Nodes, n.Node)
	}
	c.sampleUse(end + 1)
	columns := usedFrom
	if c.used != nil {
		columns = len(charted)
	}
	s.Series = c.series.list(columns)
	return s
}

// factsOf is the pod of a record, with the UID of its API object where the journal has no compact form of it.
func factsOf(r *journal.Record) journal.PodFacts {
	if p, ok := r.Object.(journal.Pod); ok {
		return p.Facts()
	}
	p := r.Object.API().(*corev1.Pod)
	return journal.PodFacts{Namespace: p.Namespace, Name: p.Name, UID: p.UID, Owners: p.OwnerReferences, NodeName: p.Spec.NodeName,
		Deleting: p.DeletionTimestamp != nil, Spec: &p.Spec, Status: &p.Status}
}

// enter begins a segment, unless it only goes on; a segment without length is replaced. Root is the fault behind it.
func enter(list []Segment, at time.Duration, state timeline.State, label, root int32) []Segment {
	if n := len(list); n > 0 {
		open := &list[n-1]
		if open.To == Forever && open.State == state && open.Label == label {
			return list
		}
		list = closed(list, at)
	}
	return append(list, Segment{From: at, To: Forever, State: state, Label: label, Root: root})
}

// closed ends the open segment.
func closed(list []Segment, at time.Duration) []Segment {
	n := len(list)
	if n == 0 || list[n-1].To != Forever {
		return list
	}
	if list[n-1].From == at {
		return list[:n-1]
	}
	list[n-1].To = at
	return list
}
