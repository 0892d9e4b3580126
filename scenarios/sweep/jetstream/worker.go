package jetstream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"clustersim/scenarios/sweep"
)

// WorkerOptions say for whom a worker works.
type WorkerOptions struct {
	URL  string
	ID   string // of the sweep; "" = whatever sweeps there are, for ever
	Name string // of the worker, for messages
	// Load makes the runner of a sweep from its plan and bundle.
	Load func(plan, bundle []byte) (sweep.Runner, error)
}

// idle is how often a worker without a sweep looks for one, and one without units for the end of its sweep.
const idle = 200 * time.Millisecond

// Work takes units, runs them, and stores their results, until its sweep is over. Its errors are those of the plan and of the
// context; a server that is away is waited for.
func Work(ctx context.Context, o WorkerOptions) error {
	nc, js, err := connect(o.URL, "worker "+o.Name)
	if err != nil {
		return err
	}
	defer nc.Close()
	if o.ID != "" {
		return (&worker{WorkerOptions: o, js: js}).sweep(ctx)
	}
	for ctx.Err() == nil {
		for _, id := range open(ctx, js) {
			each := o
			each.ID = id
			if err := (&worker{WorkerOptions: each, js: js}).sweep(ctx); err != nil {
				return err
			}
		}
		sleep(ctx, 5*idle)
	}
	return context.Cause(ctx)
}

// open are the sweeps that are not over.
func open(ctx context.Context, js jetstream.JetStream) (ids []string) {
	names := js.StreamNames(ctx)
	for name := range names.Name() {
		if id, ok := strings.CutPrefix(name, "S_"); ok {
			if s, err := js.Stream(ctx, name); err == nil {
				if _, err := s.GetLastMsgForSubject(ctx, subject("s", id, "stop")); errors.Is(err, jetstream.ErrMsgNotFound) {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// worker works for one sweep.
type worker struct {
	WorkerOptions
	js  jetstream.JetStream
	run sweep.Runner
}

// sweep takes units until the sweep is over.
func (w *worker) sweep(ctx context.Context) error {
	if over, err := w.ready(ctx); over || err != nil {
		return err
	}
	consumer, err := w.js.Consumer(ctx, stream("w", w.ID), "w")
	if err != nil {
		return err
	}
	ackWait := consumer.CachedInfo().Config.AckWait
	for ctx.Err() == nil {
		m, err := consumer.Next(jetstream.FetchMaxWait(idle))
		if err != nil {
			if w.over(ctx) {
				return nil
			}
			if !errors.Is(err, nats.ErrTimeout) {
				sleep(ctx, idle) // the server is away; the connection comes back by itself
			}
			continue
		}
		if err := w.take(ctx, m, ackWait); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// ready waits for the plan and loads it. over says that there is nothing to do.
func (w *worker) ready(ctx context.Context) (over bool, err error) {
	for {
		var s jetstream.Stream
		if s, err = w.js.Stream(ctx, stream("s", w.ID)); err == nil {
			var m *jetstream.RawStreamMsg
			if m, err = s.GetLastMsgForSubject(ctx, subject("s", w.ID, "plan")); err == nil {
				return w.over(ctx), w.load(ctx, m.Data)
			}
		}
		if sleep(ctx, idle); ctx.Err() != nil {
			return true, context.Cause(ctx)
		}
	}
}

func (w *worker) load(ctx context.Context, plan []byte) error {
	objects, err := w.js.ObjectStore(ctx, stream("b", w.ID))
	if err != nil {
		return err
	}
	bundle, err := objects.GetBytes(ctx, "bundle")
	if err != nil {
		return err
	}
	w.run, err = w.Load(plan, bundle)
	return err
}

// over reports whether the coordinator has all results, or has removed the sweep.
func (w *worker) over(ctx context.Context) bool {
	s, err := w.js.Stream(ctx, stream("s", w.ID))
	if err != nil {
		return errors.Is(err, jetstream.ErrStreamNotFound)
	}
	_, err = s.GetLastMsgForSubject(ctx, subject("s", w.ID, "stop"))
	return err == nil
}

// take runs a range of units, telling the server from time to time that it is at it.
func (w *worker) take(ctx context.Context, m jetstream.Msg, ackWait time.Duration) error {
	var what work
	if err := json.Unmarshal(m.Data(), &what); err != nil {
		return err
	}
	alive := time.NewTicker(max(ackWait/3, 10*time.Millisecond))
	defer alive.Stop()
	quit := make(chan struct{})
	defer close(quit)
	go func() {
		for {
			select {
			case <-alive.C:
				_ = m.InProgress() // a lost one only causes work to be done twice
			case <-quit:
				return
			}
		}
	}()
	for unit := what.From; unit < what.To; unit++ {
		if err := w.unit(ctx, unit, m); err != nil {
			return err
		}
	}
	_ = m.DoubleAck(ctx) // not acknowledged: it comes again, and all its units are there
	return nil
}

// unit runs one unit and stores its result, unless there is one. A redelivered range skips what is stored.
func (w *worker) unit(ctx context.Context, unit int, m jetstream.Msg) error {
	if meta, err := m.Metadata(); err == nil && meta.NumDelivered > 1 {
		if _, err := w.result(ctx, unit); err == nil {
			return nil
		}
	}
	result, err := sweep.Twice(ctx, w.run, unit)
	if err != nil {
		return err
	}
	for {
		err := w.store(ctx, unit, result)
		switch {
		case err == nil:
			return nil
		case refused(err):
			return w.compare(ctx, unit, result)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case fatal(err):
			return err
		}
		sleep(ctx, idle) // the server is away, or has no room; it will
	}
}

// fatal reports whether waiting does not help.
func fatal(err error) bool { return errors.Is(err, jetstream.ErrStreamNotFound) }

// store publishes a result, a large one by way of the object store.
func (w *worker) store(ctx context.Context, unit int, result []byte) error {
	m := &nats.Msg{Subject: subject("r", w.ID, strconv.Itoa(unit)), Data: result}
	if len(result) > largest {
		name := digest(result)
		objects, err := w.js.ObjectStore(ctx, stream("b", w.ID))
		if err != nil {
			return err
		}
		if _, err := objects.PutBytes(ctx, name, result); err != nil {
			return err
		}
		m.Data, m.Header = nil, nats.Header{"Simulate-Object": []string{name}}
	}
	_, err := w.js.PublishMsg(ctx, m)
	return err
}

// result is what is stored of a unit.
func (w *worker) result(ctx context.Context, unit int) ([]byte, error) {
	s, err := w.js.Stream(ctx, stream("r", w.ID))
	if err != nil {
		return nil, err
	}
	m, err := s.GetLastMsgForSubject(ctx, subject("r", w.ID, strconv.Itoa(unit)))
	if err != nil {
		return nil, err
	}
	return stored(ctx, w.js, w.ID, m.Data, m.Header)
}

// compare looks whether the result that is stored is the same, and reports it if not.
func (w *worker) compare(ctx context.Context, unit int, result []byte) error {
	was, err := w.result(ctx, unit)
	if err != nil || bytes.Equal(was, result) {
		return err
	}
	b := breach{Unit: unit, Stored: digest(was), Other: digest(result), Worker: w.Name}
	if _, err := w.js.Publish(ctx, subject("d", w.ID, strconv.Itoa(unit)), encode(b)); err != nil && !refused(err) {
		return err
	}
	return nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
