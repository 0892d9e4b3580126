package model

import "strings"

// nearest returns the name that the user most likely meant, "" if none comes close.
func nearest(word string, names []string) string {
	if name := similar(word, names); name != "" {
		return name
	}
	word = strings.ToLower(word)
	for _, name := range names {
		lower := strings.ToLower(name)
		if len(word) >= 4 && strings.HasPrefix(lower, word) || len(lower) >= 4 && strings.HasPrefix(word, lower) {
			return name
		}
	}
	return ""
}

// similar returns the name that differs from the word by the fewest edits, "" if those are too many. Equal distances go to
// the earlier name.
func similar(word string, names []string) string {
	best, bestDistance := "", len(word)/3+1
	for _, name := range names {
		if strings.EqualFold(name, word) {
			return name
		}
		if d := editDistance(strings.ToLower(word), strings.ToLower(name), bestDistance); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// didYouMean is the hint that names the nearest name, "" without one.
func didYouMean(word string, names []string) string {
	if n := nearest(word, names); n != "" {
		return "did you mean \"" + n + "\"?"
	}
	return ""
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours; it may stop at limit.
func editDistance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit || len(a) > 64 || len(b) > 64 {
		return limit
	}
	var older, old, row [65]int
	for j := range len(b) + 1 {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, older[j-2]+1)
			}
			row[j] = d
		}
		older, old = old, row
	}
	return old[len(b)]
}
