package model

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/api/validation"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// quoteFull quotes without shortening, for messages that must be upstream's.
func quoteFull(s string) string { return strconv.Quote(s) }

// node checks a node. That taints are found below metadata is upstream's.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateNode.
func (e *errs) node(n *corev1.Node) {
	e.meta(n, validation.NameIsDNSSubdomain)
	e.taints(n.Spec.Taints, metaPath.Child("taints"))
	for _, list := range []struct {
		name string
		of   corev1.ResourceList
	}{{"capacity", n.Status.Capacity}, {"allocatable", n.Status.Allocatable}} {
		for _, name := range sortedKeys(list.of) {
			e.amount(name, list.of[name], func() *field.Path { return field.NewPath("status", list.name, string(name)) })
		}
	}
	e.podCIDRs(n.Spec.PodCIDRs)
}

// podCIDRs wants one range of addresses, or one of each family.
func (e *errs) podCIDRs(list []string) {
	const strict = true // feature gate StrictIPCIDRValidation
	p := specPath.Child("podCIDRs")
	four, six := 0, 0
	for i, text := range list {
		e.add(is.IsValidCIDRForLegacyField(p.Index(i), text, strict, nil)...)
		prefix, err := netip.ParsePrefix(text)
		if err == nil && prefix.Addr().Is4() {
			four++
		} else if err == nil {
			six++
		}
	}
	if len(list) > 1 && (four != 1 || six != 1) {
		e.invalid(p, list, "may specify no more than one CIDR for each IP family")
	}
}

// taints checks taints, of which a key has one with each effect.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateNodeTaints.
func (e *errs) taints(list []corev1.Taint, p *field.Path) {
	for i, t := range list {
		at := p.Index(i)
		e.labelName(t.Key, at, "key")
		if bad := is.IsValidLabelValue(t.Value); len(bad) > 0 {
			e.invalid(at.Child("value"), t.Value, strings.Join(bad, ";"))
		}
		e.taintEffect(t.Effect, at)
		for _, other := range list[:i] {
			if other.Key == t.Key && other.Effect == t.Effect {
				err := field.Duplicate(at, show(t))
				err.Detail = "taints must be unique by key and effect pair"
				e.add(err)
				break
			}
		}
	}
}

// namespace checks a namespace.
func (e *errs) namespace(n *corev1.Namespace) {
	e.meta(n, validation.NameIsDNSLabel)
	for _, f := range n.Spec.Finalizers {
		e.add(validation.ValidateFinalizerName(string(f), specPath.Child("finalizers"))...)
		e.standardFinalizer(string(f), specPath.Child("finalizers"))
	}
}

// configMap checks a config map, which may hold 1 MiB.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateConfigMap.
func (e *errs) configMap(c *corev1.ConfigMap) {
	e.meta(c, validation.NameIsDNSSubdomain)
	total := 0
	for _, key := range sortedKeys(c.Data) {
		at := field.NewPath("data").Key(key)
		e.invalid(at, key, is.IsConfigMapKey(key)...)
		if _, ok := c.BinaryData[key]; ok {
			e.invalid(at, key, "duplicate of key present in binaryData")
		}
		total += len(c.Data[key])
	}
	for _, key := range sortedKeys(c.BinaryData) {
		e.invalid(field.NewPath("binaryData").Key(key), key, is.IsConfigMapKey(key)...)
		total += len(c.BinaryData[key])
	}
	if total > corev1.MaxSecretSize {
		e.add(field.TooLong(field.NewPath(""), "", corev1.MaxSecretSize))
	}
}

// secret checks a secret, which may hold 1 MiB, and that it has what its type promises.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateSecret.
func (e *errs) secret(s *corev1.Secret) {
	e.meta(s, validation.NameIsDNSSubdomain)
	p, total := field.NewPath("data"), 0
	for _, key := range sortedKeys(s.Data) {
		e.invalid(p.Key(key), key, is.IsConfigMapKey(key)...)
		total += len(s.Data[key])
	}
	if total > corev1.MaxSecretSize {
		e.add(field.TooLong(p, "", corev1.MaxSecretSize))
	}
	has := func(key string) bool { _, ok := s.Data[key]; return ok }
	need := func(keys ...string) {
		for _, key := range keys {
			if !has(key) {
				e.required(p.Key(key), "")
			}
		}
	}
	switch s.Type {
	case corev1.SecretTypeServiceAccountToken:
		if s.Annotations[corev1.ServiceAccountNameKey] == "" {
			e.required(metaPath.Child("annotations").Key(corev1.ServiceAccountNameKey), "")
		}
	case corev1.SecretTypeDockercfg:
		e.jsonSecret(s, corev1.DockerConfigKey)
	case corev1.SecretTypeDockerConfigJson:
		e.jsonSecret(s, corev1.DockerConfigJsonKey)
	case corev1.SecretTypeBasicAuth:
		if !has(corev1.BasicAuthUsernameKey) && !has(corev1.BasicAuthPasswordKey) {
			need(corev1.BasicAuthUsernameKey, corev1.BasicAuthPasswordKey)
		}
	case corev1.SecretTypeSSHAuth:
		if len(s.Data[corev1.SSHAuthPrivateKey]) == 0 {
			e.required(p.Key(corev1.SSHAuthPrivateKey), "")
		}
	case corev1.SecretTypeTLS:
		need(corev1.TLSCertKey, corev1.TLSPrivateKeyKey)
	}
}

// jsonSecret wants a key whose value is a JSON object.
func (e *errs) jsonSecret(s *corev1.Secret, key string) {
	at := field.NewPath("data").Key(key)
	data, ok := s.Data[key]
	if !ok {
		e.required(at, "")
		return
	}
	if err := json.Unmarshal(data, &map[string]any{}); err != nil {
		e.invalid(at, "<secret contents redacted>", err.Error())
	}
}

// persistentVolumeClaim checks a claim.
func (e *errs) persistentVolumeClaim(c *corev1.PersistentVolumeClaim) {
	e.meta(c, validation.NameIsDNSSubdomain)
	e.claimSpec(&c.Spec, specPath)
}

// claimSpec checks what a claim asks for.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimSpec.
// Differs: data sources are not checked.
func (e *errs) claimSpec(s *corev1.PersistentVolumeClaimSpec, p *field.Path) {
	modes := []corev1.PersistentVolumeAccessMode{corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOnce, corev1.ReadWriteOncePod}
	if len(s.AccessModes) == 0 {
		e.required(p.Child("accessModes"), "at least 1 access mode is required")
	}
	e.labelSelector(s.Selector, p.Child("selector"))
	alone, other := false, false
	for _, m := range s.AccessModes {
		before := len(e.list)
		oneOf(e, m, false, p.Child("accessModes"), modes...)
		alone = alone || m == corev1.ReadWriteOncePod
		other = other || m != corev1.ReadWriteOncePod && len(e.list) == before
	}
	if alone && other {
		e.forbidden(p.Child("accessModes"), "may not use ReadWriteOncePod with other access modes")
	}
	at := p.Child("resources").Key(string(corev1.ResourceStorage))
	if q, ok := s.Resources.Requests[corev1.ResourceStorage]; !ok {
		e.required(at, "")
	} else if q.Cmp(resource.Quantity{}) <= 0 {
		e.invalid(at, q.String(), "must be greater than zero")
	}
	if s.StorageClassName != nil && *s.StorageClassName != "" {
		e.invalid(p.Child("storageClassName"), *s.StorageClassName, is.IsDNS1123Subdomain(*s.StorageClassName)...)
	}
	oneOfPointer(e, s.VolumeMode, p.Child("volumeMode"), corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem)
}
