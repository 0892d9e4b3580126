package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// largest is the size from which on a result goes to the object store: far below the 1 MiB of a message.
const largest = 512 << 10

// tooMany is JetStream's code for a message that a full subject refuses.
const tooMany = 10077

// DefaultAckWait is how long a unit may be silent before it is given to somebody else.
const DefaultAckWait = 30 * time.Second

func subject(kind, id string, rest ...string) string {
	return strings.Join(append([]string{kind, id}, rest...), ".")
}

func stream(kind, id string) string { return strings.ToUpper(kind) + "_" + id }

// work is a range of units: a message of the queue.
type work struct {
	From int `json:"from"`
	To   int `json:"to"` // exclusive
}

// breach is a unit that came out in two ways.
type breach struct {
	Unit   int    `json:"unit"`
	Stored string `json:"stored"` // SHA-256 of both
	Other  string `json:"other"`
	Worker string `json:"worker"`
}

// BreachError says that a unit had two results. Nothing of the sweep can be trusted.
type BreachError struct {
	Unit          int
	Stored, Other string
	Worker        string
}

// Error names the unit and both results.
func (e *BreachError) Error() string {
	return fmt.Sprintf("unit %d came out in two ways (%.12s, then %.12s on %s): the simulator is not deterministic there; please report it", e.Unit, e.Stored, e.Other, e.Worker)
}

// connect opens a connection that survives restarts of the server.
func connect(url, name string) (*nats.Conn, jetstream.JetStream, error) {
	nc, err := nats.Connect(url, nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(200*time.Millisecond), nats.Timeout(5*time.Second))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", url, err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return nc, js, nil
}

// refused reports whether a message was refused since its subject has one.
func refused(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == tooMany
}

// stored reads the result of a unit: from its message, or from the object store that the message names.
func stored(ctx context.Context, js jetstream.JetStream, id string, data []byte, header nats.Header) ([]byte, error) {
	name := header.Get("Simulate-Object")
	if name == "" {
		return data, nil
	}
	objects, err := js.ObjectStore(ctx, stream("b", id))
	if err != nil {
		return nil, err
	}
	return objects.GetBytes(ctx, name)
}

func unitOf(subject string) (int, error) {
	return strconv.Atoi(subject[strings.LastIndexByte(subject, '.')+1:])
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("invariant: messages can be written as JSON: " + err.Error())
	}
	return data
}
