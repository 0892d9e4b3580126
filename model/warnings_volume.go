package model

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// volumeFile is a path inside a volume and where it comes from, "" if the volume has one source.
type volumeFile struct{ path, source string }

func (f volumeFile) String() string {
	if f.source == "" {
		return fmt.Sprintf("%q", f.path)
	}
	return fmt.Sprintf("%q (%s)", f.path, f.source)
}

// overlaps warns of files of a volume that hide each other.
//
// Source: k8s v1.36.3 pkg/api/pod/warnings.go warningsForOverlappingVirtualPaths.
// Differs: trust bundles and pod certificates are left out.
func (w *warnings) overlaps(list []corev1.Volume) {
	for i := range list {
		v := &list[i]
		switch {
		case v.ConfigMap != nil:
			w.overlap(v.Name, fmt.Sprintf("ConfigMap %q", v.ConfigMap.Name), keyFiles(v.ConfigMap.Items, ""))
		case v.Secret != nil:
			w.overlap(v.Name, fmt.Sprintf("Secret %q", v.Secret.SecretName), keyFiles(v.Secret.Items, ""))
		case v.DownwardAPI != nil:
			w.overlap(v.Name, "DownwardAPI", fieldFiles(v.DownwardAPI.Items, ""))
		case v.Projected != nil:
			var all []volumeFile
			for j := range v.Projected.Sources {
				from := &v.Projected.Sources[j]
				if *from == (corev1.VolumeProjection{}) {
					w.list = append(w.list, fmt.Sprintf("volume %q (Projected) has no sources provided", v.Name))
				}
				all = append(all, projectedFiles(from)...)
			}
			w.overlap(v.Name, "Projected", all)
		}
	}
}

// projectedFiles are the files of the first source of a projection.
func projectedFiles(from *corev1.VolumeProjection) []volumeFile {
	switch {
	case from.ConfigMap != nil && from.ConfigMap.Items != nil:
		return keyFiles(from.ConfigMap.Items, fmt.Sprintf("ConfigMap %q", from.ConfigMap.Name))
	case from.Secret != nil && from.Secret.Items != nil:
		return keyFiles(from.Secret.Items, fmt.Sprintf("Secret %q", from.Secret.Name))
	case from.DownwardAPI != nil && from.DownwardAPI.Items != nil:
		return fieldFiles(from.DownwardAPI.Items, "DownwardAPI")
	case from.ServiceAccountToken != nil:
		return []volumeFile{{from.ServiceAccountToken.Path, "ServiceAccountToken"}}
	}
	return nil
}

func keyFiles(items []corev1.KeyToPath, source string) []volumeFile {
	var files []volumeFile
	for _, item := range items {
		files = append(files, volumeFile{item.Path, source})
	}
	return files
}

func fieldFiles(items []corev1.DownwardAPIVolumeFile, source string) []volumeFile {
	var files []volumeFile
	for _, item := range items {
		files = append(files, volumeFile{item.Path, source})
	}
	return files
}

// overlap warns of files that are equal to an earlier one, or lie below it, or above.
func (w *warnings) overlap(volume, description string, files []volumeFile) {
	for i := range files {
		files[i].path = strings.TrimRight(files[i].path, "/")
		for _, earlier := range files[:i] {
			a, b := files[i].path, earlier.path
			if a != "" && b != "" && (strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")) {
				w.list = append(w.list, fmt.Sprintf("volume %q (%s): overlapping paths: %s with %s", volume, description, files[i], earlier))
			}
		}
	}
}
