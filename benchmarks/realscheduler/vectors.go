package main

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
)

// vector is a line of the file that the main module's test replays.
type vector struct {
	Seed uint64 `json:"seed"`
	Ops  []Op   `json:"ops"`
}

func runVectors(args []string) error {
	fs := flag.NewFlagSet("vectors", flag.ExitOnError)
	seeds := fs.String("seeds", "1000001-1000300", "seeds, from-to")
	with := fs.String("features", "", "features to use, with commas between, or all")
	path := fs.String("o", "../../sim/scheduler/testdata/vectors.jsonl.gz", "file to write")
	_ = fs.Parse(args)
	allowed, err := featureSet(*with, "")
	if err != nil {
		return err
	}
	from, to, err := seedRange(*seeds)
	if err != nil {
		return err
	}
	f, err := os.Create(*path)
	if err != nil {
		return err
	}
	z, _ := gzip.NewWriterLevel(f, gzip.BestCompression)
	enc, clusters, pods := json.NewEncoder(z), 0, 0
	for seed := from; seed <= to; seed++ {
		ops, chance := answered(Generate(seed, allowed, true))
		if chance {
			continue
		}
		v := vector{seed, ops}
		clusters++
		for _, op := range v.Ops {
			if op.Answer != nil {
				pods++
			}
		}
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	fmt.Printf("%d clusters, %d pods\n", clusters, pods)
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

// answered runs the Scenario on the real scheduler, and writes its answers and what follows from them into it. It reports
// whether an answer may be another one next time: upstream looks at the nodes that a pod names in a random order.
func answered(sc Scenario) (out []Op, chance bool) {
	real, err := NewReal()
	must(err)
	defer real.Close()
	st := newState(sc)
	for i := range sc {
		op := st.resolve(sc[i])
		switch {
		case op == nil:
		case op.Do != DoSchedule:
			st.apply(op, real)
			out = append(out, *op)
		default:
			pod := op.Object.(*corev1.Pod)
			a := real.Schedule(pod)
			chance = chance || a.Narrowed && len(a.Feasible) > 1
			op.Answer = &a
			out = append(out, *op)
			for _, next := range st.after(&a, pod) {
				if next := st.resolve(next); next != nil {
					st.apply(next, real)
					out = append(out, *next)
				}
			}
		}
	}
	return out, chance
}
