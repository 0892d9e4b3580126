package main

import (
	"fmt"
	"strings"

	"clustersim/model"
	"clustersim/scenarios"
)

// pathOf is the path that arguments name: scenario.spec, scenario spec, pod.spec, kind pod.
func pathOf(args []string) string {
	switch {
	case len(args) == 1:
		return args[0]
	case args[0] == "scenario":
		return "scenario." + strings.TrimPrefix(args[1], "scenario.")
	case strings.TrimSuffix(args[0], "s") == "kind":
		return args[1]
	}
	return ""
}

// explainPath explains scenario.spec.cluster or pod.spec.containers; known is false if the path begins with neither.
func explainPath(a *app, path string) (known bool, err error) {
	names := strings.Split(path, ".")
	if strings.EqualFold(names[0], "scenario") {
		f, err := scenarios.Explain(names[1:])
		if err != nil {
			return true, usagef("%v", err)
		}
		fmt.Fprintf(a.out, "KIND:       %s\nVERSION:    %s\n", scenarios.Kind, scenarios.APIVersion)
		writeField(a, f, len(names) > 1)
		return true, nil
	}
	k := model.FindKind(names[0])
	if k == nil {
		return false, nil
	}
	f, err := k.Explain(names[1:])
	if err != nil {
		return true, usagef("%v", err)
	}
	fmt.Fprintf(a.out, "KIND:       %s\nVERSION:    %s\n", k.Name, k.APIVersion())
	if len(names) == 1 {
		fmt.Fprintf(a.out, "NAMES:      %s\n", strings.Join(append([]string{k.Resource()}, k.Short...), ", "))
	}
	simulated := "yes; fields without effect are marked"
	switch {
	case !k.Simulated:
		simulated = "no: the kind is accepted and shown, and nothing acts on it"
	case f.Unsimulated != "":
		simulated = "no: accepted and shown, without effect: " + f.Unsimulated
	case len(names) > 1 && !marked(f):
		simulated = "yes, if it has a behaviour of its own"
	}
	fmt.Fprintf(a.out, "SIMULATED:  %s\n", simulated)
	writeField(a, f, len(names) > 1)
	fmt.Fprintln(a.out, "\nThe words are those of the Kubernetes API documentation (k8s.io/api, Apache License 2.0).")
	return true, nil
}

// marked says whether a field below has no effect.
func marked(f *model.FieldDoc) bool {
	for i := range f.Fields {
		if f.Fields[i].Unsimulated != "" {
			return true
		}
	}
	return false
}

// writeField writes a field and those below it, as kubectl explain lays them out.
func writeField(a *app, f *model.FieldDoc, named bool) {
	fmt.Fprintln(a.out)
	if named {
		fmt.Fprintf(a.out, "FIELD: %s <%s>\n\n", f.Name, f.Type)
	}
	if len(f.Enum) > 0 {
		fmt.Fprintf(a.out, "ENUM:\n    %s\n\n", strings.Join(f.Enum, "\n    "))
	}
	fmt.Fprintln(a.out, "DESCRIPTION:")
	doc := f.Doc
	if doc == "" {
		doc = "<empty>"
	}
	writeIndented(a, doc)
	if len(f.Fields) == 0 {
		return
	}
	fmt.Fprintln(a.out, "\nFIELDS:")
	for i := range f.Fields {
		sub := &f.Fields[i]
		fmt.Fprintf(a.out, "  %s\t<%s>", sub.Name, sub.Type)
		if f.Unsimulated == "" && sub.Unsimulated != "" {
			fmt.Fprintf(a.out, "  not simulated: %s", sub.Unsimulated)
		}
		fmt.Fprintln(a.out)
		if len(sub.Enum) > 0 {
			fmt.Fprintf(a.out, "    one of %s\n", strings.Join(sub.Enum, ", "))
		}
		if sub.Doc != "" {
			writeIndented(a, firstSentence(sub.Doc))
		}
	}
}

// firstSentence is a text up to its first full stop.
func firstSentence(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	for i := 0; ; {
		n := strings.Index(s[i:], ". ")
		if n < 0 {
			return s
		}
		i += n + 2
		if !strings.HasSuffix(s[:i], "e.g. ") && !strings.HasSuffix(s[:i], "i.e. ") {
			return s[:i-1]
		}
	}
}

// writeIndented writes paragraphs, indented by four, in lines of at most 100 columns where words allow it.
func writeIndented(a *app, text string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := "   "
		for _, word := range strings.Fields(paragraph) {
			if len(line)+1+len(word) > 100 && line != "   " {
				fmt.Fprintln(a.out, line)
				line = "   "
			}
			line += " " + word
		}
		if strings.TrimSpace(line) != "" {
			fmt.Fprintln(a.out, line)
		}
	}
}

// kindNames lists the kinds as kubectl api-resources does.
func kindNames() (lines []string) {
	for _, k := range model.Kinds {
		simulated := ""
		if !k.Simulated {
			simulated = "  not simulated"
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%-26s %-10s %-30s %s%s", k.Plural, strings.Join(k.Short, ","), k.APIVersion(), k.Name, simulated), " "))
	}
	return lines
}

// scenarioFields lists the fields of a scenario's spec.
func scenarioFields() (names []string) {
	f, err := scenarios.Explain([]string{"spec"})
	if err != nil {
		panic("invariant: " + err.Error())
	}
	for _, sub := range f.Fields {
		names = append(names, "scenario.spec."+sub.Name)
	}
	return names
}
