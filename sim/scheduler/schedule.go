package scheduler

import (
	"slices"
	"strings"
)

// Options of Schedule.
type Options struct {
	Start    int  // index in the order of nodes at which to begin; Result.Next of the cycle before
	AllNodes bool // look at every node, however many there are, and score even where one alone is feasible
	FirstTie bool // of equally good nodes take the one with the smallest name, not the one that upstream takes
	ScoreOne bool // score even where one node alone is feasible; AllNodes does so too
	Brief    bool // leave Result.Nodes empty
	// Exhaustive asks every filter about every node, and fills in NodeResult.Also.
	Exhaustive bool
}

// Result is what a cycle found out, in the format of `simulate schedule -o jsonl`.
type Result struct {
	Pod     string       `json:"pod"` // namespace/name
	Chosen  string       `json:"chosen,omitempty"`
	Best    []string     `json:"best,omitempty"` // nodes with the highest total, by name
	Message string       `json:"message,omitempty"`
	Nodes   []NodeResult `json:"nodes"` // those looked at, by name

	Next      int        `json:"-"` // start of the next cycle
	Total     int64      `json:"-"` // of the chosen node
	Reasons   []string   `json:"-"` // those of Message without their counts, sorted; nil if a node was chosen
	Evaluated int        `json:"-"` // nodes looked at that count for the rotation
	Diagnosis *Diagnosis `json:"-"` // nil if a node was chosen
}

// NodeResult is what a cycle says of one node: who turned it down and why, or its weighted scores.
type NodeResult struct {
	Node    string           `json:"node"`
	Plugin  string           `json:"plugin,omitempty"`
	Code    string           `json:"code,omitempty"`
	Reasons []string         `json:"reasons,omitempty"`
	Also    []Objection      `json:"also,omitempty"` // Options.Exhaustive: plugins after Plugin that turn the node down too
	Scores  map[string]int64 `json:"scores,omitempty"`
	Total   int64            `json:"total,omitempty"`
}

// Objection is what one plugin has against a node.
type Objection struct {
	Plugin  string   `json:"plugin"`
	Code    string   `json:"code"`
	Reasons []string `json:"reasons"`
}

// MessageNoNodes is the failure of a pod where there are no nodes at all.
const MessageNoNodes = "no nodes available to schedule pods"

// Schedule runs one cycle the plain way: every node is judged and scored anew, plugin by plugin. It is what `simulate
// schedule` shows, and the twin that the fast path is tested against.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go schedulePod, findNodesThatFitPod, prioritizeNodes.
func (p *Profile) Schedule(pod *Pod, s *Snapshot, o Options) Result {
	s.Update()
	res := Result{Pod: pod.Namespace + "/" + pod.Name, Next: o.Start, Nodes: []NodeResult{}}
	if len(s.order) == 0 {
		res.Message = MessageNoNodes
		return res
	}
	c := &Cycle{}
	if v := c.begin(p, s, pod); v != 0 {
		res.fail(p, c.diagnose(v))
		return res
	}
	slot, nominated := c.tryNominated()
	if slot >= 0 {
		c.feasible = append(c.feasible, slot)
		c.scoreAll(&res, o)
		return res
	}
	verdicts := c.filterAll(o)
	if nominated >= 0 && !slices.ContainsFunc(verdicts, func(v nodeVerdict) bool { return v.slot == nominated }) {
		verdicts = append(verdicts, nodeVerdict{nominated, c.judge(nominated)})
	}
	if c.fault != "" {
		res.Message, res.Reasons = c.fault, []string{c.fault}
		return res
	}
	failed := 0
	for _, v := range verdicts {
		if v.verdict == 0 {
			continue
		}
		failed++
		if !o.Brief {
			r := &p.rejections[v.verdict]
			n := NodeResult{Node: s.nodes[v.slot].name, Plugin: p.plugins[r.Plugin].Name, Code: r.Code.String(), Reasons: r.Reasons}
			if o.Exhaustive {
				n.Also = c.exhaust(v.slot, v.verdict)
			}
			res.Nodes = append(res.Nodes, n)
		}
	}
	res.Evaluated = len(c.feasible) + failed
	res.Next = (o.Start + res.Evaluated) % len(s.order)
	if len(c.feasible) == 0 {
		res.fail(p, c.diagnose(0))
	} else {
		c.scoreAll(&res, o)
	}
	slices.SortFunc(res.Nodes, func(a, b NodeResult) int { return strings.Compare(a.Node, b.Node) })
	return res
}

func (res *Result) fail(p *Profile, d *Diagnosis) {
	res.Diagnosis, res.Message, res.Reasons = d, p.FilterMessage(d), p.reasons(d)
}

type nodeVerdict struct {
	slot    int32
	verdict Verdict
}

// filterAll judges nodes from the start on, until one more than needed is feasible; that one is dropped.
func (c *Cycle) filterAll(o Options) []nodeVerdict {
	slots := c.candidates()
	need := c.p.numFeasibleNodesToFind(len(slots))
	if o.AllNodes {
		need = len(slots)
	}
	var out []nodeVerdict
	c.feasible = c.feasible[:0]
	for i := range slots {
		slot := slots[(o.Start+i)%len(slots)]
		v := c.judge(slot)
		if v == 0 {
			if len(c.feasible) == need {
				break
			}
			c.feasible = append(c.feasible, slot)
		}
		out = append(out, nodeVerdict{slot, v})
	}
	return out
}

// scoreAll scores the feasible nodes and chooses.
func (c *Cycle) scoreAll(res *Result, o Options) {
	n := len(c.feasible)
	totals := make([]int64, n)
	var results []NodeResult
	if !o.Brief {
		results = make([]NodeResult, n)
		for i, slot := range c.feasible {
			results[i] = NodeResult{Node: c.Snap.nodes[slot].name, Scores: map[string]int64{}}
		}
	}
	if n > 1 || o.AllNodes || o.ScoreOne {
		for _, i := range c.p.lineup.at(PointScore) {
			if part := &c.Pod.Shape.parts[i]; part.Score != nil && c.quiet>>i&1 == 0 {
				c.scoreOne(&c.p.plugins[i], part, results, totals)
			}
		}
	}
	at := heapHead(totals)
	for i, slot := range c.feasible {
		if results != nil {
			results[i].Total = totals[i]
		}
		if totals[i] == totals[at] {
			res.Best = append(res.Best, c.Snap.nodes[slot].name)
		}
	}
	res.Chosen, res.Total = c.Snap.nodes[c.feasible[at]].name, totals[at]
	slices.Sort(res.Best)
	if o.FirstTie {
		res.Chosen = res.Best[0]
	}
	res.Nodes = append(res.Nodes, results...)
}

// scoreOne adds one plugin's scores.
func (c *Cycle) scoreOne(pl *registered, part *Part, results []NodeResult, totals []int64) {
	if part.PreScore != nil {
		part.PreScore(c, c.feasible)
	}
	c.scores = c.scores[:0]
	for _, slot := range c.feasible {
		c.scores = append(c.scores, part.Score(c, slot))
	}
	if part.Normalize != nil {
		part.Normalize(c, c.feasible, c.scores)
	}
	for j, v := range c.scores {
		totals[j] += pl.Weight * v
		if results != nil {
			results[j].Scores[pl.Name] = pl.Weight * v
		}
	}
}

// heapHead is selectHost the long way: it makes the heap. It returns the index of the total that ends at the head.
func heapHead(totals []int64) int {
	at := make([]int, len(totals))
	for i := range at {
		at[i] = i
	}
	for root := len(at)/2 - 1; root >= 0; root-- {
		for i := root; ; {
			child := 2*i + 1
			if child >= len(at) {
				break
			}
			if right := child + 1; right < len(at) && totals[at[right]] > totals[at[child]] {
				child = right
			}
			if totals[at[child]] <= totals[at[i]] {
				break
			}
			at[i], at[child] = at[child], at[i]
			i = child
		}
	}
	return at[0]
}
