package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"clustersim/scenarios/lesson"
)

// registerLanguage adds --lang: one of the languages in which lessons and stories are told.
func registerLanguage(c *cobra.Command, language *string, usage string) {
	c.Flags().StringVar(language, "lang", lesson.Languages[0], usage)
	_ = c.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions(lesson.Languages, cobra.ShellCompDirectiveNoFileComp))
}

func checkLanguage(language string) error {
	if !slices.Contains(lesson.Languages, language) {
		return usagef("--lang %q: the languages are %s", language, strings.Join(lesson.Languages, " and "))
	}
	return nil
}
