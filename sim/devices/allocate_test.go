package devices

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// fleet is what most tests allocate from: two drivers, a node with four GPUs in two slices, a pool that all nodes reach.
const fleet = `
- metadata: {name: b}
  spec:
    driver: gpu.test
    nodeName: n1
    pool: {name: n1, generation: 2, resourceSliceCount: 2}
    devices:
    - {name: g2, attributes: {model: {string: old}, root: {string: r1}, version: {version: 1.9.0}}, capacity: {memory: {value: 40Gi}}}
    - {name: g3, attributes: {model: {string: new}, root: {string: r2}, version: {version: 2.0.0}, index: {int: 3}}, capacity: {memory: {value: 80Gi}}}
- metadata: {name: a}
  spec:
    driver: gpu.test
    nodeName: n1
    pool: {name: n1, generation: 2, resourceSliceCount: 2}
    devices:
    - {name: g0, attributes: {model: {string: old}, root: {string: r1}}, capacity: {memory: {value: 40Gi}}}
    - {name: g1, attributes: {model: {string: new}, root: {string: r1}, nic.test/speed: {int: 100}, good: {bool: true}}, capacity: {memory: {value: 80Gi}}}
- metadata: {name: stale}
  spec:
    driver: gpu.test
    nodeName: n1
    pool: {name: n1, generation: 1, resourceSliceCount: 1}
    devices: [{name: gone}]
- metadata: {name: nics}
  spec:
    driver: nic.test
    allNodes: true
    pool: {name: rack, generation: 1, resourceSliceCount: 1}
    devices: [{name: x0, attributes: {gpu.test/root: {string: r2}}}, {name: x1, taints: [{key: broken, effect: NoSchedule}]}]
- metadata: {name: half}
  spec:
    driver: half.test
    nodeName: n3
    pool: {name: half, generation: 1, resourceSliceCount: 2}
    devices: [{name: h0}]
`

func inventory(t *testing.T) *Inventory {
	t.Helper()
	v := NewInventory()
	var slices []*resourcev1.ResourceSlice
	if err := yaml.UnmarshalStrict([]byte(fleet), &slices); err != nil {
		t.Fatal(err)
	}
	for _, s := range slices {
		v.SetSlice(s)
	}
	for _, name := range []string{"gpu", "nic", "half"} {
		c := &resourcev1.DeviceClass{ObjectMeta: metav1.ObjectMeta{Name: name}}
		c.Spec.Selectors = []resourcev1.DeviceSelector{{CEL: &resourcev1.CELDeviceSelector{Expression: fmt.Sprintf("device.driver == '%s.test'", name)}}}
		v.SetClass(c)
	}
	return v
}

// asked reads the spec.devices of claims.
func asked(t *testing.T, specs ...string) (out []*resourcev1.ResourceClaim) {
	t.Helper()
	for i, s := range specs {
		c := &resourcev1.ResourceClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: fmt.Sprint("c", i)}}
		if err := yaml.UnmarshalStrict([]byte(s), &c.Spec.Devices); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func TestAllocate(t *testing.T) {
	cel := func(expression string) string {
		return fmt.Sprintf("requests: [{name: r, exactly: {deviceClassName: gpu, selectors: [{cel: {expression: %q}}]}}]", expression)
	}
	tests := []struct {
		name   string
		node   string
		claims []string
		used   string // devices that others have
		want   string // request=device, claims with / between; "" = cannot be had
		err    string
	}{
		{"slices and devices in order", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, count: 3}}]"}, "", "r=g0 r=g1 r=g2", ""},
		{"no GPU elsewhere", "n2", []string{"requests: [{name: r, exactly: {deviceClassName: gpu}}]"}, "", "", ""},
		{"too many", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, count: 5}}]"}, "", "", ""},
		{"all", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, allocationMode: All}}]"}, "", "r=g0 r=g1 r=g2 r=g3", ""},
		{"all, but one is taken", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, allocationMode: All}}]"}, "g2", "", ""},
		{"all of none", "n2", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, allocationMode: All}}]"}, "", "", ""},
		{"all of a pool that is being written", "n3", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, allocationMode: All}}]"}, "", "", "asks for all devices, but resource pool half.test/half is currently being updated"},
		{"an unfinished pool", "n3", []string{"requests: [{name: r, exactly: {deviceClassName: half}}]"}, "", "", ""},
		{"taken ones are passed over", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu}}]"}, "g0 g1", "r=g2", ""},
		{"an admin takes what is taken", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, adminAccess: true}}]"}, "g0", "r=g0!", ""},
		{"two claims", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu}}]", "requests: [{name: r, exactly: {deviceClassName: gpu}}]"}, "", "r=g0 / r=g1", ""},
		{"capacity", "n1", []string{cel("device.capacity['gpu.test'].memory.isGreaterThan(quantity('50Gi'))")}, "", "r=g1", ""},
		{"capacity compared", "n1", []string{cel("device.capacity['gpu.test'].memory.compareTo(quantity('40Gi').add(quantity('40Gi'))) == 0")}, "g1", "r=g3", ""},
		{"version", "n1", []string{cel("'version' in device.attributes['gpu.test'] && device.attributes['gpu.test'].version.isGreaterThan(semver('1.10.0'))")}, "", "r=g3", ""},
		{"a domain that is not there is empty", "n1", []string{cel("'speed' in device.attributes['nic.test']")}, "", "r=g1", ""},
		{"bind, has and a bare bool", "n1", []string{cel("cel.bind(a, device.attributes['gpu.test'], has(a.good) && a.good)")}, "", "r=g1", ""},
		{"strings", "n1", []string{cel("device.attributes['gpu.test'].model.upperAscii() == 'NEW'")}, "", "r=g1", ""},
		{"no such key", "n1", []string{cel("device.attributes['gpu.test'].index == 3")}, "", "", "claim ns/c0: selector #0: CEL runtime error: no such key: index"},
		{"not a bool", "n1", []string{cel("device.driver + 'x'")}, "", "", "claim ns/c0: selector #0: CEL compile error: must evaluate to bool or the unknown type, not"},
		{"one root: goes back", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, count: 2}}]\nconstraints: [{matchAttribute: gpu.test/model}]"}, "", "r=g0 r=g2", ""},
		{"one root over two drivers", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu}}, {name: x, exactly: {deviceClassName: nic}}]\nconstraints: [{matchAttribute: gpu.test/root}]"}, "", "r=g3 x=x0", ""},
		{"a constraint for others", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu}}, {name: x, exactly: {deviceClassName: nic}}]\nconstraints: [{matchAttribute: gpu.test/root, requests: [x]}]"}, "", "r=g0 x=x0", ""},
		{"distinct", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, count: 2}}]\nconstraints: [{distinctAttribute: gpu.test/root}]"}, "", "r=g0 r=g3", ""},
		{"all against a constraint", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, allocationMode: All}}]\nconstraints: [{matchAttribute: gpu.test/root}]"}, "", "", "claim ns/c0, request r: cannot add device gpu.test/n1/g3 because a claim constraint would not be satisfied"},
		{"the first alternative", "n1", []string{"requests: [{name: r, firstAvailable: [{name: a, deviceClassName: gpu, count: 2}, {name: b, deviceClassName: nic}]}]"}, "", "r/a=g0 r/a=g1", ""},
		{"the second alternative", "n1", []string{"requests: [{name: r, firstAvailable: [{name: a, deviceClassName: gpu, count: 2}, {name: b, deviceClassName: nic}]}]"}, "g0 g1 g2", "r/b=x0", ""},
		{"a tainted device", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: nic}}]"}, "x0", "", ""},
		{"a tolerated taint", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: nic, tolerations: [{key: broken, operator: Exists}]}}]"}, "x0", "r=x1", ""},
		{"no such class", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: none}}]"}, "", "", "could not retrieve device class none"},
		{"more than a claim holds", "n1", []string{"requests: [{name: r, exactly: {deviceClassName: gpu, count: 33}}]"}, "", "", "number of requested devices 33 exceeds the claim limit of 32"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: tt.node}}
			got, err := inventory(t).Allocate(node, asked(t, tt.claims...), func(id ID) bool { return strings.Contains(tt.used, id.Device) })
			if s := shown(got); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
			if text := fmt.Sprint(err); tt.err == "" && err != nil || !strings.Contains(text, tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func shown(list []resourcev1.AllocationResult) string {
	var claims []string
	for _, a := range list {
		var parts []string
		for _, r := range a.Devices.Results {
			s := r.Request + "=" + r.Device
			if r.AdminAccess != nil {
				s += "!"
			}
			parts = append(parts, s)
		}
		claims = append(claims, strings.Join(parts, " "))
	}
	return strings.Join(claims, " / ")
}

// A result says from which nodes its devices can be used.
func TestNodeSelector(t *testing.T) {
	v := inventory(t)
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}}
	none := func(ID) bool { return false }
	for class, want := range map[string]string{"gpu": "n1", "nic": ""} {
		got, err := v.Allocate(node, asked(t, "requests: [{name: r, exactly: {deviceClassName: "+class+"}}]"), none)
		if err != nil || len(got) != 1 {
			t.Fatal(err)
		}
		name := ""
		if s := got[0].NodeSelector; s != nil {
			name = s.NodeSelectorTerms[0].MatchFields[0].Values[0]
		}
		if name != want {
			t.Errorf("%s: bound to %q, want %q", class, name, want)
		}
	}
}

func TestCheckSelector(t *testing.T) {
	if err := CheckSelector("device.driver =="); err == nil || !strings.Contains(err.Error(), "compilation failed") {
		t.Error(err)
	}
	if err := CheckSelector("device.attributes['x'].y"); err != nil {
		t.Error(err)
	}
}
