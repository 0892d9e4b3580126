package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Validate says what an API server of 1.36 would refuse at the creation of an object that was defaulted, in its words and
// in the order in which it finds them; where it walks a Go map, the order is that of the keys. A namespace that is not set
// yet is no error, and neither is a name that is still to be generated.
//
// Source: k8s v1.36.3 pkg/apis/*/validation; controllers.md 1.8.
// Differs: see docs/fidelity.md; storage sources that are never simulated are checked for what they require only.
func Validate(o Object) field.ErrorList {
	var e errs
	switch o := o.(type) {
	case *corev1.Pod:
		e.pod(o)
		e.podCreate(o)
	case *corev1.Node:
		e.node(o)
	case *corev1.Namespace:
		e.namespace(o)
	case *corev1.ConfigMap:
		e.configMap(o)
	case *corev1.Secret:
		e.secret(o)
	case *corev1.ServiceAccount:
		e.meta(o, validation.NameIsDNSSubdomain)
	case *corev1.Service:
		e.service(o)
	case *corev1.ReplicationController:
		e.replicationController(o)
	case *corev1.ResourceQuota:
		e.resourceQuota(o)
	case *corev1.LimitRange:
		e.limitRange(o)
	case *corev1.PersistentVolumeClaim:
		e.persistentVolumeClaim(o)
	case *appsv1.Deployment:
		e.deployment(o)
	case *appsv1.ReplicaSet:
		e.replicaSet(o)
	case *appsv1.StatefulSet:
		e.statefulSet(o)
	case *appsv1.DaemonSet:
		e.daemonSet(o)
	case *batchv1.Job:
		e.job(o)
	case *batchv1.CronJob:
		e.cronJob(o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		e.autoscaler(o)
	case *policyv1.PodDisruptionBudget:
		e.disruptionBudget(o)
	case *resourcev1.ResourceClaim:
		e.resourceClaim(o)
	case *resourcev1.ResourceClaimTemplate:
		e.resourceClaimTemplate(o)
	case *resourcev1.ResourceSlice:
		e.resourceSlice(o)
	case *schedulingv1.PriorityClass:
		e.priorityClass(o)
	case *corev1.Event:
	default:
		e.meta(o, validation.NameIsDNSSubdomain)
	}
	return e.list
}

// InvalidMessage is the message of the API server for an object with errors: `Pod "x" is invalid: <error>`, with more than
// one in brackets. Kinds of a group carry it: Deployment.apps.
//
// Source: controllers.md 1.8; k8s v1.36.3 apimachinery/pkg/api/errors NewInvalid.
func InvalidMessage(o Object, list field.ErrorList) string {
	kind := ""
	if k := KindOf(o); k != nil {
		kind = k.Name
		if k.Group != "" {
			kind += "." + k.Group
		}
	}
	text := ""
	if err := list.ToAggregate(); err != nil {
		text = err.Error()
	}
	return fmt.Sprintf("%s %q is invalid: %s", kind, o.GetName(), text)
}

// KindOf finds the kind of an object by its Go type, nil if it is none of Kinds.
func KindOf(o Object) *Kind {
	name := fmt.Sprintf("%T", o)
	name = name[strings.LastIndexByte(name, '.')+1:]
	return kindByName(name)
}

// errs collects the errors of one object.
type errs struct {
	list field.ErrorList
	// template: the pod stands in a workload; some rules then wait until the pod is made.
	template bool
}

func (e *errs) add(list ...*field.Error) { e.list = append(e.list, list...) }

func (e *errs) required(p *field.Path, detail string) { e.add(field.Required(p, detail)) }

func (e *errs) forbidden(p *field.Path, detail string) { e.add(field.Forbidden(p, detail)) }

func (e *errs) duplicate(p *field.Path, value any) { e.add(field.Duplicate(p, value)) }

func (e *errs) invalid(p *field.Path, value any, details ...string) {
	for _, d := range details {
		e.add(field.Invalid(p, show(value), d))
	}
}

// nonNegative wants a number of zero or more.
func (e *errs) nonNegative(value int64, p *field.Path, name string) {
	if value < 0 {
		e.invalid(p.Child(name), value, validation.IsNegativeErrorMsg)
	}
}

// nonNegativePointer is nonNegative for a number that may be absent.
func nonNegativePointer[T int32 | int64](e *errs, value *T, p *field.Path, name string) {
	if value != nil {
		e.nonNegative(int64(*value), p, name)
	}
}

// oneOf wants one of the values, and something at all if required.
func oneOf[T ~string](e *errs, value T, required bool, p *field.Path, values ...T) {
	switch {
	case slices.Contains(values, value):
	case value == "" && required:
		e.required(p, "")
	default:
		e.add(field.NotSupported(p, value, values))
	}
}

// oneOfPointer is oneOf for a value that may be absent.
func oneOfPointer[T ~string](e *errs, value *T, p *field.Path, values ...T) {
	if value != nil {
		oneOf(e, *value, false, p, values...)
	}
}

// sortedKeys are the keys of a map in order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}
