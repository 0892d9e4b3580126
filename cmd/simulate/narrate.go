package main

import (
	"github.com/spf13/cobra"

	"clustersim/report/narrate"
)

// tale is what --narrate and --lang ask for.
type tale struct {
	asked    bool
	language string
	chosen   func() bool // whether --lang was given
}

func (t *tale) register(c *cobra.Command) {
	f := c.Flags()
	t.chosen = func() bool { return f.Changed("lang") }
	f.BoolVar(&t.asked, "narrate", false, "tell the run sentence by sentence, with the rule behind each change")
	registerLanguage(c, &t.language, "with --narrate: `LANGUAGE`, en or ko")
}

func (t *tale) check(output string) error {
	switch {
	case !t.asked && t.chosen():
		return usagef("--lang says in which language --narrate tells a run: give both")
	case t.asked && output != "text":
		return usagef("--narrate is text: it does not go with -o %s", output)
	}
	return checkLanguage(t.language)
}

// tell narrates one run as it goes.
func (t *tale) tell(a *app, p *replication) error {
	n := narrate.New(a.out, t.language)
	r, err := p.execute(a, n)
	if r == nil {
		return err
	}
	if closed := n.Close(); err == nil {
		err = closed
	}
	writeNotes(a.err, r.Notes)
	unsettled(a.err, r, err)
	return err
}
