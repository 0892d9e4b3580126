// Package list holds the changes of the mutation test.
package list

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed mutations.yaml
var mutations []byte

// Mutation breaks one rule.
type Mutation struct {
	Rule    string `json:"rule"` // as README.md calls it
	File    string `json:"file"` // from the project's root
	Find    string `json:"find"` // stands in the file exactly once
	Replace string `json:"replace"`
}

// Load returns all changes.
func Load() (all []Mutation, err error) {
	return all, yaml.UnmarshalStrict(mutations, &all)
}

// Apply returns the text of the changed file, which lies below root. It fails if what is to be changed is not there, or
// more than once.
func (m *Mutation) Apply(root string) (string, error) {
	b, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		return "", err
	}
	find, replace := strings.TrimSuffix(m.Find, "\n"), strings.TrimSuffix(m.Replace, "\n")
	if n := strings.Count(string(b), find); n != 1 {
		return "", fmt.Errorf("%s: %q stands there %d times", m.File, find, n)
	}
	return strings.Replace(string(b), find, replace, 1), nil
}
