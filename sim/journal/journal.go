// Package journal keeps what a run has done: one Record for each change of an object that the API server stored, in
// order, with what caused it and by which rule; and one Mark for each thing that the scenario did. The chain of digests over the records is the run's fingerprint. Reports, watch logs and
// views are made from records alone.
package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"time"

	"clustersim/model"
	"clustersim/sim/rule"
)

// Verb is what happened to the object.
type Verb uint8

// The verbs, as watch events name them.
const (
	Added Verb = iota
	Modified
	Deleted
)

// String is the verb as a watch prints it.
func (v Verb) String() string { return [...]string{"ADDED", "MODIFIED", "DELETED"}[v] }

// Object is a stored object as a record carries it: immutable, compact, and made into the API object on demand.
type Object interface {
	Kind() *model.Kind
	// API is the complete object. The caller must not change it.
	API() model.Object
	// AppendDigest appends all that the object holds, unambiguously.
	AppendDigest(b []byte) []byte
}

// Record is one change. Seq counts records and marks from 1; Cause is the Seq of the record or mark that led to this one, 0
// for what there was before. Neither Seq, Cause nor Rule is part of the digest: they explain the state and are none.
type Record struct {
	Seq, Cause uint64
	Rule       rule.ID       // by which rule it was written
	At         time.Duration // since the start of the run
	Verb       Verb
	Object     Object
}

// Sink takes records as they come, in order.
type Sink interface{ Record(r *Record) error }

// Journal numbers, chains and hands on the records of one run.
type Journal struct {
	sinks []Sink
	marks []MarkSink
	beats []HeartbeatSink
	seq   uint64
	count uint64
	chain hash.Hash
	buf   []byte
	err   error
}

// New returns an empty journal that hands its records to the sinks.
func New(sinks ...Sink) *Journal {
	j := &Journal{chain: sha256.New(), sinks: sinks}
	for _, s := range sinks {
		if m, ok := s.(MarkSink); ok {
			j.marks = append(j.marks, m)
		}
		if h, ok := s.(HeartbeatSink); ok {
			j.beats = append(j.beats, h)
		}
	}
	return j
}

// Append records a change, with what led to it and by which rule, and returns its Seq.
func (j *Journal) Append(at time.Duration, verb Verb, o Object, cause uint64, by rule.ID) uint64 {
	j.seq++
	j.count++
	b := binary.LittleEndian.AppendUint64(j.buf[:0], uint64(at))
	b = append(b, byte(verb))
	b = append(b, o.Kind().Name...)
	b = o.AppendDigest(b)
	j.buf = binary.LittleEndian.AppendUint32(b, uint32(len(b)))
	j.chain.Write(j.buf)
	if len(j.sinks) > 0 && j.err == nil {
		r := &Record{Seq: j.seq, Cause: cause, Rule: by, At: at, Verb: verb, Object: o}
		for _, s := range j.sinks {
			if err := s.Record(r); err != nil {
				j.err = err
				break
			}
		}
	}
	return j.seq
}

// Len is the number of records.
func (j *Journal) Len() uint64 { return j.count }

// Err is the first error of a sink; the run should end on it.
func (j *Journal) Err() error { return j.err }

// Digest is the fingerprint of all records so far, in hex.
func (j *Journal) Digest() string { return hex.EncodeToString(j.chain.Sum(nil)) }
