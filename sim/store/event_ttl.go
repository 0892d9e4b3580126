package store

import (
	"time"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
)

// EventTTL is how long an Event is kept after its last write. Source: kube-apiserver --event-ttl.
const EventTTL = time.Hour

var kindEventTTL = engine.NewKind("event expires", engine.RankTimer, true)

// expiry says until when an Event is kept, as far as its write at the time goes.
type expiry struct {
	event *Event // as it was written
	at    engine.Time
	by    uint64 // the journal entry of that write
}

// keepEvent starts an Event's time to live anew. The queue is in order of expiry, since every write has the same TTL.
func (s *Store) keepEvent(e *Event) {
	s.expiries = append(s.expiries, expiry{e, s.engine.Now() + EventTTL, s.engine.Why.Cause()})
	if len(s.expiries) == 1 {
		s.engine.At(s.expiries[0].at, kindEventTTL, engine.Func(s.expireEvents))
	}
}

// expireEvents removes the Events that nobody has written for their time to live.
func (s *Store) expireEvents() {
	now := s.engine.Now()
	for len(s.expiries) > 0 && s.expiries[0].at <= now {
		e := s.expiries[0].event
		s.engine.Why = engine.Because(s.expiries[0].by, rule.EventExpired)
		s.expiries[0].event = nil
		s.expiries = s.expiries[1:]
		if s.Get(model.Event, e.Key()) == Object(e) { // else it is gone, or a later entry has its time
			s.RemoveEvent(e.Key())
		}
	}
	if len(s.expiries) > 0 {
		s.engine.At(s.expiries[0].at, kindEventTTL, engine.Func(s.expireEvents))
	}
}

// RemoveEvent deletes an Event. It does nothing if there is none of that key.
func (s *Store) RemoveEvent(key Key) {
	if e, ok := s.Get(model.Event, key).(*Event); ok {
		last := *e
		last.Revision = s.nextRevision() // watchers see the last state under the resourceVersion of its end
		s.commit(journal.Deleted, e, &last)
	}
}
