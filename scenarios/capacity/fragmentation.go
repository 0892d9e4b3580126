package capacity

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Fragmentation is how much of the free GPUs the classes of the input could not use, weighted by how many pods they have:
// what FGD (Weng et al., USENIX ATC '23) calls fragmentation. A class without GPUs can use none, as there.
//
// The scheduler counts GPUs of a node in one sum. Which device a pod gets is decided here, as a device plugin would: a
// share of a GPU goes to the fullest device that has room, whole GPUs to free devices.
type Fragmentation struct {
	Resource   string  `json:"resource"`
	Total      float64 `json:"total"`      // GPUs
	Requested  float64 `json:"requested"`  // GPUs
	Free       float64 `json:"free"`       // GPUs
	Fragmented float64 `json:"fragmented"` // GPUs: the expectation over classes
	Share      float64 `json:"share"`      // of Free
	// GPUClasses is the same over classes that ask for GPUs alone.
	GPUClasses float64 `json:"gpuClasses"`
	// Unseated are pods that fit by the sum of their node, and have no device there.
	Unseated int `json:"unseated"`
}

// gpuResource is the resource that counts GPUs, and how many of it make one.
func (c *Cluster) gpuResource() (i int, perDevice int64) {
	for i, name := range c.resources {
		if strings.HasSuffix(string(name), "/gpu-milli") {
			return i, 1000
		}
	}
	i = slices.IndexFunc(c.resources, func(n corev1.ResourceName) bool { return strings.HasSuffix(string(n), "/gpu") })
	return i, 1
}

// fragmentation measures; nil for a cluster without GPUs.
func fragmentation(t *trial) *Fragmentation {
	c := t.cluster
	gpu, per := c.gpuResource()
	if gpu < 0 {
		return nil
	}
	f := &Fragmentation{Resource: string(c.resources[gpu])}
	fits := t.fitsByClass()
	pods := 0
	for _, cl := range c.Classes {
		pods += len(cl.Pods)
	}
	withGPU := 0
	for _, cl := range c.Classes {
		if cl.Needs[gpu] > 0 {
			withGPU += len(cl.Pods)
		}
	}
	for _, u := range t.usages() {
		devices := seat(&u, gpu, per, &f.Unseated)
		free := int64(0)
		for _, d := range devices {
			free += d
		}
		f.Total += float64(u.gives[gpu]) / float64(per)
		f.Free += float64(free) / float64(per)
		for i, cl := range c.Classes {
			lost := float64(unusable(devices, cl.Needs[gpu], per, fits[i][u.node.Name])) / float64(per)
			f.Fragmented += lost * float64(len(cl.Pods)) / float64(pods)
			if cl.Needs[gpu] > 0 {
				f.GPUClasses += lost * float64(len(cl.Pods)) / float64(withGPU)
			}
		}
	}
	f.Requested = f.Total - f.Free
	if f.Free > 0 {
		f.Share = f.Fragmented / f.Free
	}
	return f
}

// fitsByClass is, for each class, the nodes that would take one more of its pods.
func (t *trial) fitsByClass() []map[string]bool {
	out := make([]map[string]bool, len(t.cluster.Classes))
	for i, cl := range t.cluster.Classes {
		out[i] = map[string]bool{}
		t.Fits(t.Compile(unbound(cl.Pods[0].Pod)), func(node string) { out[i][node] = true })
	}
	return out
}

// seat gives the pods of a node their devices and returns what is free of each.
func seat(u *usage, gpu int, per int64, unseated *int) []int64 {
	devices := make([]int64, u.gives[gpu]/per)
	for i := range devices {
		devices[i] = per
	}
	for _, p := range u.orders {
		need := p.Needs[gpu]
		if need == 0 {
			continue
		}
		if need < per {
			best := -1
			for i, free := range devices {
				if free >= need && (best < 0 || free < devices[best]) {
					best = i
				}
			}
			if best < 0 {
				*unseated++
				continue
			}
			devices[best] -= need
			continue
		}
		for i := range devices {
			if need >= per && devices[i] == per {
				devices[i] = 0
				need -= per
			}
		}
		if need > 0 {
			*unseated++
		}
	}
	return devices
}

// unusable is what a class cannot use of the free devices of a node: all of it where the pod does not fit, else the
// devices with less free than it needs of one.
func unusable(devices []int64, need, per int64, fits bool) int64 {
	all, usable, seats := int64(0), int64(0), int64(0)
	of := min(need, per)
	for _, free := range devices {
		all += free
		if need > 0 && free >= of {
			usable += free
			seats += free / of
		}
	}
	if need == 0 || !fits || seats*of < need {
		return all
	}
	return all - usable
}
