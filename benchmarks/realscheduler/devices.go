package main

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/dynamic-resource-allocation/cel"
	"k8s.io/dynamic-resource-allocation/structured"

	"clustersim/sim/devices"
)

// deviceCase is what is to be allocated from what, on each of some nodes.
type deviceCase struct {
	Nodes   []*corev1.Node
	Slices  []*resourcev1.ResourceSlice
	Classes []*resourcev1.DeviceClass
	Claims  []*resourcev1.ResourceClaim
	Used    map[devices.ID]bool
}

// List and Get make it upstream's lister of classes.
func (d *deviceCase) List() ([]*resourcev1.DeviceClass, error) { return d.Classes, nil }

// Get finds a class.
func (d *deviceCase) Get(name string) (*resourcev1.DeviceClass, error) {
	for _, c := range d.Classes {
		if c.Name == name {
			return c, nil
		}
	}
	return nil, fmt.Errorf("deviceclass.resource.k8s.io %q not found", name)
}

// expressions are compiled once, as the real scheduler does.
var expressions = cel.NewCache(100, cel.Features{EnableConsumableCapacity: true})

// real asks upstream's allocator, with the features of the default profile.
func (d *deviceCase) real(n *corev1.Node) ([]resourcev1.AllocationResult, error) {
	ctx := context.Background()
	used := sets.New[structured.DeviceID]()
	for id := range d.Used {
		used.Insert(structured.MakeDeviceID(id.Driver, id.Pool, id.Device))
	}
	f := structured.Features{AdminAccess: true, PrioritizedList: true, PartitionableDevices: true, DeviceTaints: true, DeviceBindingAndStatus: true, ConsumableCapacity: true}
	a, err := structured.NewAllocator(ctx, f, structured.AllocatedState{AllocatedDevices: used, AllocatedSharedDeviceIDs: sets.New[structured.SharedDeviceID](),
		AggregatedCapacity: structured.NewConsumedCapacityCollection()}, d, d.Slices, expressions)
	if err != nil {
		return nil, err
	}
	return a.Allocate(ctx, n, d.Claims)
}

// compareDevices allocates on both sides and says where they differ. Results that have devices are counted.
func compareDevices(seed uint64) (lines []string, compared, allocated int) {
	d := generateDevices(seed)
	inv := devices.NewInventory()
	for _, s := range d.Slices {
		inv.SetSlice(s)
	}
	for _, c := range d.Classes {
		inv.SetClass(c)
	}
	for _, n := range d.Nodes {
		want, wantErr := d.real(n)
		got, gotErr := inv.Allocate(n, d.Claims, func(id devices.ID) bool { return d.Used[id] })
		w, g := said(want, wantErr), said(got, gotErr)
		compared++
		if len(want) > 0 {
			allocated++
		}
		if w != g {
			b, _ := json.Marshal(d)
			lines = append(lines, fmt.Sprintf("seed %d, node %s:\n  real %s\n  ours %s\n  case %s", seed, n.Name, w, g, b))
		}
	}
	return lines, compared, allocated
}

func said(list []resourcev1.AllocationResult, err error) string {
	if err != nil {
		return "error " + err.Error()
	}
	b, _ := json.Marshal(list)
	return string(b)
}

// deviceSeeds compares the cases of some seeds, prints where they differ, and counts what was compared and what agreed. It
// stops after most.
func deviceSeeds(from, to uint64, t *tally, most int) (found int) {
	for seed := from; seed <= to && found < most; seed++ {
		lines, compared, allocated := compareDevices(seed)
		for i := range compared {
			t.note("devices of claims on a node", i >= len(lines))
			if i < allocated {
				t.note("devices of claims on a node, where there are some", true)
			}
		}
		if len(lines) > 0 {
			found++
			fmt.Println(lines[0])
		}
	}
	return found
}

func objectMeta(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }
