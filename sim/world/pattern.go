package world

import (
	"strconv"
	"strings"
)

// Pattern makes nodes that are alike but for their name and zone, however many a scenario asks for.
type Pattern struct {
	// Proto is the node without name, zone and hostname; it is copied, never changed.
	Proto NodeTemplate
	Name  string   // {i} counts from 1, {zone} stands for the node's zone
	Zones []string // round robin; empty: no zone label
	Count int      // how many exist from the start; the next one has i = Count + 1
}

// The labels that a Pattern sets for each node by itself.
const (
	LabelHostname = "kubernetes.io/hostname"
	LabelZone     = "topology.kubernetes.io/zone"
)

// Node returns the i-th node of the pattern; i counts from 1.
func (p *Pattern) Node(i int) NodeTemplate {
	n := p.Proto
	n.Object = p.Proto.Object.DeepCopy()
	if n.Object.Labels == nil {
		n.Object.Labels = map[string]string{}
	}
	zone := ""
	if len(p.Zones) > 0 {
		zone = p.Zones[(i-1)%len(p.Zones)]
		n.Object.Labels[LabelZone] = zone
	}
	n.Object.Name = strings.NewReplacer("{i}", strconv.Itoa(i), "{zone}", zone).Replace(p.Name)
	if _, ok := n.Object.Labels[LabelHostname]; !ok {
		n.Object.Labels[LabelHostname] = n.Object.Name
	}
	return n
}
