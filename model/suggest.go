package model

// DidYouMean is the hint `did you mean "name"?` with the nearest of the known names, "" if none comes close.
func DidYouMean(word string, names []string) string { return didYouMean(word, names) }
