package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"

	"clustersim/model"
	"clustersim/scenarios"
	"clustersim/scenarios/importer"
)

// source reads the input of a question. Files that a live cluster printed go on from where they are, as with `simulate
// import`; others are manifests that run on that cluster.
func (f *capacityFlags) source(a *app) (*source, error) {
	dumps, rest := splitDumps(f.files)
	if len(dumps) == 0 {
		return f.one(a)
	}
	opt, err := f.loadOptions()
	if err != nil {
		return nil, err
	}
	d, problems := importer.Read(dumps, a.in)
	manifests, more := model.ReadFiles(rest, a.in, model.Options{Skip: scenarios.IsScenario})
	problems = append(problems, more...)
	if problems.HasErrors() {
		_ = problems.Errors().Format(a.err, maxProblems)
		return nil, &exit{code: exitUsage}
	}
	d.Tidy()
	opt.Import, opt.Manifests = d.Objects, manifests
	text := d.Scenario(title(dumps), nil)
	s, found := scenarios.Load(title(dumps), text, opt)
	problems = append(problems, found...)
	if s == nil {
		_ = problems.Errors().Format(a.err, maxProblems)
		return nil, &exit{code: exitUsage}
	}
	if f.seed.given {
		s.Seed = f.seed.value
	}
	f.assumed = d.Notes
	sum := sha256.Sum256(text)
	return &source{scenario: s, problems: problems, inputs: "sha256:" + hex.EncodeToString(sum[:])}, nil
}

// splitDumps tells files that a cluster printed by what they hold: containers that run, on nodes that report.
func splitDumps(files []string) (dumps, rest []string) {
	pods, nodes := false, false
	var status []string
	for _, name := range files {
		data, err := os.ReadFile(name)
		switch {
		case err != nil || bytes.Contains(data, []byte("kind: Scenario")):
			rest = append(rest, name)
			continue
		case bytes.Contains(data, []byte("containerStatuses")), bytes.Contains(data, []byte("lastHeartbeatTime")):
			status = append(status, name)
		default:
			rest = append(rest, name)
		}
		pods = pods || bytes.Contains(data, []byte("containerStatuses"))
		nodes = nodes || bytes.Contains(data, []byte("lastHeartbeatTime"))
	}
	if pods && nodes {
		return status, rest
	}
	return nil, slices.Clone(files)
}
