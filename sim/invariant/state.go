package invariant

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// id names a living object.
type id struct {
	kind *model.Kind
	key  store.Key
}

// existing is an object that is there. Either pod or api is set.
type existing struct {
	uid    types.UID
	owners []metav1.OwnerReference
	pod    *store.Pod
	api    model.Object
	added  time.Duration

	pods   map[*existing]bool // that it controls
	bounds map[string]*ceiling

	counted time.Duration // when a quota was first counted; 0: not yet
}

// state is what the checker knows of the cluster.
type state struct {
	at      time.Duration
	version uint64
	live    map[id]*existing
	byUID   map[types.UID]*existing
	used    map[types.UID]bool
	died    map[types.UID]time.Duration   // when an object went
	nodes   map[string]map[*existing]bool // pods by node
	spaces  map[string]map[*existing]bool // pods by namespace
	ready   map[store.Key]time.Duration   // when a pod that was Ready ceased to be so
	policy  map[string]map[*existing]bool // budgets and quotas by namespace
	missing map[string]time.Duration      // when a Node went
	ips     map[string]map[*existing]bool // pods by IP
	service map[string]map[*existing]bool // Services by ClusterIP and node port
}

func newState() state {
	return state{live: map[id]*existing{}, byUID: map[types.UID]*existing{}, used: map[types.UID]bool{}, died: map[types.UID]time.Duration{},
		nodes: map[string]map[*existing]bool{}, spaces: map[string]map[*existing]bool{}, ready: map[store.Key]time.Duration{},
		policy: map[string]map[*existing]bool{}, missing: map[string]time.Duration{}, ips: map[string]map[*existing]bool{}, service: map[string]map[*existing]bool{}}
}

// keep takes in a record that broke nothing.
func (c *Checker) keep(s *step) {
	c.at = s.At
	if s.Object.Kind() == model.Event {
		return
	}
	at := id{s.Object.Kind(), s.key}
	e := s.existing
	if e == nil {
		e = &existing{uid: s.uid(), added: s.At}
		c.live[at], c.byUID[e.uid], c.used[e.uid] = e, e, true
	}
	c.unlink(e, s.key)
	e.pod, e.api, e.owners = s.pod, s.api, s.owners()
	if s.Verb == journal.Deleted {
		delete(c.live, at)
		delete(c.byUID, e.uid)
		c.died[e.uid] = s.At
		if s.Object.Kind() == model.Node {
			c.missing[s.key.Name] = s.At
		}
		return
	}
	c.link(e, s.key)
	c.bound(e, s.At)
}

// unlink takes an object, as it was, out of the indexes.
func (c *Checker) unlink(e *existing, key store.Key) {
	if o := c.controller(e.owners); o != nil {
		delete(o.pods, e)
	}
	switch {
	case e.pod != nil:
		if isReady(e.pod) {
			c.ready[key] = c.at
		}
		drop(c.nodes, e.pod.NodeName, e)
		drop(c.spaces, key.Namespace, e)
		drop(c.ips, e.pod.Status.PodIP, e)
	case e.api != nil:
		for _, a := range addresses(e.api) {
			drop(c.service, a, e)
		}
		drop(c.policy, key.Namespace, e)
	}
}

// link puts an object into the indexes.
func (c *Checker) link(e *existing, key store.Key) {
	switch {
	case e.pod != nil:
		if o := c.controller(e.owners); o != nil {
			if o.pods == nil {
				o.pods = map[*existing]bool{}
			}
			o.pods[e] = true
		}
		put(c.nodes, e.pod.NodeName, e)
		put(c.spaces, key.Namespace, e)
		put(c.ips, e.pod.Status.PodIP, e)
	default:
		for _, a := range addresses(e.api) {
			put(c.service, a, e)
		}
		if k := kindOf(e.api); k == "PodDisruptionBudget" || k == "ResourceQuota" {
			put(c.policy, key.Namespace, e)
		}
	}
}

func put(m map[string]map[*existing]bool, key string, e *existing) {
	if key == "" {
		return
	}
	if m[key] == nil {
		m[key] = map[*existing]bool{}
	}
	m[key][e] = true
}

func drop(m map[string]map[*existing]bool, key string, e *existing) {
	if set := m[key]; set != nil {
		delete(set, e)
		if len(set) == 0 {
			delete(m, key)
		}
	}
}

// controller is the living controller among owners, nil if there is none.
func (c *Checker) controller(owners []metav1.OwnerReference) *existing {
	for i := range owners {
		if owners[i].Controller != nil && *owners[i].Controller {
			return c.byUID[owners[i].UID]
		}
	}
	return nil
}

func (s *step) uid() types.UID {
	if s.pod != nil {
		return s.pod.UID
	}
	return s.api.GetUID()
}

func (s *step) owners() []metav1.OwnerReference {
	if s.pod != nil {
		return s.pod.OwnerList()
	}
	return s.api.GetOwnerReferences()
}

func kindOf(o model.Object) string {
	if o == nil {
		return ""
	}
	return o.GetObjectKind().GroupVersionKind().Kind
}

// isActive reports whether a controller counts the pod: it has not ended and is not being deleted.
func isActive(p *store.Pod) bool { return !p.Terminal() && p.Deletion == nil }

func isReady(p *store.Pod) bool {
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// wasReady reports whether the pod of that key, p or one that is gone, is Ready or was lately.
func (c *Checker) wasReady(key store.Key, now time.Duration) bool {
	if e := c.live[id{model.Pod, key}]; e != nil && isReady(e.pod) {
		return true
	}
	last, ok := c.ready[key]
	return ok && now-last <= lag
}

// lag is how old what a controller acts upon may be, with nothing queued in between.
const lag = 10 * time.Second

// ceiling is the highest value that a number had lately: what a controller that has not seen or carried out the last change
// may still go by.
type ceiling struct{ values []timed }

// timed is a value that held from an instant on.
type timed struct {
	at    time.Duration
	value int64
}

func (c *ceiling) set(at time.Duration, value int64) {
	if n := len(c.values); n > 0 && c.values[n-1].value == value {
		return
	}
	c.values = append(c.values, timed{at, value})
}

// max is the highest value since a while ago: longer for high ones, whose writes wait for a client's 20 a second.
func (c *ceiling) max(now time.Duration) int64 {
	if c == nil || len(c.values) == 0 {
		return 0
	}
	highest := c.values[len(c.values)-1].value
	for i := len(c.values) - 1; i > 0; i-- {
		ended := c.values[i].at // the value before it held until then
		before := c.values[i-1].value
		if now-ended > lag+time.Duration(before)*100*time.Millisecond {
			c.values = c.values[i:]
			break
		}
		highest = max(highest, before)
	}
	return highest
}
