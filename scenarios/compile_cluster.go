package scenarios

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/api/validation"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/fault"
	"clustersim/sim/world"
)

// maxCount bounds the nodes of a template and the copies of a workload: a slip of the finger should not fill the memory.
const maxCount = 1_000_000

// DefaultVersion is the kubelet version that nodes show.
const DefaultVersion = "v1.36.3"

// over lays spec.components over the settings of the profile.
func (c *compiler) over(n *yaml.Node, s *config.Components) {
	c.settings(n, s)
	c.periods(n, s)
	c.evictionHard(n, s.Kubelet.EvictionHard)
	if file := s.Scheduler.ConfigFile; file != "" {
		s.Scheduler.ConfigFile = c.files.rel(c.file, file)
		c.schedulerConfig(n, s)
	}
}

// settings lays what stands below spec.components over the settings.
func (c *compiler) settings(n *yaml.Node, s *config.Components) {
	form := ComponentSettings{s.ControllerManager, s.Kubelet, s.Scheduler, s.MetricsServer, s.Latency}
	c.structure(n, reflect.ValueOf(&form).Elem(), "spec.components", nil, nil)
	s.ControllerManager, s.Kubelet, s.Scheduler = form.KubeControllerManager, form.Kubelet, form.KubeScheduler
	s.MetricsServer, s.Latency = form.MetricsServer, form.Latency
}

// periods refuses loops without a pause between two rounds, as upstream's components do at their start.
func (c *compiler) periods(n *yaml.Node, s *config.Components) {
	for _, p := range []struct {
		component, name string
		zero            bool
	}{
		{"kubelet", "nodeStatusUpdateFrequency", s.Kubelet.NodeStatusUpdateFrequency == 0},
		{"kubelet", "nodeStatusReportFrequency", s.Kubelet.NodeStatusReportFrequency == 0},
		{"kubelet", "nodeLeaseDurationSeconds", s.Kubelet.NodeLeaseDurationSeconds == 0},
		{"kubelet", "syncFrequency", s.Kubelet.SyncFrequency == 0},
		{"kubeControllerManager", "nodeMonitorPeriod", s.ControllerManager.NodeMonitorPeriod == 0},
		{"kubeControllerManager", "podGCPeriod", s.ControllerManager.PodGCPeriod == 0},
		{"kubeControllerManager", "horizontalPodAutoscalerSyncPeriod", s.ControllerManager.HorizontalPodAutoscalerSyncPeriod == 0},
		{"metricsServer", "metricResolution", s.MetricsServer.MetricResolution == 0},
	} {
		if p.zero {
			c.errorf(at(n, p.component, p.name), "spec.components.%s.%s: must be above 0", p.component, p.name)
		}
	}
}

// schedulerConfig reads the scheduler's own file. What the scenario says beside it goes before what the file says.
func (c *compiler) schedulerConfig(n *yaml.Node, s *config.Components) {
	name := s.Scheduler.ConfigFile
	data, err := c.files.read(name)
	if err != nil {
		c.errorf(at(n, "kubeScheduler", "configFile"), "spec.components.kubeScheduler.configFile: %s", err)
		return
	}
	profile, _ := config.Profile(c.options.Profile)
	fresh := *s
	fresh.Scheduler = profile.Scheduler
	c.problems = append(c.problems, ReadSchedulerConfig(name, data, &fresh.Scheduler)...)
	found := len(c.problems)
	c.settings(n, &fresh)
	c.problems = c.problems[:found] // they are there already
	fresh.Scheduler.ConfigFile = name
	s.Scheduler = fresh.Scheduler
}

// imports reads spec.cluster.import: Nodes become machines, the rest exists before t=0.
func (c *compiler) imports() {
	for _, m := range append(c.readPaths(c.spec.Cluster.Import, model.Options{KeepServerFields: true}), c.opt.Import...) {
		if node, ok := m.Object.(*corev1.Node); ok {
			c.options.Nodes = append(c.options.Nodes, givenNode(node, 0))
			continue
		}
		setNamespace([]model.Manifest{m}, "")
		c.options.Import = append(c.options.Import, m)
	}
}

// nodes expands the templates.
func (c *compiler) nodes() {
	c.patterns = map[string]*world.Pattern{}
	for i := range c.spec.Cluster.Nodes {
		t := &c.spec.Cluster.Nodes[i]
		p := c.pattern(t)
		c.all = append(c.all, p)
		if t.ID != "" {
			if c.patterns[t.ID] != nil {
				c.add(t.Place, model.Error, "", "a second node template with the id %q", t.ID)
			}
			c.patterns[t.ID] = p
		}
		for n := 1; n <= p.Count; n++ {
			c.options.Nodes = append(c.options.Nodes, p.Node(n))
		}
	}
}

// placeholders stands something right where a template's name has what is filled in for each node.
var placeholders = strings.NewReplacer("{i}", "1", "{zone}", "z")

// pattern compiles one template.
func (c *compiler) pattern(t *NodeTemplate) *world.Pattern {
	p := &world.Pattern{Name: t.Name, Zones: t.Zones, Count: 1}
	if t.Count != nil {
		p.Count = *t.Count
	}
	if p.Count > maxCount {
		c.add(t.Place, model.Error, "", "count: at most %d nodes of a template", maxCount)
		p.Count = 0
	}
	if t.Name == "" {
		c.add(t.Place, model.Error, "", "name: required (several nodes: \"worker-{i}\")")
	}
	if wrong := validation.NameIsDNSSubdomain(placeholders.Replace(t.Name), false); t.Name != "" && len(wrong) > 0 {
		c.add(t.Place, model.Error, "", "name: %q: %s", t.Name, wrong[0])
	}
	for _, taint := range t.Taints {
		if err := fault.CheckTaint(taint); err != nil {
			c.add(t.Place, model.Error, "", "taints: %s", err)
		}
	}
	p.Proto = world.NodeTemplate{
		Object: c.nodeObject(t), Images: t.Images, StaticPods: c.staticPods(t), StartAt: t.StartAt,
		Price: t.Price, TemplateID: t.ID,
	}
	if f := t.Failures; f != nil {
		if !f.MTBF.IsSet() || !f.MTTR.IsSet() {
			c.add(f.Place, model.Error, "", "failures: needs mtbf and mttr")
		}
		if f.Notice != 0 {
			c.warnf(f.Place, "failures.notice: accepted and not simulated: a crash comes unannounced (spotReclaim has a notice)")
		}
		p.Proto.Failures = &world.Failures{MTBF: f.MTBF, MTTR: f.MTTR, Notice: f.Notice}
	}
	return p
}

// nodeObject is the Node that the kubelet of a template's machine registers.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet_node_status.go initialNode (labels).
func (c *compiler) nodeObject(t *NodeTemplate) *corev1.Node {
	n := &corev1.Node{}
	n.APIVersion, n.Kind = "v1", "Node"
	n.Labels = map[string]string{}
	setKubeletLabels(n)
	if t.Region != "" {
		n.Labels[corev1.LabelTopologyRegion] = t.Region
	}
	maps.Copy(n.Labels, t.Labels)
	n.Spec.Taints = t.Taints
	n.Status.Capacity = defaultCapacity(c.options.Components.Kubelet.MaxPods)
	for name, q := range t.Capacity { // unordered: fills a map
		n.Status.Capacity[corev1.ResourceName(name)] = q
	}
	n.Status.Allocatable = n.Status.Capacity.DeepCopy()
	for _, name := range slices.Sorted(maps.Keys(t.Reserved)) {
		left, ok := n.Status.Allocatable[corev1.ResourceName(name)]
		left.Sub(t.Reserved[name])
		if !ok || left.Sign() < 0 {
			c.add(t.Place, model.Error, "", "reserved: more %s than the node has", name)
			continue
		}
		n.Status.Allocatable[corev1.ResourceName(name)] = left
	}
	setNodeInfo(n, t.Version)
	return n
}

func defaultCapacity(maxPods int64) corev1.ResourceList {
	if maxPods == 0 {
		maxPods = 110
	}
	return corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("4"),
		corev1.ResourceMemory:           resource.MustParse("16Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("100Gi"),
		corev1.ResourcePods:             *resource.NewQuantity(maxPods, resource.DecimalSI),
	}
}

// setKubeletLabels sets the labels of a kubelet's own that are not there, but for the hostname.
func setKubeletLabels(n *corev1.Node) {
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	for _, l := range [][2]string{
		{"beta.kubernetes.io/arch", "amd64"}, {"beta.kubernetes.io/os", "linux"},
		{corev1.LabelArchStable, "amd64"}, {corev1.LabelOSStable, "linux"},
	} {
		if _, ok := n.Labels[l[0]]; !ok {
			n.Labels[l[0]] = l[1]
		}
	}
}

func setNodeInfo(n *corev1.Node, version string) {
	info := &n.Status.NodeInfo
	if version == "" {
		version = DefaultVersion
	}
	if info.KubeletVersion == "" {
		info.KubeletVersion = version
	}
	if info.OperatingSystem == "" {
		info.OperatingSystem = "linux"
	}
	if info.Architecture == "" {
		info.Architecture = "amd64"
	}
}

// givenNode makes a machine of a plain Node object. One without conditions comes as a user writes it: a healthy kubelet
// fills in what is missing. One with conditions was seen in a cluster and is kept as it is; if it is not Ready there is
// nobody behind it.
func givenNode(n *corev1.Node, at time.Duration) world.NodeTemplate {
	t := world.NodeTemplate{Object: n, StartAt: at}
	for _, image := range n.Status.Images {
		t.Images = append(t.Images, image.Names...)
	}
	for _, cond := range n.Status.Conditions {
		if cond.Type == corev1.NodeReady && cond.Status != corev1.ConditionTrue {
			t.NoKubelet = true
		}
	}
	if len(n.Status.Conditions) == 0 {
		setKubeletLabels(n)
		if n.Labels[corev1.LabelHostname] == "" {
			n.Labels[corev1.LabelHostname] = n.Name
		}
		setNodeInfo(n, "")
	}
	if len(n.Status.Capacity) == 0 && len(n.Status.Allocatable) == 0 {
		n.Status.Capacity = defaultCapacity(0)
	}
	if len(n.Status.Capacity) == 0 {
		n.Status.Capacity = n.Status.Allocatable.DeepCopy()
	}
	if len(n.Status.Allocatable) == 0 {
		n.Status.Allocatable = n.Status.Capacity.DeepCopy()
	}
	return t
}

// staticPods reads the manifests in the kubelet's folder.
func (c *compiler) staticPods(t *NodeTemplate) (pods []*corev1.Pod) {
	for _, s := range t.StaticPods {
		var list []model.Manifest
		if s.inline.node != nil {
			list = c.readInline(s.inline.node, s.inline.Text)
		} else {
			list = c.readPaths([]placed{s.placed}, model.Options{})
		}
		setNamespace(list, "")
		for _, m := range list {
			pod, ok := m.Object.(*corev1.Pod)
			if !ok {
				c.add(m.Place, model.Error, "", "staticPods: a kubelet runs Pods alone, not a %s", m.Kind.Name)
				continue
			}
			pods = append(pods, pod)
		}
	}
	return pods
}

// defaultNodes is the cluster of an input without nodes.
func (c *compiler) defaultNodes() {
	t := &NodeTemplate{Name: "node-{i}", Capacity: map[string]resource.Quantity{}}
	count := max(1, c.opt.Nodes)
	t.Count = &count
	for _, r := range [][2]string{{"cpu", c.opt.NodeCPU}, {"memory", c.opt.NodeMemory}} {
		if r[1] == "" {
			continue
		}
		q, err := resource.ParseQuantity(r[1])
		switch {
		case err != nil || q.Sign() <= 0:
			c.add(model.Place{}, model.Error, "", "--node-%s: must be a quantity such as 4 or 16Gi, got %q", r[0], r[1])
			continue
		case tooMuch(q):
			c.add(model.Place{}, model.Error, "", "--node-%s: %s is more than can be counted", r[0], r[1])
			continue
		}
		t.Capacity[r[0]] = q
	}
	p := c.pattern(t)
	for i := 1; i <= count; i++ {
		c.options.Nodes = append(c.options.Nodes, p.Node(i))
	}
}

// uniqueNodes refuses two nodes of one name.
func (c *compiler) uniqueNodes() {
	seen := map[string]bool{}
	for _, n := range c.options.Nodes {
		name := n.Object.Name
		if seen[name] && name != "" {
			hint := ""
			if n.TemplateID != "" || len(c.spec.Cluster.Nodes) > 0 {
				hint = "a template with a count needs {i} in its name"
			}
			c.add(c.templatePlace(name), model.Error, hint, "two nodes are named %q", name)
			return
		}
		seen[name] = true
	}
}

// templatePlace is where the template of a node stands.
func (c *compiler) templatePlace(name string) model.Place {
	for i := range c.spec.Cluster.Nodes {
		t := &c.spec.Cluster.Nodes[i]
		p := world.Pattern{Proto: world.NodeTemplate{Object: &corev1.Node{}}, Name: t.Name, Zones: t.Zones}
		if t.Count == nil || *t.Count > 0 {
			if p.Node(1).Object.Name == name {
				return t.Place
			}
		}
	}
	return model.Place{File: c.file}
}

// registries compiles spec.cluster.registries.
func (c *compiler) registries() {
	for i := range c.spec.Cluster.Registries {
		r := &c.spec.Cluster.Registries[i]
		if r.Match == "" {
			c.add(r.Place, model.Error, "", "match: required, a glob such as \"registry.test/*\"")
		}
		if r.FailureRate > 1 {
			c.add(r.Place, model.Error, "", "failureRate: must be from 0 to 1, got %v", r.FailureRate)
		}
		if r.Bandwidth.IsSet() && !r.Bandwidth.IsRandom() && r.Bandwidth.Int(nil) == 0 {
			c.add(r.Place, model.Error, "", "bandwidth: must be above 0 (for an outage, use registryOutage)")
		}
		c.options.Registries = append(c.options.Registries, world.Registry{
			Match: r.Match, Zone: r.Zone, Select: r.Select, Bandwidth: r.Bandwidth, TotalBandwidth: r.TotalBandwidth.Value(),
			Latency: r.Latency, FailureRate: r.FailureRate, NeedsSecret: r.NeedsSecret,
		})
	}
}

// images compiles spec.cluster.images.
func (c *compiler) images() {
	for i := range c.spec.Cluster.Images {
		e := &c.spec.Cluster.Images[i]
		image := world.Image{
			Layers: e.Layers, PullTime: e.PullTime, Missing: e.Missing, NeedsSecret: e.NeedsSecret,
			FailFirst: e.FailFirst, Error: e.Error,
		}
		if e.Size != nil {
			image.Size = e.Size.Value()
		}
		c.options.Images = append(c.options.Images, world.NamedImage{Ref: e.Ref, Image: image})
	}
}
