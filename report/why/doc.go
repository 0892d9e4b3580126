// Package why explains the state of an object: the chain of causes that led to it, back to the manifest, the step of the timeline
// or the rule that began it, the countdowns that run, and what would have to change for it to change. It reads the journal
// alone, of a run that runs or of a recorded one: nothing is guessed, each record says what led to it.
//
//	log := &why.Log{}          // a journal.Sink
//	...                        // the run, up to the instant
//	a, err := log.Ask(model.Pod, "default", "web", at)
//	err = a.Text(w)
package why
