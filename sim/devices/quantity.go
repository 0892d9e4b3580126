package devices

import (
	"fmt"
	"reflect"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apimachinery/pkg/api/resource"
)

var quantityType = cel.ObjectType("kubernetes.Quantity")

// quantity is a resource.Quantity as a CEL value.
type quantity struct{ resource.Quantity }

// ConvertToNative implements ref.Val.
func (q quantity) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("type conversion error from 'Quantity' to '%v'", t)
}

// ConvertToType implements ref.Val.
func (q quantity) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case quantityType:
		return q
	case types.TypeType:
		return quantityType
	}
	return types.NewErr("type conversion error from '%s' to '%s'", quantityType, t)
}

// Equal implements ref.Val.
func (q quantity) Equal(other ref.Val) ref.Val {
	o, ok := other.(quantity)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return types.Bool(q.Cmp(o.Quantity) == 0)
}

// Type implements ref.Val.
func (q quantity) Type() ref.Type { return quantityType }

// Value implements ref.Val.
func (q quantity) Value() any { return q.Quantity }

// quantityLibrary are the functions of quantities.
//
// Source: k8s v1.36.3 staging apiserver/pkg/cel/library/quantity.go.
func quantityLibrary() cel.EnvOption {
	parse := func(arg ref.Val) ref.Val {
		s, _ := arg.Value().(string)
		q, err := resource.ParseQuantity(s)
		if err != nil {
			return types.WrapErr(err)
		}
		return quantity{q}
	}
	is := func(arg ref.Val) ref.Val {
		s, _ := arg.Value().(string)
		_, err := resource.ParseQuantity(s)
		return types.Bool(err == nil)
	}
	compare := func(name string, result *cel.Type, f func(order int) ref.Val) cel.EnvOption {
		return member(name, "quantity_"+name, quantityType, quantityType, result, func(a, b ref.Val) ref.Val {
			x, y := a.(quantity), b.(quantity)
			return f(x.Cmp(y.Quantity))
		})
	}
	sum := func(name string, sign int64) []cel.EnvOption {
		plus := func(x quantity, y resource.Quantity) ref.Val {
			z := x.DeepCopy()
			if sign < 0 {
				z.Sub(y)
			} else {
				z.Add(y)
			}
			return quantity{z}
		}
		return []cel.EnvOption{
			member(name, "quantity_"+name, quantityType, quantityType, quantityType, func(a, b ref.Val) ref.Val { return plus(a.(quantity), b.(quantity).Quantity) }),
			member(name, "quantity_"+name+"_int", quantityType, cel.IntType, quantityType, func(a, b ref.Val) ref.Val {
				return plus(a.(quantity), *resource.NewQuantity(int64(b.(types.Int)), resource.DecimalSI))
			}),
		}
	}
	own := func(name string, result *cel.Type, f func(quantity) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("quantity_"+name, []*cel.Type{quantityType}, result, cel.UnaryBinding(func(v ref.Val) ref.Val { return f(v.(quantity)) })))
	}
	options := append(sum("add", 1), sum("sub", -1)...)
	return each(append(options,
		cel.Function("quantity", cel.Overload("string_to_quantity", []*cel.Type{cel.StringType}, quantityType, cel.UnaryBinding(parse))),
		cel.Function("isQuantity", cel.Overload("is_quantity_string", []*cel.Type{cel.StringType}, cel.BoolType, cel.UnaryBinding(is))),
		compare("isGreaterThan", cel.BoolType, func(c int) ref.Val { return types.Bool(c > 0) }),
		compare("isLessThan", cel.BoolType, func(c int) ref.Val { return types.Bool(c < 0) }),
		compare("compareTo", cel.IntType, func(c int) ref.Val { return types.Int(c) }),
		own("sign", cel.IntType, func(q quantity) ref.Val { return types.Int(q.Sign()) }),
		own("isInteger", cel.BoolType, func(q quantity) ref.Val { _, ok := q.AsInt64(); return types.Bool(ok) }),
		own("asInteger", cel.IntType, func(q quantity) ref.Val {
			v, ok := q.AsInt64()
			if !ok {
				return types.NewErr("cannot convert value to integer")
			}
			return types.Int(v)
		}),
		own("asApproximateFloat", cel.DoubleType, func(q quantity) ref.Val { return types.Double(q.AsApproximateFloat64()) }),
	)...)
}

// member is a function of two values, called as a.name(b).
func member(name, id string, a, b, result *cel.Type, f func(a, b ref.Val) ref.Val) cel.EnvOption {
	return cel.Function(name, cel.MemberOverload(id, []*cel.Type{a, b}, result, cel.BinaryBinding(f)))
}

// each applies options one after another.
func each(options ...cel.EnvOption) cel.EnvOption {
	return func(e *cel.Env) (*cel.Env, error) {
		var err error
		for _, o := range options {
			if e, err = o(e); err != nil {
				return nil, err
			}
		}
		return e, nil
	}
}
