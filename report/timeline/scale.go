package timeline

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// scale maps simulated time to the cells of a chart.
type scale struct {
	from, to time.Duration
	cells    int
}

// at is the time at which a cell begins, exactly: whole and rest of the division are scaled by themselves, so that long
// runs do not overflow.
func (s scale) at(cell int) time.Duration {
	span := s.to - s.from
	n := time.Duration(s.cells)
	return s.from + span/n*time.Duration(cell) + span%n*time.Duration(cell)/n
}

// cell is where a moment falls, or -1 outside the chart.
func (s scale) cell(t time.Duration) int {
	if t < s.from || t > s.to {
		return -1
	}
	low, high := 0, s.cells-1
	for low < high {
		middle := (low + high + 1) / 2
		if s.at(middle) <= t {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// steps are the distances of ticks that people read with ease.
var steps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour,
	30 * 24 * time.Hour, 365 * 24 * time.Hour, 10 * 365 * 24 * time.Hour, 100 * 365 * 24 * time.Hour,
}

// axis returns two lines: the labels, and a ruler with a tick under the first character of each.
func (s scale) axis(o Options) (labels, ruler string) {
	const apart = 10 // columns from tick to tick, at least
	step := steps[len(steps)-1]
	for _, candidate := range steps {
		if (s.to-s.from)/candidate <= time.Duration(max(1, s.cells/apart)) {
			step = candidate
			break
		}
	}
	line, tick := "─", "┬"
	if o.ASCII {
		line, tick = "-", "+"
	}
	marks := make([]string, s.cells)
	for i := range marks {
		marks[i] = line
	}
	text := []byte(strings.Repeat(" ", s.cells))
	first := (s.from + step - 1) / step * step
	for n := time.Duration(0); ; n++ {
		t := first + n*step
		cell := s.cell(t)
		if cell < 0 {
			break
		}
		marks[cell] = tick
		if label := tickLabel(t, step); cell+len(label) <= len(text) && (cell == 0 || text[cell-1] == ' ') {
			copy(text[cell:], label)
		}
	}
	return strings.TrimRight(string(text), " "), strings.Join(marks, "")
}

// tickLabel prints the time of a tick in full, down to the unit of the steps: 1h0m30s is 1h30s, 3.25s has its digits.
func tickLabel(t, step time.Duration) string {
	if t == 0 {
		return "0s"
	}
	if step >= time.Second {
		t = t.Round(time.Second)
	}
	text := ""
	for _, u := range [...]struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if n := t / u.size; n > 0 {
			text += fmt.Sprintf("%d%s", n, u.name)
			t %= u.size
		}
	}
	switch {
	case t == 0:
		return text
	case text == "" && t < time.Second:
		return strconv.FormatFloat(float64(t)/float64(time.Millisecond), 'f', -1, 64) + "ms"
	}
	return text + strconv.FormatFloat(t.Seconds(), 'f', -1, 64) + "s"
}

// Short prints a duration with two or three digits of meaning: 6ms, 1.3s, 45s, 2m30s, 3h5m, 2d1h.
func Short(d time.Duration) string {
	if d < 0 {
		return "-"
	}
	switch {
	case d == 0:
		return "0s"
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return strconv.FormatInt(int64(d.Round(time.Millisecond)/time.Millisecond), 10) + "ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64) + "s"
	}
	d = d.Round(time.Second)
	parts := []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}}
	for i, p := range parts {
		if d < p.size {
			continue
		}
		text := fmt.Sprintf("%d%s", d/p.size, p.name)
		if i+1 < len(parts) {
			if rest := d % p.size / parts[i+1].size; rest > 0 {
				text += fmt.Sprintf("%d%s", rest, parts[i+1].name)
			}
		}
		return text
	}
	return "0s"
}

// Clock prints a moment with milliseconds: 1.322s, 95.000s, 17m3.250s, 2h0m1.000s.
func Clock(d time.Duration) string {
	if d < 0 {
		return "-"
	}
	d = d.Round(time.Millisecond)
	if d < 1000*time.Second {
		return fmt.Sprintf("%d.%03ds", d/time.Second, d%time.Second/time.Millisecond)
	}
	text := ""
	if d >= time.Hour {
		text = fmt.Sprintf("%dh", d/time.Hour)
	}
	return text + fmt.Sprintf("%dm%d.%03ds", d%time.Hour/time.Minute, d%time.Minute/time.Second, d%time.Second/time.Millisecond)
}
