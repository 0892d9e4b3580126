package devices

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apimachinery/pkg/util/version"
)

var semverType = cel.ObjectType("kubernetes.Semver")

// semver is a semantic version as a CEL value.
type semver struct{ v *version.Version }

func parseVersion(s string) (ref.Val, error) {
	v, err := version.ParseSemantic(s)
	if err != nil || strings.HasPrefix(s, "v") {
		return nil, fmt.Errorf("parse semantic version: %q is not one", s)
	}
	return semver{v}, nil
}

// ConvertToNative implements ref.Val.
func (s semver) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("type conversion error from 'Semver' to '%v'", t)
}

// ConvertToType implements ref.Val.
func (s semver) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case semverType:
		return s
	case types.TypeType:
		return semverType
	}
	return types.NewErr("type conversion error from '%s' to '%s'", semverType, t)
}

// Equal implements ref.Val.
func (s semver) Equal(other ref.Val) ref.Val {
	o, ok := other.(semver)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return types.Bool(s.compare(o) == 0)
}

// Type implements ref.Val.
func (s semver) Type() ref.Type { return semverType }

// Value implements ref.Val.
func (s semver) Value() any { return s.v }

func (s semver) compare(o semver) int {
	switch {
	case s.v.LessThan(o.v):
		return -1
	case o.v.LessThan(s.v):
		return 1
	}
	return 0
}

// versionLibrary are the functions of semantic versions.
//
// Source: k8s v1.36.3 staging apiserver/pkg/cel/library/semverlib.go.
// Differs: versions are not normalized.
func versionLibrary() cel.EnvOption {
	parse := func(arg ref.Val) ref.Val {
		s, _ := arg.Value().(string)
		v, err := parseVersion(s)
		if err != nil {
			return types.WrapErr(err)
		}
		return v
	}
	is := func(arg ref.Val) ref.Val {
		s, _ := arg.Value().(string)
		_, err := parseVersion(s)
		return types.Bool(err == nil)
	}
	compare := func(name string, result *cel.Type, f func(order int) ref.Val) cel.EnvOption {
		return member(name, "semver_"+name, semverType, semverType, result, func(a, b ref.Val) ref.Val { return f(a.(semver).compare(b.(semver))) })
	}
	part := func(name string, f func(v *version.Version) uint) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("semver_"+name, []*cel.Type{semverType}, cel.IntType, cel.UnaryBinding(func(v ref.Val) ref.Val { return types.Int(f(v.(semver).v)) })))
	}
	return each(
		cel.Function("semver", cel.Overload("string_to_semver", []*cel.Type{cel.StringType}, semverType, cel.UnaryBinding(parse))),
		cel.Function("isSemver", cel.Overload("is_semver_string", []*cel.Type{cel.StringType}, cel.BoolType, cel.UnaryBinding(is))),
		compare("isGreaterThan", cel.BoolType, func(c int) ref.Val { return types.Bool(c > 0) }),
		compare("isLessThan", cel.BoolType, func(c int) ref.Val { return types.Bool(c < 0) }),
		compare("compareTo", cel.IntType, func(c int) ref.Val { return types.Int(c) }),
		part("major", (*version.Version).Major), part("minor", (*version.Version).Minor), part("patch", (*version.Version).Patch),
	)
}
