package kubectl

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

// fieldsOf are the fields by which a kind may be selected beyond its name and namespace, and the API server's refusal of
// any other.
type fieldsOf struct {
	values  func(model.Object) fields.Set
	refusal func(label string) error
}

// match returns a predicate for -l and --field-selector on one kind.
func (r Request) match(v *view) (func(model.Object) bool, *Error) {
	byLabel, err := labels.Parse(r.Selector)
	if err != nil {
		return nil, badRequest(v.kind, r, err)
	}
	byField, err := fields.ParseSelector(r.FieldSelector)
	if err != nil {
		return nil, badRequest(v.kind, r, err)
	}
	known := v.fieldSet(v.kind.New())
	for _, need := range byField.Requirements() {
		if _, ok := known[need.Field]; !ok {
			return nil, badRequest(v.kind, r, v.refuse(need.Field))
		}
	}
	return func(o model.Object) bool {
		return byLabel.Matches(labels.Set(o.GetLabels())) && (byField.Empty() || byField.Matches(v.fieldSet(o)))
	}, nil
}

func (v *view) fieldSet(o model.Object) fields.Set {
	set := fields.Set{"metadata.name": o.GetName()}
	if v.kind.Namespaced {
		set["metadata.namespace"] = o.GetNamespace()
	}
	if v.fields.values != nil {
		extra := v.fields.values(o)
		for name, value := range extra { // unordered: copies into a map
			set[name] = value
		}
	}
	return set
}

func (v *view) refuse(label string) error {
	if v.fields.refusal != nil {
		return v.fields.refusal(label)
	}
	return fmt.Errorf("%q is not a known field selector: only %q, %q", label, "metadata.name", "metadata.namespace")
}

func notSupported(label string) error { return fmt.Errorf("field label not supported: %s", label) }

// Source: k8s v1.36.3 pkg/apis/core/v1/conversion.go AddFieldLabelConversionsFor*, and pkg/registry/core/*/strategy.go
// ToSelectableFields for the values.
var (
	podFields = fieldsOf{func(o model.Object) fields.Set {
		p := o.(*corev1.Pod)
		ip := ""
		if len(p.Status.PodIPs) > 0 {
			ip = p.Status.PodIPs[0].IP
		}
		return fields.Set{
			"spec.nodeName": p.Spec.NodeName, "spec.host": p.Spec.NodeName, "spec.restartPolicy": string(p.Spec.RestartPolicy),
			"spec.schedulerName": p.Spec.SchedulerName, "spec.serviceAccountName": p.Spec.ServiceAccountName,
			"spec.hostNetwork": strconv.FormatBool(p.Spec.HostNetwork), "status.phase": string(p.Status.Phase),
			"status.podIP": ip, "status.nominatedNodeName": p.Status.NominatedNodeName,
			// The API server takes this label and never fills it.
			"status.podIPs": "",
		}
	}, notSupported}

	nodeFields = fieldsOf{func(o model.Object) fields.Set {
		return fields.Set{"spec.unschedulable": strconv.FormatBool(o.(*corev1.Node).Spec.Unschedulable)}
	}, notSupported}

	namespaceFields = fieldsOf{func(o model.Object) fields.Set {
		return fields.Set{"status.phase": string(o.(*corev1.Namespace).Status.Phase)}
	}, notSupported}

	secretFields = fieldsOf{func(o model.Object) fields.Set { return fields.Set{"type": string(o.(*corev1.Secret).Type)} }, notSupported}

	serviceFields = fieldsOf{func(o model.Object) fields.Set {
		s := o.(*corev1.Service)
		return fields.Set{"spec.clusterIP": s.Spec.ClusterIP, "spec.type": string(s.Spec.Type)}
	}, notSupported}

	replicationControllerFields = fieldsOf{func(o model.Object) fields.Set {
		return fields.Set{"status.replicas": strconv.FormatInt(int64(o.(*corev1.ReplicationController).Status.Replicas), 10)}
	}, notSupported}

	eventFields = fieldsOf{func(o model.Object) fields.Set {
		e := o.(*corev1.Event)
		source := e.Source.Component
		if source == "" {
			source = e.ReportingController
		}
		return fields.Set{
			"involvedObject.kind": e.InvolvedObject.Kind, "involvedObject.namespace": e.InvolvedObject.Namespace,
			"involvedObject.name": e.InvolvedObject.Name, "involvedObject.uid": string(e.InvolvedObject.UID),
			"involvedObject.apiVersion": e.InvolvedObject.APIVersion, "involvedObject.resourceVersion": e.InvolvedObject.ResourceVersion,
			"involvedObject.fieldPath": e.InvolvedObject.FieldPath, "reason": e.Reason, "reportingComponent": e.ReportingController,
			"source": source, "type": e.Type,
		}
	}, notSupported}
)
