package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// AppendDigest appends identity, binding, deletion and status, and a digest of the template.
func (p *Pod) AppendDigest(b []byte) []byte {
	b = appendString(b, p.Namespace)
	b = appendString(b, p.Name)
	b = appendString(b, string(p.UID))
	b = appendInt(b, int64(p.Revision))
	b = appendInt(b, p.Generation)
	b = appendInt(b, int64(p.Created))
	b = appendString(b, p.NodeName)
	b = appendString(b, p.Token)
	if d := p.Deletion; d != nil {
		b = appendInt(appendInt(b, int64(d.At)), d.GraceSeconds)
	}
	b = appendMap(b, p.LabelSet())
	b = appendMap(b, p.Annotations)
	b = appendInt(b, int64(len(p.Owners)))
	for _, f := range p.FinalizerList() {
		b = appendString(b, f)
	}
	b = append(b, p.spec[:]...)
	return appendStatus(b, p.Status)
}

func appendStatus(b []byte, st *corev1.PodStatus) []byte {
	b = appendInt(b, st.ObservedGeneration)
	b = appendString(b, string(st.Phase))
	b = appendString(b, st.Reason)
	b = appendString(b, st.Message)
	b = appendString(b, st.NominatedNodeName)
	b = appendString(b, st.HostIP)
	b = appendString(b, st.PodIP)
	b = appendTime(b, st.StartTime)
	b = appendString(b, string(st.QOSClass))
	for i := range st.ResourceClaimStatuses {
		if c := &st.ResourceClaimStatuses[i]; c.ResourceClaimName != nil {
			b = appendString(appendString(b, c.Name), *c.ResourceClaimName)
		}
	}
	for i := range st.Conditions {
		c := &st.Conditions[i]
		b = appendString(b, string(c.Type))
		b = appendString(b, string(c.Status))
		b = appendString(b, c.Reason)
		b = appendString(b, c.Message)
		b = appendTime(b, &c.LastTransitionTime)
		b = appendInt(b, c.ObservedGeneration)
	}
	for _, list := range [...][]corev1.ContainerStatus{st.InitContainerStatuses, st.ContainerStatuses, st.EphemeralContainerStatuses} {
		b = appendInt(b, int64(len(list)))
		for i := range list {
			b = appendContainer(b, &list[i])
		}
	}
	return b
}

func appendContainer(b []byte, c *corev1.ContainerStatus) []byte {
	b = appendString(b, c.Name)
	b = appendString(b, c.ContainerID)
	b = appendString(b, c.Image)
	b = appendInt(b, int64(c.RestartCount))
	b = append(b, flag(c.Ready), flag(c.Started != nil && *c.Started))
	b = appendState(b, &c.State)
	return appendState(b, &c.LastTerminationState)
}

func appendState(b []byte, s *corev1.ContainerState) []byte {
	switch {
	case s.Waiting != nil:
		b = appendString(append(b, 'w'), s.Waiting.Reason)
		return appendString(b, s.Waiting.Message)
	case s.Running != nil:
		return appendTime(append(b, 'r'), &s.Running.StartedAt)
	case s.Terminated != nil:
		t := s.Terminated
		b = appendInt(append(b, 't'), int64(t.ExitCode))
		b = appendInt(b, int64(t.Signal))
		b = appendString(b, t.Reason)
		b = appendString(b, t.Message)
		b = appendTime(b, &t.StartedAt)
		b = appendTime(b, &t.FinishedAt)
		return appendString(b, t.ContainerID)
	}
	return append(b, '-')
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendInt(b []byte, n int64) []byte { return binary.AppendVarint(b, n) }

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTime(b []byte, t *metav1.Time) []byte {
	if t == nil || t.IsZero() {
		return append(b, 0)
	}
	return appendInt(b, t.Unix())
}

func appendMap(b []byte, m map[string]string) []byte {
	keys := make([]string, 0, len(m))
	for k := range m { // unordered: sorted below
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = appendInt(b, int64(len(keys)))
	for _, k := range keys {
		b = appendString(appendString(b, k), m[k])
	}
	return b
}

// templateDigest is the SHA-256 of a template, which pods of one workload share.
func (s *Store) templateDigest(t *corev1.Pod) [sha256.Size]byte {
	d, ok := s.templates[t]
	if !ok {
		j, err := json.Marshal(t)
		if err != nil {
			panic("invariant: API objects marshal: " + err.Error())
		}
		d = sha256.Sum256(j)
		s.templates[t] = d
	}
	return d
}
