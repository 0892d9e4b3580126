package model

// Manifest is one object as it was read, decoded but not yet defaulted.
type Manifest struct {
	Kind   *Kind
	Object Object
	Place  Place

	origin origin // the document it came from; zero if it was built by hand
}

// origin remembers the bytes of a document, so that Check can say where a field stands without keeping every position.
type origin struct {
	src        *source
	start, end int // bytes of src.text
	item       int // index within a List, -1 if the document is the object itself
}
