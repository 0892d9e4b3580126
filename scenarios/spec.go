package scenarios

import (
	"time"

	"gopkg.in/yaml.v3"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/world"
)

// APIVersion is the version of the scenario format that this program reads and writes.
const APIVersion = "simulate/v1alpha1"

// Kind is the kind of a scenario document.
const Kind = "Scenario"

// The fields of Document and of all types below it are the format: json tags, and else Go names in lower camel case, give the names. Their
// comments are what `simulate explain` and the JSON Schema say (schema_docs.go).

// Document is one scenario: a cluster, what runs on it, what happens to it, and what must hold.
type Document struct {
	APIVersion string // simulate/v1alpha1
	Kind       string // Scenario
	Metadata   Metadata
	Spec       Spec
}

// Metadata names the scenario.
type Metadata struct {
	Name string // the name in reports; without it the file's
}

// Spec says what the cluster is, what runs on it, what goes wrong and when, and what must hold.
type Spec struct {
	Description string        // one line, the title of reports
	Seed        *uint64       // of every stream of random numbers, 1
	Runs        *int          // replications, 1: the first has the seed itself, the others seeds derived from it
	Start       time.Time     // the wall clock of the cluster at t=0, 2026-01-01T00:00:00Z
	Duration    time.Duration // the run ends here; events at exactly this time do not run
	Until       string        `enum:"settled"` // instead of duration: settled, the default, ends the run when nothing but retries and periodic work is ahead, at most 1h
	Params      *yaml.Node    `json:"params"`  // names and values: $(name) stands for them anywhere; --set replaces them
	Matrix      matrix        // values for parameters: `simulate test` and sweeps run every combination
	Profile     placed        `enum:"v1.36,containerd,instant"` // named latencies: v1.36 as recorded, containerd with the costs of a real runtime, instant with none
	Components  components    // over the profile
	Cluster     Cluster
	Workloads   []Workload
	Behaviors   []Behavior
	Timeline    []Step
	Expect      []Expectation // what must hold
	Thresholds  thresholds    // limits on metrics: selector -> ["p(95) < 30s", ...]
	Outputs     []Output      // files to write when it has run
}

// components is kept as it stands until the profile is known.
type components struct{ node *yaml.Node }

func (c *components) decodeNode(_ *decoder, n *yaml.Node, _ string) { c.node = n }

// ComponentSettings is what spec.components may say, over the profile: settings of the simulated components, by upstream's names.
type ComponentSettings struct {
	KubeControllerManager config.ControllerManager
	Kubelet               config.Kubelet
	KubeScheduler         config.Scheduler
	MetricsServer         config.MetricsServer
	Latency               config.Latency
}

// Workload is a set of manifests that are created together.
type Workload struct {
	Place     model.Place   `json:"-"`
	At        time.Duration // when the objects are created; 0s
	Manifests []placed      // files, directories, globs
	Inline    inline        `raw:"true"`
	Namespace string        // for objects that name none
	Copies    *int          // the same bare pods again, named -1, -2, ...
	Arrivals  *Arrivals
}

// Arrivals makes a workload come again and again.
type Arrivals struct {
	Place model.Place   `json:"-"`
	Every world.Value   `unit:"duration"` // gap between arrivals; the first comes one gap after `at`
	Until time.Duration // 0 = the end of the run
	Count int           // 0 = no limit
}

// placed is a name or a path, and where it stands.
type placed struct {
	Place model.Place
	Name  string
}

func (p *placed) decodeNode(d *decoder, n *yaml.Node, path string) {
	p.Place = d.place(n)
	p.Name, _ = d.text(n, path)
}

// inline is a manifest inside the scenario, and the node that holds it.
type inline struct {
	node *yaml.Node
	Text string
}

func (t *inline) decodeNode(d *decoder, n *yaml.Node, path string) {
	if n.Kind != yaml.ScalarNode {
		d.errorf(n, "%s: must be text, a manifest after \"|\"; got %s", path, describe(n))
		return
	}
	t.node, t.Text = n, n.Value
}
