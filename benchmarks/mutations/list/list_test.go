package list

import (
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"testing"
)

// Every rule of the README has a change, every change can be made, and what comes out is Go.
func TestEveryRuleCanBeBroken(t *testing.T) {
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([a-z]+-\d\d) \|`).FindAllStringSubmatch(string(readme), -1) {
		left[m[1]] = true
	}
	if len(left) != 30 || len(all) != 30 {
		t.Errorf("%d rules and %d changes, want 30 of each", len(left), len(all))
	}
	for _, m := range all {
		if !left[m.Rule] {
			t.Errorf("%s is no rule, or is broken twice", m.Rule)
		}
		delete(left, m.Rule)
		text, err := m.Apply("../../..")
		if err != nil {
			t.Errorf("%s: %v", m.Rule, err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), m.File, text, 0); err != nil {
			t.Errorf("%s: %v", m.Rule, err)
		}
	}
	for rule := range left {
		t.Errorf("nothing breaks %s", rule)
	}
}
