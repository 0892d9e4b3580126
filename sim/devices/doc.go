// Package devices allocates devices to ResourceClaims: dynamic resource allocation with structured parameters.
//
// An Inventory holds what drivers publish (ResourceSlices) and what admins define (DeviceClasses). Inventory.Allocate
// looks for devices for all claims of a pod on one node: the first solution in the order of pools, slices and devices,
// found by going back wherever a choice led nowhere. It knows no clock and no store; the scheduler's plugin
// DynamicResources calls it for each node, and writes the result for the one that is chosen.
//
//	inv := devices.NewInventory()
//	inv.SetSlice(slice)
//	inv.SetClass(class)
//	results, err := inv.Allocate(node, claims, inUse)
//
// Selectors are CEL expressions over one variable, device, with driver, attributes, capacity and
// allowMultipleAllocations. Expressions may use the functions of CEL itself, those of strings and sets, cel.bind, and
// Kubernetes' quantities and semantic versions.
//
// Source: k8s v1.36.3 staging dynamic-resource-allocation/structured/internal/incubating, cel.
// Differs: devices that consume shared counters or may be allocated many times are not allocated, nor are those with
// binding conditions; DeviceTaintRules are not read; a search takes as long as it takes.
package devices
