package model

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// bindScalar writes a value that is not null into a type without parts.
func (b *binder) bindScalar(n int32, v reflect.Value, info *typeInfo) {
	nd := &b.nodes[n]
	switch info.kind {
	case goString:
		if nd.kind != stringNode {
			b.mismatch(n, "string")
			return
		}
		v.SetString(nd.text)
	case goBool:
		if nd.kind != boolNode {
			b.mismatch(n, "bool")
			return
		}
		v.SetBool(nd.text == "true")
	case goInt:
		if i, ok := b.integer(n, info.t.Bits()); ok {
			v.SetInt(i)
		}
	case goUint:
		u, err := strconv.ParseUint(nd.text, 10, info.t.Bits())
		if nd.kind != numberNode || err != nil {
			b.mismatch(n, "int")
			return
		}
		v.SetUint(u)
	case goFloat:
		f, err := strconv.ParseFloat(nd.text, info.t.Bits())
		if nd.kind != numberNode || err != nil {
			b.mismatch(n, "number")
			return
		}
		v.SetFloat(f)
	case goBytes:
		v.SetBytes(b.bytes(n))
	default:
		b.bindSpecial(n, v, info)
	}
}

// integer reads a whole number that fits so many bits.
func (b *binder) integer(n int32, bits int) (int64, bool) {
	nd := &b.nodes[n]
	if nd.kind != numberNode {
		b.mismatch(n, "int")
		return 0, false
	}
	i, err := strconv.ParseInt(nd.text, 10, bits)
	if err != nil {
		if strings.ContainsAny(nd.text, ".eE") {
			b.mismatch(n, "int")
		} else {
			b.fail(n, "", "number %s in field %q does not fit %d bits", nd.text, b.fieldPath(""), bits)
		}
		return 0, false
	}
	return i, true
}

// bindSpecial writes a value into one of the types that read themselves in the API's packages.
func (b *binder) bindSpecial(n int32, v reflect.Value, info *typeInfo) {
	switch p := v.Addr().Interface().(type) {
	case *resource.Quantity:
		*p = b.quantity(n)
	case *metav1.Time:
		p.Time = b.time(n, time.RFC3339, "2026-01-02T15:04:05Z")
	case *metav1.MicroTime:
		p.Time = b.time(n, metav1.RFC3339Micro, "2026-01-02T15:04:05.000000Z")
	case *metav1.Duration:
		if b.nodes[n].kind != stringNode {
			b.mismatch(n, "duration")
			return
		}
		d, err := time.ParseDuration(b.nodes[n].text)
		if err != nil {
			b.fail(n, "durations look like 1h30m or 10s", "invalid duration %s in field %q", quote(b.nodes[n].text), b.fieldPath(""))
		}
		p.Duration = d
	case *intstr.IntOrString:
		if b.nodes[n].kind == stringNode {
			*p = intstr.IntOrString{Type: intstr.String, StrVal: b.nodes[n].text}
		} else if b.nodes[n].kind != numberNode {
			b.mismatch(n, "int or string")
		} else if i, ok := b.integer(n, 32); ok {
			*p = intstr.IntOrString{Type: intstr.Int, IntVal: int32(i)}
		}
	case *runtime.RawExtension:
		b.checkDuplicates(n)
		p.Raw = b.appendJSON(nil, n)
	case *metav1.FieldsV1:
		b.checkDuplicates(n)
		p.Raw = b.appendJSON(nil, n)
	default:
		b.fail(n, "", "field %q cannot be read", b.fieldPath(""))
	}
}

// checkDuplicates reports keys that stand twice in a subtree that is kept as it is.
func (b *binder) checkDuplicates(n int32) {
	nd := &b.nodes[n]
	switch nd.kind {
	case listNode:
		for c := nd.child; c != 0; c = b.nodes[c].next {
			b.checkDuplicates(c)
		}
	case mapNode:
		seen := make(map[string]bool, nd.count)
		b.members(n, func(name string) bool { return seen[name] }, func(name string, value int32) {
			seen[name] = true
			b.checkDuplicates(value)
		})
	}
}

// time reads a timestamp in the given layout.
func (b *binder) time(n int32, layout, example string) time.Time {
	if b.nodes[n].kind != stringNode {
		b.mismatch(n, "timestamp")
		return time.Time{}
	}
	t, err := time.Parse(layout, b.nodes[n].text)
	if err != nil {
		b.fail(n, "timestamps look like "+example, "invalid timestamp %s in field %q", quote(b.nodes[n].text), b.fieldPath(""))
		return time.Time{}
	}
	return t.UTC()
}

// quantity reads an amount of a resource, written as a string or as a number.
func (b *binder) quantity(n int32) resource.Quantity {
	nd := &b.nodes[n]
	switch nd.kind {
	case stringNode, numberNode:
	case nullNode:
		return resource.Quantity{}
	default:
		b.mismatch(n, "quantity")
		return resource.Quantity{}
	}
	if q, ok := b.quantities[nd.text]; ok {
		return q.DeepCopy()
	}
	q, err := resource.ParseQuantity(strings.TrimSpace(nd.text))
	if err != nil {
		b.fail(n, quantityHint(nd.text), "invalid quantity %s in field %q: %v", quote(nd.text), b.fieldPath(""), err)
		return resource.Quantity{}
	}
	b.quantities[nd.text] = q
	return q.DeepCopy()
}

// quantityHint corrects the usual mistakes in a quantity.
func quantityHint(text string) string {
	s := strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit := strings.ToLower(s[len(number):])
	if fix, ok := map[string]string{
		"kb": "k", "mb": "M", "gb": "G", "tb": "T", "kib": "Ki", "mib": "Mi", "gib": "Gi", "tib": "Ti",
		"ki": "Ki", "mi": "Mi", "gi": "Gi", "ti": "Ti", "k": "k", "g": "G", "t": "T",
		"b": "", "core": "", "cores": "", "cpu": "", "cpus": "", "": "",
	}[unit]; ok {
		if _, err := resource.ParseQuantity(number + fix); err == nil {
			return "did you mean \"" + number + fix + "\"?"
		}
	}
	return "quantities look like 500m, 2, 128Mi or 1Gi"
}
