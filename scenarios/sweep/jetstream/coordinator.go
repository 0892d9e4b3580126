package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Coordinator hands out the units of one sweep and gathers their results. Several may run for one sweep: all come to the
// same.
type Coordinator struct {
	URL    string
	ID     string // of the sweep: letters and digits
	Units  int
	Plan   []byte
	Bundle []byte
	Grain  int // units a message; 0 = 1
	// AckWait is how long a unit may be silent before it is given to somebody else; 0 = DefaultAckWait.
	AckWait time.Duration
	// Requeue is how often missing units are queued again; 0 = 30 s.
	Requeue  time.Duration
	Replicas int   // of the streams; 0 = 1
	MaxBytes int64 // of results; 0 = no limit
	// Progress, if set, is told how many results there are.
	Progress func(done int)
}

// run is one Run.
type run struct {
	*Coordinator
	js      jetstream.JetStream
	results [][]byte
	have    int
}

// Run returns the results in unit order, once all are there. Its error is a *BreachError, that of the context, or one of
// the server.
func (c *Coordinator) Run(ctx context.Context) ([][]byte, error) {
	nc, js, err := connect(c.URL, "coordinator "+c.ID)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	r := &run{Coordinator: c, js: js, results: make([][]byte, c.Units)}
	if err := r.create(ctx); err != nil {
		return nil, err
	}
	if err := r.gather(ctx); err != nil {
		return nil, err
	}
	if _, err := js.Publish(ctx, subject("s", c.ID, "stop"), []byte("{}")); err != nil && !refused(err) {
		return nil, err
	}
	return r.results, nil
}

// create makes the streams, and stores the bundle and the plan.
func (r *run) create(ctx context.Context) error {
	replicas := max(1, r.Replicas)
	one := func(kind string, retention jetstream.RetentionPolicy, maxBytes int64) jetstream.StreamConfig {
		return jetstream.StreamConfig{
			Name: stream(kind, r.ID), Subjects: []string{subject(kind, r.ID, ">")}, Retention: retention, Storage: jetstream.FileStorage, Replicas: replicas,
			MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxBytes: maxBytes, AllowDirect: true,
		}
	}
	noLimit := int64(-1)
	limit := noLimit
	if r.MaxBytes > 0 {
		limit = r.MaxBytes
	}
	for _, cfg := range []jetstream.StreamConfig{
		one("s", jetstream.LimitsPolicy, noLimit), one("w", jetstream.WorkQueuePolicy, noLimit), one("r", jetstream.LimitsPolicy, limit), one("d", jetstream.LimitsPolicy, noLimit),
	} {
		if _, err := r.js.CreateOrUpdateStream(ctx, cfg); err != nil {
			return fmt.Errorf("stream %s: %w", cfg.Name, err)
		}
	}
	ackWait := r.AckWait
	if ackWait <= 0 {
		ackWait = DefaultAckWait
	}
	if _, err := r.js.CreateOrUpdateConsumer(ctx, stream("w", r.ID), jetstream.ConsumerConfig{
		Durable: "w", AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1, MaxAckPending: 100_000,
	}); err != nil {
		return err
	}
	objects, err := r.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: stream("b", r.ID), Storage: jetstream.FileStorage, Replicas: replicas})
	if err != nil {
		return err
	}
	if _, err := objects.GetInfo(ctx, "bundle"); errors.Is(err, jetstream.ErrObjectNotFound) {
		if _, err := objects.PutBytes(ctx, "bundle", r.Bundle); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if _, err := r.js.Publish(ctx, subject("s", r.ID, "plan"), r.Plan); err != nil && !refused(err) {
		return err
	}
	return nil
}

// gather reads results as they come, and queues what is missing, until all are there.
func (r *run) gather(ctx context.Context) error {
	results, err := r.js.OrderedConsumer(ctx, stream("r", r.ID), jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return err
	}
	known, err := r.js.Stream(ctx, stream("r", r.ID))
	if err != nil {
		return err
	}
	for left := known.CachedInfo().State.Msgs; left > 0; left-- { // what an earlier coordinator has left
		m, err := results.Next(jetstream.FetchMaxWait(10 * time.Second))
		if err == nil {
			err = r.take(ctx, m)
		}
		if err != nil {
			return err
		}
	}
	requeue := r.Requeue
	if requeue <= 0 {
		requeue = 30 * time.Second
	}
	var queued time.Time
	for r.have < r.Units {
		if time.Since(queued) >= requeue {
			if err := errors.Join(r.queue(ctx), r.breached(ctx)); err != nil {
				return err
			}
			queued = time.Now()
		}
		if err := r.fetch(ctx, results, min(requeue, time.Second)); err != nil {
			return err
		}
	}
	return r.breached(ctx)
}

// fetch takes the results that come within a while.
func (r *run) fetch(ctx context.Context, results jetstream.Consumer, wait time.Duration) error {
	batch, err := results.Fetch(256, jetstream.FetchMaxWait(wait))
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		time.Sleep(50 * time.Millisecond) // the server is away; the connection comes back by itself
		return nil
	}
	for m := range batch.Messages() {
		if err := r.take(ctx, m); err != nil {
			return err
		}
		if r.have == r.Units {
			return nil
		}
	}
	return context.Cause(ctx)
}

// take keeps one result.
func (r *run) take(ctx context.Context, m jetstream.Msg) error {
	unit, err := unitOf(m.Subject())
	if err != nil || unit < 0 || unit >= r.Units {
		return fmt.Errorf("stream %s: a result for %q, of %d units: another plan's", stream("r", r.ID), m.Subject(), r.Units)
	}
	data, err := stored(ctx, r.js, r.ID, m.Data(), m.Headers())
	if err != nil {
		return err
	}
	if r.results[unit] == nil {
		r.results[unit] = data
		r.have++
		if r.Progress != nil {
			r.Progress(r.have)
		}
	}
	return nil
}

// queue puts every range with a missing unit into the work queue. Those that are there already are refused.
func (r *run) queue(ctx context.Context) error {
	grain := max(1, r.Grain)
	var futures []jetstream.PubAckFuture
	for from := 0; from < r.Units; from += grain {
		to := min(r.Units, from+grain)
		missing := false
		for u := from; u < to; u++ {
			missing = missing || r.results[u] == nil
		}
		if !missing {
			continue
		}
		f, err := r.js.PublishMsgAsync(&nats.Msg{Subject: subject("w", r.ID, strconv.Itoa(from)), Data: encode(work{from, to})})
		if err != nil {
			return err
		}
		if futures = append(futures, f); len(futures) == 1000 {
			if err := settle(ctx, futures); err != nil {
				return err
			}
			futures = futures[:0]
		}
	}
	return settle(ctx, futures)
}

// settle waits until messages are stored or refused.
func settle(ctx context.Context, futures []jetstream.PubAckFuture) error {
	for _, f := range futures {
		select {
		case <-f.Ok():
		case err := <-f.Err():
			if !refused(err) {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// breached returns a *BreachError if a worker found one.
func (r *run) breached(ctx context.Context) error {
	s, err := r.js.Stream(ctx, stream("d", r.ID))
	if err != nil {
		return err
	}
	info, err := s.Info(ctx)
	if err != nil || info.State.Msgs == 0 {
		return err
	}
	m, err := s.GetMsg(ctx, info.State.FirstSeq)
	if err != nil {
		return err
	}
	var b breach
	if err := json.Unmarshal(m.Data, &b); err != nil {
		return err
	}
	return &BreachError{Unit: b.Unit, Stored: b.Stored, Other: b.Other, Worker: b.Worker}
}

// Remove deletes the streams of a sweep.
func Remove(ctx context.Context, url, id string) error {
	nc, js, err := connect(url, "coordinator "+id)
	if err != nil {
		return err
	}
	defer nc.Close()
	for _, kind := range []string{"s", "w", "r", "d"} {
		err = errors.Join(err, js.DeleteStream(ctx, stream(kind, id)))
	}
	return errors.Join(err, js.DeleteObjectStore(ctx, stream("b", id)))
}
