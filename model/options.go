package model

// MaxFileBytes is the size from which on a file is refused: 64 MiB.
const MaxFileBytes = 64 << 20

// Options say how manifests are read. The zero value is right for `-f FILE`.
type Options struct {
	// KeepServerFields is for dumps of a running cluster: status, uid, owners and nodeName are meant, so that reading them
	// is no reason for a warning, and kinds that only a server creates are welcome. Prepare is then not called.
	KeepServerFields bool

	// LineOffset and ColumnOffset are added to every line and column: the text stands inside another file, as an inline
	// manifest does in a scenario.
	LineOffset, ColumnOffset int

	// Skip names documents that somebody else reads, for example a Scenario among manifests. nil skips none.
	Skip func(apiVersion, kind string) bool

	// Opened, if set, is told of every input before its documents are read.
	Opened func(file string, data []byte)
}
