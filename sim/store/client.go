package store

import (
	"time"

	"clustersim/sim/config"
	"clustersim/sim/engine"
)

// Client is a component's way to the API server: it delays requests that come faster than the component's limits.
// The zero Client does not limit.
//
// Source: k8s v1.36.3 staging client-go/util/flowcontrol tokenBucket (as a GCRA, which needs no refills).
type Client struct {
	interval engine.Time // between requests at the steady rate
	slack    engine.Time // how far requests may run ahead of it
	next     engine.Time // when a request at the steady rate would be due
}

// NewClient returns a client with the limits; QPS <= 0 switches them off.
func NewClient(c config.Client) *Client {
	if c.KubeAPIQPS <= 0 {
		return &Client{}
	}
	interval := engine.Time(float64(time.Second) / c.KubeAPIQPS)
	return &Client{interval: interval, slack: interval * engine.Time(max(c.KubeAPIBurst-1, 0))}
}

// Reserve takes the next free place at or after t and returns when the request goes out.
func (c *Client) Reserve(t engine.Time) engine.Time {
	if c.interval == 0 {
		return t
	}
	at := max(t, c.next-c.slack)
	c.next = max(c.next, at) + c.interval
	return at
}
