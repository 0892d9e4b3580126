package sweep

import (
	"context"
	"encoding/json"
	"math"
	"testing"
)

// Two cells of 32 runs: one of values that are all 4, and one of 0 and 8 by turns. For the second, by hand: mean 4, standard
// error 8/2 x sqrt(32/31) / sqrt(32) = 0.718; alpha 5 % over the two looks (32, 64) is 2.5 %, t for 31 degrees of freedom
// 2.356 (tables: between 2.042 for 5 % and 2.457 for 2 %): half of the interval is 1.69, 42 % of the mean.
func TestLook(t *testing.T) {
	p := &Plan{Metrics: []string{"m"}, Inputs: []Input{{Name: "s", Runs: 32, Axes: []Axis{{Name: "a", Values: []string{"1", "2"}}}}}}
	var results [][]byte
	for i := range p.Units() {
		v := 4.0
		if i >= 32 {
			v = float64(i % 2 * 8)
		}
		data, err := json.Marshal(&Result{Unit: i, Metrics: map[string]*float64{"m": &v}})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, data)
	}
	for _, c := range []struct {
		relative float64
		reached  bool
	}{{0.43, true}, {0.41, false}} {
		l, err := Look(p, results, 64, c.relative)
		if err != nil {
			t.Fatal(err)
		}
		if l.Reached != c.reached || !l.Cells[0].Precise || l.Cells[1].Precise != c.reached || l.Cells[0].Half() != 0 || math.Abs(l.Cells[1].Half()-1.69) > 0.01 {
			t.Errorf("within %v: %+v", c.relative, l)
		}
	}
}

// What has run is not run again, wherever more replications move it.
func TestAgain(t *testing.T) {
	ran := 0
	run := func(_ context.Context, unit int) ([]byte, error) {
		ran++
		return json.Marshal(&Result{Unit: unit})
	}
	var a Again
	for _, runs := range []int{2, 3} {
		p := &Plan{Inputs: []Input{{Runs: runs, Axes: []Axis{{Name: "a", Values: []string{"1", "2"}}}}}}
		for unit := range p.Units() {
			data, err := a.Runner(p, run)(context.Background(), unit)
			var r Result
			if err != nil || json.Unmarshal(data, &r) != nil || r.Unit != unit {
				t.Errorf("%d runs, unit %d: %s, %v", runs, unit, data, err)
			}
		}
	}
	if ran != 6 {
		t.Errorf("%d units were run, want 6", ran)
	}
}
