package model

// Check is not there yet.
func Check(ms []Manifest) Problems { return nil }
