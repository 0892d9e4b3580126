package main

import (
	"fmt"
	"slices"
	"strings"
)

// features are what a Generator may use. Each Scenario draws half of those that are on, so that each stresses another
// corner; a feature stands for fields of pods and nodes that are otherwise left alone.
var features = []string{
	"requests",    // cpu and memory requests, odd quantities, zero
	"scalars",     // ephemeral storage, extended resources, hugepages, small maxPods
	"init",        // init containers and sidecars
	"podlevel",    // spec.resources
	"overhead",    // spec.overhead
	"selector",    // nodeSelector
	"affinity",    // node affinity, required and preferred
	"matchfields", // node affinity by node name
	"taints",      // taints and tolerations
	"cordon",      // spec.unschedulable
	"ports",       // host ports
	"images",      // images on nodes
	"zones",       // zone and region labels, beta ones too
	"spread",      // topologySpreadConstraints
	"services",    // Services and owners, for the default spread constraints
	"interpod",    // pod affinity and anti-affinity
	"priority",    // priorities and preemptionPolicy: preemption
	"pdbs",        // PodDisruptionBudgets
	"nominated",   // pods with a nominated node
	"terminating", // pods that are being deleted
	"volumes",     // claims, volumes, classes, limits, disks
	"changes",     // nodes and pods come, go and change between cycles
	"declared",    // status.declaredFeatures, and pods that need some
	"many",        // now and then more than 100 nodes, so that not all are looked at
}

// unready are features that sim/scheduler does not have yet.
var unready = []string{}

// featureSet reads the options --features and --without: names with commas between, "all" for all.
func featureSet(with, without string) ([]string, error) {
	set := slices.Clone(features)
	if with == "" {
		set = slices.DeleteFunc(set, func(f string) bool { return slices.Contains(unready, f) })
	} else if with != "all" {
		set = strings.Split(with, ",")
	}
	out := strings.Split(without, ",")
	for _, f := range append(slices.Clone(set), out...) {
		if f != "" && !slices.Contains(features, f) {
			return nil, fmt.Errorf("no feature %q: there are %s", f, strings.Join(features, ", "))
		}
	}
	return slices.DeleteFunc(set, func(f string) bool { return slices.Contains(out, f) }), nil
}
