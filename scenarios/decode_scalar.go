package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/api/resource"
)

// text reads a string. What YAML takes for a number or a boolean is refused, unless a parameter put it there: "1.10"
// without quotes would silently be 1.1.
func (d *decoder) text(n *yaml.Node, path string) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		d.errorf(n, "%s: must be text, got %s", path, describe(n))
		return "", false
	}
	switch n.ShortTag() {
	case "!!str", "!!timestamp", "!!binary":
		return n.Value, true
	}
	if d.given[n] {
		return n.Value, true
	}
	d.errorf(n, "%s: must be text: write %q, in quotes", path, n.Value)
	return "", false
}

// rawText reads text in which nothing is replaced.
func (d *decoder) rawText(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if isNull(n) {
		return
	}
	if x, ok := v.Addr().Interface().(nodeDecoder); ok {
		x.decodeNode(d, n, path)
		return
	}
	if n.Kind != yaml.ScalarNode {
		d.errorf(n, "%s: must be text, a manifest after \"|\"; got %s", path, describe(n))
		return
	}
	v.SetString(n.Value)
}

func (d *decoder) integer(n *yaml.Node, v reflect.Value, path string, signed bool) {
	i, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64)
	switch {
	case n.ShortTag() != "!!int" || err != nil || v.OverflowInt(i):
		d.errorf(n, "%s: must be a whole number, got %s", path, describe(n))
	case i < 0 && !signed:
		d.errorf(n, "%s: must not be negative, got %d", path, i)
	default:
		v.SetInt(i)
	}
}

func (d *decoder) unsigned(n *yaml.Node, v reflect.Value, path string) {
	u, err := strconv.ParseUint(strings.ReplaceAll(n.Value, "_", ""), 0, 64)
	if n.ShortTag() != "!!int" || err != nil {
		d.errorf(n, "%s: must be a whole number from 0 to %d, got %s", path, uint64(math.MaxUint64), describe(n))
		return
	}
	v.SetUint(u)
}

// float reads a finite number.
func (d *decoder) float(n *yaml.Node, path string, signed bool) (float64, bool) {
	f, err := strconv.ParseFloat(n.Value, 64)
	tag := n.ShortTag()
	switch {
	case tag != "!!int" && tag != "!!float" || err != nil || math.IsInf(f, 0) || math.IsNaN(f):
		d.errorf(n, "%s: must be a number, got %s", path, describe(n))
		return 0, false
	case f < 0 && !signed:
		d.errorf(n, "%s: must not be negative, got %s", path, n.Value)
		return 0, false
	}
	return f, true
}

// duration reads a Go duration that is not negative; a bare 0 will do.
func (d *decoder) duration(n *yaml.Node, path string) time.Duration {
	if n.Kind == yaml.ScalarNode {
		t, err := time.ParseDuration(n.Value)
		if err == nil && t >= 0 {
			return t
		}
		if err == nil {
			d.errorf(n, "%s: must not be negative, got %s", path, n.Value)
			return 0
		}
		if _, err := strconv.ParseFloat(n.Value, 64); err == nil {
			d.errorf(n, "%s: a duration needs a unit: %ss, %sm, %sms?", path, n.Value, n.Value, n.Value)
			return 0
		}
	}
	d.errorf(n, "%s: must be a duration such as 1m30s, got %s", path, describe(n))
	return 0
}

// tooMuch says whether a quantity has more thousandths than an int64 can count: CPU is counted so.
func tooMuch(q resource.Quantity) bool { return q.CmpInt64(math.MaxInt64/1000) > 0 }

// quantity reads a Kubernetes quantity that is not negative.
func (d *decoder) quantity(n *yaml.Node, path string) resource.Quantity {
	if n.Kind == yaml.ScalarNode {
		q, err := resource.ParseQuantity(n.Value)
		if err == nil && tooMuch(q) {
			d.errorf(n, "%s: %s is more than can be counted", path, n.Value)
			return resource.Quantity{}
		}
		if err == nil && q.Sign() >= 0 {
			return q
		}
		if err == nil {
			d.errorf(n, "%s: must not be negative, got %s", path, n.Value)
			return resource.Quantity{}
		}
	}
	d.errorf(n, "%s: must be a quantity such as 500m or 16Gi, got %s", path, describe(n))
	return resource.Quantity{}
}

// time reads an instant.
func (d *decoder) time(n *yaml.Node, path string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		d.errorf(n, "%s: must be a time such as 2026-01-01T00:00:00Z, got %s", path, describe(n))
		return time.Time{}
	}
	return t.UTC()
}

// rawJSON turns a node into JSON. Unknown $(names) stay as they are: a patch may hold a container's own.
func (d *decoder) rawJSON(n *yaml.Node, path string) json.RawMessage {
	var b bytes.Buffer
	before := len(d.problems)
	d.writeJSON(&b, n, path)
	if len(d.problems) > before {
		return nil
	}
	return b.Bytes()
}

func (d *decoder) writeJSON(b *bytes.Buffer, n *yaml.Node, path string) {
	n, leave, ok := d.enterLoose(n, path)
	defer leave()
	if !ok {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		list, _ := d.pairs(n, path)
		b.WriteByte('{')
		for i, p := range list {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSONValue(b, p.key.Value)
			b.WriteByte(':')
			d.writeJSON(b, p.value, join(path, p.key.Value))
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			d.writeJSON(b, item, fmt.Sprintf("%s[%d]", path, i))
		}
		b.WriteByte(']')
	default:
		d.writeJSONScalar(b, n, path)
	}
}

func (d *decoder) writeJSONScalar(b *bytes.Buffer, n *yaml.Node, path string) {
	var x any
	switch n.ShortTag() {
	case "!!null":
	case "!!bool":
		x = strings.EqualFold(n.Value, "true")
	case "!!int":
		i, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64)
		if err != nil {
			d.errorf(n, "%s: the number %s is too big", path, n.Value)
			return
		}
		x = i
	case "!!float":
		f, ok := d.float(n, path, true)
		if !ok {
			return
		}
		x = f
	default:
		x = n.Value
	}
	writeJSONValue(b, x)
}

func writeJSONValue(b *bytes.Buffer, x any) {
	text, err := json.Marshal(x)
	if err != nil {
		panic("invariant: a scalar has no JSON: " + err.Error())
	}
	b.Write(text)
}
