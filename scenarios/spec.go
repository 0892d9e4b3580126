package scenarios

import (
	"time"

	"gopkg.in/yaml.v3"

	"clustersim/model"
	"clustersim/sim/world"
)

// APIVersion is the version of the scenario format that this program reads and writes.
const APIVersion = "simulate/v1alpha1"

// Kind is the kind of a scenario document.
const Kind = "Scenario"

// Document is one scenario document. The fields of this type and of all below it are the format; json tags and Go names
// in lower camel case give the names.
type Document struct {
	APIVersion string
	Kind       string
	Metadata   Metadata
	Spec       Spec
}

// Metadata names the scenario.
type Metadata struct {
	Name string
}

// Spec says what the cluster is, what runs on it, what goes wrong and when, and what must hold.
type Spec struct {
	Description string        // one line, the title of reports
	Seed        *uint64       // 1
	Runs        *int          // replications, 1
	Start       time.Time     // virtual wall clock at t=0, 2026-01-01T00:00:00Z
	Duration    time.Duration // half-open: events at exactly this time do not run
	Until       string        // settled, the default; excludes duration
	Params      *yaml.Node    `json:"params"` // read before everything else
	Matrix      matrix        // parameter -> values: `simulate test` and sweeps run every combination
	Profile     placed        // see config.Profiles
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

// Workload is a set of manifests that are created together.
type Workload struct {
	Place     model.Place `json:"-"`
	At        time.Duration
	Manifests []placed // files, directories, globs
	Inline    inline   `raw:"true"`
	Namespace string   // for objects that name none
	Copies    *int     // the same bare pods again, named -1, -2, ...
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
