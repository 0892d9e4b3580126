package controller

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var kindVolumeMade = engine.NewKind("volume made", engine.RankWorld, false).By(rule.VolumeProvision)

// provisionerFinalizer keeps a volume until its provisioner has deleted what is behind it.
const provisionerFinalizer = "external-provisioner.volume.kubernetes.io/finalizer"

// provisioner stands for the external provisioners of all StorageClasses: each is there and works. It makes a volume when the
// volume binder asks for it, and deletes it when it is released and no node has it.
//
// Source: kubernetes-csi/external-provisioner v5 pkg/controller/controller.go, sig-storage-lib-external-provisioner.
// Differs: one provisioner makes any number of volumes at a time; deleting a volume takes no time.
type provisioner struct {
	env      *Env
	api      *api
	recorder map[string]*record.Recorder // by provisioner
	making   map[types.UID]bool          // volumes for claims
	deleting map[string]bool
	refused  map[string]bool // volumes that are still attached, as has been said
}

func newProvisioner(env *Env) Reconciler {
	return &provisioner{env: env, api: env.newAPI(), recorder: map[string]*record.Recorder{}, making: map[types.UID]bool{}, deleting: map[string]bool{}, refused: map[string]bool{}}
}

// Start implements Reconciler.
func (c *provisioner) Start() {
	for _, o := range c.env.Store.List(claimKind) {
		c.observeClaim(o.API().(*corev1.PersistentVolumeClaim))
	}
	for _, o := range c.env.Store.List(volumeKind) {
		c.observeVolume(o.API().(*corev1.PersistentVolume))
	}
}

// Observe implements store.Watcher.
func (c *provisioner) Observe(ch *store.Change) {
	switch k := ch.Kind(); {
	case k == claimKind && ch.Verb != journal.Deleted:
		c.observeClaim(ch.New.API().(*corev1.PersistentVolumeClaim))
	case k == volumeKind && ch.Verb != journal.Deleted:
		c.observeVolume(ch.New.API().(*corev1.PersistentVolume))
	case k == volumeKind:
		delete(c.deleting, ch.New.Key().Name)
		delete(c.refused, ch.New.Key().Name)
	case k == attachmentKind && ch.Verb == journal.Deleted:
		if v := c.env.volume(value(ch.New.API().(*storagev1.VolumeAttachment).Spec.Source.PersistentVolumeName)); v != nil {
			c.observeVolume(v)
		}
	}
}

func (c *provisioner) observeClaim(claim *corev1.PersistentVolumeClaim) {
	c.api.by(rule.VolumeProvision, func() { c.look(claim) })
}

func (c *provisioner) observeVolume(v *corev1.PersistentVolume) {
	c.api.by(rule.VolumeDelete, func() { c.lookAtVolume(v) })
}

// storage is what is known of a class's provisioner.
func (env *Env) storage(class, provisioner string) config.Storage {
	for _, s := range env.Storage {
		if s.Class == class || class == "" && s.Provisioner == provisioner {
			return s
		}
	}
	return config.DefaultStorage(provisioner)
}

func (c *provisioner) events(name string) *record.Recorder {
	if c.recorder[name] == nil {
		c.recorder[name] = c.env.newRecorder(name, c.api)
	}
	return c.recorder[name]
}

// look begins to make a volume for a claim that asks for it.
//
// Source: external-provisioner pkg/controller/controller.go ShouldProvision.
func (c *provisioner) look(claim *corev1.PersistentVolumeClaim) {
	name := claim.Annotations[model.AnnProvisioner]
	class := c.env.class(model.ClaimClass(claim))
	if name == "" || claim.Spec.VolumeName != "" || class == nil || class.Provisioner != name || c.making[claim.UID] || c.env.volume(volumeNameFor(claim)) != nil || claim.DeletionTimestamp != nil {
		return
	}
	if model.WaitsForConsumer(class) && claim.Annotations[model.AnnSelectedNode] == "" {
		return
	}
	c.making[claim.UID] = true
	c.events(name).Event(referenceTo(claimKind, claim), record.Normal, "Provisioning", fmt.Sprintf("External provisioner is provisioning volume for claim \"%s\"", keyOf(claim)))
	c.env.Engine.After(c.env.storage(class.Name, name).ProvisionTime, kindVolumeMade, engine.Func(func() { c.made(claim, class) }))
}

// volumeNameFor is the name of the volume that is made for a claim.
func volumeNameFor(claim *corev1.PersistentVolumeClaim) string { return "pvc-" + string(claim.UID) }

// made tells the API server of a volume that is there now.
func (c *provisioner) made(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) {
	c.api.write(func() {
		delete(c.making, claim.UID)
		o := c.env.Store.Get(claimKind, keyOf(claim))
		if o == nil || o.API().GetUID() != claim.UID {
			return // the claim is gone: so is the volume
		}
		claim = o.API().(*corev1.PersistentVolumeClaim)
		events, ref := c.events(class.Provisioner), referenceTo(claimKind, claim)
		node := c.env.Store.Node(claim.Annotations[model.AnnSelectedNode])
		if name := claim.Annotations[model.AnnSelectedNode]; name != "" && node == nil {
			events.Event(ref, record.Warning, "ProvisioningFailed", fmt.Sprintf("failed to get target node: node %q not found", name))
			c.reschedule(claim)
			return
		}
		v := c.volumeFor(claim, class, node)
		if _, err := c.env.API.Create(volumeKind, v); err != nil {
			events.Event(ref, record.Warning, "ProvisioningFailed", fmt.Sprintf("failed to save volume: %s", err))
			return
		}
		events.Event(ref, record.Normal, "ProvisioningSucceeded", "Successfully provisioned volume "+v.Name)
	})
}

// reschedule lets the scheduler choose another node.
//
// Source: sig-storage-lib-external-provisioner controller/controller.go rescheduleProvisioning.
func (c *provisioner) reschedule(claim *corev1.PersistentVolumeClaim) {
	c.api.write(func() {
		_ = c.env.Store.Update(claimKind, keyOf(claim), func(o model.Object) bool { // gone: nobody waits
			delete(o.GetAnnotations(), model.AnnSelectedNode)
			return true
		})
	})
}

// volumeFor is the volume that is made for a claim; node is nil where no consumer was waited for.
func (c *provisioner) volumeFor(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, node *corev1.Node) *corev1.PersistentVolume {
	mode := claimMode(claim)
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: volumeNameFor(claim), Annotations: map[string]string{model.AnnProvisionedBy: class.Provisioner}}}
	v.Spec = corev1.PersistentVolumeSpec{
		Capacity:    corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
		AccessModes: claim.Spec.AccessModes, StorageClassName: class.Name, MountOptions: class.MountOptions, VolumeMode: &mode,
		VolumeAttributesClassName: claim.Spec.VolumeAttributesClassName,
		ClaimRef:                  &corev1.ObjectReference{Kind: claimKind.Name, APIVersion: "v1", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion},
	}
	v.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: class.Provisioner, VolumeHandle: v.Name}
	if p := class.ReclaimPolicy; p != nil {
		v.Spec.PersistentVolumeReclaimPolicy = *p
	}
	if v.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimRetain {
		v.Finalizers = []string{provisionerFinalizer}
	}
	if zone := c.zoneFor(claim, class, node); zone != "" {
		v.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
			MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{zone}}}}}}}
	}
	return v
}

// zoneFor is where a claim's volume is made: in the zone of its first consumer, or else in one by the claim's name, so that the
// claims of a StatefulSet are spread. "" = everywhere.
//
// Source: external-provisioner pkg/controller/topology.go GenerateAccessibilityRequirements, getPVCNameHashAndIndexOffset.
func (c *provisioner) zoneFor(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, node *corev1.Node) string {
	zones := c.env.storage(class.Name, class.Provisioner).Zones
	for _, t := range class.AllowedTopologies {
		for _, e := range t.MatchLabelExpressions {
			if e.Key == corev1.LabelTopologyZone {
				zones = e.Values
			}
		}
	}
	if len(zones) == 0 {
		return ""
	}
	if node != nil {
		return node.Labels[corev1.LabelTopologyZone]
	}
	zones = slices.Sorted(slices.Values(zones))
	name, ordinal := claim.Name, uint64(0)
	if i := strings.LastIndexByte(name, '-'); i >= 0 {
		if n, err := strconv.ParseUint(name[i+1:], 10, 32); err == nil {
			name, ordinal = name[:i], n
		}
	}
	h := fnv.New32()
	h.Write([]byte(name))
	return zones[(uint64(h.Sum32())+ordinal)%uint64(len(zones))]
}

// lookAtVolume deletes a volume that is released, once no node has it.
//
// Source: external-provisioner pkg/controller/controller.go Delete, canDeleteVolume.
func (c *provisioner) lookAtVolume(v *corev1.PersistentVolume) {
	name := v.Annotations[model.AnnProvisionedBy]
	released := v.Status.Phase == corev1.VolumeReleased && v.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
	if name == "" || c.deleting[v.Name] || !released {
		return
	}
	for _, o := range c.env.Store.List(attachmentKind) {
		a := o.API().(*storagev1.VolumeAttachment)
		if value(a.Spec.Source.PersistentVolumeName) != v.Name {
			continue
		}
		if !c.refused[v.Name] {
			c.refused[v.Name] = true
			c.events(name).Event(referenceTo(volumeKind, v), record.Warning, "VolumeFailedDelete", fmt.Sprintf("persistentvolume %s is still attached to node %s", v.Name, a.Spec.NodeName))
		}
		return
	}
	c.deleting[v.Name] = true
	c.api.writeAll(2, func(i int) {
		key := store.Key{Name: v.Name}
		if i == 0 {
			_ = c.env.API.Delete(volumeKind, key, nil, "") // somebody else may have done so
			return
		}
		_ = c.env.Store.Update(volumeKind, key, func(o model.Object) bool {
			o.SetFinalizers(slices.DeleteFunc(slices.Clone(o.GetFinalizers()), func(f string) bool { return f == provisionerFinalizer }))
			return true
		})
	}, func() {})
}
