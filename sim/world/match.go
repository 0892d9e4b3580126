package world

import "clustersim/model"

// MatchImage reports whether an image reference matches the glob, however the two are written: `nginx:1.27` is
// `docker.io/library/nginx:1.27`.
func MatchImage(glob, ref string) bool {
	if Match(glob, ref) {
		return true
	}
	canonical := model.CanonicalImage(ref)
	return Match(glob, canonical) || Match(glob, model.FamiliarImage(canonical))
}

// Match reports whether s matches the glob: `*` stands for any run of characters, also none and also with slashes, and `?` for any one.
func Match(glob, s string) bool {
	star, mark := -1, 0
	g, i := 0, 0
	for i < len(s) {
		switch {
		case g < len(glob) && (glob[g] == '?' || glob[g] == s[i] && glob[g] != '*'):
			g++
			i++
		case g < len(glob) && glob[g] == '*':
			star, mark = g, i
			g++
		case star >= 0:
			mark++
			g, i = star+1, mark
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == '*' {
		g++
	}
	return g == len(glob)
}
