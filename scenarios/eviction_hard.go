package scenarios

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
)

// The signals of eviction: those that can be short here, and those that never are.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/api/types.go.
var (
	scarceSignals = []string{"memory.available", "nodefs.available", "imagefs.available"}
	ampleSignals  = []string{"nodefs.inodesFree", "imagefs.inodesFree", "containerfs.available", "containerfs.inodesFree", "pid.available"}
)

// evictionHard checks the kubelet's thresholds, as upstream does when it starts. n is spec.components.
func (c *compiler) evictionHard(n *yaml.Node, hard map[string]string) {
	place := at(n, "kubelet", "evictionHard")
	for _, name := range slices.Sorted(maps.Keys(hard)) {
		path := "spec.components.kubelet.evictionHard: " + name
		switch {
		case slices.Contains(ampleSignals, name):
			c.warnf(c.place(place), "%s: accepted and not simulated", path)
		case !slices.Contains(scarceSignals, name):
			c.add(c.place(place), model.Error, model.DidYouMean(name, append(scarceSignals[:3:3], ampleSignals...)), "%s: unknown eviction signal", path)
		}
		if !isThreshold(hard[name]) {
			c.errorf(place, "%s: must be a quantity such as 100Mi or a percentage such as 10%%, got %q", path, hard[name])
		}
	}
}

// isThreshold reports whether the text is a positive quantity, or a percentage from 0 to 100.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/helpers.go parseThresholdStatement.
func isThreshold(text string) bool {
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		p, err := strconv.ParseFloat(percent, 32)
		return err == nil && p >= 0 && p <= 100
	}
	q, err := resource.ParseQuantity(text)
	return err == nil && q.Sign() > 0
}
