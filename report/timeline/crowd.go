package timeline

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// crowdLanes is how many lanes are drawn beside the counts.
const crowdLanes = 10

// ramp goes from none to all.
const (
	rampUnicode = " ▁▂▃▄▅▆▇█"
	rampASCII   = " .:-=+*#@"
)

// crowd draws, for each state that occurs, how many pods were in it. A pod counts in a column by what fills most of it.
func (c *chart) crowd(pods []Pod) {
	fmt.Fprintf(c.out, "%d pods; each row shows how many were in a state, beside it the most at once.\n\n", len(pods))
	var counts [states][]int
	for s := range counts {
		counts[s] = make([]int, c.scale.cells)
	}
	for i := range pods {
		segments := pods[i].Lane.Segments
		for cell, n := range c.assign(segments) {
			if n >= 0 {
				counts[segments[n].State][cell]++
			}
		}
	}
	c.axis("simulated time")
	for s, most := range c.peaks(pods) {
		if most > 0 {
			c.row(fmt.Sprintf("%-11s %d", State(s), most), c.bars(counts[s], len(pods)))
		}
	}
}

// peaks is the most pods that were in each state at one moment of the chart.
func (c *chart) peaks(pods []Pod) [states]int {
	type turn struct {
		at    time.Duration
		by    int
		state State
	}
	turns := []turn{}
	for i := range pods {
		for _, s := range pods[i].Lane.Segments {
			if from, to := max(s.From, c.scale.from), min(s.To, c.scale.to); from < to {
				turns = append(turns, turn{from, 1, s.State}, turn{to, -1, s.State})
			}
		}
	}
	// At one moment those that leave count before those that enter.
	sort.SliceStable(turns, func(i, j int) bool {
		return turns[i].at < turns[j].at || (turns[i].at == turns[j].at && turns[i].by < turns[j].by)
	})
	var now, most [states]int
	for _, t := range turns {
		now[t.state] += t.by
		most[t.state] = max(most[t.state], now[t.state])
	}
	return most
}

func (c *chart) bars(row []int, of int) string {
	ramp := []rune(rampUnicode)
	if c.options.ASCII {
		ramp = []rune(rampASCII)
	}
	top := len(ramp) - 1
	var b strings.Builder
	for _, n := range row {
		// Any pod shows, and only all of them fill the cell.
		b.WriteRune(ramp[(n*top+of-1)/of])
	}
	return b.String()
}

// slowest returns the pods that took longest from creation to ready, those that never got there first.
func slowest(pods []Pod, n int) []Pod {
	sorted := append([]Pod(nil), pods...)
	sort.SliceStable(sorted, func(i, j int) bool { return slowness(&sorted[i]) > slowness(&sorted[j]) })
	return sorted[:min(n, len(sorted))]
}

// slowness is the time to ready or, for a pod that ends without, to its end.
func slowness(p *Pod) time.Duration {
	switch {
	case p.Ready >= 0:
		return p.Ready - p.Created
	case p.Finished >= 0:
		return p.Finished - p.Created
	}
	return Forever
}
