package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	var err error
	switch os.Args[1] {
	case "agree":
		err = runAgree(os.Args[2:])
	case "compare":
		err = runCompare(os.Args[2:])
	case "vectors":
		err = runVectors(os.Args[2:])
	case "queue":
		err = runQueue(os.Args[2:])
	case "speed":
		err = runSpeed(os.Args[2:])
	default:
		usage()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: realscheduler agree|compare|vectors|speed|queue [options]")
	os.Exit(2)
}

// seedRange reads "1-200" or "7".
func seedRange(s string) (from, to uint64, err error) {
	a, b, ok := strings.Cut(s, "-")
	if !ok {
		b = a
	}
	if from, err = strconv.ParseUint(a, 10, 64); err == nil {
		to, err = strconv.ParseUint(b, 10, 64)
	}
	return from, to, err
}

func runCompare(args []string) error {
	fs := flag.NewFlagSet("compare", flag.ExitOnError)
	seeds := fs.String("seeds", "1-200", "seeds, from-to")
	with := fs.String("features", "", "features to use, with commas between, or all")
	without := fs.String("without", "", "features to leave out")
	most := fs.Int("differences", 1, "stop after so many")
	profiles := fs.Bool("profiles", false, "give each seed a KubeSchedulerConfiguration of its own")
	quiet := fs.Bool("no-table", false, "leave the table out")
	_ = fs.Parse(args)
	allowed, err := featureSet(*with, *without)
	if err != nil {
		return err
	}
	from, to, err := seedRange(*seeds)
	if err != nil {
		return err
	}
	t := newTally()
	found := compareSeeds(from, to, *profiles, allowed, t, *most)
	fmt.Printf("seeds %d-%d, features %s\n%d pods compared, %d seeds differ\n", from, to, strings.Join(allowed, ","), t.pods, found)
	if !*quiet {
		t.write(os.Stdout)
	}
	if found > 0 {
		return fmt.Errorf("%d seeds differ", found)
	}
	return nil
}

// compareSeeds compares the clusters of some seeds, prints the smallest that still differ, and returns how many do. It stops
// after most.
func compareSeeds(from, to uint64, profiles bool, allowed []string, t *tally, most int) (found int) {
	for seed := from; seed <= to && found < most; seed++ {
		sc := Generate(seed, allowed, false)
		if profiles {
			sc = withProfile(seed, allowed)
		}
		d, err := compare(sc, t)
		must(err)
		if d == nil {
			continue
		}
		found++
		fmt.Printf("seed %d differs at pod %s; smallest:\n", seed, d.Pod)
		sc, d = shrink(sc, d)
		writeYAML(os.Stdout, sc)
		fmt.Printf("# pod %s\n# %s\n\n", d.Pod, strings.ReplaceAll(strings.Join(d.Lines, "\n"), "\n", "\n# "))
	}
	return found
}
