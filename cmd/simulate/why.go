package main

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"clustersim/model"
	"clustersim/report/why"
	"clustersim/sim"
)

// whyFlags are those of `simulate why`.
type whyFlags struct {
	input
	recorded  string
	at        instant
	namespace string
	output    string
}

// newWhy is `simulate why`.
func newWhy(a *app) *cobra.Command {
	f := &whyFlags{at: atEnd}
	c := &cobra.Command{
		Use:   "why KIND/NAME {-f FILE | --run FILE} [flags]",
		Short: "Say why an object is as it is, and what would change it",
		Example: `  # Why the pod is being deleted 150 seconds into the run
  simulate why pod/web -f tour --at 150s

  # Of a recorded run; another kind, another namespace
  simulate why deploy/web --run run.jsonl.gz -n shop

  # For programs, with every step of the chain
  simulate why pod/web -f tour --at 150s -o json`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, args []string) error { return f.run(a, args) },
	}
	f.register(c)
	registerRun(c, &f.recorded)
	fs := c.Flags()
	fs.Var(&f.at, "at", "explain the state at this `TIME`; past the end of the run it runs on")
	fs.StringVarP(&f.namespace, "namespace", "n", "default", "`NAMESPACE` of the object")
	fs.StringVarP(&f.output, "output", "o", "text", "`FORMAT`: text or json")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// object reads the argument: KIND/NAME, or KIND NAME.
func (f *whyFlags) object(args []string) (*model.Kind, string, error) {
	if len(args) == 2 {
		args = []string{args[0] + "/" + args[1]}
	}
	if len(args) != 1 {
		return nil, "", usagef("why takes one object: KIND/NAME, such as pod/web")
	}
	kind, name, ok := strings.Cut(args[0], "/")
	if !ok || name == "" {
		return nil, "", usagef("%s: must be KIND/NAME, such as pod/web", args[0])
	}
	k := model.FindKind(kind)
	if k == nil {
		return nil, "", usagef("%s: unknown kind %q", args[0], kind)
	}
	return k, name, nil
}

func (f *whyFlags) run(a *app, args []string) error {
	k, name, err := f.object(args)
	if err != nil {
		return err
	}
	if f.output != "text" && f.output != "json" {
		return usagef("-o %s: must be text or json", f.output)
	}
	log := &why.Log{}
	var r *sim.Run
	now := time.Duration(0)
	if f.recorded != "" {
		p, err := openRecording(f.recorded, a.err)
		if err != nil {
			return err
		}
		if now, err = p.play(time.Duration(f.at), log); err != nil {
			return err
		}
	} else {
		if r, err = f.runTo(a, log); err != nil {
			return err
		}
		now = r.Engine.Now()
	}
	answer, err := log.Ask(k, f.namespace, name, now)
	var missing *why.NotFound
	if errors.As(err, &missing) {
		return &exit{exitNo, "error: " + missing.Error()}
	}
	if k == model.Pod && r != nil {
		f.ask(r, answer, name)
	}
	if f.output == "json" {
		e := json.NewEncoder(a.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(answer)
	}
	return answer.Text(a.out)
}

// runTo runs the input to the instant.
func (f *whyFlags) runTo(a *app, log *why.Log) (*sim.Run, error) {
	s, err := f.one(a)
	if err != nil {
		return nil, err
	}
	o, err := s.options(0, 1)
	if err != nil {
		return nil, err
	}
	r, bar, err := a.newSim(o, "", log)
	if err != nil {
		return nil, err
	}
	return r, a.until(r, bar, time.Duration(f.at))
}

// ask adds what only a run that is running knows: the kubelet's countdowns, and what the scheduler says of every node.
func (f *whyFlags) ask(r *sim.Run, answer *why.Answer, name string) {
	for _, c := range r.Countdowns(f.namespace, name) {
		answer.Countdowns = append(answer.Countdowns, why.Countdown{What: c.What, At: c.At, Seconds: c.At.Seconds(), Because: c.Because})
	}
	v, err := r.Verdict(f.namespace, name)
	if err != nil || !v.Waits() {
		return
	}
	for _, o := range r.Objects(model.Pod) {
		if o.GetNamespace() == f.namespace && o.GetName() == name {
			lines := strings.Split(strings.TrimRight(verdictOf(r, o), "\n"), "\n")
			answer.Verdict = nil
			for _, line := range lines[1:] {
				answer.Verdict = append(answer.Verdict, strings.TrimPrefix(line, "  "))
			}
		}
	}
}
