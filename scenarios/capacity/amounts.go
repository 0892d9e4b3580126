package capacity

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	helper "k8s.io/component-helpers/resource"
)

// Amounts are what is needed or given of each resource of a Cluster, in the order of Cluster.Resources: thousandths of a
// core, bytes, pieces.
type Amounts []int64

// Resources are the names of what the cluster's nodes give or its pods ask for: cpu, memory and pods first.
func (c *Cluster) Resources() []corev1.ResourceName { return c.resources }

func (c *Cluster) findResources(nodes []*corev1.Node, pods []*corev1.Pod) {
	first := []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourcePods}
	seen := map[corev1.ResourceName]bool{}
	for _, p := range pods {
		for _, list := range [][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
			for i := range list {
				for name := range list[i].Resources.Requests { // unordered: sorted below
					seen[name] = true
				}
			}
		}
	}
	for _, n := range nodes {
		for name, q := range n.Status.Allocatable { // unordered: sorted below
			if !q.IsZero() && name != corev1.ResourceEphemeralStorage && !strings.HasPrefix(string(name), "hugepages-") {
				seen[name] = true
			}
		}
	}
	var rest []corev1.ResourceName
	for name := range seen { // unordered: sorted below
		if !slices.Contains(first, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	c.resources = append(first, rest...)
}

func amount(name corev1.ResourceName, q resource.Quantity) int64 {
	if name == corev1.ResourceCPU {
		return q.MilliValue()
	}
	return q.Value()
}

func (c *Cluster) amounts(list corev1.ResourceList) Amounts {
	a := make(Amounts, len(c.resources))
	for i, name := range c.resources {
		if q, ok := list[name]; ok {
			a[i] = amount(name, q)
		}
	}
	return a
}

// needs is what a pod requests; it is also one of the node's pods.
func (c *Cluster) needs(p *corev1.Pod) Amounts {
	a := c.amounts(helper.PodRequests(p, helper.PodResourcesOptions{}))
	a[slices.Index(c.resources, corev1.ResourcePods)] = 1
	return a
}

func (c *Cluster) gives(n *corev1.Node) Amounts { return c.amounts(n.Status.Allocatable) }

func (a Amounts) add(b Amounts) {
	for i := range b {
		a[i] += b[i]
	}
}

func (a Amounts) sub(b Amounts) {
	for i := range b {
		a[i] -= b[i]
	}
}

// unit is what a resource is shown in, and how many of ours make one.
func unit(name corev1.ResourceName) (text string, divisor float64) {
	switch name {
	case corev1.ResourceCPU:
		return "cores", 1000
	case corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return "GiB", 1 << 30
	case corev1.ResourcePods:
		return "pods", 1
	}
	if strings.HasSuffix(string(name), "gpu-milli") {
		return "GPUs", 1000
	}
	return "pieces", 1
}

// number prints an amount in the unit of its resource, with at most two decimals.
func number(name corev1.ResourceName, v int64) string {
	_, d := unit(name)
	return Decimal(float64(v) / d)
}

// Decimal prints a number with as many decimals as are worth it, at most two.
func Decimal(x float64) string {
	places := 2
	if math.Abs(x) >= 1000 {
		places = 0
	} else if math.Abs(x) >= 100 {
		places = 1
	}
	s := strconv.FormatFloat(x, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// describe names what a pod asks for: "4 cores, 16 GiB, 1 GPUs".
func (c *Cluster) describe(a Amounts) string {
	var parts []string
	for i, name := range c.resources {
		if name == corev1.ResourcePods || a[i] == 0 {
			continue
		}
		u, _ := unit(name)
		if u == "pieces" {
			u = short(name)
		}
		parts = append(parts, fmt.Sprintf("%s %s", number(name, a[i]), u))
	}
	if len(parts) == 0 {
		return "no requests"
	}
	return strings.Join(parts, ", ")
}

// short is the last part of a resource's name.
func short(name corev1.ResourceName) string {
	s := string(name)
	return s[strings.LastIndexByte(s, '/')+1:]
}
