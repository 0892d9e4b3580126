package importer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SimKubeTrace is a trace of SimKube, version 2, as JSON: what was applied and deleted when, and how long pods lived.
type SimKubeTrace struct {
	Version int            `json:"version"`
	Events  []SimKubeEvent `json:"events"`
	// PodLifecycles are by owner, a JSON text ["apiVersion.kind", "namespace/name"], then by pod template.
	PodLifecycles map[string]map[string][]map[string]json.RawMessage `json:"pod_lifecycles"`
}

// SimKubeEvent is what happened in one second, in Unix time.
type SimKubeEvent struct {
	TS      int64            `json:"ts"`
	Applied []map[string]any `json:"applied_objs"`
	Deleted []map[string]any `json:"deleted_objs"`
}

// SimKube reads a trace.
func SimKube(name string, data []byte) (*SimKubeTrace, error) {
	t := &SimKubeTrace{}
	if len(data) > 0 && data[0] != '{' {
		return nil, fmt.Errorf("%s: error: a trace in MessagePack (.sktrace); turn it into JSON first (skctl or any converter)", name)
	}
	if err := json.Unmarshal(data, t); err != nil {
		return nil, fmt.Errorf("%s: error: %w", name, err)
	}
	switch {
	case t.Version != 2:
		return nil, fmt.Errorf("%s: error: trace version %d: only 2 is read", name, t.Version)
	case len(t.Events) == 0:
		return nil, fmt.Errorf("%s: error: a trace without events", name)
	}
	slices.SortStableFunc(t.Events, func(a, b SimKubeEvent) int { return cmp.Compare(a.TS, b.TS) })
	return t, nil
}

// objectName is KIND/NAME and the namespace of an object of a trace.
func objectName(o map[string]any) (target, namespace string) {
	meta, _ := o["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	namespace, _ = meta["namespace"].(string)
	kind, _ := o["kind"].(string)
	return kind + "/" + name, namespace
}

func compact(o any) string {
	data, err := json.Marshal(o)
	if err != nil {
		panic("invariant: what was read from JSON can be written: " + err.Error())
	}
	return string(data)
}

// Write puts the scenario of a trace into a folder: first appearances are workloads, later ones are applied, deletions
// are steps. Containers of owners whose pods' lives the trace tells run as long as the median of them.
func (t *SimKubeTrace) Write(dir, title string) (files []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var workloads, steps strings.Builder
	seen := map[string]bool{}
	for i, e := range t.Events {
		at := e.TS - t.Events[0].TS
		var created, applied []map[string]any
		for _, o := range e.Applied {
			strip(o)
			if key := fullName(o); seen[key] {
				applied = append(applied, o)
			} else {
				seen[key] = true
				created = append(created, o)
			}
		}
		for _, part := range []struct {
			what   string
			list   []map[string]any
			to     *strings.Builder
			format string
		}{
			{"created", created, &workloads, "  - {at: %ds, manifests: [%s]}\n"},
			{"applied", applied, &steps, "  - {at: %ds, apply: {manifests: [%s]}}\n"},
		} {
			if len(part.list) == 0 {
				continue
			}
			name := fmt.Sprintf("%02d-%s.json", i+1, part.what)
			if err := os.WriteFile(filepath.Join(dir, name), listOf(part.list), 0o666); err != nil {
				return nil, err
			}
			files = append(files, name)
			fmt.Fprintf(part.to, part.format, at, name)
		}
		for _, o := range e.Deleted {
			delete(seen, fullName(o))
			target, namespace := objectName(o)
			fmt.Fprintf(&steps, "  - {at: %ds, delete: {target: %q, namespace: %q}}\n", at, target, namespace)
		}
	}
	text := t.scenario(title, workloads.String(), steps.String())
	if err := os.WriteFile(filepath.Join(dir, "scenario.yaml"), text, 0o666); err != nil {
		return nil, err
	}
	return append([]string{"scenario.yaml"}, files...), nil
}

func fullName(o map[string]any) string {
	target, namespace := objectName(o)
	return namespace + "/" + target
}

// listOf is a List with an object a line.
func listOf(list []map[string]any) []byte {
	var b strings.Builder
	b.WriteString(`{"apiVersion":"v1","kind":"List","items":[`)
	for i, o := range list {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n" + compact(o))
	}
	b.WriteString("\n]}\n")
	return []byte(b.String())
}

func (t *SimKubeTrace) scenario(title, workloads, steps string) []byte {
	var b strings.Builder
	first, last := t.Events[0].TS, t.Events[len(t.Events)-1].TS
	fmt.Fprintf(&b, "# A SimKube trace of %d events.\napiVersion: simulate/v1alpha1\nkind: Scenario\nmetadata: {name: %s}\nspec:\n", len(t.Events), strconv.Quote(title))
	fmt.Fprintf(&b, "  start: %q\n  duration: %ds   # ten minutes more than the trace\n", time.Unix(first, 0).UTC().Format(time.RFC3339), last-first+600)
	b.WriteString("  cluster:   # a trace says nothing of nodes: change these\n    nodes: [{name: \"node-{i}\", count: 3, capacity: {cpu: \"16\", memory: 64Gi}}]\n")
	section(&b, "workloads", workloads)
	section(&b, "behaviors", t.behaviors())
	section(&b, "timeline", steps)
	return []byte(b.String())
}

func section(b *strings.Builder, name, body string) {
	if body != "" {
		fmt.Fprintf(b, "  %s:\n%s", name, body)
	}
}

// strip takes the volume and mount of the token out of a pod: the simulated API server gives it a new one.
func strip(o map[string]any) {
	spec, _ := o["spec"].(map[string]any)
	if kind, _ := o["kind"].(string); kind != "Pod" || spec == nil {
		return
	}
	token := func(v any) bool {
		m, _ := v.(map[string]any)
		n, _ := m["name"].(string)
		return strings.HasPrefix(n, "kube-api-access-")
	}
	if list, ok := spec["volumes"].([]any); ok {
		spec["volumes"] = slices.DeleteFunc(list, token)
	}
	for _, key := range []string{"containers", "initContainers"} {
		list, _ := spec[key].([]any)
		for _, c := range list {
			if m, ok := c.(map[string]any); ok {
				if mounts, ok := m["volumeMounts"].([]any); ok {
					m["volumeMounts"] = slices.DeleteFunc(mounts, token)
				}
			}
		}
	}
}

// behaviors are those of the owners whose pods have finished.
func (t *SimKubeTrace) behaviors() string {
	var lines []string
	for owner, templates := range t.PodLifecycles { // unordered: sorted below
		var pair []string
		if json.Unmarshal([]byte(owner), &pair) != nil || len(pair) != 2 {
			continue
		}
		kind := pair[0][strings.LastIndexByte(pair[0], '.')+1:]
		namespace, name, _ := strings.Cut(pair[1], "/")
		var lives []int64
		for _, list := range templates { // unordered: sorted below
			for _, life := range list {
				var span []int64
				if json.Unmarshal(life["Finished"], &span) == nil && len(span) == 2 {
					lives = append(lives, span[1]-span[0])
				}
			}
		}
		if len(lives) == 0 {
			continue
		}
		slices.Sort(lives)
		sel := fmt.Sprintf("namespace: %q, owner: %q", namespace, kind+"/"+name)
		if kind == "Pod" {
			sel = fmt.Sprintf("namespace: %q, name: %q", namespace, name)
		}
		run := int64(math.Max(1, float64(lives[(len(lives)-1)/2])))
		lines = append(lines, fmt.Sprintf("  - {select: {%s}, container: \"*\", run: {attempts: [{for: %ds, exitCode: 0}]}}\n", sel, run))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
