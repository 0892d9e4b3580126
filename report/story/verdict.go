package story

// Verdict is what the scheduler would say at the end of the run of a pod that still waits for a node.
type Verdict struct {
	Pod       string         `json:"pod"`   // namespace/name
	Queue     string         `json:"queue"` // where it waits, in words
	Message   string         `json:"message,omitempty"`
	Nominated string         `json:"nominated,omitempty"` // the node on which preemption would make room
	Victims   []string       `json:"victims,omitempty"`
	Groups    []VerdictGroup `json:"groups,omitempty"` // of the nodes, in the order of the first of each
}

// VerdictGroup are the nodes of which the same is said.
type VerdictGroup struct {
	Nodes  []string    `json:"nodes"`            // the first of them, by name
	More   int         `json:"more,omitempty"`   // how many there are beside those
	Says   []Objection `json:"says,omitempty"`   // who turns them down, the first one first; none if the pod could go there
	Chosen bool        `json:"chosen,omitempty"` // the scheduler would take one of these
}

// Objection is what one plugin has against a node.
type Objection struct {
	Plugin  string `json:"plugin"`
	Reasons string `json:"reasons"`
}
