// Package config holds the settings of the simulated components under upstream's names, with upstream's defaults.
// It is a leaf: it knows no component.
package config

import "time"

// Components are the settings of one run. Use Profile to get a filled one.
type Components struct {
	ControllerManager ControllerManager
	Kubelet           Kubelet
	Scheduler         Scheduler
	MetricsServer     MetricsServer
	Latency           Latency
}

// Client limits of a component: requests per second and burst; QPS < 0 switches the limit off.
type Client struct {
	KubeAPIQPS   float64 // requests per second; -1: no limit
	KubeAPIBurst int     // requests at once; -1: no limit
}

// ControllerManager follows kube-controller-manager's flags (controllers.md 2.1, 4, 14).
type ControllerManager struct {
	Client
	NodeMonitorPeriod         time.Duration // 5s
	NodeMonitorGracePeriod    time.Duration // 50s
	NodeStartupGracePeriod    time.Duration // 60s
	NodeEvictionRate          float64       // nodes per second and zone, 0.1
	SecondaryNodeEvictionRate float64       // 0.01
	UnhealthyZoneThreshold    float64       // 0.55
	LargeClusterSizeThreshold int           // 50
	TerminatedPodGCThreshold  int           // 12500
	DefaultTolerationSeconds  int64         // 300, for not-ready and unreachable
	PodGCPeriod               time.Duration // 20s
	PodGCQuarantine           time.Duration // 40s

	HorizontalPodAutoscalerSyncPeriod              time.Duration // 15s, above 0
	HorizontalPodAutoscalerDownscaleStabilization  time.Duration // 5m
	HorizontalPodAutoscalerTolerance               float64       // 0.1 either way
	HorizontalPodAutoscalerCPUInitializationPeriod time.Duration // 5m
	HorizontalPodAutoscalerInitialReadinessDelay   time.Duration // 30s
}

// MetricsServer follows the flags of metrics-server, as its own manifests set them.
type MetricsServer struct {
	MetricResolution time.Duration // 15s between two scrapes of all kubelets, above 0
}

// Kubelet follows KubeletConfiguration (kubelet.md 0.2, 13).
type Kubelet struct {
	Client
	SerializeImagePulls       bool          // true
	MaxParallelImagePulls     int           // 0: no limit when not serialized; above 1 means not serialized
	RegistryPullQPS           float64       // 5
	RegistryBurst             int           // 10
	NodeStatusUpdateFrequency time.Duration // 10s
	NodeStatusReportFrequency time.Duration // 5m
	NodeLeaseDurationSeconds  int64         // 40; renewed each quarter of it
	SyncFrequency             time.Duration // 1m
	// RandomRequeue draws the jitter of a pod's retries (upstream: x 1 to 1.5 of the wait) for each retry. Off, each
	// takes the middle, x 1.25: the run that differs least from any real one.
	RandomRequeue                   bool
	MaxContainerRestartPeriod       time.Duration     // 300s, crashLoopBackOff.maxContainerRestartPeriod
	MaxPods                         int64             // 110
	EvictionHard                    map[string]string // thresholds by signal; nil: memory.available 100Mi, nodefs.available 10%, imagefs.available 15%
	ShutdownGracePeriod             time.Duration     // 0
	ShutdownGracePeriodCriticalPods time.Duration     // 0
}

// Scheduler follows KubeSchedulerConfiguration.
type Scheduler struct {
	Client
	ConfigFile               string        // an unmodified KubeSchedulerConfiguration
	PercentageOfNodesToScore int32         // 0 = adaptive
	PodInitialBackoff        time.Duration // 1s
	PodMaxBackoff            time.Duration // 10s
	MaxInUnschedulable       time.Duration // 5m
	// Profiles are those of ConfigFile; none = the default one. Whoever reads the file sets them.
	Profiles []SchedulerProfile `json:"-"`
}

// Latency is what each step costs beyond upstream's own timers (design.md 5).
type Latency struct {
	APIWrite       time.Duration // a write seen by watchers
	Bind           time.Duration // pod created -> bound, idle scheduler
	FirstStatus    time.Duration // bound -> first kubelet status
	VolumeWait     time.Duration // the wait of WaitForAttachAndMount when the first check misses
	Sandbox        time.Duration // RunPodSandbox
	ContainerStart time.Duration // create + start of one container, image present
	StatusRunning  time.Duration // last container started -> status Running in the API
	Relist         time.Duration // PLEG's own time per relist: the creep of its phase
	Killing        time.Duration // delete seen -> Killing event
	ObjectGone     time.Duration // TerminatePod -> object gone
	ControllerSync time.Duration // an idle controller's reaction
}

// Profiles lists the names that Profile knows.
var Profiles = []string{"v1.36", "containerd", "instant"}

// Profile returns the named set of defaults: "v1.36" (recorded control plane, costless runtime), "containerd" (the
// same with the costs of a real runtime), "instant" (no latencies at all, for teaching and hand calculation).
// ok is false for another name.
func Profile(name string) (c Components, ok bool) {
	c = defaults()
	switch name {
	case "v1.36", "":
	case "containerd":
		c.Latency.Sandbox = 100 * time.Millisecond
		c.Latency.ContainerStart = 40 * time.Millisecond
	case "instant":
		c.Latency = Latency{}
	default:
		return c, false
	}
	return c, true
}

func defaults() Components {
	return Components{
		ControllerManager: ControllerManager{
			Client: Client{20, 30}, NodeMonitorPeriod: 5 * time.Second, NodeMonitorGracePeriod: 50 * time.Second,
			NodeStartupGracePeriod: time.Minute, NodeEvictionRate: 0.1, SecondaryNodeEvictionRate: 0.01,
			UnhealthyZoneThreshold: 0.55, LargeClusterSizeThreshold: 50, TerminatedPodGCThreshold: 12500,
			DefaultTolerationSeconds: 300, PodGCPeriod: 20 * time.Second, PodGCQuarantine: 40 * time.Second,
			HorizontalPodAutoscalerSyncPeriod: 15 * time.Second, HorizontalPodAutoscalerDownscaleStabilization: 5 * time.Minute,
			HorizontalPodAutoscalerTolerance: 0.1, HorizontalPodAutoscalerCPUInitializationPeriod: 5 * time.Minute,
			HorizontalPodAutoscalerInitialReadinessDelay: 30 * time.Second,
		},
		MetricsServer: MetricsServer{MetricResolution: 15 * time.Second},
		Kubelet: Kubelet{
			Client: Client{50, 100}, SerializeImagePulls: true, RegistryPullQPS: 5, RegistryBurst: 10,
			NodeStatusUpdateFrequency: 10 * time.Second, NodeStatusReportFrequency: 5 * time.Minute, NodeLeaseDurationSeconds: 40,
			SyncFrequency: time.Minute, MaxContainerRestartPeriod: 300 * time.Second, MaxPods: 110,
		},
		Scheduler: Scheduler{Client: Client{50, 100}, PodInitialBackoff: time.Second, PodMaxBackoff: 10 * time.Second, MaxInUnschedulable: 5 * time.Minute},
		Latency: Latency{
			APIWrite: 4 * time.Millisecond, Bind: 6 * time.Millisecond, FirstStatus: 10 * time.Millisecond, VolumeWait: 300 * time.Millisecond,
			ContainerStart: 6 * time.Millisecond, StatusRunning: 4 * time.Millisecond, Relist: 700 * time.Microsecond,
			Killing: 4 * time.Millisecond, ObjectGone: 4 * time.Millisecond, ControllerSync: 4 * time.Millisecond,
		},
	}
}
