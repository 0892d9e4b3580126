package model

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// ImageRef is a parsed image reference.
type ImageRef struct {
	Domain string // "docker.io", "registry.test:5000"
	Path   string // "library/nginx"
	Tag    string // "" if none was written
	Digest string // "sha256:...", "" if none was written
}

// Name is domain and path: "docker.io/library/nginx".
func (r ImageRef) Name() string {
	if r.Domain == "" {
		return r.Path
	}
	return r.Domain + "/" + r.Path
}

// The reasons why a reference cannot be parsed, beside the one that names an upper-case repository.
var (
	errImageFormat      = errors.New("invalid reference format")
	errImageUppercase   = errors.New("repository name must be lowercase")
	errImageTooLong     = errors.New("repository name must not be more than 255 characters")
	errDigestFormat     = errors.New("invalid checksum digest format")
	errDigestLength     = errors.New("invalid checksum digest length")
	errDigestAlgorithm  = errors.New("unsupported digest algorithm")
	maxImagePath        = 255
	maxImageTag         = 128
	digestHexCharacters = map[string]int{"sha256": 64, "sha384": 96, "sha512": 128}
)

// ParseImage parses an image reference as a kubelet does: "nginx" is docker.io/library/nginx. Tag and digest are not filled in. The
// error is what a kubelet adds to `couldn't parse image name "IMG": `.
//
// Source: k8s v1.36.3 pkg/util/parsers/parsers.go ParseImageName; github.com/distribution/reference v0.6.0.
func ParseImage(image string) (ImageRef, error) {
	if len(image) == 64 && strings.Trim(image, "0123456789abcdef") == "" {
		return ImageRef{}, fmt.Errorf("invalid repository name (%s), cannot specify 64-byte hexadecimal strings", image)
	}
	domain, remainder := splitImageDomain(image)
	if repository, _, _ := strings.Cut(remainder, ":"); strings.ToLower(repository) != repository {
		return ImageRef{}, fmt.Errorf("invalid reference format: repository name (%s) must be lowercase", repository)
	}
	ref, ok := matchImage(domain, remainder)
	if !ok {
		if _, ok := matchImage(strings.ToLower(domain), strings.ToLower(remainder)); ok {
			return ImageRef{}, errImageUppercase
		}
		return ImageRef{}, errImageFormat
	}
	if len(ref.Path) > maxImagePath {
		return ImageRef{}, errImageTooLong
	}
	return ref, checkDigest(ref.Digest)
}

// CanonicalImage is a reference as runtimes keep it: with its registry, library/ where the hub's path has one part, and the
// tag latest where it has neither tag nor digest; a digest makes the tag superfluous. What cannot be parsed stays as it is.
//
// Source: github.com/distribution/reference v0.6.0 ParseDockerRef, as containerd's CRI plugin uses it.
func CanonicalImage(image string) string {
	ref, err := ParseImage(image)
	switch {
	case err != nil:
		return image
	case ref.Digest != "":
		return ref.Name() + "@" + ref.Digest
	case ref.Tag == "":
		return ref.Name() + ":latest"
	}
	return ref.Name() + ":" + ref.Tag
}

// FamiliarImage is a reference as people write it: without docker.io/ and without the library/ behind it.
func FamiliarImage(image string) string {
	short, hub := strings.CutPrefix(image, "docker.io/")
	if !hub {
		return image
	}
	if name, ok := strings.CutPrefix(short, "library/"); ok && !strings.Contains(name, "/") {
		return name
	}
	return short
}

// InvalidImage is the message of reason InvalidImageName for a reference, "" if it can be parsed.
//
// Source: k8s v1.36.3 pkg/kubelet/images/image_manager.go EnsureImageExists, applyDefaultImageTag.
func InvalidImage(image string) string {
	if _, err := ParseImage(image); err != nil {
		return fmt.Sprintf("Failed to apply default image tag %q: couldn't parse image name %q: %v", image, image, err)
	}
	return ""
}

// DefaultPullPolicy is the pull policy of a container that names none: Always for the tag "latest" and for references
// without tag and digest, else IfNotPresent, also for references that cannot be parsed.
//
// Source: k8s v1.36.3 pkg/apis/core/v1/defaults.go SetDefaults_Container.
func DefaultPullPolicy(image string) corev1.PullPolicy {
	ref, err := ParseImage(image)
	if err == nil && (ref.Tag == "latest" || ref.Tag == "" && ref.Digest == "") {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}

// splitImageDomain finds the registry in a reference, docker.io if it names none.
func splitImageDomain(image string) (domain, remainder string) {
	const hub, official = "docker.io", "library/"
	first, rest, ok := strings.Cut(image, "/")
	switch {
	case !ok:
		return hub, official + image
	case first == "index.docker.io":
		domain, remainder = hub, rest
	case first == "localhost" || strings.ContainsAny(first, ".:") || strings.ToLower(first) != first:
		domain, remainder = first, rest
	default:
		domain, remainder = hub, image
	}
	if domain == hub && !strings.Contains(remainder, "/") {
		remainder = official + remainder
	}
	return domain, remainder
}

// matchImage matches path[:tag][@digest].
func matchImage(domain, remainder string) (ImageRef, bool) {
	name, digest, hasDigest := strings.Cut(remainder, "@")
	path, tag, hasTag := strings.Cut(name, ":")
	ref := ImageRef{Domain: domain, Path: path, Tag: tag, Digest: digest}
	if !isImageDomain(domain) {
		if !isPathComponent(domain) {
			return ref, false
		}
		ref.Domain, ref.Path = "", domain+"/"+path
	}
	for rest, more := path, true; more; {
		var component string
		component, rest, more = strings.Cut(rest, "/")
		if !isPathComponent(component) {
			return ref, false
		}
	}
	return ref, (!hasTag || isImageTag(tag)) && (!hasDigest || isDigest(digest))
}

func isLowerDigit(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
func isLetter(c byte) bool     { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isAlnum(c byte) bool      { return isLetter(c) || c >= '0' && c <= '9' }

// isPathComponent matches [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
func isPathComponent(s string) bool {
	if s == "" || !isLowerDigit(s[0]) || !isLowerDigit(s[len(s)-1]) {
		return false
	}
	for i := 0; i < len(s); {
		if isLowerDigit(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && !isLowerDigit(s[i]) {
			i++
		}
		separator := s[start:i]
		if separator != "." && separator != "_" && separator != "__" && strings.Trim(separator, "-") != "" {
			return false
		}
	}
	return true
}

// isImageDomain matches host[:port]; host is a name, an IPv4 address or an IPv6 address in brackets.
func isImageDomain(s string) bool {
	if strings.HasPrefix(s, "[") {
		host, port, ok := strings.Cut(s[1:], "]")
		return ok && host != "" && strings.Trim(host, "0123456789abcdefABCDEF:") == "" && isPort(port)
	}
	host, port := s, ""
	if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i:]
	}
	for rest, more := host, true; more; {
		var label string
		label, rest, more = strings.Cut(rest, ".")
		if label == "" || !isAlnum(label[0]) || !isAlnum(label[len(label)-1]) {
			return false
		}
		for i := range len(label) {
			if !isAlnum(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return isPort(port)
}

// isPort matches an optional :digits.
func isPort(s string) bool {
	return s == "" || len(s) > 1 && s[0] == ':' && strings.Trim(s[1:], "0123456789") == ""
}

// isImageTag matches [\w][\w.-]{0,127}
func isImageTag(s string) bool {
	if s == "" || len(s) > maxImageTag {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c != '_' && (i == 0 || c != '.' && c != '-') {
			return false
		}
	}
	return true
}

// isDigest matches algorithm:hex, where the algorithm has parts that begin with a letter.
func isDigest(s string) bool {
	algorithm, hex, ok := strings.Cut(s, ":")
	if !ok || len(hex) < 32 || strings.Trim(hex, "0123456789abcdefABCDEF") != "" {
		return false
	}
	partStart := true
	for i := range len(algorithm) {
		switch c := algorithm[i]; {
		case partStart && !isLetter(c):
			return false
		case isAlnum(c):
			partStart = false
		case strings.IndexByte("-_+.", c) >= 0:
			partStart = true
		default:
			return false
		}
	}
	return !partStart
}

// checkDigest validates a digest that has the right form; "" is none.
func checkDigest(s string) error {
	if s == "" {
		return nil
	}
	algorithm, hex, _ := strings.Cut(s, ":")
	length, known := digestHexCharacters[algorithm]
	switch {
	case !known && strings.ToLower(algorithm) != algorithm:
		return errDigestFormat
	case !known:
		return errDigestAlgorithm
	case len(hex) != length:
		return errDigestLength
	case strings.ToLower(hex) != hex:
		return errDigestFormat
	}
	return nil
}
