package controller

import (
	"clustersim/sim/admission"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Controller is one row of the registry.
type Controller struct {
	Name string // upstream's name, as --controllers takes it
	Doc  string // what it does, one sentence
	New  func(*Env) Reconciler
}

// Reconciler is a controller of one run. Observe must not write.
type Reconciler interface {
	store.Watcher
	// Start takes over what the store holds before the run begins.
	Start()
}

// Env is what the controllers of a run share.
type Env struct {
	Engine     *engine.Engine
	Store      *store.Store
	Config     config.ControllerManager
	Latency    config.Latency
	Heartbeats Heartbeats
	Metrics    Metrics
	Resolution engine.Time // of Metrics
	Reference  bool        // executes every pass of every loop
	API        *admission.Admission
	Storage    []config.Storage // provisioners of which more than the name is known

	pods  *podIndex
	owned *ownerIndex
	users *claimUsers

	attachments map[store.Key]func() // who waits for a change of a VolumeAttachment
}

// Manager runs all controllers of the registry. Use New.
type Manager struct {
	env     *Env
	running []Reconciler
	started bool
}

// heartbeatListener is a controller that wants to know when a node falls silent or speaks again.
type heartbeatListener interface{ heartbeatsChanged(node string) }

// New builds the controllers and registers them as one watcher of the store. They act from Start on. Without heartbeats
// (nil) every node is always heard; without metrics nobody knows what pods use. With reference every pass of every loop is
// executed.
func New(e *engine.Engine, s *store.Store, c config.Components, h Heartbeats, m Metrics, reference bool) *Manager {
	if h == nil {
		h = alwaysHeard{}
	}
	if m == nil {
		m = noMetrics{}
	}
	env := &Env{Engine: e, Store: s, Config: c.ControllerManager, Latency: c.Latency, Heartbeats: h, Metrics: m,
		Resolution: c.MetricsServer.MetricResolution, Reference: reference, pods: newPodIndex(), owned: newOwnerIndex(),
		users: newClaimUsers(), attachments: map[store.Key]func(){}}
	return newManager(env)
}

func newManager(env *Env) *Manager {
	m := &Manager{env: env}
	for _, row := range Registry {
		m.running = append(m.running, row.New(m.env))
	}
	env.Store.Watch(m)
	return m
}

// UseAPI has the controllers create what they make through the run's own admission. Call it before Start; without it
// they make one of their own.
func (m *Manager) UseAPI(a *admission.Admission) { m.env.API = a }

// UseStorage says what the provisioners of volumes are like. Call it before Start.
func (m *Manager) UseStorage(s []config.Storage) { m.env.Storage = s }

// Start lets the controllers take over what the store holds. Nodes that are there by then were registered long ago.
func (m *Manager) Start() {
	if m.env.API == nil {
		m.env.API = admission.New(m.env.Engine, m.env.Store, m.env.Config)
	}
	m.env.pods.fill(m.env.Store)
	m.env.owned.fill(m.env.Store)
	m.env.users.fill(m.env.Store)
	m.started = true
	for _, r := range m.running {
		r.Start()
	}
}

// Observe implements store.Watcher.
func (m *Manager) Observe(c *store.Change) {
	if !m.started {
		return
	}
	m.env.pods.observe(c)
	m.env.owned.observe(c)
	m.env.users.observe(c)
	for _, r := range m.running {
		r.Observe(c)
	}
}

// NodeSilent tells that a node's heartbeats have ceased: it crashed, or it was cut off. Heartbeats must know it already.
func (m *Manager) NodeSilent(node string) { m.heartbeatsChanged(node) }

// NodeSpeaks tells that a node's heartbeats are back. Heartbeats must know it already.
func (m *Manager) NodeSpeaks(node string) { m.heartbeatsChanged(node) }

// UsageChanged tells that a pod uses more or less from now on by anything but the passage of time; nil: any pod.
func (m *Manager) UsageChanged(p *store.Pod) {
	for _, r := range m.running {
		if l, ok := r.(usageListener); ok && m.started {
			l.usageChanged(p)
		}
	}
}

func (m *Manager) heartbeatsChanged(node string) {
	for _, r := range m.running {
		if l, ok := r.(heartbeatListener); ok && m.started {
			l.heartbeatsChanged(node)
		}
	}
}

// newAPI returns the way to the API server of one controller: each has a client of its own.
func (env *Env) newAPI() *api {
	return &api{engine: env.Engine, client: store.NewClient(env.Config.Client), latency: env.Latency.APIWrite, rule: rule.ControllerSync}
}

// newRecorder returns the recorder of a component; events go through the controller's own client.
func (env *Env) newRecorder(component string, a *api) *record.Recorder {
	return record.New(env.Engine, env.Store, component, "", a.client, a.latency)
}
