package kubectl

import (
	"strings"
	"unicode"

	"clustersim/model"
)

// describeFields describes a kind that kubectl has no sheet for: every field, under a title made from its name.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go genericDescriber, printUnstructuredContent.
func describeFields(s *sheet, o model.Object) {
	s.head(o)
	content, err := unstructured(o)
	if err != nil {
		s.line(0, "<error: %v>", err)
		return
	}
	if meta, ok := content["metadata"].(map[string]any); ok {
		for _, shown := range []string{"name", "namespace", "labels", "annotations"} {
			delete(meta, shown)
		}
	}
	s.fields(0, content)
	s.events(o)
}

func (s *sheet) fields(level int, content map[string]any) {
	for _, name := range sortedKeys(content) {
		title := fieldTitle(name)
		switch value := content[name].(type) {
		case map[string]any:
			s.line(level, "%s:", title)
			s.fields(level+1, value)
		case []any:
			s.line(level, "%s:", title)
			for _, item := range value {
				if fields, ok := item.(map[string]any); ok {
					s.fields(level+1, fields)
				} else {
					s.line(level+1, "%v", item)
				}
			}
		default:
			s.line(level, "%s:\t%v", title, value)
		}
	}
}

// fieldTitle makes words of a field name: creationTimestamp is "Creation Timestamp", apiVersion "API Version", podIPs
// "Pod IPs". A name with anything but letters and hyphens stays as it is.
func fieldTitle(name string) string {
	for _, r := range name {
		if !unicode.IsLetter(r) && r != '-' {
			return name
		}
	}
	words := mergeAcronyms(camelWords(name))
	for i, w := range words {
		switch upper := strings.ToUpper(w); {
		case upper == "API" || upper == "URL" || upper == "UID" || upper == "GUID":
			words[i] = upper
		case strings.ToLower(w) == w && w != "":
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// camelWords splits before each upper-case letter that begins a word: "clusterIPs" is cluster, I, Ps, as the library that
// kubectl uses has it (the last capital of a run belongs to the small letters after it).
func camelWords(name string) []string {
	class := func(r rune) int {
		switch {
		case unicode.IsLower(r):
			return 1
		case unicode.IsUpper(r):
			return 2
		}
		return 3
	}
	runs := [][]rune{}
	last := 0
	for _, r := range name {
		if class(r) != last {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], r)
		last = class(r)
	}
	for i := 0; i+1 < len(runs); i++ {
		if n := len(runs[i]); unicode.IsUpper(runs[i][0]) && unicode.IsLower(runs[i+1][0]) {
			runs[i+1] = append([]rune{runs[i][n-1]}, runs[i+1]...)
			runs[i] = runs[i][:n-1]
		}
	}
	words := []string{}
	for _, r := range runs {
		if len(r) > 0 {
			words = append(words, string(r))
		}
	}
	return words
}

// mergeAcronyms joins a word of two or more capitals with a following capitalised word.
func mergeAcronyms(words []string) []string {
	merged := []string{}
	for i := 0; i < len(words); i++ {
		w := words[i]
		if i+1 < len(words) && len(w) >= 2 && strings.ToUpper(w) == w && unicode.IsUpper(rune(words[i+1][0])) {
			w += words[i+1]
			i++
		}
		merged = append(merged, w)
	}
	return merged
}
