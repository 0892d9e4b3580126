package main

import (
	"reflect"
	"unsafe"

	corev1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumebinding"
)

// volumesFor reads from the state of VolumeBinding, which has no getters, what it has chosen for the pod's claims.
func volumesFor(state fwk.CycleState, node string) map[string]string {
	data, err := state.Read(volumebinding.Name)
	if err != nil {
		return nil
	}
	byNode := open(reflect.ValueOf(data).Elem().FieldByName("podVolumesByNode")).Interface().(map[string]*volumebinding.PodVolumes)
	chosen := byNode[node]
	if chosen == nil {
		return nil
	}
	out := map[string]string{}
	for _, b := range chosen.StaticBindings {
		v := reflect.ValueOf(b).Elem()
		claim := open(v.FieldByName("pvc")).Interface().(*corev1.PersistentVolumeClaim)
		out[claim.Namespace+"/"+claim.Name] = open(v.FieldByName("pv")).Interface().(*corev1.PersistentVolume).Name
	}
	for _, d := range chosen.DynamicProvisions {
		out[d.PVC.Namespace+"/"+d.PVC.Name] = ""
	}
	return out
}

// open makes the value of an unexported field readable.
func open(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}
