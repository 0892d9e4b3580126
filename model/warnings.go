package model

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Warnings are what an API server would add to its answer at the creation of an object that was defaulted; kubectl prints
// them as `Warning: ...`.
//
// Source: k8s v1.36.3 pkg/api/pod/warnings.go, pkg/registry/*/strategy.go WarningsOnCreate.
// Differs: annotations for AppArmor are not warned of.
func Warnings(o Object) []string {
	var w warnings
	template := specPath.Child("template")
	switch o := o.(type) {
	case *corev1.Pod:
		w.name(o.Name, "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended")
		w.pod(nil, &o.Spec, &o.ObjectMeta)
	case *corev1.ReplicationController:
		w.podNames(o.Name)
		if o.Spec.Template != nil {
			w.template(template, o.Spec.Template)
		}
	case *appsv1.Deployment:
		w.podNames(o.Name)
		w.template(template, &o.Spec.Template)
	case *appsv1.ReplicaSet:
		w.podNames(o.Name)
		w.template(template, &o.Spec.Template)
	case *appsv1.DaemonSet:
		w.template(template, &o.Spec.Template)
	case *appsv1.StatefulSet:
		w.template(template, &o.Spec.Template)
		w.statefulSet(o)
	case *batchv1.Job:
		w.podNames(o.Name)
		w.template(template, &o.Spec.Template)
	case *batchv1.CronJob:
		w.podNames(o.Name)
		w.template(specPath.Child("jobTemplate", "spec", "template"), &o.Spec.JobTemplate.Spec.Template)
	}
	return w.list
}

type warnings struct{ list []string }

func (w *warnings) add(p *field.Path, format string, args ...any) {
	w.list = append(w.list, fmt.Sprintf("%s: %s", p, fmt.Sprintf(format, args...)))
}

// name warns of a name that is no DNS label.
func (w *warnings) name(name, detail string) {
	if bad := is.IsDNS1123Label(name); len(bad) > 0 && name != "" {
		w.add(metaPath.Child("name"), "%s: %v", detail, bad)
	}
}

// podNames warns of a name from which pods take theirs.
func (w *warnings) podNames(name string) {
	w.name(name, "this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended")
}

func (w *warnings) template(p *field.Path, t *corev1.PodTemplateSpec) {
	w.pod(p, &t.Spec, &t.ObjectMeta)
}

func (w *warnings) statefulSet(o *appsv1.StatefulSet) {
	if o.Spec.RevisionHistoryLimit != nil && *o.Spec.RevisionHistoryLimit < 0 {
		w.add(specPath.Child("revisionHistoryLimit"), "a negative value retains all historical revisions; a value >= 0 is recommended")
	}
}

// deprecatedLabels are labels of nodes that have other names by now.
var deprecatedLabels = map[string]string{
	"beta.kubernetes.io/arch":                       `deprecated since v1.14; use "kubernetes.io/arch" instead`,
	"beta.kubernetes.io/os":                         `deprecated since v1.14; use "kubernetes.io/os" instead`,
	"failure-domain.beta.kubernetes.io/region":      `deprecated since v1.17; use "topology.kubernetes.io/region" instead`,
	"failure-domain.beta.kubernetes.io/zone":        `deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
	"beta.kubernetes.io/instance-type":              `deprecated since v1.17; use "node.kubernetes.io/instance-type" instead`,
	"app.kubernetes.io/created-by":                  `deprecated since v1.9`,
	"scheduler.alpha.kubernetes.io/preferAvoidPods": `deprecated since v1.22; use Taints and Tolerations instead`,
	"node-role.kubernetes.io/master":                `use "node-role.kubernetes.io/control-plane" instead`,
}

// deprecatedAnnotations are annotations of pods that do nothing any more, in the order in which they are looked for.
var deprecatedAnnotations = [][2]string{
	{"scheduler.alpha.kubernetes.io/critical-pod", `non-functional in v1.16+; use the "priorityClassName" field instead`},
	{"security.alpha.kubernetes.io/sysctls", `non-functional in v1.11+; use the "sysctls" field instead`},
	{"security.alpha.kubernetes.io/unsafe-sysctls", `non-functional in v1.11+; use the "sysctls" field instead`},
}

// pod warns of what is odd in a pod; root is nil for a pod itself.
func (w *warnings) pod(root *field.Path, s *corev1.PodSpec, meta *metav1.ObjectMeta) {
	p := root.Child("spec")
	w.placement(s, p)
	for _, a := range deprecatedAnnotations {
		if _, ok := meta.Annotations[a[0]]; ok {
			w.add(root.Child("metadata", "annotations").Key(a[0]), "%s", a[1])
		}
	}
	w.volumes(s.Volumes, p.Child("volumes"))
	w.overlaps(s.Volumes)
	w.repeated(s, p)
	if _, ok := meta.Annotations[corev1.SeccompPodAnnotationKey]; ok && (s.SecurityContext == nil || s.SecurityContext.SeccompProfile == nil) {
		w.add(root.Child("metadata", "annotations").Key(corev1.SeccompPodAnnotationKey), `non-functional in v1.27+; use the "seccompProfile" field instead`)
	}
	eachContainer(s, p, func(c *corev1.Container, at func() *field.Path) {
		key := corev1.SeccompContainerAnnotationKeyPrefix + c.Name
		if _, ok := meta.Annotations[key]; ok && (c.SecurityContext == nil || c.SecurityContext.SeccompProfile == nil) {
			w.add(root.Child("metadata", "annotations").Key(key), `non-functional in v1.27+; use the "seccompProfile" field instead`)
		}
		w.container(c, at)
	})
	w.ports(s, p)
	w.portNames(s, p)
	if g := s.TerminationGracePeriodSeconds; g != nil && *g < 0 {
		w.add(p.Child("terminationGracePeriodSeconds"), "must be >= 0; negative values are invalid and will be treated as 1")
	}
	w.nullSelectors(s, p)
	w.addresses(s, p)
}

// addresses warns of addresses in forms that went out of use. What is no address at all is an error already.
func (w *warnings) addresses(s *corev1.PodSpec, p *field.Path) {
	look := func(ip string, at func() *field.Path) {
		if _, err := netip.ParseAddr(ip); err == nil || is.IsValidIPForLegacyField(nil, ip, false, nil) == nil {
			w.list = append(w.list, is.GetWarningsForIP(at(), ip)...)
		}
	}
	if s.DNSConfig != nil {
		for i, ip := range s.DNSConfig.Nameservers {
			look(ip, func() *field.Path { return p.Child("dnsConfig", "nameservers").Index(i) })
		}
	}
	for i, a := range s.HostAliases {
		look(a.IP, func() *field.Path { return p.Child("hostAliases").Index(i).Child("ip") })
	}
}

// placement warns of old names of labels.
func (w *warnings) placement(s *corev1.PodSpec, p *field.Path) {
	for _, key := range sortedKeys(s.NodeSelector) {
		if detail := deprecatedLabels[key]; detail != "" {
			w.add(p.Child("nodeSelector").Key(key), "%s", detail)
		}
	}
	if s.Affinity != nil && s.Affinity.NodeAffinity != nil {
		n, at := s.Affinity.NodeAffinity, p.Child("affinity", "nodeAffinity")
		if r := n.RequiredDuringSchedulingIgnoredDuringExecution; r != nil {
			for i := range r.NodeSelectorTerms {
				w.nodeTerm(&r.NodeSelectorTerms[i], false, at.Child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").Index(i))
			}
		}
		for i := range n.PreferredDuringSchedulingIgnoredDuringExecution {
			w.nodeTerm(&n.PreferredDuringSchedulingIgnoredDuringExecution[i].Preference, true, at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("preference"))
		}
	}
	for i, c := range s.TopologySpreadConstraints {
		at := p.Child("topologySpreadConstraints").Index(i)
		if detail := deprecatedLabels[c.TopologyKey]; detail != "" {
			w.add(at.Child("topologyKey"), "%s is %s", c.TopologyKey, detail)
		}
		if c.LabelSelector == nil {
			w.add(at.Child("labelSelector"), "a null labelSelector results in matching no pod")
		}
	}
}

func (w *warnings) nodeTerm(t *corev1.NodeSelectorTerm, values bool, p *field.Path) {
	for i, r := range t.MatchExpressions {
		at := p.Child("matchExpressions").Index(i)
		if detail := deprecatedLabels[r.Key]; detail != "" {
			w.add(at.Child("key"), "%s is %s", r.Key, detail)
		}
		for j, v := range r.Values {
			if bad := is.IsValidLabelValue(v); values && len(bad) > 0 {
				w.add(at.Child("values").Index(j), "%s is invalid, %s", v, bad[0])
			}
		}
	}
}

// volumes warns of sorts of volumes that went away.
func (w *warnings) volumes(list []corev1.Volume, p *field.Path) {
	for i, v := range list {
		for _, f := range []struct {
			set          bool
			name, detail string
		}{
			{v.PhotonPersistentDisk != nil, "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"},
			{v.GitRepo != nil, "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"},
			{v.ScaleIO != nil, "scaleIO", "deprecated in v1.16, non-functional in v1.22+"},
			{v.Flocker != nil, "flocker", "deprecated in v1.22, non-functional in v1.25+"},
			{v.StorageOS != nil, "storageOS", "deprecated in v1.22, non-functional in v1.25+"},
			{v.Quobyte != nil, "quobyte", "deprecated in v1.22, non-functional in v1.25+"},
			{v.Glusterfs != nil, "glusterfs", "deprecated in v1.25, non-functional in v1.26+"},
			{v.CephFS != nil, "cephfs", "deprecated in v1.28, non-functional in v1.31+"},
			{v.RBD != nil, "rbd", "deprecated in v1.28, non-functional in v1.31+"},
		} {
			if f.set {
				w.add(p.Index(i).Child(f.name), "%s", f.detail)
			}
		}
	}
}

// repeated warns of list items that stand twice.
func (w *warnings) repeated(s *corev1.PodSpec, p *field.Path) {
	var ips, secrets []string
	for i, a := range s.HostAliases {
		if slices.Contains(ips, a.IP) {
			w.add(p.Child("hostAliases").Index(i).Child("ip"), "duplicate ip %q", a.IP)
		}
		ips = append(ips, a.IP)
	}
	for i, r := range s.ImagePullSecrets {
		if slices.Contains(secrets, r.Name) {
			w.add(p.Child("imagePullSecrets").Index(i).Child("name"), "duplicate name %q", r.Name)
		}
		secrets = append(secrets, r.Name)
	}
	for i, r := range s.ImagePullSecrets {
		if r.Name == "" {
			w.add(p.Child("imagePullSecrets").Index(i).Child("name"), "invalid empty name %q", "")
		}
	}
	w.fractions(s.Overhead, func() *field.Path { return p.Child("overhead") }, corev1.ResourceMemory, corev1.ResourceEphemeralStorage)
}

// fractions warns of fractions of bytes.
func (w *warnings) fractions(list corev1.ResourceList, p func() *field.Path, names ...corev1.ResourceName) {
	for _, name := range names {
		if q, ok := list[name]; ok && q.MilliValue()%1000 != 0 {
			w.add(p().Key(string(name)), "fractional byte value %q is invalid, must be an integer", q.String())
		}
	}
}

// container warns of what is odd in one container.
func (w *warnings) container(c *corev1.Container, at func() *field.Path) {
	limits := func() *field.Path { return at().Child("resources", "limits") }
	requests := func() *field.Path { return at().Child("resources", "requests") }
	for _, name := range []corev1.ResourceName{corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		w.fractions(c.Resources.Limits, limits, name)
		w.fractions(c.Resources.Requests, requests, name)
	}
	for i, v := range c.Env {
		for _, earlier := range c.Env[:i] {
			if earlier.Name != v.Name {
				continue
			}
			if ref := "$(" + v.Name + ")"; v.ValueFrom != nil || v.Value == ref || !strings.Contains(v.Value, ref) {
				w.add(at().Child("env").Index(i), "hides previous definition of %q, which may be dropped when using apply", v.Name)
			}
			break
		}
	}
}

// ports warns of ports that containers have in common.
func (w *warnings) ports(s *corev1.PodSpec, p *field.Path) {
	type known struct {
		at   *field.Path
		port corev1.ContainerPort
	}
	var all []known
	eachContainer(s, p, func(c *corev1.Container, at func() *field.Path) {
		for i, port := range c.Ports {
			here := at().Child("ports").Index(i)
			if port.HostIP != "" && port.HostPort == 0 {
				w.add(here, "hostIP set without hostPort: %+v", port)
			}
			for _, k := range all {
				if k.port.ContainerPort != port.ContainerPort || k.port.Protocol != port.Protocol {
					continue
				}
				switch {
				case port.HostIP == k.port.HostIP && port.HostPort == k.port.HostPort:
					w.add(here, "duplicate port definition with %s", k.at)
				case port.HostPort == 0 || k.port.HostPort == 0:
					w.add(here, "overlapping port definition with %s", k.at)
				case port.HostPort == k.port.HostPort && (port.HostIP == "") != (k.port.HostIP == ""):
					w.add(here, "dangerously ambiguous port definition with %s", k.at)
				}
			}
			all = append(all, known{here, port})
		}
	})
}

// portNames warns of names of ports that containers have in common.
func (w *warnings) portNames(s *corev1.PodSpec, p *field.Path) {
	names := map[string]*field.Path{}
	eachContainer(s, p, func(c *corev1.Container, at func() *field.Path) {
		for i, port := range c.Ports {
			if port.Name == "" {
				continue
			}
			here := at().Child("ports").Index(i)
			if other := names[port.Name]; other != nil {
				w.add(here, "duplicate port name %q with %s, services and probes that select ports by name will use %s", port.Name, other, other)
			} else {
				names[port.Name] = here
			}
		}
	})
}

// nullSelectors warns of affinity to no pod at all.
func (w *warnings) nullSelectors(s *corev1.PodSpec, p *field.Path) {
	if s.Affinity == nil {
		return
	}
	look := func(name string, must []corev1.PodAffinityTerm, should []corev1.WeightedPodAffinityTerm) {
		at := p.Child("affinity", name)
		const detail = "a null labelSelector results in matching no pod"
		for i := range must {
			if must[i].LabelSelector == nil {
				w.add(at.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i).Child("labelSelector"), detail)
			}
		}
		for i := range should {
			if should[i].PodAffinityTerm.LabelSelector == nil {
				w.add(at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("podAffinityTerm", "labelSelector"), detail)
			}
		}
	}
	if a := s.Affinity.PodAffinity; a != nil {
		look("podAffinity", a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if a := s.Affinity.PodAntiAffinity; a != nil {
		look("podAntiAffinity", a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution)
	}
}
