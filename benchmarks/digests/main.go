// Command digests prints a line for each scenario of the library: its name, the digest of its journal, the digest of its
// result as JSON, the number of engine events and the instant at which it ended. Two builds, two machines, two
// environments must print the same bytes; the continuous integration compares many.
//
//	digests [-run REGEX] [-reference] [-seeds N]
package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"

	"clustersim/report"
	"clustersim/scenarios"
	"clustersim/sim"
)

func main() {
	only := flag.String("run", "", "only the scenarios whose names match this expression")
	reference := flag.Bool("reference", false, "execute every probe, heartbeat, relist and tick as an engine event")
	seeds := flag.Int("seeds", 1, "replications of each scenario")
	flag.Parse()
	match, err := regexp.Compile(*only)
	if err == nil {
		err = all(match, *reference, *seeds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func all(match *regexp.Regexp, reference bool, seeds int) error {
	for _, e := range scenarios.Library() {
		if !match.MatchString(e.Name) {
			continue
		}
		s, problems := scenarios.LoadLibrary(e.Name, scenarios.LoadOptions{})
		if s == nil {
			return fmt.Errorf("%s: %v", e.Name, problems)
		}
		for i := range seeds {
			line, err := digest(s, i, reference)
			if err != nil {
				return fmt.Errorf("%s: %w", e.Name, err)
			}
			fmt.Printf("%-40s %d %s\n", e.Name, i, line)
		}
	}
	return nil
}

// digest runs one replication.
func digest(s *scenarios.Scenario, replication int, reference bool) (string, error) {
	o, err := s.Options(replication)
	if err != nil {
		return "", err
	}
	o.Reference = reference
	c := report.NewCollector()
	c.Phases = true
	r, err := sim.New(o, c)
	if err != nil {
		return "", err
	}
	if _, err := r.Run(); err != nil {
		return "", err
	}
	result := report.RunResult{Scenario: s.Name, Seed: o.Seed, Digest: r.Journal.Digest(), Time: r.Engine.Now()}
	c.Fill(&result)
	var text bytes.Buffer
	if err := result.WriteJSON(&text); err != nil {
		return "", err
	}
	return fmt.Sprintf("journal %s result %x events %d end %v", r.Journal.Digest(), sha256.Sum256(text.Bytes()), r.Engine.Ran(), r.Engine.Now().Round(time.Microsecond)), nil
}
