package scenarios

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/sim/world"
)

// distributions are the keys of a random value.
var distributions = []string{"constant", "uniform", "normal", "lognormal", "exponential", "weibull", "choice", "empirical"}

// value reads a plain or a random value.
func (d *decoder) value(n *yaml.Node, path string, u world.Unit) world.Value {
	if n.Kind != yaml.MappingNode {
		x, ok := d.number(n, path, u)
		if !ok {
			return world.Value{}
		}
		if u == world.Count && x != math.Trunc(x) {
			d.errorf(n, "%s: must be a whole number, got %s", path, n.Value)
		}
		return world.Constant(int64(x))
	}
	list, _ := d.pairs(n, path)
	if len(list) != 1 {
		d.errorf(n, "%s: must be %s, or a mapping with one of %s", path, u, strings.Join(distributions, ", "))
		return world.Value{}
	}
	key, arg := list[0].key, list[0].value
	at := join(path, key.Value)
	arg, leave, ok := d.enter(arg, at)
	defer leave()
	if !ok {
		return world.Value{}
	}
	before := len(d.problems)
	if key.Value == "constant" {
		return d.value(arg, at, u)
	}
	dist, err := d.distribution(key, arg, path, at, u)
	switch {
	case len(d.problems) > before:
		return world.Value{}
	case err != nil:
		d.errorf(arg, "%s: %s", path, err)
		return world.Value{}
	}
	return world.Random(dist)
}

// distribution reads the arguments of a named distribution. It may record problems; the result is then of no use.
func (d *decoder) distribution(key, arg *yaml.Node, path, at string, u world.Unit) (world.Distribution, error) {
	switch key.Value {
	case "uniform":
		x := d.range2(arg, at, u)
		return world.NewUniform(u, x[0], x[1])
	case "normal":
		x := d.numbers(arg, at, u, "mean sd", "min max")
		low, high := math.Inf(-1), math.Inf(1)
		if v, ok := x["min"]; ok {
			low = v
		}
		if v, ok := x["max"]; ok {
			high = v
		}
		return world.NewNormal(u, x["mean"], x["sd"], low, high)
	case "lognormal":
		x := d.numbers(arg, at, u, "median p95", "")
		return world.NewLogNormal(u, x["median"], x["p95"])
	case "exponential":
		return world.NewExponential(u, d.numbers(arg, at, u, "mean", "")["mean"])
	case "weibull":
		x := d.numbers(arg, at, u, "shape scale", "")
		return world.NewWeibull(u, x["shape"], x["scale"])
	case "choice":
		return world.NewChoice(u, d.outcomes(arg, at, u))
	case "empirical":
		return d.empirical(arg, at, u)
	}
	d.unknown(key, path, distributions)
	return nil, nil
}

// number reads one plain value of the unit, as the float that distributions compute with.
func (d *decoder) number(n *yaml.Node, path string, u world.Unit) (float64, bool) {
	before := len(d.problems)
	var x float64
	switch u {
	case world.Duration:
		x = float64(d.duration(n, path))
	case world.Bytes:
		q := d.quantity(n, path)
		x = float64(q.Value())
	case world.MilliCPU:
		q := d.quantity(n, path)
		x = float64(q.MilliValue())
	default:
		x, _ = d.float(n, path, false)
	}
	return x, len(d.problems) == before
}

// range2 reads [low, high].
func (d *decoder) range2(n *yaml.Node, path string, u world.Unit) (x [2]float64) {
	if n.Kind != yaml.SequenceNode || len(n.Content) != 2 {
		d.errorf(n, "%s: must be a list of two, [low, high]; got %s", path, describe(n))
		return x
	}
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if m, ok := d.resolve(item, at); ok {
			x[i], _ = d.number(m, at, u)
		}
	}
	return x
}

// numbers reads a mapping of named numbers. A shape is a plain number whatever the unit is.
func (d *decoder) numbers(n *yaml.Node, path string, u world.Unit, required, optional string) map[string]float64 {
	names := append(strings.Fields(required), strings.Fields(optional)...)
	x := map[string]float64{}
	list, ok := d.pairs(n, path)
	for _, p := range list {
		at, name := join(path, p.key.Value), p.key.Value
		if !slices.Contains(names, name) {
			d.unknown(p.key, path, names)
			continue
		}
		m, good := d.resolve(p.value, at)
		if !good {
			continue
		}
		unit := u
		if name == "shape" {
			unit = world.Count
		}
		x[name], _ = d.number(m, at, unit)
	}
	for _, name := range strings.Fields(required) {
		if _, there := x[name]; ok && !there {
			d.errorf(n, "%s: required", join(path, name))
		}
	}
	return x
}

// outcomes reads the list of a choice.
func (d *decoder) outcomes(n *yaml.Node, path string, u world.Unit) (list []world.Weighted) {
	if n.Kind != yaml.SequenceNode {
		d.errorf(n, "%s: must be a list of {value, weight}, got %s", path, describe(n))
		return nil
	}
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		m, leave, ok := d.enter(item, at)
		if !ok {
			continue
		}
		o := world.Weighted{Weight: 1}
		fields, _ := d.pairs(m, at)
		seen := false
		for _, p := range fields {
			v, good := d.resolve(p.value, join(at, p.key.Value))
			switch {
			case !good:
			case p.key.Value == "value":
				o.Value, _ = d.number(v, join(at, "value"), u)
				seen = true
			case p.key.Value == "weight":
				o.Weight, _ = d.float(v, join(at, "weight"), false)
			default:
				d.unknown(p.key, at, []string{"value", "weight"})
			}
		}
		if m.Kind == yaml.MappingNode && !seen {
			d.errorf(m, "%s: required", join(at, "value"))
		}
		list = append(list, o)
		leave()
	}
	return list
}

// empirical reads a sample from a CSV file: its first column, with or without a heading.
func (d *decoder) empirical(n *yaml.Node, path string, u world.Unit) (world.Distribution, error) {
	name, ok := d.text(n, path)
	if !ok {
		return nil, nil
	}
	data, err := d.files.read(d.files.rel(d.file, name))
	if err != nil {
		return nil, err
	}
	var sample []float64
	lines := bufio.NewScanner(bytes.NewReader(data))
	for i := 1; lines.Scan(); i++ {
		cell, _, _ := strings.Cut(lines.Text(), ",")
		cell = strings.Trim(strings.TrimSpace(cell), `"`)
		if cell == "" || strings.HasPrefix(cell, "#") {
			continue
		}
		x, err := parseSample(cell, u)
		if err == nil && x >= 0 {
			sample = append(sample, x)
		} else if len(sample) > 0 || i > 1 {
			return nil, fmt.Errorf("empirical: %s:%d: must be %s, got %s", name, i, u, quoteShort(cell))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("empirical: %s: %w", name, err)
	}
	return world.NewEmpirical(name, sample)
}

// parseSample reads one cell; a duration without unit is in seconds.
func parseSample(cell string, u world.Unit) (float64, error) {
	switch u {
	case world.Duration:
		if t, err := time.ParseDuration(cell); err == nil {
			return float64(t), nil
		}
		x, err := strconv.ParseFloat(cell, 64)
		return x * float64(time.Second), err
	case world.Bytes, world.MilliCPU:
		q, err := resource.ParseQuantity(cell)
		if u == world.MilliCPU {
			return float64(q.MilliValue()), err
		}
		return float64(q.Value()), err
	}
	return strconv.ParseFloat(cell, 64)
}
