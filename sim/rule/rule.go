package rule

import (
	"cmp"
	"slices"
	"strings"
)

// ID is a rule in this build. The zero ID is none.
type ID uint16

// Rule is one thing that a component does by itself, or that the scenario does.
type Rule struct {
	ID        ID
	Name      string // "kubelet.crash-loop-back-off": the component and the rule
	English   string // a sentence; {constant} stands for a constant's value
	Korean    string // the same
	Source    string // file and function of Kubernetes v1.36.3; "" = not from there
	Constants []Constant
}

// Constant is a number that a rule uses.
type Constant struct {
	Name  string // as the source, or the configuration, calls it
	Value string // with its unit, upstream's default: "10s", "5 per second"
	Field string // of the scenario that sets it: "components.kubelet.syncFrequency"; "" = nothing does
}

// component is a table of rules under one name.
type component string

var all = []Rule{{}} // by ID

// rule adds a rule to the catalogue.
func (c component) rule(name, english, korean, source string, constants ...Constant) ID {
	id := ID(len(all))
	all = append(all, Rule{ID: id, Name: string(c) + "." + name, English: english, Korean: korean, Source: source, Constants: constants})
	return id
}

// Get returns the rule of that ID. That of 0, or of an ID that there is not, is empty.
func Get(id ID) *Rule {
	if int(id) >= len(all) {
		id = 0
	}
	return &all[id]
}

// String is the rule's name, "" for 0.
func (id ID) String() string { return Get(id).Name }

// Find returns the rule of that name, nil if there is none.
func Find(name string) *Rule {
	for i := 1; i < len(all); i++ {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// Catalogue lists all rules by name.
func Catalogue() []Rule {
	out := slices.Clone(all[1:])
	slices.SortFunc(out, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Component is the first part of the rule's name.
func (r *Rule) Component() string {
	c, _, _ := strings.Cut(r.Name, ".")
	return c
}

// Sentence is the English sentence with the constants' defaults in it.
func (r *Rule) Sentence() string { return r.fill(r.English) }

// KoreanSentence is the Korean sentence with the constants' defaults in it.
func (r *Rule) KoreanSentence() string { return r.fill(r.Korean) }

func (r *Rule) fill(s string) string {
	for _, c := range r.Constants {
		s = strings.ReplaceAll(s, "{"+c.Name+"}", c.Value)
	}
	return s
}
