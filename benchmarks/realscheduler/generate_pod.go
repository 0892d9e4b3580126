package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pod draws a pod without a node.
func (g *generator) pod() *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: pick(g, namespaces...), Labels: g.podLabels()}}
	g.name(p)
	p.Spec.SchedulerName = corev1.DefaultSchedulerName
	for range 1 + g.IntN(2) {
		p.Spec.Containers = append(p.Spec.Containers, g.container(fmt.Sprint("c", len(p.Spec.Containers))))
	}
	for g.when("init", 2) {
		c := g.container(fmt.Sprint("i", len(p.Spec.InitContainers)))
		if always := corev1.ContainerRestartPolicyAlways; g.oneIn(2) {
			c.RestartPolicy = &always
		}
		p.Spec.InitContainers = append(p.Spec.InitContainers, c)
	}
	if g.when("podlevel", 3) {
		p.Spec.Resources = &corev1.ResourceRequirements{Requests: g.some(corev1.ResourceCPU, corev1.ResourceMemory)}
	}
	if g.when("overhead", 3) {
		p.Spec.Overhead = g.some(corev1.ResourceCPU, corev1.ResourceMemory)
	}
	if g.when("selector", 4) {
		p.Spec.NodeSelector = g.nodeSelector()
	}
	for g.when("taints", 2) {
		p.Spec.Tolerations = append(p.Spec.Tolerations, g.toleration())
	}
	if g.when("declared", 3) {
		p.Spec.Containers[0].RestartPolicyRules = []corev1.ContainerRestartRule{{Action: corev1.ContainerRestartRuleActionRestartAllContainers}}
	}
	if no := false; g.when("declared", 4) {
		p.Spec.HostNetwork, p.Spec.HostUsers = true, &no
	}
	g.affinities(p)
	g.podVolumes(p)
	g.spread(p)
	g.priority(p)
	g.owner(p)
	return p
}

var namespaces = []string{"default", "team-a", "team-b"}

func (g *generator) podLabels() map[string]string {
	l := map[string]string{}
	if g.oneIn(8) {
		return nil
	}
	l["app"] = pick(g, "web", "db")
	if g.oneIn(2) {
		l["tier"] = pick(g, "1", "2")
	}
	return l
}

func (g *generator) container(name string) corev1.Container {
	c := corev1.Container{Name: name, Image: "none"}
	if g.on["images"] {
		c.Image = imageNames[g.IntN(len(imageNames))]
	}
	if g.on["requests"] && !g.oneIn(4) {
		c.Resources.Requests = g.some(corev1.ResourceCPU, corev1.ResourceMemory)
	}
	if g.when("scalars", 2) {
		if c.Resources.Requests == nil {
			c.Resources.Requests = corev1.ResourceList{}
		}
		for name, q := range g.some("ephemeral-storage", "example.com/gpu", "hugepages-2Mi", "example.com/none") {
			if g.oneIn(2) {
				c.Resources.Requests[name] = q
			}
		}
	}
	for g.when("ports", 3) {
		c.Ports = append(c.Ports, corev1.ContainerPort{
			ContainerPort: 80, HostPort: pick[int32](g, 0, 80, 80, 443), HostIP: pick(g, "", "", "10.0.0.1", "0.0.0.0", "::"),
			Protocol: pick(g, corev1.ProtocolTCP, corev1.ProtocolTCP, corev1.ProtocolUDP, ""),
		})
	}
	return c
}

// some draws quantities for some of the resources.
func (g *generator) some(names ...corev1.ResourceName) corev1.ResourceList {
	l := corev1.ResourceList{}
	for _, name := range names {
		if g.oneIn(4) {
			continue
		}
		var q string
		switch name {
		case corev1.ResourceCPU:
			if g.crowd {
				q = pick(g, "500m", "700m", "1", "1500m", "1900m")
				break
			}
			q = pick(g, "0", "1m", "100m", "250m", "500m", "1", "1000m", "1500m", "0.1", "3", "100n")
		case corev1.ResourceMemory:
			q = pick(g, "0", "1", "64Mi", "128Mi", "200Mi", "512Mi", "1Gi", "3Gi", "1G", "100m", "1500M")
		case "ephemeral-storage":
			q = pick(g, "0", "500Mi", "1Gi", "5Gi")
		case "hugepages-2Mi":
			q = pick(g, "2Mi", "4Mi", "32Mi")
		default:
			q = pick(g, "0", "1", "2")
		}
		l[name] = resource.MustParse(q)
	}
	return l
}

func (g *generator) priority(p *corev1.Pod) {
	if !g.on["priority"] {
		return
	}
	v := pick[int32](g, -10, 0, 0, 5, 10, 100, 1000)
	if g.crowd {
		v += int32(g.made)
	}
	if !g.oneIn(5) {
		p.Spec.Priority = &v
	}
	if never := corev1.PreemptNever; g.oneIn(8) {
		p.Spec.PreemptionPolicy = &never
	}
}

// owner makes a pod one of a ReplicaSet's or the like. The owner need not exist.
func (g *generator) owner(p *corev1.Pod) {
	if !g.when("services", 2) {
		return
	}
	yes := true
	kind := pick(g, "ReplicaSet", "ReplicaSet", "StatefulSet", "ReplicationController", "Job")
	api := map[string]string{"ReplicationController": "v1", "Job": "batch/v1"}[kind]
	if api == "" {
		api = "apps/v1"
	}
	p.OwnerReferences = []metav1.OwnerReference{{APIVersion: api, Kind: kind, Name: pick(g, "web", "db", "gone"), Controller: &yes}}
}
