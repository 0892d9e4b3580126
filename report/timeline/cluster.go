package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/report/kubectl"
)

// Happening is one line of the cluster's story: what befell a node, or what the scenario did.
type Happening struct {
	At      time.Duration
	Kind    MarkKind
	Subject string // "Node worker-1", "Step crash", "Check replaced"
	Status  string // of a node, as kubectl shows it; "begins", "ends"; of a check "passed" or "failed"
	Text    string
	Quiet   bool // not told: a check that passed stands in the list of verdicts
}

// Cluster gathers what is no pod's story. The zero value is ready for use.
type Cluster struct {
	Happenings []Happening
	nodes      map[string]*corev1.Node
}

// Add puts a line down that no watch event tells: a step of the scenario, a check.
func (c *Cluster) Add(h Happening) { c.Happenings = append(c.Happenings, h) }

// Observe takes a watch event of a Node. Nodes that are there at the beginning are not told of.
func (c *Cluster) Observe(at time.Duration, verb string, n *corev1.Node) {
	if c.nodes == nil {
		c.nodes = map[string]*corev1.Node{}
	}
	before := c.nodes[n.Name]
	line := Happening{At: at, Subject: "Node " + n.Name, Status: kubectl.NodeStatus(n)}
	switch {
	case verb == "DELETED":
		delete(c.nodes, n.Name)
		line.Status, line.Text = "(gone)", "removed from the API"
	case before == nil:
		c.nodes[n.Name] = n
		if at > 0 {
			line.Text = "registered"
		}
	default:
		c.nodes[n.Name] = n
		line.Text = nodeChanges(before, n)
	}
	if line.Text == "" {
		return
	}
	if strings.HasPrefix(line.Status, "NotReady") {
		line.Kind = Warning
	}
	c.Add(line)
}

// nodeChanges says what is new in a node: conditions that turned, taints, the cordon.
func nodeChanges(before, now *corev1.Node) string {
	var texts []string
	for _, c := range now.Status.Conditions {
		i := slices.IndexFunc(before.Status.Conditions, func(o corev1.NodeCondition) bool { return o.Type == c.Type })
		if i < 0 || before.Status.Conditions[i].Status == c.Status {
			continue
		}
		if was := before.Status.Conditions[i].Status; c.Type != corev1.NodeReady && c.Status != corev1.ConditionTrue && was != corev1.ConditionTrue {
			continue // a pressure that there was none of is not known any more
		}
		text := fmt.Sprintf("now %s: %s", strings.ToLower(string(c.Status)), c.Type)
		if c.Reason != "" {
			text += " (" + c.Reason + ")"
		}
		texts = append(texts, text)
	}
	if before.Spec.Unschedulable != now.Spec.Unschedulable {
		if now.Spec.Unschedulable {
			texts = append(texts, "cordoned")
		} else {
			texts = append(texts, "uncordoned")
		}
	}
	if added := missingTaints(now.Spec.Taints, before.Spec.Taints); added != "" {
		texts = append(texts, "tainted "+added)
	}
	if gone := missingTaints(before.Spec.Taints, now.Spec.Taints); gone != "" {
		texts = append(texts, "no longer tainted "+gone)
	}
	return strings.Join(texts, "; ")
}

// missingTaints lists the taints of a that b lacks.
func missingTaints(a, b []corev1.Taint) string {
	var out []string
	for _, t := range a {
		if !slices.ContainsFunc(b, func(o corev1.Taint) bool { return o.Key == t.Key && o.Effect == t.Effect && o.Value == t.Value }) {
			out = append(out, t.ToString())
		}
	}
	return strings.Join(out, ", ")
}

// clusterStory tells what befell the cluster in dated lines.
func (p *printer) clusterStory(list []Happening) {
	list = told(list)
	if len(list) == 0 {
		return
	}
	p.out.WriteString("\n")
	subject, status := 0, 0
	for _, h := range list {
		subject, status = max(subject, len([]rune(h.Subject))), max(status, len([]rune(h.Status)))
	}
	keep := p.options.maxLines()
	tail := keep / 4
	for i, h := range list {
		if len(list) > keep && i >= keep-tail && i < len(list)-tail {
			if i == keep-tail {
				fmt.Fprintf(p.out, "%10s  %s left out\n", "...", plural(len(list)-keep, "line"))
			}
			continue
		}
		p.wrapped(fmt.Sprintf("%10s  %-*s  %-*s  ", Clock(h.At), subject, h.Subject, status, h.Status), h.Text)
	}
}

// told leaves out what is quiet.
func told(list []Happening) []Happening {
	return slices.DeleteFunc(slices.Clone(list), func(h Happening) bool { return h.Quiet })
}

// clusterLanes are the lanes above those of pods: one for what the scenario did, one for each node that was not always ready.
func clusterLanes(list []Happening) (lanes []Lane) {
	steps := Lane{Name: "(scenario)"}
	byNode := map[string]int{}
	for _, h := range told(list) {
		name, node := strings.CutPrefix(h.Subject, "Node ")
		if !node {
			steps.Marks = append(steps.Marks, Mark{h.At, h.Kind, h.Subject + " " + h.Status})
			continue
		}
		i, known := byNode[name]
		if !known {
			i = len(lanes)
			byNode[name] = i
			lanes = append(lanes, Lane{Name: "node " + name})
			if h.Text != "registered" {
				lanes[i].enter(0, Ready, "Ready")
			}
		}
		switch {
		case h.Status == "(gone)":
			lanes[i].end(h.At)
		case strings.HasPrefix(h.Status, "NotReady"):
			lanes[i].enter(h.At, Unknown, h.Status)
		default:
			lanes[i].enter(h.At, Ready, h.Status)
		}
	}
	if len(steps.Marks) > 0 {
		lanes = append([]Lane{steps}, lanes...)
	}
	return lanes
}

// NodeChange says in words what is new in a node: conditions that turned, taints, the cordon.
func NodeChange(before, now *corev1.Node) string { return nodeChanges(before, now) }
