package admission

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// countTemplate keeps the number of templates that a DaemonSet has had, which users do not set. Old is nil for a new one.
//
// Source: k8s v1.36.3 pkg/registry/apps/daemonset/strategy.go PrepareForCreate, PrepareForUpdate; pkg/apis/apps/v1/conversion.go
// Convert_apps_DaemonSet_To_v1_DaemonSet.
func countTemplate(d, old *appsv1.DaemonSet) {
	n := templateCount(d)
	if old != nil {
		n = templateCount(old)
		if !equality.Semantic.DeepEqual(d.Spec.Template, old.Spec.Template) {
			n++
		}
	}
	set := map[string]string{}
	for k, v := range d.Annotations { // unordered: a copy of a map
		set[k] = v
	}
	set[appsv1.DeprecatedTemplateGeneration] = strconv.FormatInt(max(n, 1), 10)
	d.Annotations = set
}

func templateCount(d *appsv1.DaemonSet) int64 {
	n, _ := strconv.ParseInt(d.Annotations[appsv1.DeprecatedTemplateGeneration], 10, 64)
	return n
}
