package main

import (
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/spf13/pflag"
)

// profiling is the hidden flags for whoever makes the simulator faster.
type profiling struct {
	cpu, memory string
	kept        []any // what a heap profile at the end is to show
}

func (p *profiling) register(f *pflag.FlagSet) {
	f.StringVar(&p.cpu, "cpuprofile", "", "write a CPU profile to this `FILE`")
	f.StringVar(&p.memory, "memprofile", "", "write a heap profile to this `FILE`")
	_ = f.MarkHidden("cpuprofile")
	_ = f.MarkHidden("memprofile")
}

// keep holds on to what a heap profile at the end of the command is to show.
func (p *profiling) keep(things ...any) {
	if p.memory != "" {
		p.kept = append(p.kept, things...)
	}
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
			runtime.KeepAlive(p.kept)
		}
	}, nil
}
