package main

import (
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	all, err := featureSet("all", "")
	if err != nil {
		t.Fatal(err)
	}
	n := newTally()
	for seed := uint64(1); seed <= 100; seed++ {
		d, err := compare(Generate(seed, all, false), n)
		if err != nil {
			t.Fatal(err)
		}
		if d != nil {
			t.Errorf("seed %d, pod %s:\n%s", seed, d.Pod, strings.Join(d.Lines, "\n"))
		}
	}
	if n.pods < 1000 {
		t.Errorf("%d pods", n.pods)
	}
}

func TestQueue(t *testing.T) {
	total := 0
	for seed := uint64(1); seed <= 100; seed++ {
		lines, n, err := liveDiff(script(seed))
		if err != nil {
			t.Fatal(err)
		}
		if lines != nil {
			t.Errorf("seed %d:\n%s", seed, strings.Join(lines, "\n"))
		}
		total += n
	}
	if total < 1000 {
		t.Errorf("%d attempts", total)
	}
}
