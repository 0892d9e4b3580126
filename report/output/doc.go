// Package output is the table of reports: which formats there are, and who writes them. `simulate report -o FORMAT` and
// `outputs:` of a scenario both choose from it.
//
// A report is made in two steps. Its [Recorder] is a journal.Sink and sees the run; [Recorder.Write] then writes what it has
// gathered. Both are deterministic: equal journals give equal bytes.
package output
