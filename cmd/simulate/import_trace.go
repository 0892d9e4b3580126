package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"clustersim/scenarios/importer"
)

// title is what the scenario of a trace is called: its file without the ending.
func traceTitle(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// openb imports the nodes and pods of the openb trace.
func (f *importFlags) openb(a *app, args []string) error {
	if err := f.needOut(); err != nil {
		return err
	}
	t := &importer.Trace{}
	for _, path := range args {
		data, err := os.ReadFile(path)
		if err != nil {
			return usagef("%v", err)
		}
		if bytes.HasPrefix(data, []byte("sn,")) {
			t.Nodes, err = importer.OpenBNodes(path, bytes.NewReader(data))
		} else {
			t.Pods, err = importer.OpenBPods(path, bytes.NewReader(data))
		}
		if err != nil {
			return &exit{exitUsage, err.Error()}
		}
	}
	files, err := t.WriteOpenB(f.out, traceTitle(args[len(args)-1]), f.timed)
	if err != nil {
		return usagef("%v", err)
	}
	fmt.Fprintf(a.out, "%s, %s.\n", many(len(t.Nodes), "node"), many(len(t.Pods), "pod"))
	return f.wrote(a, files)
}

// simkube imports a trace of SimKube.
func (f *importFlags) simkube(a *app, args []string) error {
	if err := f.needOut(); err != nil {
		return err
	}
	if len(args) > 1 {
		return usagef("one trace makes one scenario; there are %d", len(args))
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return usagef("%v", err)
	}
	t, err := importer.SimKube(args[0], data)
	if err != nil {
		return &exit{exitUsage, err.Error()}
	}
	files, err := t.Write(f.out, traceTitle(args[0]))
	if err != nil {
		return usagef("%v", err)
	}
	fmt.Fprintf(a.out, "%s over %d s.\n", many(len(t.Events), "event"), t.Events[len(t.Events)-1].TS-t.Events[0].TS)
	return f.wrote(a, files)
}

// removals prints the failure model of a list of machine removals.
func (f *importFlags) removals(a *app, args []string) error {
	if len(args) > 1 {
		return usagef("one list of removals makes one model; there are %d", len(args))
	}
	if f.machines < 0 || f.days < 0 {
		return usagef("--machines and --days must be above 0")
	}
	in, err := os.Open(args[0])
	if err != nil {
		return usagef("%v", err)
	}
	defer in.Close()
	r, err := importer.MachineRemovals(args[0], bufio.NewReader(in), f.machines, f.days)
	if err != nil {
		return &exit{exitUsage, err.Error()}
	}
	_, err = a.out.WriteString(r.Model())
	return err
}
