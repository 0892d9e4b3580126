package importer

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"clustersim/model"
)

// WriteOpenB puts a scenario of the trace into a folder. If timed, pods arrive and end when they did, and pods that never
// ran are left out; else all arrive at 0s, in order, and stay.
func (t *Trace) WriteOpenB(dir, title string, timed bool) (files []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	files, err = writeObjects(dir, "nodes", t.Nodes)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: simulate/v1alpha1\nkind: Scenario\nmetadata: {name: %s}\nspec:\n", strconv.Quote(title))
	fmt.Fprintf(&b, "  description: \"openb: %d nodes, %d pods\"\n", len(t.Nodes), len(t.Pods))
	// Upstream's client limits would stretch the arrival of thousands of pods over minutes.
	b.WriteString("  components: {kubeScheduler: {kubeAPIQPS: -1}}\n")
	if len(files) > 0 {
		fmt.Fprintf(&b, "  cluster: {import: [%s]}\n", strings.Join(files, ", "))
	}
	if !timed {
		all := make([]model.Manifest, 0, len(t.Pods))
		for i := range t.Pods {
			all = append(all, model.Manifest{Kind: model.Pod, Object: t.Pods[i].Pod})
		}
		pods, err := writeObjects(dir, "pods", all)
		if err != nil {
			return nil, err
		}
		files = append(files, pods...)
		fmt.Fprintf(&b, "  workloads: [{manifests: [%s]}]\n", strings.Join(pods, ", "))
	} else {
		t.writeTimed(&b)
	}
	if err := os.WriteFile(filepath.Join(dir, "scenario.yaml"), []byte(b.String()), 0o666); err != nil {
		return nil, err
	}
	return append([]string{"scenario.yaml"}, files...), nil
}

// writeTimed writes a workload for each pod that ran, and how long it ran as its command.
func (t *Trace) writeTimed(b *strings.Builder) {
	b.WriteString("  workloads:\n")
	last := int64(0)
	for i := range t.Pods {
		a := &t.Pods[i]
		if a.RunsFor == 0 {
			continue
		}
		last = max(last, a.At+a.RunsFor)
		p := a.Pod.DeepCopy()
		p.Spec.Containers[0].Command = []string{"sleep", strconv.FormatInt(a.RunsFor, 10)}
		fmt.Fprintf(b, "  - {at: %ds, inline: %s}\n", a.At, strconv.Quote(compact(p)))
	}
	fmt.Fprintf(b, "  duration: %ds\n", last+3600)
}
