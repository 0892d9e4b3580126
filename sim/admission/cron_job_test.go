package admission

import (
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

func TestValidateCronJob(t *testing.T) {
	for _, c := range []struct{ schedule, zone, want string }{
		{"*/5 * * * *", "", ""},
		{"@every 90s", "Europe/Berlin", ""},
		{"61 * * * *", "", `spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61`},
		{"0 0 * * *", "Mars/Olympus", `spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus`},
		{"0 0 * * *", "Local", `spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones`},
	} {
		cj := &batchv1.CronJob{ObjectMeta: metav1.ObjectMeta{Name: "c"}, Spec: batchv1.CronJobSpec{Schedule: c.schedule}}
		cj.Spec.JobTemplate.Spec.Template.Spec = corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "app", Image: "app"}}}
		if c.zone != "" {
			cj.Spec.TimeZone = &c.zone
		}
		model.Default(cj)
		got := ""
		for _, e := range validate(cj) {
			got += e.Error() + "; "
		}
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%q in %q: %s", c.schedule, c.zone, got)
		}
	}
}
