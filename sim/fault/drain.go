package fault

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// Times of kubectl drain.
//
// Source: k8s v1.36.3 staging kubectl/pkg/cmd/drain/drain.go NewDrainCmdOptions (EvictErrorRetryDelay);
// kubectl/pkg/drain/drain.go evictPods (interval).
const (
	evictRetry = 5 * time.Second // after a 429
	gonePoll   = time.Second     // whether a pod is gone
)

var (
	kindEvictRetry = engine.NewKind("drain evicts again", engine.RankWorld, false)
	kindGonePoll   = engine.NewKind("drain sees that a pod is gone", engine.RankWorld, false)
	kindDrainEnd   = engine.NewKind("drain times out", engine.RankWorld, false)
)

// Seconds is a whole number of seconds, written as a number or as a duration.
type Seconds struct {
	set   bool
	value int64
}

// UnmarshalText reads 30 or 30s.
func (s *Seconds) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		d, failed := time.ParseDuration(string(text))
		if failed != nil || d%time.Second != 0 {
			return fmt.Errorf("must be a whole number of seconds, got %q", text)
		}
		n = int64(d / time.Second)
	}
	s.set, s.value = true, n
	return nil
}

// Drain is `kubectl drain`: it cordons the nodes and then, one node after another, evicts their pods and waits until they are
// gone. What it does not want to touch without being told so ends it, for that node.
type Drain struct {
	Target
	GracePeriod        Seconds       `json:"gracePeriod"`        // not set or negative: the pods' own
	Force              bool          `json:"force"`              // also pods without a controller
	IgnoreDaemonSets   bool          `json:"ignoreDaemonSets"`   // leave pods of DaemonSets alone, instead of giving up
	DeleteEmptyDirData bool          `json:"deleteEmptyDirData"` // also pods with an emptyDir
	DisableEviction    bool          `json:"disableEviction"`    // delete instead, past PodDisruptionBudgets
	PodSelector        string        `json:"podSelector"`        // only pods with these labels
	Timeout            time.Duration `json:"timeout"`            // for each node; 0 = none
}

// Check implements Action.
func (a *Drain) Check() error {
	if _, err := labels.Parse(a.PodSelector); err != nil {
		return fmt.Errorf("podSelector: %w", err)
	}
	if a.Timeout < 0 {
		return errors.New("timeout: must not be negative")
	}
	return a.check()
}

// Run implements Runner.
func (a *Drain) Run(c Cluster) (func(), error) { return nil, a.runThen(c, func(bool) {}) }

// runThen implements waiter.
func (a *Drain) runThen(c Cluster, done func(ok bool)) error {
	ms, err := c.Machines(&a.Target)
	if err != nil {
		return err
	}
	d := &drainer{Drain: a, cluster: c, note: c.Notes(), done: done, waiting: map[store.Key]*draining{}}
	for _, m := range ms {
		if err := c.Store().UpdateNode(m.Name(), cordon(true)); err != nil {
			d.note("error: unable to cordon node %q: %v", m.Name(), err)
			d.bad = true
			continue
		}
		d.nodes = append(d.nodes, m.Name())
	}
	c.Store().Watch(d)
	d.next()
	return nil
}

// drainer is a drain that is under way.
type drainer struct {
	*Drain
	cluster Cluster
	note    func(format string, args ...any)
	done    func(ok bool)
	bad     bool     // a node was not drained
	nodes   []string // still to do, the present one first

	waiting map[store.Key]*draining // pods of the present node that are not gone yet
	errs    []error                 // of the present node
	round   int                     // counts nodes
	end     engine.Timer
}

// draining is one pod of the present node.
type draining struct {
	pod     *store.Pod
	evicted bool // and now it has to go
	since   engine.Time
	timer   engine.Timer
}

// next begins with the next node that has something to do.
//
// Source: k8s v1.36.3 staging kubectl/pkg/cmd/drain/drain.go RunDrain, deleteOrEvictPodsSimple.
func (d *drainer) next() {
	for ; len(d.nodes) > 0; d.nodes = d.nodes[1:] {
		pods, errs := d.choose(d.nodes[0])
		if len(errs) > 0 {
			d.failed(errs)
			continue
		}
		if len(pods) == 0 {
			continue
		}
		d.round++
		d.errs = nil
		e, round := d.cluster.Engine(), d.round
		if d.Timeout > 0 {
			d.end = e.After(d.Timeout, kindDrainEnd, engine.Func(func() { d.timeout(round) }))
		}
		for _, p := range pods {
			d.waiting[p.Key()] = &draining{pod: p}
		}
		for _, p := range pods {
			d.evict(p.Key())
		}
		if len(d.waiting) > 0 {
			return
		}
		d.finish()
	}
	d.done(!d.bad)
}

func (d *drainer) failed(errs []error) {
	d.bad = true
	d.note("error: unable to drain node %q due to error: %v, continuing command...", d.nodes[0], utilerrors.NewAggregate(errs))
}

// finish ends the present node.
func (d *drainer) finish() {
	d.cluster.Engine().Cancel(d.end)
	if len(d.errs) > 0 {
		d.failed(d.errs)
	}
}

// choose returns the pods of a node that are to go, or why it cannot be drained.
//
// Source: k8s v1.36.3 staging kubectl/pkg/drain/filters.go makeFilters, errors.
func (d *drainer) choose(node string) (pods []*store.Pod, errs []error) {
	selector, _ := labels.Parse(d.PodSelector) // Check has parsed it
	refused := map[string][]string{}
	for _, o := range d.cluster.Store().List(model.Pod) {
		p := o.(*store.Pod)
		if p.NodeName != node || !selector.Matches(labels.Set(p.LabelSet())) {
			continue
		}
		switch why, skip := d.refuses(p); {
		case why != "":
			refused[why] = append(refused[why], p.Key().String())
		case !skip:
			pods = append(pods, p)
		}
	}
	whys := make([]string, 0, len(refused))
	for why := range refused { // unordered: sorted below
		whys = append(whys, why)
	}
	slices.Sort(whys)
	for _, why := range whys {
		errs = append(errs, fmt.Errorf("cannot delete %s: %s", why, strings.Join(refused[why], ", ")))
	}
	return pods, errs
}

// refuses says why a pod ends the drain, or that it is left alone.
func (d *drainer) refuses(p *store.Pod) (why string, skip bool) {
	var ref *metav1.OwnerReference
	for i, o := range p.OwnerList() {
		if o.Controller != nil && *o.Controller {
			ref = &p.OwnerList()[i]
		}
	}
	if p.AnnotationSet()[corev1.MirrorPodAnnotationKey] != "" {
		return "", true
	}
	if p.Terminal() {
		return "", false
	}
	if ref != nil && ref.Kind == "DaemonSet" {
		if d.cluster.Store().Get(model.FindKind("DaemonSet"), store.Key{Namespace: p.Namespace, Name: ref.Name}) == nil {
			if !d.Force {
				return store.NotFound(model.FindKind("DaemonSet"), ref.Name).Error(), false
			}
		} else if !d.IgnoreDaemonSets {
			return "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)", false
		} else {
			return "", true
		}
	}
	if !d.DeleteEmptyDirData && slices.ContainsFunc(p.Spec().Volumes, func(v corev1.Volume) bool { return v.EmptyDir != nil }) {
		return "Pods with local storage (use --delete-emptydir-data to override)", false
	}
	if ref == nil && !d.Force {
		return "Pods that declare no controller (use --force to override)", false
	}
	return "", false
}

func (d *drainer) grace() *int64 {
	if !d.GracePeriod.set || d.GracePeriod.value < 0 {
		return nil
	}
	return &d.GracePeriod.value
}

// evict asks for a pod to go, again and again while its budget does not allow it.
//
// Source: k8s v1.36.3 staging kubectl/pkg/drain/drain.go evictPods, deletePods.
func (d *drainer) evict(key store.Key) {
	w, e := d.waiting[key], d.cluster.Engine()
	if w == nil {
		return
	}
	w.evicted, w.since = true, e.Now() // so that Observe sees one that goes at once
	var err error
	if d.DisableEviction {
		err = d.cluster.API().Delete(model.Pod, key, d.grace(), string(metav1.DeletePropagationBackground))
	} else {
		err = d.cluster.API().Evict(key, d.grace())
	}
	var refused *store.APIError
	switch isAPI := errors.As(err, &refused); {
	case err == nil:
	case isAPI && refused.Code == store.CodeNotFound:
		delete(d.waiting, key)
	case isAPI && refused.Code == store.CodeTooMany:
		w.evicted = false
		w.timer = e.After(evictRetry, kindEvictRetry, engine.Func(func() {
			d.evict(key)
			d.check()
		}))
	default:
		d.errs = append(d.errs, fmt.Errorf("error when evicting pods/%q -n %q: %w", key.Name, key.Namespace, err))
		delete(d.waiting, key)
	}
}

// check goes on to the next node when the present one is empty.
func (d *drainer) check() {
	if len(d.nodes) == 0 || len(d.waiting) > 0 {
		return
	}
	d.finish()
	d.nodes = d.nodes[1:]
	d.next()
}

// Observe implements store.Watcher: a pod that is gone is noticed by the next look at it.
//
// Source: k8s v1.36.3 drain.go waitForDelete.
func (d *drainer) Observe(ch *store.Change) {
	if len(d.waiting) == 0 || ch.Kind() != model.Pod {
		return
	}
	key := ch.New.Key()
	if d.cluster.Store().Pod(key) != nil {
		return
	}
	w := d.waiting[key]
	if w == nil || w.pod.UID != ch.New.(*store.Pod).UID || !w.evicted {
		return
	}
	e := d.cluster.Engine()
	at := engine.NextTick(e.Now()-1, w.since, gonePoll)
	w.timer = e.At(at, kindGonePoll, engine.Func(func() {
		if d.waiting[key] == w {
			delete(d.waiting, key)
			d.check()
		}
	}))
}

// timeout gives up the present node.
func (d *drainer) timeout(round int) {
	if round != d.round || len(d.waiting) == 0 {
		return
	}
	keys := make([]store.Key, 0, len(d.waiting))
	for k := range d.waiting { // unordered: sorted below
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b store.Key) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		w := d.waiting[key]
		d.cluster.Engine().Cancel(w.timer)
		if w.evicted {
			d.errs = append(d.errs, fmt.Errorf("error when waiting for pod %q in namespace %q to terminate: context deadline exceeded", key.Name, key.Namespace))
		} else {
			d.errs = append(d.errs, fmt.Errorf("error when evicting pods/%q -n %q: global timeout reached: %v", key.Name, key.Namespace, d.Timeout))
		}
		delete(d.waiting, key)
	}
	d.check()
}
