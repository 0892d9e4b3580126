package fault

import "time"

// Action is one thing that happens to the world or is asked of the API server. Its exported fields are what the
// scenario file writes (json tags give the names).
type Action interface {
	// Check reports what is wrong with the fields as written, nil if nothing is.
	Check() error
}

// Step is one entry of a timeline.
type Step struct {
	Name       string
	At         time.Duration
	Every      time.Duration // 0 = once; else again each Every, first at Every
	Until      time.Duration // with Every; 0 = the run's end
	When       bool          // not by the clock: when an Extension calls Run.Trigger
	After      string        // name of the step that this one follows
	Delay      time.Duration // with After
	For        time.Duration // reverts the action after this time; 0 = never
	ActionName string        // the registry's name: "nodeCrash"
	Action     Action
	Position   string // file:line:col, for messages
}
