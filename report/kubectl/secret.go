package kubectl

import (
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func secretCells(now time.Time, x *corev1.Secret) []string {
	return []string{x.Name, string(x.Type), strconv.Itoa(len(x.Data)), age(now, x.CreationTimestamp)}
}

// describeSecret shows sizes, and the text of service account tokens only, as kubectl does.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeSecret.
func describeSecret(s *sheet, x *corev1.Secret) {
	s.head(x)
	s.put("\nType:\t%s\n", x.Type)
	s.put("\nData\n====\n")
	for _, k := range sortedKeys(x.Data) {
		if k == corev1.ServiceAccountTokenKey && x.Type == corev1.SecretTypeServiceAccountToken {
			s.line(0, "%s:\t%s", k, x.Data[k])
		} else {
			s.line(0, "%s:\t%d bytes", k, len(x.Data[k]))
		}
	}
}
