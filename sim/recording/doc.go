// Package recording writes and reads the file that keeps a run's journal: `simulate run --record FILE`. What is read from it
// are the same records, marks and heartbeats that the run's sinks got, so that every view of the run can be made again, at
// any instant, without running it. docs/formats/journal.md describes the format.
//
//	w, err := recording.Create(file, name, header) // a journal.Sink
//	...
//	err = w.Close(trailer)
//
//	r, err := recording.Open(file, name)
//	err = r.Play(until, sinks...)
//
// The file is JSON Lines: a header, a line for each entry of the journal in order, a trailer. An object that changed is written
// as what differs from its state before, field by field on two levels, so that a line is about as long as what happened.
package recording
