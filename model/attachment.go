package model

import (
	"crypto/sha256"
	"encoding/hex"

	corev1 "k8s.io/api/core/v1"
)

// AttachmentName is the name of the VolumeAttachment of a CSI volume on a node.
//
// Source: k8s v1.36.3 pkg/volume/csi/csi_attacher.go getAttachmentName.
func AttachmentName(source *corev1.CSIPersistentVolumeSource, node string) string {
	sum := sha256.Sum256([]byte(source.VolumeHandle + source.Driver + node))
	return "csi-" + hex.EncodeToString(sum[:])
}

// UniqueVolumeName is the name under which a Node's status lists a CSI volume.
//
// Source: k8s v1.36.3 pkg/volume/util/util.go GetUniqueVolumeName, pkg/volume/csi/csi_plugin.go GetVolumeName.
func UniqueVolumeName(source *corev1.CSIPersistentVolumeSource) corev1.UniqueVolumeName {
	return corev1.UniqueVolumeName("kubernetes.io/csi/" + source.Driver + "^" + source.VolumeHandle)
}
