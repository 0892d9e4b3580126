package sweep

import (
	"context"
	"encoding/json"
	"fmt"
)

// Failed is the result of a unit that breaks the simulator: the same panic twice. That is an answer, and the same one
// wherever the unit runs.
type Failed struct {
	Unit  int    `json:"unit"`
	Panic string `json:"panic"`
}

// Twice runs a unit. If it panics it is run once more: the same panic again is its result, another one is passed on.
func Twice(ctx context.Context, run Runner, unit int) ([]byte, error) {
	result, text, err := guarded(ctx, run, unit)
	if text == "" {
		return result, err
	}
	again, second, err := guarded(ctx, run, unit)
	switch {
	case second == "":
		return again, err
	case second != text:
		return nil, fmt.Errorf("unit %d: two panics that differ: %s; %s", unit, text, second)
	}
	data, err := json.Marshal(Failed{unit, text})
	return data, err
}

func guarded(ctx context.Context, run Runner, unit int) (result []byte, text string, err error) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
			if text == "" {
				text = "panic"
			}
		}
	}()
	result, err = run(ctx, unit)
	return result, "", err
}
