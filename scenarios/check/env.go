package check

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
	"github.com/google/cel-go/parser"

	"clustersim/model"
	"clustersim/report/metric"
)

// Mistake is what is wrong with an expression. Line and Column count from 1, inside the expression.
type Mistake struct {
	Line, Column int
	Message      string
	Hint         string // "did you mean ...?", or ""
}

// Want says what an expression has to yield.
type Want uint8

// The wants.
const (
	Bool Want = iota // true or false
	Any
)

// Program is a compiled expression. It holds no state of a run and can be evaluated in many at once.
type Program struct {
	Text    string
	program cel.Program
	ast     *cel.Ast
	always  bool // it speaks of t or of metrics: every change of anything may change it
}

// view is the variable that carries the run into the functions: expressions do not see it.
const view = "__run__"

var viewType = types.NewOpaqueType("run")

// environment is made once: it costs a few milliseconds.
var environment = sync.OnceValue(func() *cel.Env {
	registry, err := types.NewRegistry()
	if err != nil {
		panic("invariant: CEL's registry: " + err.Error())
	}
	options := []cel.EnvOption{
		cel.CustomTypeProvider(newProvider(registry)), cel.CustomTypeAdapter(adapt),
		cel.Variable(view, viewType), cel.Variable("t", types.DurationType),
		cel.Macros(append(append([]cel.Macro{}, cel.StandardMacros...), macros()...)...),
		cel.EnableMacroCallTracking(), ext.Strings(), ext.Lists(), ext.Math(), ext.Sets(),
		cel.ParserExpressionSizeLimit(20_000),
	}
	env, err := cel.NewCustomEnv(append([]cel.EnvOption{cel.StdLib()}, append(options, functions()...)...)...)
	if err != nil {
		panic("invariant: CEL's environment: " + err.Error())
	}
	return env
})

// macros put the run into the calls that need it, and look at literal arguments.
func macros() (list []cel.Macro) {
	run := func(eh cel.MacroExprFactory, function string, args ...ast.Expr) ast.Expr {
		return eh.NewCall(function, append([]ast.Expr{eh.NewIdent(view)}, args...)...)
	}
	text := func(eh cel.MacroExprFactory, args []ast.Expr, i int) ast.Expr {
		if i < len(args) {
			return args[i]
		}
		return eh.NewLiteral(types.String(""))
	}
	for _, name := range []string{"pods", "nodes", "events"} {
		expand := func(eh cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
			if s, ok := literal(args, 0); ok && name != "events" {
				if _, err := parseSelector(s); err != nil {
					return nil, eh.NewError(args[0].ID(), fmt.Sprintf("no label selector: %v", err))
				}
			}
			return run(eh, "@"+name, text(eh, args, 0)), nil
		}
		list = append(list, cel.GlobalMacro(name, 0, expand), cel.GlobalMacro(name, 1, expand))
	}
	objects := func(eh cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		kind, ok := literal(args, 0)
		if !ok {
			return nil, eh.NewError(args[0].ID(), `the kind must be written out: objects("Deployment", "app=web")`)
		}
		k := model.FindKind(kind)
		if k == nil {
			return nil, eh.NewError(args[0].ID(), fmt.Sprintf("there is no kind %q%s", kind, kindHint(kind)))
		}
		return run(eh, "@objects"+k.Name, text(eh, args, 1)), nil
	}
	list = append(list, cel.GlobalMacro("objects", 1, objects), cel.GlobalMacro("objects", 2, objects))
	measure := func(eh cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		name, ok := literal(args, 0)
		if !ok {
			return nil, eh.NewError(args[0].ID(), `the metric must be written out: metric("pods_pending")`)
		}
		s, err := metric.ParseSelector(name)
		if err == nil && len(args) == 2 {
			a, _ := literal(args, 1)
			_, err = metric.ParseAggregate(a, s.Metric)
		}
		if err != nil {
			return nil, eh.NewError(args[0].ID(), err.Error())
		}
		return run(eh, "@metric", args[0], text(eh, args, 1)), nil
	}
	return append(list, cel.GlobalMacro("metric", 1, measure), cel.GlobalMacro("metric", 2, measure))
}

func kindHint(kind string) string {
	var names []string
	for _, k := range model.Kinds {
		names = append(names, k.Name)
	}
	if h := model.DidYouMean(kind, names); h != "" {
		return " (" + h + ")"
	}
	return ""
}

// literal is the text of an argument that is written out.
func literal(args []ast.Expr, i int) (string, bool) {
	if i >= len(args) || args[i].Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := args[i].AsLiteral().(types.String)
	return string(s), ok
}

// Compile checks an expression and makes it ready. The program is nil if there are mistakes.
func Compile(text string, want Want) (*Program, []Mistake) {
	env := environment()
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		var list []Mistake
		for _, e := range issues.Errors() {
			list = append(list, Mistake{max(e.Location.Line(), 1), max(e.Location.Column(), 0) + 1, clean(e.Message), fieldHint(e.Message)})
		}
		return nil, list
	}
	if out := checked.OutputType(); want == Bool && !out.IsAssignableType(types.BoolType) {
		return nil, []Mistake{{1, 1, fmt.Sprintf("must be true or false, but is of type %s", clean(out.String())), ""}}
	}
	program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, []Mistake{{1, 1, clean(err.Error()), ""}}
	}
	p := &Program{Text: text, program: program, ast: checked}
	ast.PostOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		p.always = p.always || e.Kind() == ast.IdentKind && e.AsIdent() == "t" || e.Kind() == ast.CallKind && e.AsCall().FunctionName() == "@metric"
	}))
	return p, nil
}

// Selectors lists the label selectors that the expression writes out, by function: pods, nodes and kinds.
func (p *Program) Selectors() (list []Selection) {
	ast.PostOrderVisit(p.ast.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		k := functionKind(e.AsCall().FunctionName())
		if s, ok := literal(e.AsCall().Args(), 1); ok && k != nil {
			at := p.ast.NativeRep().SourceInfo().GetStartLocation(e.AsCall().Args()[1].ID())
			list = append(list, Selection{Kind: k, Selector: s, Line: max(at.Line(), 1), Column: max(at.Column(), 0) + 1})
		}
	}))
	return list
}

// Selection is a label selector inside an expression.
type Selection struct {
	Kind         *model.Kind
	Selector     string // of events: the reason
	Line, Column int    // inside the expression, from 1
}

// functionKind is the kind whose objects a function yields.
func functionKind(function string) *model.Kind {
	switch function {
	case "@pods":
		return model.Pod
	case "@nodes":
		return model.Node
	case "@events":
		return model.Event
	}
	if name, ok := strings.CutPrefix(function, "@objects"); ok {
		return model.FindKind(name)
	}
	return nil
}

// eval evaluates in a run.
func (p *Program) eval(v *evaluation) (ref.Val, error) {
	out, _, err := p.program.Eval(map[string]any{view: v, "t": types.Duration{Duration: v.now()}})
	if err != nil {
		return nil, fmt.Errorf("%s", clean(err.Error()))
	}
	return out, nil
}

// unparse writes an expression of the program as its author could have.
func (p *Program) unparse(e ast.Expr) string {
	s, err := parser.Unparse(e, p.ast.NativeRep().SourceInfo())
	if err != nil {
		return ""
	}
	return s
}

// clean takes our inner names out of CEL's messages.
func clean(message string) string {
	message, _, _ = strings.Cut(message, " expecting {")
	return strings.NewReplacer("'@objects", "'", "'@", "'", "run, ", "", "__run__, ", "", " (in container '')", "", "'<EOF>'", "end of the expression").Replace(message)
}

// fieldHint adds the nearest field to CEL's "undefined field 'x'".
var undefined = regexp.MustCompile(`undefined field '([^']*)'`)

func fieldHint(message string) string {
	m := undefined.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	return model.DidYouMean(m[1], allFields())
}

// allFields are the names of all fields of all types that expressions know.
var allFields = sync.OnceValue(func() (names []string) {
	p := newProvider(nil)
	seen := map[string]bool{}
	for _, t := range p.byName {
		for _, name := range structureOf(t).names {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
})
