package kubectl

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

// view is what is known about printing one kind.
type view struct {
	kind    *model.Kind
	columns []column
	// cells returns a cell for each column, wide ones too.
	cells func(now time.Time, o model.Object) []string
	// describe is nil for kinds that kubectl describes field by field.
	describe func(*sheet, model.Object)
	fields   fieldsOf
}

// cells and sheet adapt functions of one type to the table.
func cells[T model.Object](f func(time.Time, T) []string) func(time.Time, model.Object) []string {
	return func(now time.Time, o model.Object) []string { return f(now, o.(T)) }
}

func sheetOf[T model.Object](f func(*sheet, T)) func(*sheet, model.Object) {
	return func(s *sheet, o model.Object) { f(s, o.(T)) }
}

// views is every kind with columns of its own. A title with a + is printed with -o wide only.
var views = []view{
	{model.Pod, columns("NAME", "READY", "STATUS", "RESTARTS", "AGE", "+IP", "+NODE", "+NOMINATED NODE", "+READINESS GATES"), cells(podCells), sheetOf(describePod), podFields},
	{model.Node, columns("NAME", "STATUS", "ROLES", "AGE", "VERSION", "+INTERNAL-IP", "+EXTERNAL-IP", "+OS-IMAGE", "+KERNEL-VERSION", "+CONTAINER-RUNTIME"), cells(nodeCells), sheetOf(describeNode), nodeFields},
	{model.Namespace, columns("NAME", "STATUS", "AGE"), cells(namespaceCells), sheetOf(describeNamespace), namespaceFields},
	{model.Event, columns("LAST SEEN", "TYPE", "REASON", "OBJECT", "+SUBOBJECT", "+SOURCE", "MESSAGE", "+FIRST SEEN", "+COUNT", "+NAME"), cells(eventCells), nil, eventFields},
	{model.ConfigMap, columns("NAME", "DATA", "AGE"), cells(configMapCells), sheetOf(describeConfigMap), fieldsOf{}},
	{model.Secret, columns("NAME", "TYPE", "DATA", "AGE"), cells(secretCells), sheetOf(describeSecret), secretFields},
	{model.ServiceAccount, columns("NAME", "AGE"), ageOnly, sheetOf(describeServiceAccount), fieldsOf{}},
	{model.Service, columns("NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", "+SELECTOR"), cells(serviceCells), sheetOf(describeService), serviceFields},
	{model.PriorityClass, columns("NAME", "VALUE", "GLOBAL-DEFAULT", "AGE", "PREEMPTIONPOLICY"), cells(priorityClassCells), sheetOf(describePriorityClass), fieldsOf{}},
	{model.Lease, columns("NAME", "HOLDER", "AGE"), cells(leaseCells), nil, fieldsOf{}},
	{model.FindKind("replicationcontrollers"), columns("NAME", "DESIRED", "CURRENT", "READY", "AGE", "+CONTAINERS", "+IMAGES", "+SELECTOR"), cells(replicationControllerCells), sheetOf(describeReplicationController), replicationControllerFields},
	{model.FindKind("deployments"), columns("NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "+CONTAINERS", "+IMAGES", "+SELECTOR"), cells(deploymentCells), sheetOf(describeDeployment), fieldsOf{}},
	{model.FindKind("replicasets"), columns("NAME", "DESIRED", "CURRENT", "READY", "AGE", "+CONTAINERS", "+IMAGES", "+SELECTOR"), cells(replicaSetCells), sheetOf(describeReplicaSet), fieldsOf{}},
	{model.FindKind("statefulsets"), columns("NAME", "READY", "AGE", "+CONTAINERS", "+IMAGES"), cells(statefulSetCells), sheetOf(describeStatefulSet), fieldsOf{}},
	{model.FindKind("daemonsets"), columns("NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE", "+CONTAINERS", "+IMAGES", "+SELECTOR"), cells(daemonSetCells), sheetOf(describeDaemonSet), fieldsOf{}},
	{model.FindKind("controllerrevisions"), columns("NAME", "CONTROLLER", "REVISION", "AGE"), cells(controllerRevisionCells), nil, fieldsOf{}},
	{model.FindKind("jobs"), columns("NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE", "+CONTAINERS", "+IMAGES", "+SELECTOR"), cells(jobCells), sheetOf(describeJob), jobFields},
	{model.FindKind("cronjobs"), columns("NAME", "SCHEDULE", "TIMEZONE", "SUSPEND", "ACTIVE", "LAST SCHEDULE", "AGE", "+CONTAINERS", "+IMAGES", "+SELECTOR"), cells(cronJobCells), sheetOf(describeCronJob), fieldsOf{}},
	{model.FindKind("horizontalpodautoscalers"), columns("NAME", "REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS", "AGE"), cells(autoscalerCells), sheetOf(describeAutoscaler), fieldsOf{}},
	{model.FindKind("poddisruptionbudgets"), columns("NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"), cells(disruptionBudgetCells), sheetOf(describeDisruptionBudget), fieldsOf{}},
	{model.FindKind("endpointslices"), columns("NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"), cells(endpointSliceCells), sheetOf(describeEndpointSlice), fieldsOf{}},
	{model.FindKind("endpoints"), columns("NAME", "ENDPOINTS", "AGE"), cells(endpointsCells), sheetOf(describeEndpoints), fieldsOf{}},
	{model.FindKind("resourcequotas"), columns("NAME", "REQUEST", "LIMIT", "AGE"), cells(quotaCells), sheetOf(describeQuota), fieldsOf{}},
	{model.FindKind("limitranges"), columns("NAME", "CREATED AT"), cells(limitRangeCells), sheetOf(describeLimitRange), fieldsOf{}},
	{model.FindKind("persistentvolumes"), columns("NAME", "CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "CLAIM", "STORAGECLASS", "VOLUMEATTRIBUTESCLASS", "REASON", "AGE", "+VOLUMEMODE"), cells(volumeCells), sheetOf(describePersistentVolume), fieldsOf{}},
	{model.FindKind("persistentvolumeclaims"), columns("NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS", "VOLUMEATTRIBUTESCLASS", "AGE", "+VOLUMEMODE"), cells(claimCells), sheetOf(describeClaim), fieldsOf{}},
	{model.FindKind("storageclasses"), columns("NAME", "PROVISIONER", "RECLAIMPOLICY", "VOLUMEBINDINGMODE", "ALLOWVOLUMEEXPANSION", "AGE"), cells(storageClassCells), sheetOf(describeStorageClass), fieldsOf{}},
	{model.FindKind("csinodes"), columns("NAME", "DRIVERS", "AGE"), cells(csiNodeCells), sheetOf(describeCSINode), fieldsOf{}},
	{model.FindKind("csidrivers"), columns("NAME", "ATTACHREQUIRED", "PODINFOONMOUNT", "STORAGECAPACITY", "TOKENREQUESTS", "REQUIRESREPUBLISH", "MODES", "AGE"), cells(csiDriverCells), nil, fieldsOf{}},
	{model.FindKind("csistoragecapacities"), columns("NAME", "STORAGECLASSNAME", "CAPACITY"), cells(capacityCells), nil, fieldsOf{}},
	{model.FindKind("volumeattachments"), columns("NAME", "ATTACHER", "PV", "NODE", "ATTACHED", "AGE"), cells(attachmentCells), nil, fieldsOf{}},
	{model.FindKind("resourceclaims"), columns("NAME", "STATE", "AGE"), cells(resourceClaimCells), nil, fieldsOf{}},
	{model.FindKind("resourceslices"), columns("NAME", "NODE", "DRIVER", "POOL", "AGE"), cells(resourceSliceCells), nil, fieldsOf{}},
}

// viewOf returns the line of the table, or one with NAME and AGE for a kind that has none.
func viewOf(k *model.Kind) *view {
	for i := range views {
		if views[i].kind == k {
			return &views[i]
		}
	}
	return &view{kind: k, columns: columns("NAME", "AGE"), cells: ageOnly}
}

func ageOnly(now time.Time, o model.Object) []string {
	return []string{o.GetName(), age(now, o.GetCreationTimestamp())}
}

// qualified is the kind as it stands before a name: pod, deployment.apps.
func (v *view) qualified() string {
	name := strings.ToLower(v.kind.Name)
	if v.kind.Group != "" {
		name += "." + v.kind.Group
	}
	return name
}

// formatLabels prints a=b,c=d in order, or <none>.
func formatLabels(m map[string]string) string { return labels.FormatLabels(m) }

func orNone(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}
