package kubectl

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeServiceAccount.
func describeServiceAccount(s *sheet, a *corev1.ServiceAccount) {
	s.head(a)
	const title = "Image pull secrets:"
	if len(a.ImagePullSecrets) == 0 {
		s.line(0, "%s\t<none>", title)
	}
	for i, x := range a.ImagePullSecrets {
		if i == 0 {
			s.line(0, "%s\t%s", title, x.Name)
		} else {
			s.line(0, "%s\t%s", strings.Repeat(" ", len(title)), x.Name)
		}
	}
	s.events(a)
}
