package scheduler

import (
	"strings"
)

// Sums of image sizes between which ImageLocality scores, the upper one per container.
const (
	minImageThreshold = 23 << 20
	maxImageThreshold = 1000 << 20
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/imagelocality/image_locality.go.
var imageLocality = &Plugin{
	Name:   "ImageLocality",
	Points: PointScore,
	Doc: "Scores nodes by the size of the pod's images that they have, each scaled by the share of nodes that have it. " +
		"Less than 23 MiB counts as nothing.",
	Compile: func(k *Compiler) Part {
		var ids []int32
		for i := range k.Spec.InitContainers {
			ids = append(ids, k.imageID(normalizedImageName(k.Spec.InitContainers[i].Image)))
		}
		for i := range k.Spec.Containers {
			ids = append(ids, k.imageID(normalizedImageName(k.Spec.Containers[i].Image)))
		}
		containers := int64(len(ids))
		for i := range k.Spec.Volumes {
			if img := k.Spec.Volumes[i].Image; img != nil {
				ids = append(ids, k.imageID(normalizedImageName(img.Reference)))
			}
		}
		return Part{State: ids, Score: func(c *Cycle, n int32) int64 { return imageScore(c.Snap, n, ids, containers) }}
	},
}

func imageScore(s *Snapshot, n int32, ids []int32, containers int64) int64 {
	var sum int64
	for _, id := range ids {
		if s.images.state(id) == nil {
			continue
		}
		nd := &s.nodes[n]
		for _, img := range nd.images {
			if img.id == id {
				spread := float64(img.state.seenBy(nd.seen)) / float64(len(s.order))
				sum += int64(float64(img.state.size) * spread)
				break
			}
		}
	}
	top := maxImageThreshold * containers
	sum = min(max(sum, minImageThreshold), top)
	return MaxNodeScore * (sum - minImageThreshold) / (top - minImageThreshold)
}

// normalizedImageName adds the tag latest to a name without tag or digest.
func normalizedImageName(name string) string {
	if strings.LastIndex(name, ":") <= strings.LastIndex(name, "/") {
		name += ":latest"
	}
	return name
}
