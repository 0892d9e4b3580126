package model

// Manifest is one object as it was read, decoded but not yet defaulted.
type Manifest struct {
	Kind   *Kind
	Object Object
	Place  Place
}
