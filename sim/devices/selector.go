package devices

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
	resourcev1 "k8s.io/api/resource/v1"
)

// selectors evaluates CEL expressions of devices. It remembers programs, and what they said of each device.
type selectors struct {
	env      *cel.Env
	programs map[string]*program
	known    map[question]answer
}

type program struct {
	cel.Program
	err error
}

type question struct {
	slice      *resourcev1.ResourceSlice
	device     int
	expression string
}

type answer struct {
	yes bool
	err error
}

func newSelectors() *selectors {
	return &selectors{programs: map[string]*program{}, known: map[question]answer{}}
}

// forget drops what is known of slices that may be gone.
func (s *selectors) forget() { clear(s.known) }

// environment is what expressions may use.
//
// Source: k8s v1.36.3 staging apiserver/pkg/cel/environment/base.go, dynamic-resource-allocation/cel/compile.go newCompiler.
// Differs: of the libraries those that devices have a use for; the device's fields are checked when it is evaluated.
func (s *selectors) environment() *cel.Env {
	if s.env == nil {
		env, err := cel.NewEnv(
			cel.Variable("device", cel.MapType(cel.StringType, cel.DynType)),
			cel.HomogeneousAggregateLiterals(), cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(),
			ext.Strings(ext.StringsVersion(2)), ext.Sets(), ext.Bindings(ext.BindingsVersion(0)),
			quantityLibrary(), versionLibrary(),
		)
		if err != nil {
			panic("invariant: the environment is fixed: " + err.Error())
		}
		s.env = env
	}
	return s.env
}

func (s *selectors) compile(expression string) *program {
	p := s.programs[expression]
	if p == nil {
		p = &program{}
		p.Program, p.err = s.program(expression)
		s.programs[expression] = p
	}
	return p
}

func (s *selectors) program(expression string) (cel.Program, error) {
	env := s.environment()
	ast, issues := env.Compile(expression)
	if issues != nil && issues.Err() != nil {
		return nil, errors.New("compilation failed: " + issues.String())
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) && !t.IsExactType(cel.AnyType) {
		return nil, fmt.Errorf("must evaluate to bool or the unknown type, not %v", t)
	}
	return env.Program(ast, cel.CostLimit(resourcev1.CELSelectorExpressionMaxCost))
}

// CheckSelector says what is wrong with an expression, nil if it compiles.
func CheckSelector(expression string) error { return newSelectors().compile(expression).err }

// match reports whether all expressions select the device. of names their owner in errors.
func (s *selectors) match(d candidate, list []resourcev1.DeviceSelector, of string) (bool, error) {
	for i := range list {
		if list[i].CEL == nil {
			return false, fmt.Errorf("%s: selector #%d: CEL expression empty (unsupported selector type?)", of, i)
		}
		expression := list[i].CEL.Expression
		p := s.compile(expression)
		if p.err != nil {
			return false, fmt.Errorf("%s: selector #%d: CEL compile error: %w", of, i, p.err)
		}
		q := question{d.slice, d.index, expression}
		a, ok := s.known[q]
		if !ok {
			a.yes, a.err = p.ask(d, s.environment().CELTypeAdapter())
			s.known[q] = a
		}
		if a.err != nil {
			return false, fmt.Errorf("%s: selector #%d: CEL runtime error: %w", of, i, a.err)
		}
		if !a.yes {
			return false, nil
		}
	}
	return true, nil
}

// ask evaluates the program for a device.
//
// Source: k8s v1.36.3 staging dynamic-resource-allocation/cel/compile.go DeviceMatches.
func (p *program) ask(d candidate, adapter types.Adapter) (bool, error) {
	dev, driver := d.device(), d.slice.Spec.Driver
	attributes, capacity := map[string]any{}, map[string]any{}
	for name, a := range dev.Attributes { // unordered: a map of maps is filled
		v, err := valueOf(a)
		if err != nil {
			return false, fmt.Errorf("attribute %s: %w", name, err)
		}
		put(attributes, driver, string(name), v)
	}
	for name, c := range dev.Capacity { // unordered: the same
		put(capacity, driver, string(name), quantity{c.Value})
	}
	out, _, err := p.Eval(map[string]any{"device": map[string]any{
		"driver": driver, "allowMultipleAllocations": dev.AllowMultipleAllocations != nil && *dev.AllowMultipleAllocations,
		"attributes": domains{types.NewStringInterfaceMap(adapter, attributes), adapter},
		"capacity":   domains{types.NewStringInterfaceMap(adapter, capacity), adapter},
	}})
	if err != nil {
		return false, err
	}
	yes, ok := out.Value().(bool)
	if !ok {
		return false, fmt.Errorf("CEL result of type %s could not be converted to bool: type conversion error from '%s' to 'bool'", out.Type().TypeName(), out.Type().TypeName())
	}
	return yes, nil
}

// put files a value under the domain of its name; names without one belong to the driver.
func put(m map[string]any, driver, name string, v ref.Val) {
	domain, id, ok := strings.Cut(name, "/")
	if !ok {
		domain, id = driver, name
	}
	if m[domain] == nil {
		m[domain] = map[string]any{}
	}
	m[domain].(map[string]any)[id] = v
}

func valueOf(a resourcev1.DeviceAttribute) (ref.Val, error) {
	switch {
	case a.IntValue != nil:
		return types.Int(*a.IntValue), nil
	case a.BoolValue != nil:
		return types.Bool(*a.BoolValue), nil
	case a.StringValue != nil:
		return types.String(*a.StringValue), nil
	case a.VersionValue != nil:
		return parseVersion(*a.VersionValue)
	}
	return nil, errors.New("unsupported attribute value")
}

// domains is a map in which a domain that is not there is an empty map.
type domains struct {
	traits.Mapper
	adapter types.Adapter
}

// Find returns the values of a domain.
func (d domains) Find(key ref.Val) (ref.Val, bool) {
	if v, ok := d.Mapper.Find(key); ok {
		return v, true
	}
	return types.NewStringInterfaceMap(d.adapter, map[string]any{}), true
}
