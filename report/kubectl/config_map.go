package kubectl

import (
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func configMapCells(now time.Time, m *corev1.ConfigMap) []string {
	return []string{m.Name, strconv.Itoa(len(m.Data) + len(m.BinaryData)), age(now, m.CreationTimestamp)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go ConfigMapDescriber.
func describeConfigMap(s *sheet, m *corev1.ConfigMap) {
	s.head(m)
	s.put("\nData\n====\n")
	for _, k := range sortedKeys(m.Data) {
		s.put("%s:\n----\n%s\n\n", k, m.Data[k])
	}
	s.put("\nBinaryData\n====\n")
	for _, k := range sortedKeys(m.BinaryData) {
		s.put("%s: %d bytes\n", k, len(m.BinaryData[k]))
	}
	s.put("\n")
	s.events(m)
}
