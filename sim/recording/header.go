package recording

import "time"

// Format is the version of the file that this package writes. It reads this one and those before.
const Format = 1

// Header is the first line: of which run the file is.
type Header struct {
	Format      int       `json:"journal"`
	Tool        string    `json:"tool"`       // version of simulate
	Kubernetes  string    `json:"kubernetes"` // version that is simulated
	Scenario    string    `json:"scenario"`
	Description string    `json:"description,omitempty"`
	Profile     string    `json:"profile"`
	Seed        string    `json:"seed"`               // a 64-bit number: as text, since JSON readers lose digits of it
	Run         int       `json:"run"`                // of several replications, from 0
	Inputs      string    `json:"inputs"`             // digest of all files that were read
	Start       time.Time `json:"start"`              // the virtual wall clock at t=0
	Duration    float64   `json:"duration,omitempty"` // seconds that were asked for; 0: until settled
	// Options are those of the components, under upstream's names.
	Options any `json:"options,omitempty"`
	// Unsimulated are the fields of the input that are accepted and have no effect.
	Unsimulated []string `json:"unsimulated,omitempty"`
}

// Trailer is the last line: how the run ended. A file without one was cut off.
type Trailer struct {
	End     float64 `json:"end"`    // seconds of simulated time
	Events  uint64  `json:"events"` // engine events that ran
	Records uint64  `json:"records"`
	Digest  string  `json:"digest"`
	Settled bool    `json:"settled"`
	Cut     string  `json:"cut,omitempty"` // why the run ended early: an interrupt, a limit
	Notes   []Note  `json:"notes,omitempty"`
}

// Note is something that happened during the run and stopped nothing.
type Note struct {
	At      float64 `json:"t"`
	What    string  `json:"what"`
	Message string  `json:"message"`
}
