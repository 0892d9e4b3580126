package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newRoot builds the command tree.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "simulate",
		Short: "Simulate a Kubernetes cluster: the same input gives the same run, byte for byte",
		Example: `  # A pod's whole life, from the library
  simulate run tour

  # Your own manifest, on a default cluster of one node
  simulate run -f pod.yaml

  # What kubectl would have shown 95 seconds into the run
  simulate get pods -f pod.yaml --at 95s`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              unknownCommand,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetHelpTemplate(helpTemplate)
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().BoolP("help", "h", false, "show the help of a command")
	root.PersistentFlags().SortFlags = false
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run:"},
		&cobra.Group{ID: "look", Title: "Look, as with kubectl:"},
		&cobra.Group{ID: "other", Title: "Other:"},
	)
	root.SetHelpCommandGroupID("other")
	root.SetCompletionCommandGroupID("other")
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("run", newRun(a), newTest(a), newFind(a), newSchedule(a), newCapacity(a), newSweep(a), newTimeline(a), newReport(a), newValidate(a), newLesson(a), newStep(a))
	add("look", newGet(a), newDescribe(a), newEvents(a), newWhy(a), newDiff(a), newReach(a))
	add("other", newInit(a), newFmt(a), newExplain(a), newSchema(a), newImport(a), newSweepWorker(a), newVersion(a))
	for _, c := range unsupported() {
		root.AddCommand(c)
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	describeBuiltins(root)
	return root
}

// describeBuiltins words the commands that cobra brings as ours.
func describeBuiltins(root *cobra.Command) {
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.Long, c.Short = "", "Print the completion script of a shell"
			c.Example = "  # In this bash session\n  source <(simulate completion bash)"
		case "help":
			c.Long, c.Short = "", "Show the help of a command"
			c.Example = "  simulate help run"
		}
	}
}

// unknownCommand says so, and what may have been meant.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := "unknown command \"" + args[0] + "\" for \"simulate\""
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		text += "\n\nDid you mean this?\n\t" + strings.Join(near, "\n\t")
	} else {
		text += "\nSee 'simulate --help' for usage."
	}
	return usagef("%s", text)
}

// flagError adds where to read on, as kubectl does.
func flagError(c *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	return usagef("%v\nSee '%s --help' for usage.", err, c.CommandPath())
}

// helpTemplate has the summary, then the examples, as kubectl's.
const helpTemplate = `{{with or .Long .Short}}{{. | trimTrailingWhitespaces}}.

{{end}}{{if .HasExample}}Examples:
{{.Example}}

{{end}}{{.UsageString}}`

const usageTemplate = `{{if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{if eq (len .Groups) 0}}Commands:{{range $cmds}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}

{{else}}{{range $group := .Groups}}{{.Title}}{{range $cmds}}{{if (and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help")))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}

{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}

{{end}}Usage:
  {{.UseLine}}{{if .HasAvailableSubCommands}}

Use "{{.CommandPath}} COMMAND --help" for more about a command.{{end}}
`
