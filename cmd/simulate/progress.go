package main

import (
	"fmt"
	"io"
	"time"
)

// progressAfter is how long a run may take before it shows a bar, and redraw how often it is drawn.
const (
	progressAfter = time.Second
	redraw        = 200 * time.Millisecond
)

// progress is the bar on standard error. It shows nothing if that is no terminal.
type progress struct {
	w     io.Writer
	on    bool
	label string
	begun time.Time
	last  time.Time
	drawn bool
	turn  func() bool // of one of several runs: whether it is the one to show; nil: it is
}

func newProgress(a *app, label string) *progress {
	return &progress{w: a.err, on: a.errTerminal, label: label, begun: time.Now()}
}

// show draws the bar, if it is time to. end is engine.Never for a run that ends when it has settled.
func (p *progress) show(now, end time.Duration, events uint64) {
	if !p.on || p.turn != nil && !p.turn() {
		return
	}
	wall := time.Now()
	elapsed := wall.Sub(p.begun)
	if elapsed < progressAfter || wall.Sub(p.last) < redraw {
		return
	}
	p.last, p.drawn = wall, true
	text := fmt.Sprintf("%ssim %v", p.label, now.Round(time.Second))
	if end < 1<<62 {
		share := float64(now) / float64(end)
		text = fmt.Sprintf("%ssim %v/%v  %.0f%%", p.label, now.Round(time.Second), end, 100*share)
		if share > 0 {
			text += fmt.Sprintf("  eta %v", time.Duration(float64(elapsed)*(1-share)/share).Round(time.Second))
		}
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s  %s events  %s/s", text, people(events), people(uint64(float64(events)/elapsed.Seconds())))
}

// clear takes the bar away.
func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

// people prints a number as people say it: 640k, 1.8M.
func people(n uint64) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1_000_000:
		return fmt.Sprintf("%.1fM", float64(n)/1e6)
	case n >= 10_000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}
