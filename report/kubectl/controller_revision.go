package kubectl

import (
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func controllerRevisionCells(now time.Time, r *appsv1.ControllerRevision) []string {
	controller := "<none>"
	if ref := metav1.GetControllerOf(r); ref != nil {
		controller = strings.ToLower(ref.Kind)
		if group, _, ok := strings.Cut(ref.APIVersion, "/"); ok {
			controller += "." + group
		}
		controller += "/" + ref.Name
	}
	return []string{r.Name, controller, strconv.FormatInt(r.Revision, 10), age(now, r.CreationTimestamp)}
}
