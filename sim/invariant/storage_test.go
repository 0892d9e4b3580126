package invariant

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/journal"
	"clustersim/sim/store"
)

func aClaim(phase corev1.PersistentVolumeClaimPhase) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "x"}, Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "v"},
		Status: corev1.PersistentVolumeClaimStatus{Phase: phase}}
}

func aVolume(claim string, mode corev1.PersistentVolumeAccessMode) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v"}, Spec: corev1.PersistentVolumeSpec{AccessModes: []corev1.PersistentVolumeAccessMode{mode}}}
	if claim != "" {
		v.Spec.ClaimRef = &corev1.ObjectReference{Namespace: "default", Name: claim, UID: "PersistentVolumeClaimx"}
	}
	return v
}

func anAttachment(node string, attached bool) *storagev1.VolumeAttachment {
	v := "v"
	return &storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: "on-" + node},
		Spec:   storagev1.VolumeAttachmentSpec{NodeName: node, Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: &v}},
		Status: storagev1.VolumeAttachmentStatus{Attached: attached}}
}

func claiming(p *store.Pod) {
	small(p)
	p.Template.Spec.Volumes = []corev1.Volume{{Name: "d", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "x"}}}}
	p.Template.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "d"}}
}

func init() {
	maps.Copy(breaks, map[string]func(t *tape){
		"claim-volume": func(t *tape) {
			t.add(aVolume("", corev1.ReadWriteOnce))
			t.add(aClaim(corev1.ClaimPending))
			t.modify(aClaim(corev1.ClaimBound))
		},
		"one-node": func(t *tape) {
			t.add(aVolume("x", corev1.ReadWriteOnce))
			t.add(anAttachment("a", true))
			t.add(anAttachment("b", false))
			t.modify(anAttachment("b", true))
		},
		"pod-volume": func(t *tape) {
			t.add(aClaim(corev1.ClaimPending))
			t.pod(journal.Added, "p", claiming)
			t.pod(journal.Modified, "p", claiming, running)
		},
	})
}
