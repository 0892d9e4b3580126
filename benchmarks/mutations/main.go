// Command mutations changes one rule of the simulator at a time, runs the library of scenarios, and lists the changes that no
// scenario noticed. README.md says which rules, mutations.yaml how they are changed.
//
//	go run ./benchmarks/mutations              all of them; from the project's root
//	go run ./benchmarks/mutations kubelet-01   some
//
// The exit code is 1 if a change survived, 2 if one could not be made.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"clustersim/benchmarks/mutations/list"
)

func main() {
	survivors, err := run(os.Args[1:])
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutations:", err)
		os.Exit(2)
	case len(survivors) > 0:
		fmt.Println("survived:", strings.Join(survivors, ", "))
		os.Exit(1)
	}
	fmt.Println("survived: none")
}

func run(only []string) (survivors []string, err error) {
	all, err := list.Load()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mutations")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for _, m := range all {
		if len(only) > 0 && !slices.Contains(only, m.Rule) {
			continue
		}
		noticed, err := try(dir, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Rule, err)
		}
		fmt.Printf("%-16s %s\n", m.Rule, cut(noticed))
		if len(noticed) == 0 {
			survivors = append(survivors, m.Rule)
		}
	}
	return survivors, nil
}

func cut(noticed []string) string {
	switch n := len(noticed); {
	case n == 0:
		return "SURVIVED"
	case n > 4:
		return fmt.Sprintf("noticed by %s and %d more", strings.Join(noticed[:4], ", "), n-4)
	}
	return "noticed by " + strings.Join(noticed, ", ")
}

// try builds the simulator with one file changed and runs the library. It returns the scenarios that fail.
func try(dir string, m list.Mutation) ([]string, error) {
	text, err := m.Apply(".")
	if err != nil {
		return nil, err
	}
	changed, overlay, program := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "simulate")
	if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(m.File)
	if err != nil {
		return nil, err
	}
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(overlay, replaced, 0o600); err != nil {
		return nil, err
	}
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", program, "./cmd/simulate").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	out, err := exec.Command(program, "test", "scenarios/library").CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	if failed != nil && failed.ExitCode() != 1 {
		return nil, fmt.Errorf("the run ended with %d:\n%s", failed.ExitCode(), out)
	}
	var noticed []string
	for _, x := range failLine.FindAllStringSubmatch(string(out), -1) {
		noticed = append(noticed, strings.TrimSuffix(strings.TrimPrefix(x[1], "scenarios/library/"), ".yaml"))
	}
	return noticed, nil
}

// failLine is what `simulate test` prints of a scenario that fails.
var failLine = regexp.MustCompile(`(?m)^FAIL +(\S+\.yaml)`)
