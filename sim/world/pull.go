package world

import (
	"fmt"
	"time"

	"clustersim/sim/engine"
)

// Pull is what the world makes of one attempt to pull an image.
type Pull struct {
	Takes time.Duration
	Error string // "" = the image is there afterwards
	Size  int64  // bytes
	end   func()
}

// End says that the pull is over: its share of the registry's total bandwidth is free again.
func (p *Pull) End() {
	if p.end != nil {
		p.end()
	}
}

// PullRequest is an attempt to pull.
type PullRequest struct {
	Ref       string // as the pod names it
	Node      map[string]string
	Attempt   int  // how many pulls of this reference the node has tried before
	Cached    bool // the layers are there: only the manifest is asked for
	HasSecret bool // a credential for the registry was sent
	Stream    *engine.Stream
}

const (
	defaultRegistryLatency = 500 * time.Millisecond
	deniedText             = "rpc error: code = Unknown desc = failed to pull and unpack image %q: failed to resolve reference %q: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"
	missingText            = "rpc error: code = NotFound desc = failed to pull and unpack image %q: failed to resolve reference %q: %s: not found"
	unavailableText        = "rpc error: code = Unavailable desc = %s"
)

// Pull decides how an attempt goes.
//
// Differs: a registry's total bandwidth is shared by the pulls that are under way when one begins; one that begins
// later does not slow down those before it.
func (w *World) Pull(r PullRequest) Pull {
	img, reg := w.Image(r.Ref), w.Registry(r.Ref, r.Node)
	p := Pull{Size: img.Size, Takes: defaultRegistryLatency}
	if p.Size == 0 {
		p.Size = DefaultImageSize
	}
	if reg.Latency.IsSet() {
		p.Takes = reg.Latency.Duration(r.Stream)
	}
	if img.PullTime.IsSet() {
		p.Takes = 0
	}
	if p.Error = w.refusal(r, img, reg); p.Error != "" || r.Cached {
		return p
	}
	if img.PullTime.IsSet() {
		p.Takes = img.PullTime.Duration(r.Stream)
		return p
	}
	p.Takes = engine.Later(p.Takes, w.transfer(&p, r, reg))
	return p
}

func (w *World) refusal(r PullRequest, img *Image, reg *Registry) string {
	o := w.Override(r.Ref, r.Node)
	refused := fmt.Sprintf(unavailableText, RegistryHost(r.Ref)+": connection refused")
	switch {
	case o != nil && o.Outage:
		if o.Error != "" {
			return fmt.Sprintf(unavailableText, o.Error)
		}
		return refused
	case r.Attempt < img.FailFirst:
		if img.Error != "" {
			return fmt.Sprintf(unavailableText, img.Error)
		}
		return refused
	case reg.FailureRate > 0 && r.Stream.Float64() < reg.FailureRate:
		return refused
	case img.Missing:
		return fmt.Sprintf(missingText, r.Ref, r.Ref, r.Ref)
	case (img.NeedsSecret || reg.NeedsSecret) && !r.HasSecret:
		return fmt.Sprintf(deniedText, r.Ref, r.Ref)
	}
	return ""
}

// transfer is how long the bytes take.
func (w *World) transfer(p *Pull, r PullRequest, reg *Registry) time.Duration {
	bandwidth := int64(DefaultBandwidth)
	if reg.Bandwidth.IsSet() {
		bandwidth = reg.Bandwidth.Int(r.Stream)
	}
	if o := w.Override(r.Ref, r.Node); o != nil && o.Bandwidth.IsSet() {
		bandwidth = min(bandwidth, o.Bandwidth.Int(r.Stream))
	}
	if reg.TotalBandwidth > 0 {
		w.active[reg]++
		bandwidth = min(bandwidth, reg.TotalBandwidth/int64(w.active[reg]))
		p.end = func() { w.active[reg]-- }
	}
	if bandwidth <= 0 {
		bandwidth = 1
	}
	return time.Duration(clamp(float64(p.Size) / float64(bandwidth) * float64(time.Second))).Round(time.Microsecond)
}

// NeedsSecret reports whether the reference is private for a node with these labels.
func (w *World) NeedsSecret(ref string, node map[string]string) bool {
	return w.Image(ref).NeedsSecret || w.Registry(ref, node).NeedsSecret
}
