package check

import (
	"fmt"
	"reflect"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
	"clustersim/report/kubectl"
	"clustersim/report/metric"
)

// evaluation is one evaluation of an expression in a run: what the functions read is noted. It is the value of the hidden
// variable.
type evaluation struct {
	c *Checker
	w *watch // may be nil
}

func (v *evaluation) now() time.Duration { return v.c.now() }

// ConvertToNative implements ref.Val.
func (v *evaluation) ConvertToNative(reflect.Type) (any, error) { return v, nil }

// ConvertToType implements ref.Val.
func (v *evaluation) ConvertToType(ref.Type) ref.Val { return types.NewErr("the run is no value") }

// Equal implements ref.Val.
func (v *evaluation) Equal(other ref.Val) ref.Val { return types.Bool(v == other) }

// Type implements ref.Val.
func (v *evaluation) Type() ref.Type { return viewType }

// Value implements ref.Val.
func (v *evaluation) Value() any { return v }

// functions declares what expressions can call beside CEL's own.
func functions() (list []cel.EnvOption) {
	lists := func(name string, k *model.Kind) cel.EnvOption {
		out := types.NewListType(celType(reflect.TypeOf(k.New())))
		return cel.Function(name, cel.Overload(name, []*types.Type{viewType, types.StringType}, out,
			cel.BinaryBinding(func(run, selector ref.Val) ref.Val {
				v := run.(*evaluation)
				g, err := v.c.group(k, string(selector.(types.String)))
				if err != nil {
					return types.WrapErr(err)
				}
				return g.read(v.w)
			})))
	}
	list = append(list, lists("@pods", model.Pod), lists("@nodes", model.Node), lists("@events", model.Event))
	for _, k := range model.Kinds {
		list = append(list, lists("@objects"+k.Name, k))
	}
	one := func(name string, arg, out *types.Type, f func(ref.Val) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_of", []*types.Type{arg}, out, cel.UnaryBinding(f)))
	}
	return append(list,
		one("ready", types.DynType, types.BoolType, ready),
		one("restarts", types.DynType, types.IntType, restarts),
		one("status", types.DynType, types.StringType, status),
		one("readyColumn", types.DynType, types.StringType, readyColumn),
		one("quantity", types.StringType, types.DoubleType, func(v ref.Val) ref.Val {
			q, err := resource.ParseQuantity(string(v.(types.String)))
			if err != nil {
				return types.NewErr("quantity(%q): %v", v.Value(), err)
			}
			return types.Double(q.AsApproximateFloat64())
		}),
		cel.Function("@metric", cel.Overload("metric_of", []*types.Type{viewType, types.StringType, types.StringType}, types.DoubleType,
			cel.FunctionBinding(func(args ...ref.Val) ref.Val {
				v := args[0].(*evaluation)
				x, err := v.c.measure(string(args[1].(types.String)), string(args[2].(types.String)))
				if err != nil {
					return types.WrapErr(err)
				}
				return types.Double(x)
			}))),
	)
}

// ready says whether a pod or a node has the condition Ready, whether all replicas of a workload are ready, or a Job is
// complete.
func ready(v ref.Val) ref.Val {
	o, ok := v.(*object)
	if !ok {
		return types.NewErr("ready() takes an object, got %s", v.Type().TypeName())
	}
	if o.part == podItself {
		for i := range o.pod.Status.Conditions {
			if c := &o.pod.Status.Conditions[i]; c.Type == corev1.PodReady {
				return types.Bool(c.Status == corev1.ConditionTrue)
			}
		}
		return types.False
	}
	switch x := o.api().(type) {
	case *corev1.Node:
		for i := range x.Status.Conditions {
			if c := &x.Status.Conditions[i]; c.Type == corev1.NodeReady {
				return types.Bool(c.Status == corev1.ConditionTrue)
			}
		}
		return types.False
	case *appsv1.Deployment:
		return allReady(x.Spec.Replicas, x.Status.ReadyReplicas)
	case *appsv1.ReplicaSet:
		return allReady(x.Spec.Replicas, x.Status.ReadyReplicas)
	case *appsv1.StatefulSet:
		return allReady(x.Spec.Replicas, x.Status.ReadyReplicas)
	case *corev1.ReplicationController:
		return allReady(x.Spec.Replicas, x.Status.ReadyReplicas)
	case *appsv1.DaemonSet:
		return types.Bool(x.Status.NumberReady >= x.Status.DesiredNumberScheduled)
	case *batchv1.Job:
		for i := range x.Status.Conditions {
			if c := &x.Status.Conditions[i]; c.Type == batchv1.JobComplete {
				return types.Bool(c.Status == corev1.ConditionTrue)
			}
		}
		return types.False
	}
	return types.NewErr("ready() does not know what that is for %s", o.s.name)
}

func allReady(want *int32, are int32) ref.Val {
	return types.Bool(want == nil && are >= 1 || want != nil && are >= *want)
}

// restarts adds up the restarts of a pod's containers.
func restarts(v ref.Val) ref.Val {
	o, ok := v.(*object)
	if !ok || o.part != podItself {
		return types.NewErr("restarts() takes a pod")
	}
	n := types.Int(0)
	for _, list := range [...][]corev1.ContainerStatus{o.pod.Status.InitContainerStatuses, o.pod.Status.ContainerStatuses} {
		for i := range list {
			n += types.Int(list[i].RestartCount)
		}
	}
	return n
}

// status is the STATUS of a pod or a node, as kubectl get shows it.
func status(v ref.Val) ref.Val {
	if o, ok := v.(*object); ok {
		switch x := o.api().(type) {
		case *corev1.Pod:
			return types.String(kubectl.DisplayStatus(x))
		case *corev1.Node:
			return types.String(kubectl.NodeStatus(x))
		}
	}
	return types.NewErr("status() takes a pod or a node")
}

// readyColumn is the READY of a pod, as kubectl get shows it: 1/2.
func readyColumn(v ref.Val) ref.Val {
	o, ok := v.(*object)
	if !ok || o.part != podItself {
		return types.NewErr("readyColumn() takes a pod")
	}
	s := kubectl.Summarize(o.api().(*corev1.Pod))
	return types.String(fmt.Sprintf("%d/%d", s.Ready, s.Total))
}

// measure is metric(name) and metric(name, aggregate) at the present instant.
func (c *Checker) measure(name, aggregate string) (float64, error) {
	s, err := metric.ParseSelector(name)
	if err != nil {
		return 0, err
	}
	a := s.Metric.Default()
	if aggregate != "" {
		if a, err = metric.ParseAggregate(aggregate, s.Metric); err != nil {
			return 0, err
		}
	}
	v, ok := c.metrics.Data(c.now()).Value(s, a)
	if !ok {
		return 0, fmt.Errorf("metric(%q): nothing was measured yet", name)
	}
	return v, nil
}
