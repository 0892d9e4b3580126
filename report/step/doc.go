// Package step walks through a recorded run, forward and back: what changes next and by which rule, what kubectl would show at
// this point, and whether somebody can predict it.
//
// A Tape keeps the whole journal of a run; a Session moves over it, driven by lines.
package step
