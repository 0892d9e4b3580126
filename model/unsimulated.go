package model

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
)

// Why a field is accepted and not acted upon.
const (
	noProcess = "containers have no real process, user or kernel"
	noCommand = "programs are not run; a container runs until a scenario's behaviors say otherwise (of a command, `sleep N` alone counts)"
	noNetwork = "names and addresses inside a pod are not simulated"
	noMount   = "what a volume holds and how it is mounted is not simulated"
	noClass   = "runtime classes are not simulated"
	noUpdates = "a pod gets its ephemeral containers from a debugging session, which is not simulated"
)

// unsimulatedFields lists the fields that are read, kept and shown but have no effect on a run, with the reason that the
// warning gives. A field that is not listed is simulated or has no behaviour of its own.
var unsimulatedFields = map[reflect.Type]map[string]string{
	reflect.TypeFor[corev1.PodSpec](): {
		"securityContext":       noProcess,
		"hostPID":               noProcess,
		"hostIPC":               noProcess,
		"hostUsers":             noProcess,
		"shareProcessNamespace": noProcess,
		"hostname":              noNetwork,
		"hostnameOverride":      noNetwork,
		"subdomain":             noNetwork,
		"setHostnameAsFQDN":     noNetwork,
		"hostAliases":           noNetwork,
		"dnsConfig":             noNetwork,
		"runtimeClassName":      noClass,
		"ephemeralContainers":   noUpdates,
		"schedulingGroup":       "gang scheduling is off in Kubernetes 1.36",
	},
	reflect.TypeFor[corev1.Container](): {
		"command":         noCommand,
		"args":            noCommand,
		"workingDir":      noProcess,
		"securityContext": noProcess,
		"stdin":           noProcess,
		"stdinOnce":       noProcess,
		"tty":             noProcess,
		"volumeDevices":   noMount,
	},
	reflect.TypeFor[corev1.Lifecycle](): {
		"stopSignal": "a scenario's behaviors say how a container takes its stop signal",
	},
	reflect.TypeFor[corev1.VolumeMount](): {
		"subPath":           noMount,
		"subPathExpr":       noMount,
		"mountPropagation":  noMount,
		"recursiveReadOnly": noMount,
	},
	reflect.TypeFor[corev1.Volume](): {
		"hostPath":             noMount,
		"gitRepo":              noMount,
		"nfs":                  noMount,
		"iscsi":                noMount,
		"glusterfs":            noMount,
		"rbd":                  noMount,
		"flexVolume":           noMount,
		"cinder":               noMount,
		"cephfs":               noMount,
		"flocker":              noMount,
		"fc":                   noMount,
		"azureFile":            noMount,
		"azureDisk":            noMount,
		"gcePersistentDisk":    noMount,
		"awsElasticBlockStore": noMount,
		"vsphereVolume":        noMount,
		"quobyte":              noMount,
		"photonPersistentDisk": noMount,
		"portworxVolume":       noMount,
		"scaleIO":              noMount,
		"storageos":            noMount,
		"csi":                  noMount,
		"image":                noMount,
	},
	reflect.TypeFor[corev1.EmptyDirVolumeSource](): {
		"sizeLimit": noMount,
		"medium":    noMount,
	},
	reflect.TypeFor[corev1.NodeSpec](): {
		"configSource": "removed from Kubernetes in 1.22",
	},
}

// unsimulatedField returns the reason why field name of t has no effect, "" if it has. Fields of an embedded struct are
// looked up in the struct that embeds it, too: both spellings reach the same table.
func unsimulatedField(t reflect.Type, name string) string {
	if t == reflect.TypeFor[corev1.VolumeSource]() {
		t = reflect.TypeFor[corev1.Volume]()
	}
	return unsimulatedFields[t][name]
}
