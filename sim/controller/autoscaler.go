package controller

import (
	"cmp"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var (
	autoscalerKind    = model.FindKind("HorizontalPodAutoscaler")
	kindAutoscale     = engine.NewKind("autoscaler sync", engine.RankController, false).By(rule.Autoscale)
	kindAutoscaleIdle = engine.NewKind("autoscaler idle sync", engine.RankController, true).By(rule.Autoscale)
)

// autoscalers sets the replicas of workloads by what their pods use. Each HorizontalPodAutoscaler is synced 15 s after it was
// made and then 15 s after the end of each sync.
//
// A sync that finds nothing changed writes nothing and repeats its last recommendation. Such syncs are not executed, unless
// in reference mode: whatever one of them would react to asks for the first sync after it (autoscaler.want), and what the
// skipped ones would have remembered is put down when the next is executed (autoscaler.catchUp).
//
// Differs: syncs do not wait for one of upstream's 5 workers, and their reads take no place in the client's limit.
//
// Source: k8s v1.36.3 pkg/controller/podautoscaler/horizontal.go, rate_limiters.go.
type autoscalers struct {
	env     *Env
	api     *api
	events  *record.Recorder
	scraper *loop // of the metrics server

	all        map[store.Key]*autoscaler
	order      []*autoscaler            // as they were made
	namespaces map[string][]*autoscaler // by name
	selecting  map[store.Key]int        // autoscalers that select a pod
	targets    map[target][]*autoscaler // by name
}

// target names what an autoscaler scales.
type target struct {
	kind *model.Kind
	key  store.Key
}

// autoscaler is what is known of one HorizontalPodAutoscaler.
type autoscaler struct {
	c    *autoscalers
	key  store.Key
	hpa  *autoscalingv2.HorizontalPodAutoscaler
	turn engine.Turn

	base     engine.Time // syncs are due at base + k periods, k > 0
	last     engine.Time // the sync executed last
	wanted   engine.Time // the earliest instant from which on a sync is wanted
	again    bool        // the next sync will change something, as the last did and the one before
	timer    engine.Timer
	syncing  bool
	failures int // syncs that failed in a row

	target   target
	text     string          // of the selector, as the target's scale has it
	selector labels.Selector // nil: not known yet
	pods     map[string]*store.Pod
	samples  map[string]podSample
	stale    bool        // the next scrape may find other figures
	changeAt engine.Time // when the pods use more or less by the passage of time

	recommendations []recommendation
	repeats         bool // the last sync put down the last of them
	ups, downs      []scaleEvent
}

func newAutoscalers(env *Env) Reconciler {
	c := &autoscalers{env: env, api: env.newAPI(), all: map[store.Key]*autoscaler{}, namespaces: map[string][]*autoscaler{},
		selecting: map[store.Key]int{}, targets: map[target][]*autoscaler{}}
	c.events = env.newRecorder("horizontal-pod-autoscaler", c.api)
	c.scraper = newLoop(env.Engine, "metrics-server", env.Resolution, env.Reference, c.scrape)
	return c
}

// Start implements Reconciler.
func (c *autoscalers) Start() {
	for _, o := range c.env.Store.List(autoscalerKind) {
		c.added(o.API().(*autoscalingv2.HorizontalPodAutoscaler))
	}
	c.scraper.start()
}

// Observe implements store.Watcher.
func (c *autoscalers) Observe(ch *store.Change) {
	switch k := ch.Kind(); {
	case k == model.Pod:
		c.observePod(ch)
	case k == autoscalerKind:
		c.observeAutoscaler(ch)
	case len(c.targets) > 0:
		for _, a := range c.targets[target{k, ch.New.Key()}] {
			a.want(c.env.Engine.Now())
		}
	}
}

func (c *autoscalers) observeAutoscaler(ch *store.Change) {
	h := ch.New.API().(*autoscalingv2.HorizontalPodAutoscaler)
	a := c.all[keyOf(h)]
	switch {
	case ch.Verb == journal.Added:
		c.added(h)
	case ch.Verb == journal.Deleted:
		c.removed(a)
	default:
		changed := !equality.Semantic.DeepEqual(a.hpa.Spec, h.Spec)
		if a.hpa = h; changed {
			a.want(c.env.Engine.Now())
		}
	}
}

func (c *autoscalers) added(h *autoscalingv2.HorizontalPodAutoscaler) {
	a := &autoscaler{c: c, key: keyOf(h), hpa: h, turn: c.env.Engine.NewTurn(), base: c.env.Engine.Now(), last: longAgo, wanted: never,
		pods: map[string]*store.Pod{}, samples: map[string]podSample{}, changeAt: never}
	c.all[a.key] = a
	c.order = append(c.order, a)
	c.namespaces[a.key.Namespace] = insertAutoscaler(c.namespaces[a.key.Namespace], a)
	a.want(a.base)
}

func (c *autoscalers) removed(a *autoscaler) {
	c.env.Engine.Cancel(a.timer)
	a.watch(target{}, "", nil)
	delete(c.all, a.key)
	c.order = dropAutoscaler(c.order, a)
	c.namespaces[a.key.Namespace] = dropAutoscaler(c.namespaces[a.key.Namespace], a)
	if len(c.namespaces[a.key.Namespace]) == 0 {
		delete(c.namespaces, a.key.Namespace)
	}
	c.events.Forget(a.hpa.UID)
}

func insertAutoscaler(list []*autoscaler, a *autoscaler) []*autoscaler {
	i, _ := slices.BinarySearchFunc(list, a, func(x, y *autoscaler) int { return cmp.Compare(x.key.Name, y.key.Name) })
	return slices.Insert(slices.Clone(list), i, a)
}

func dropAutoscaler(list []*autoscaler, a *autoscaler) []*autoscaler {
	return slices.DeleteFunc(slices.Clone(list), func(x *autoscaler) bool { return x == a })
}

// observePod keeps the pods that each autoscaler of the namespace selects.
func (c *autoscalers) observePod(ch *store.Change) {
	p := ch.New.(*store.Pod)
	for _, a := range c.namespaces[p.Namespace] {
		_, had := a.pods[p.Name]
		has := ch.Verb != journal.Deleted && a.selector != nil && a.selector.Matches(labels.Set(p.LabelSet()))
		switch {
		case has:
			a.enter(p)
		case had:
			a.leave(p.Key())
		default:
			continue
		}
		a.want(c.env.Engine.Now())
	}
}

func (a *autoscaler) enter(p *store.Pod) {
	if _, had := a.pods[p.Name]; !had {
		if a.c.selecting[p.Key()]++; a.c.selecting[p.Key()] > 1 {
			a.c.wake(p.Namespace)
		}
	}
	a.pods[p.Name] = p
}

func (a *autoscaler) leave(pod store.Key) {
	if n := a.c.selecting[pod]; n > 1 {
		a.c.selecting[pod] = n - 1
		a.c.wake(pod.Namespace)
	} else {
		delete(a.c.selecting, pod)
	}
	delete(a.pods, pod.Name)
	delete(a.samples, pod.Name)
}

// wake wants a sync of every autoscaler of the namespace: whether pods have one or several has changed.
func (c *autoscalers) wake(namespace string) {
	for _, a := range c.namespaces[namespace] {
		a.want(c.env.Engine.Now())
	}
}

// watch notes what the autoscaler scales and, by the selector, the pods that count.
func (a *autoscaler) watch(t target, text string, s labels.Selector) {
	c := a.c
	if a.target != t {
		if c.targets[a.target] = dropAutoscaler(c.targets[a.target], a); len(c.targets[a.target]) == 0 {
			delete(c.targets, a.target)
		}
		if a.target = t; t.kind != nil {
			c.targets[t] = insertAutoscaler(c.targets[t], a)
		}
	}
	if a.text == text {
		return
	}
	a.text, a.selector = text, s
	for _, name := range sortedKeys(a.pods) {
		a.leave(store.Key{Namespace: a.key.Namespace, Name: name})
	}
	if s == nil {
		return
	}
	for _, o := range c.env.Store.List(model.Pod) {
		if p := o.(*store.Pod); p.Namespace == a.key.Namespace && s.Matches(labels.Set(p.LabelSet())) {
			a.enter(p)
		}
	}
	a.sample()
}

// heartbeatsChanged implements heartbeatListener: the metrics server reaches the node's kubelet no longer, or again.
func (c *autoscalers) heartbeatsChanged(string) { c.usageChanged(nil) }

// usageChanged implements usageListener.
func (c *autoscalers) usageChanged(p *store.Pod) {
	list, e := c.order, c.env.Engine
	next := e.Now()
	if e.Passed(kindPass, c.scraper.turn) {
		next++ // this instant's scrape, executed or not, was before
	}
	if p != nil {
		list = c.namespaces[p.Namespace]
	}
	for _, a := range list {
		if p == nil || a.pods[p.Name] != nil {
			a.stale = true
			c.scraper.want(next)
		}
	}
}
