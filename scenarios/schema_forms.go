package scenarios

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/fault"
	"clustersim/sim/world"
)

// What strings may be where something else is wanted: $(name) alone, or somewhere within.
const (
	wholeParameter = `^\$\([^()$]+\)$`
	anyParameter   = `\$\(`
	durationText   = `^\+?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`
	quantityText   = `^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?$`
)

// valueForms names the definitions of values that may be random.
var valueForms = map[world.Unit]string{
	world.Count: "random-count", world.Duration: "random-duration", world.Bytes: "random-quantity", world.MilliCPU: "random-quantity",
}

// forms are the schemas of types that do not follow from their Go kind: one for each type that reads itself. A test knows when one is missing.
var forms map[reflect.Type]func(*schemaBuilder) *schema

func init() { // forms and the builder need each other
	plain := func(name string) func(*schemaBuilder) *schema {
		return func(*schemaBuilder) *schema { return ref(name) }
	}
	forms = map[reflect.Type]func(*schemaBuilder) *schema{
		reflect.TypeFor[time.Duration]():     plain("duration"),
		reflect.TypeFor[resource.Quantity](): plain("quantity"),
		reflect.TypeFor[time.Time]():         plain("time"),
		reflect.TypeFor[metav1.Time]():       plain("time"),
		reflect.TypeFor[json.RawMessage]():   plain("anything"),
		reflect.TypeFor[*yaml.Node]():        func(*schemaBuilder) *schema { return mapping(ref("anything")) },
		reflect.TypeFor[placed]():            plain("text"),
		reflect.TypeFor[inline]():            plain("raw-text"),
		reflect.TypeFor[instant]():           plain("instant"),
		reflect.TypeFor[celText]():           plain("cel"),
		reflect.TypeFor[pattern]():           plain("anything"),
		reflect.TypeFor[series]():            plain("series"),
		reflect.TypeFor[window]():            plain("window"),
		reflect.TypeFor[fault.Mode]():        plain("mode"),
		reflect.TypeFor[fault.Share]():       plain("share"),
		reflect.TypeFor[fault.Seconds]():     plain("seconds"),
		reflect.TypeFor[components]():        func(b *schemaBuilder) *schema { return b.named(reflect.TypeFor[ComponentSettings]()) },
		reflect.TypeFor[matrix]():            func(*schemaBuilder) *schema { return mapping(atLeastOne(listOf(ref("anything")))) },
		reflect.TypeFor[thresholds](): func(*schemaBuilder) *schema {
			return mapping(&schema{AnyOf: []*schema{ref("text"), atLeastOne(listOf(ref("text")))}})
		},
		reflect.TypeFor[images]():     func(b *schemaBuilder) *schema { return mapping(b.named(reflect.TypeFor[Image]())) },
		reflect.TypeFor[nodeLabels](): func(*schemaBuilder) *schema { return either(mapping(ref("text")), ref("text")) },
		reflect.TypeFor[staticPod](): func(*schemaBuilder) *schema {
			return either(&schema{Type: []string{"object"}, Properties: properties{{"inline", ref("raw-text")}}, Additional: false}, ref("text"))
		},
		reflect.TypeFor[attempt](): func(b *schemaBuilder) *schema {
			return either(&schema{Const: "forever"}, b.plainObject(reflect.TypeFor[attempt]()))
		},
		reflect.TypeFor[hook](): func(b *schemaBuilder) *schema {
			return either(ref("random-duration"), b.plainObject(reflect.TypeFor[hook]()))
		},
		reflect.TypeFor[load](): func(*schemaBuilder) *schema {
			s := mapping(either(ref("series"), listOf(ref("point"))))
			s.Properties = properties{{"sharedBy", words("ready")}}
			return s
		},
	}
}

// plainObject is a struct's schema by itself: for types whose name stands for more than one form.
func (b *schemaBuilder) plainObject(t reflect.Type) *schema {
	name := t.Name()
	if b.defs[name] == nil {
		b.defs[name] = b.object(t)
	}
	return ref(name)
}

func either(of ...*schema) *schema { return &schema{AnyOf: of} }

// words takes one of some words.
func words(list ...string) *schema { return either(&schema{Enum: list}, ref("parameter")) }

func mapping(of *schema) *schema {
	return &schema{Type: []string{"object", "string", "null"}, Pattern: wholeParameter, Additional: of}
}

func listOf(of *schema) *schema {
	return &schema{Type: []string{"array", "string", "null"}, Pattern: wholeParameter, Items: of}
}

func atLeastOne(s *schema) *schema {
	s.MinItems = 1
	return s
}

// scalarForms are the definitions of single values, and of those that may be random.
func scalarForms() map[string]*schema {
	zero, one := 0, 1
	number := func(doc, kind string, least *int) *schema {
		return &schema{Description: doc, Type: []string{kind, "string", "null"}, Pattern: anyParameter, Minimum: least}
	}
	duration := schema{Description: "a duration such as 1m30s; never negative", Type: []string{"string", "integer", "null"},
		Pattern: durationText + "|" + anyParameter, Minimum: &zero, Maximum: &zero}
	quantity := schema{Description: "a Kubernetes quantity such as 500m or 16Gi; never negative", Type: []string{"string", "number", "null"},
		Pattern: quantityText + "|" + anyParameter, Minimum: &zero}
	instants := schema{Description: "a time such as 90s, the name of a step, or step+5m", Type: []string{"string", "integer", "null"}, Minimum: &zero, Maximum: &zero}
	point := listOf(either(ref("duration"), ref("quantity")))
	point.MinItems, point.MaxItems, point.Description = 2, 2, "[time, quantity]"
	window := listOf(ref("duration"))
	window.MinItems, window.MaxItems, window.Description = 1, 2, "[from, to) or [from] for ever, since the container started"
	return map[string]*schema{
		"parameter":       {Description: "$(name): the parameter of that name; or nothing", Type: []string{"string", "null"}, Pattern: anyParameter},
		"anything":        {Description: "any value"},
		"text":            {Description: "text; numbers in quotes", Type: []string{"string", "null"}},
		"raw-text":        {Description: "manifests, after \"|\"; $(name) is not replaced", Type: []string{"string", "null"}},
		"boolean":         {Description: "true or false", Type: []string{"boolean", "string", "null"}, Pattern: anyParameter},
		"integer":         number("a whole number, never negative", "integer", &zero),
		"number":          number("a number, never negative", "number", &zero),
		"signed-integer":  number("a whole number", "integer", nil),
		"signed-number":   number("a number", "number", nil),
		"time":            {Description: "an instant such as 2026-01-01T00:00:00Z", Type: []string{"string", "null"}, Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[-+][0-9:]+)$|` + anyParameter},
		"cel":             {Description: "a CEL expression", Type: []string{"string", "boolean", "number", "null"}},
		"duration":        &duration,
		"quantity":        &quantity,
		"instant":         &instants,
		"point":           point,
		"window":          window,
		"mode":            {Description: "all, one, a number, or a percentage", Type: []string{"integer", "string", "null"}, Minimum: &one, Pattern: `^(all|one|[0-9]+|[0-9.]+%)$|` + anyParameter},
		"share":           {Description: "a percentage such as 95% or a quantity such as 15Gi", Type: []string{"string", "number", "null"}, Minimum: &zero},
		"seconds":         {Description: "whole seconds, 30 or 30s", Type: []string{"integer", "string", "null"}},
		"series":          seriesForm(),
		"random-duration": random(duration, "duration"),
		"random-quantity": random(quantity, "quantity"),
		"random-count":    random(*number("a whole number, never negative", "integer", &zero), "number"),
	}
}

// seriesForm is a quantity over time.
func seriesForm() *schema {
	return either(
		ref("random-quantity"),
		&schema{Type: []string{"object"}, Properties: properties{{"series", atLeastOne(listOf(ref("point")))}}, Additional: false, Required: []string{"series"}},
	)
}

// random is a plain value or one of the distributions.
func random(plain schema, unit string) *schema {
	numbers := func(required, optional string) *schema {
		s := &schema{Type: []string{"object", "string"}, Pattern: wholeParameter, Additional: false, Required: strings.Fields(required)}
		for _, name := range append(strings.Fields(required), strings.Fields(optional)...) {
			of := unit
			if name == "shape" {
				of = "number"
			}
			s.Properties = append(s.Properties, property{name, ref(of)})
		}
		return s
	}
	uniform := listOf(ref(unit))
	uniform.MinItems, uniform.MaxItems = 2, 2
	choice := atLeastOne(listOf(&schema{
		Type: []string{"object", "string"}, Pattern: wholeParameter, Additional: false, Required: []string{"value"},
		Properties: properties{{"value", ref(unit)}, {"weight", ref("number")}},
	}))
	s := plain
	s.Description += "; or one of the distributions"
	s.Type = append([]string{"object"}, s.Type...)
	s.MinProps, s.MaxProps, s.Additional = 1, 1, false
	s.Properties = properties{
		{"constant", ref(unit)}, {"uniform", uniform}, {"normal", numbers("mean sd", "min max")}, {"lognormal", numbers("median p95", "")},
		{"exponential", numbers("mean", "")}, {"weibull", numbers("shape scale", "")}, {"choice", choice}, {"empirical", ref("text")},
	}
	return &s
}
