package main

import (
	"fmt"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/sim/devices"
)

var deviceDrivers = []string{"gpu.test", "nic.test"}

// generateDevices draws nodes, what drivers publish, and the claims of one pod.
func generateDevices(seed uint64) *deviceCase {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0xd3f1ce))}
	d := &deviceCase{Used: map[devices.ID]bool{}}
	for i := range 3 {
		n := &corev1.Node{ObjectMeta: objectMeta(fmt.Sprint("n", i))}
		n.Labels = map[string]string{"rack": pick(g, "a", "b")}
		d.Nodes = append(d.Nodes, n)
	}
	for i := range 1 + g.IntN(6) {
		d.Slices = append(d.Slices, g.slice(i))
	}
	most := map[resourcev1.ResourcePool]int64{} // drivers say the same in all slices of a pool
	for _, s := range d.Slices {
		p := resourcev1.ResourcePool{Name: s.Spec.Driver + s.Spec.Pool.Name, Generation: s.Spec.Pool.Generation}
		most[p]++
	}
	for _, s := range d.Slices {
		p := resourcev1.ResourcePool{Name: s.Spec.Driver + s.Spec.Pool.Name, Generation: s.Spec.Pool.Generation}
		s.Spec.Pool.ResourceSliceCount = most[p]
		if s.Spec.Pool.Name == "q" && seed%3 == 0 {
			s.Spec.Pool.ResourceSliceCount++ // one is yet to come
		}
	}
	for _, s := range d.Slices {
		for _, dev := range s.Spec.Devices {
			if g.oneIn(4) {
				d.Used[devices.ID{Driver: s.Spec.Driver, Pool: s.Spec.Pool.Name, Device: dev.Name}] = true
			}
		}
	}
	for i, driver := range deviceDrivers {
		c := &resourcev1.DeviceClass{ObjectMeta: objectMeta([]string{"gpu", "nic"}[i])}
		c.Spec.Selectors = []resourcev1.DeviceSelector{{CEL: &resourcev1.CELDeviceSelector{Expression: fmt.Sprintf("device.driver == %q", driver)}}}
		if g.oneIn(3) {
			c.Spec.Config = []resourcev1.DeviceClassConfiguration{{DeviceConfiguration: resourcev1.DeviceConfiguration{Opaque: &resourcev1.OpaqueDeviceConfiguration{Driver: driver}}}}
		}
		d.Classes = append(d.Classes, c)
	}
	d.Classes = append(d.Classes, &resourcev1.DeviceClass{ObjectMeta: objectMeta("any")})
	for i := range 1 + g.IntN(2) {
		d.Claims = append(d.Claims, g.resourceClaim(i))
	}
	return d
}

func (g *generator) slice(i int) *resourcev1.ResourceSlice {
	s := &resourcev1.ResourceSlice{ObjectMeta: objectMeta(fmt.Sprintf("s%d-%d", g.IntN(9), i))}
	yes, node := true, fmt.Sprint("n", g.IntN(3))
	s.Spec.Driver = pick(g, deviceDrivers...)
	s.Spec.Pool = resourcev1.ResourcePool{Name: pick(g, "p", "q", node), Generation: int64(1 + g.IntN(5)/4)}
	switch g.IntN(5) {
	case 0:
		s.Spec.AllNodes = &yes
	case 1:
		s.Spec.NodeSelector = rack(pick(g, "a", "b"))
	case 2:
		s.Spec.PerDeviceNodeSelection = &yes
	default:
		s.Spec.NodeName = &node
	}
	for j := range 1 + g.IntN(4) {
		d := g.device(fmt.Sprintf("d%d-%d", i, j))
		if g.oneIn(30) {
			d.Name = "twin"
		}
		if s.Spec.PerDeviceNodeSelection != nil {
			switch g.IntN(3) {
			case 0:
				d.AllNodes = &yes
			case 1:
				d.NodeSelector = rack("a")
			default:
				d.NodeName = &node
			}
		}
		s.Spec.Devices = append(s.Spec.Devices, d)
	}
	return s
}

func rack(value string) *corev1.NodeSelector {
	return &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "rack", Operator: corev1.NodeSelectorOpIn, Values: []string{value}}}}}}
}

func (g *generator) device(name string) resourcev1.Device {
	d := resourcev1.Device{Name: name, Attributes: map[resourcev1.QualifiedName]resourcev1.DeviceAttribute{}, Capacity: map[resourcev1.QualifiedName]resourcev1.DeviceCapacity{}}
	text := func(values ...string) resourcev1.DeviceAttribute {
		v := pick(g, values...)
		return resourcev1.DeviceAttribute{StringValue: &v}
	}
	d.Attributes["model"] = text("old", "new")
	if !g.oneIn(4) {
		d.Attributes["test/root"] = text("r1", "r2", "r3")
	}
	if n := int64(g.IntN(3)); g.oneIn(2) {
		d.Attributes["gpu.test/numa"] = resourcev1.DeviceAttribute{IntValue: &n}
	}
	if good := g.oneIn(2); g.oneIn(2) {
		d.Attributes["good"] = resourcev1.DeviceAttribute{BoolValue: &good}
	}
	v := pick(g, "1.9.0", "1.10.0", "2.0.0-rc.1", "2.0.0")
	d.Attributes["version"] = resourcev1.DeviceAttribute{VersionValue: &v}
	d.Capacity["memory"] = resourcev1.DeviceCapacity{Value: resource.MustParse(pick(g, "40Gi", "80Gi", "81920Mi"))}
	if g.oneIn(6) {
		d.Taints = []resourcev1.DeviceTaint{{Key: "broken", Value: pick(g, "", "x"), Effect: pick(g, resourcev1.DeviceTaintEffectNoSchedule, resourcev1.DeviceTaintEffectNoExecute, "None")}}
	}
	return d
}

// deviceSelectors are expressions of users. Some fail on some devices.
var deviceSelectors = []string{
	"device.attributes[device.driver].model == 'new'",
	"device.capacity[device.driver].memory.compareTo(quantity('60Gi')) >= 0",
	"device.capacity[device.driver].memory.isGreaterThan(quantity('50Gi').add(quantity('20Gi')))",
	"device.attributes['gpu.test'].numa < 2",
	"'numa' in device.attributes['gpu.test'] && device.attributes['gpu.test'].numa == 1",
	"has(device.attributes['test'].root)",
	"device.attributes[device.driver].version.isGreaterThan(semver('1.9.5'))",
	"device.attributes[device.driver].version.major() == 2 || device.attributes[device.driver].version.compareTo(semver('1.9.0')) == 0",
	"cel.bind(a, device.attributes[device.driver], has(a.good) && a.good)",
	"device.attributes[device.driver].model.startsWith('o') && !device.allowMultipleAllocations",
	"device.attributes[device.driver].model in ['new', 'newer']",
	"'nowhere' in device.attributes && device.attributes['nowhere'].x == 1",
	"device.capacity[device.driver].memory == quantity('80Gi')",
	"device.attributes[device.driver].good",
}

func (g *generator) resourceClaim(i int) *resourcev1.ResourceClaim {
	c := &resourcev1.ResourceClaim{ObjectMeta: objectMeta(fmt.Sprint("c", i))}
	c.Namespace = "ns"
	var names []string
	for j := range 1 + g.IntN(3) {
		r := resourcev1.DeviceRequest{Name: fmt.Sprint("r", j)}
		names = append(names, r.Name)
		if g.oneIn(3) {
			for k := range 1 + g.IntN(3) {
				mode, count := g.deviceCount()
				r.FirstAvailable = append(r.FirstAvailable, resourcev1.DeviceSubRequest{Name: fmt.Sprint("a", k), DeviceClassName: g.deviceClass(),
					Selectors: g.deviceSelectors(), AllocationMode: mode, Count: count, Tolerations: g.deviceTolerations()})
				names = append(names, fmt.Sprint(r.Name, "/a", k))
			}
		} else {
			mode, count := g.deviceCount()
			r.Exactly = &resourcev1.ExactDeviceRequest{DeviceClassName: g.deviceClass(), Selectors: g.deviceSelectors(), AllocationMode: mode, Count: count, Tolerations: g.deviceTolerations()}
			if yes := true; g.oneIn(6) {
				r.Exactly.AdminAccess = &yes
			}
		}
		c.Spec.Devices.Requests = append(c.Spec.Devices.Requests, r)
	}
	for g.oneIn(3) {
		name := resourcev1.FullyQualifiedName(pick(g, "test/root", "gpu.test/model", "gpu.test/numa", "nic.test/version"))
		k := resourcev1.DeviceConstraint{MatchAttribute: &name}
		if g.oneIn(2) {
			k = resourcev1.DeviceConstraint{DistinctAttribute: &name}
		}
		if g.oneIn(2) {
			k.Requests = []string{pick(g, names...)}
		}
		c.Spec.Devices.Constraints = append(c.Spec.Devices.Constraints, k)
	}
	if g.oneIn(3) {
		c.Spec.Devices.Config = []resourcev1.DeviceClaimConfiguration{{DeviceConfiguration: resourcev1.DeviceConfiguration{Opaque: &resourcev1.OpaqueDeviceConfiguration{Driver: "gpu.test"}}}}
		if g.oneIn(2) {
			c.Spec.Devices.Config[0].Requests = []string{pick(g, names...)}
		}
	}
	return c
}

func (g *generator) deviceClass() string { return pick(g, "gpu", "gpu", "nic", "any") }

func (g *generator) deviceCount() (resourcev1.DeviceAllocationMode, int64) {
	if g.oneIn(6) {
		return resourcev1.DeviceAllocationModeAll, 0
	}
	return resourcev1.DeviceAllocationModeExactCount, pick[int64](g, 1, 1, 1, 2, 3)
}

func (g *generator) deviceSelectors() (out []resourcev1.DeviceSelector) {
	for g.oneIn(3) {
		out = append(out, resourcev1.DeviceSelector{CEL: &resourcev1.CELDeviceSelector{Expression: pick(g, deviceSelectors...)}})
	}
	return out
}

func (g *generator) deviceTolerations() (out []resourcev1.DeviceToleration) {
	if g.oneIn(4) {
		out = append(out, resourcev1.DeviceToleration{Key: pick(g, "broken", ""), Operator: pick(g, resourcev1.DeviceTolerationOpExists, resourcev1.DeviceTolerationOpExists, resourcev1.DeviceTolerationOpEqual)})
	}
	return out
}
