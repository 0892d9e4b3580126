package model

import resourcev1 "k8s.io/api/resource/v1"

// defaultDevices completes what a claim asks for.
//
// Source: k8s v1.36.3 pkg/apis/resource/v1/defaults.go.
func defaultDevices(c *resourcev1.DeviceClaim) {
	for i := range c.Requests {
		r := &c.Requests[i]
		if e := r.Exactly; e != nil {
			defaultCount(&e.AllocationMode, &e.Count)
			defaultDeviceTolerations(e.Tolerations)
		}
		for j := range r.FirstAvailable {
			s := &r.FirstAvailable[j]
			defaultCount(&s.AllocationMode, &s.Count)
			defaultDeviceTolerations(s.Tolerations)
		}
	}
}

func defaultCount(mode *resourcev1.DeviceAllocationMode, count *int64) {
	setString(mode, resourcev1.DeviceAllocationModeExactCount)
	if *mode == resourcev1.DeviceAllocationModeExactCount && *count == 0 {
		*count = 1
	}
}

func defaultDeviceTolerations(list []resourcev1.DeviceToleration) {
	for i := range list {
		setString(&list[i].Operator, resourcev1.DeviceTolerationOpEqual)
	}
}
