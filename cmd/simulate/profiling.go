package main

import (
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/spf13/pflag"
)

// profiling is the hidden flags for whoever makes the simulator faster.
type profiling struct{ cpu, memory string }

func (p *profiling) register(f *pflag.FlagSet) {
	f.StringVar(&p.cpu, "cpuprofile", "", "write a CPU profile to this `FILE`")
	f.StringVar(&p.memory, "memprofile", "", "write a heap profile to this `FILE`")
	_ = f.MarkHidden("cpuprofile")
	_ = f.MarkHidden("memprofile")
}

// start begins; stop ends and writes.
func (p *profiling) start() (stop func(), err error) {
	if p.cpu == "" && p.memory == "" {
		return func() {}, nil
	}
	var file *os.File
	if p.cpu != "" {
		if file, err = os.Create(p.cpu); err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			return nil, usagef("%v", err)
		}
	}
	return func() {
		if file != nil {
			pprof.StopCPUProfile()
			_ = file.Close()
		}
		if p.memory != "" {
			if f, err := os.Create(p.memory); err == nil {
				runtime.GC()
				_ = pprof.WriteHeapProfile(f)
				_ = f.Close()
			}
		}
	}, nil
}
