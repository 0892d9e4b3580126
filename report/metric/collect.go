package metric

import (
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/journal"
)

// Options say where a Collector gets what no record tells. The zero value is right for a run without prices and usage.
type Options struct {
	// Price is what a node costs per hour; nil: nothing.
	Price func(node string) float64
	// Used tells what containers use at an instant, for node_used_ratio: cpu in thousandths of a core, memory in bytes. nil: the metric has
	// no values. It is asked for every 15 s of the run, in order, no later than the first record after.
	Used func(at time.Duration, tell func(node, resource string, amount float64))
}

// Collector is a journal.Sink that measures a run. It keeps a few numbers for each pod, not the records. Use NewCollector.
type Collector struct {
	options   Options
	numbers   map[*Metric][]Number
	pods      []podState
	byUID     map[types.UID]int // index in pods
	nodes     map[string]*nodeState
	nodeOrder []*nodeState
	workloads map[types.UID]*workload
	order     []*workload // as they came
	jobs      map[types.UID]*job
	jobOrder  []*job
	requests  map[*corev1.PodSpec]amounts
	sampled   time.Duration // when Used is asked next
}

// NewCollector returns an empty collector.
func NewCollector(o Options) *Collector {
	return &Collector{
		options: o, numbers: map[*Metric][]Number{}, byUID: map[types.UID]int{}, nodes: map[string]*nodeState{},
		workloads: map[types.UID]*workload{}, jobs: map[types.UID]*job{}, requests: map[*corev1.PodSpec]amounts{},
	}
}

// The metrics that the collector writes.
var (
	mRestarts      = Find("container_restarts")
	mCost          = Find("cost")
	mEvictions     = Find("evictions")
	mJobFailed     = Find("job_failed_ratio")
	mJobSeconds    = Find("job_seconds")
	mLost          = Find("lost_replica_seconds")
	mRequested     = Find("node_requested_ratio")
	mUsed          = Find("node_used_ratio")
	mWait          = Find("pod_wait_seconds")
	mPending       = Find("pods_pending")
	mReady         = Find("pods_ready")
	mUnschedulable = Find("pods_unschedulable")
	mPreemptions   = Find("preemptions")
	mPull          = Find("pull_seconds")
	mReadyRatio    = Find("ready_ratio")
	mStartup       = Find("startup_seconds")
	mTimeToReady   = Find("time_to_ready_seconds")
)

func (c *Collector) add(m *Metric, at time.Duration, value float64, of *Object) {
	c.numbers[m] = append(c.numbers[m], Number{At: at, Value: value, Of: of})
}

// Record implements journal.Sink. It never fails.
func (c *Collector) Record(r *journal.Record) error {
	c.sample(r.At)
	switch o := r.Object.(type) {
	case journal.Pod:
		c.pod(r, o.Facts())
	case journal.Event:
		c.event(r, o.EventFacts())
	default:
		switch o.Kind() {
		case model.Node:
			c.node(r, o.API().(*corev1.Node))
		case model.Job:
			c.job(r, o.API().(*batchv1.Job))
		default:
			c.controller(r)
		}
	}
	return nil
}

// Measure sets Options.Used. Call it before the run begins.
func (c *Collector) Measure(used func(at time.Duration, tell func(node, resource string, amount float64))) {
	c.options.Used = used
}

// Data is what was measured until an instant, which must not lie before the last record. What is open then counts until it.
// The collector can go on afterwards.
func (c *Collector) Data(at time.Duration) *Data {
	c.sample(at)
	r := &run{numbers: make(map[*Metric][]Number, len(c.numbers)), end: at}
	for m, list := range c.numbers { // unordered: a copy of a map
		r.numbers[m] = slices.Clip(list)
	}
	c.closePods(r)
	c.closeWorkloads(r)
	c.closeJobs(r)
	c.closeNodes(r)
	return &Data{runs: []*run{r}}
}

// add adds a number that holds if the run ends now.
func (r *run) add(m *Metric, value float64, of *Object, open bool) {
	r.numbers[m] = append(r.numbers[m], Number{At: r.end, Value: value, Of: of, Open: open})
}
