package kubelet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/store"
)

// Volume waiting. Source: k8s v1.36.3 pkg/kubelet/volumemanager/volume_manager.go,
// pkg/util/goroutinemap/exponentialbackoff.
const (
	mountRetry        = 300 * time.Millisecond
	mountTimeout      = 2*time.Minute + 3*time.Second
	mountBackoffFirst = 500 * time.Millisecond
	mountBackoffMax   = 2*time.Minute + 2*time.Second
	mountLoop         = 100 * time.Millisecond
)

var (
	kindMount     = engine.NewKind("volume mount", engine.RankSync, false)
	kindMountIdle = engine.NewKind("volume mount at its cap", engine.RankSync, true)
)

// volumes is the state of a pod's volumes on its node.
type volumes struct {
	mounted bool
	trying  bool
	backoff engine.Time
	tries   int
	waiter  func(mounted bool) // the sync that waits
	since   engine.Time        // when it began to
	timeout engine.Timer
	devices []device // to be attached first
}

// waitForVolumes calls next when the pod's volumes are mounted, or with false when that takes too long or the pod is
// to go.
//
// Source: k8s v1.36.3 pkg/kubelet/volumemanager/volume_manager.go WaitForAttachAndMount.
func (w *worker) waitForVolumes(next func(mounted bool)) {
	v := &w.volumes
	if v.mounted || !w.mountsVolumes() {
		v.mounted = true
		next(true)
		return
	}
	v.waiter = func(ok bool) {
		v.waiter, w.cancel = nil, nil
		w.node.k.engine.Cancel(v.timeout)
		next(ok)
	}
	w.cancel = func() { v.waiter(false) }
	v.since = w.now()
	if why := w.resolveDevices(); why != "" {
		w.refuseVolumes(why)
		return
	}
	wait := w.node.k.latency.VolumeWait
	if len(v.devices) == 0 && len(w.failedMounts()) == 0 {
		v.timeout = w.after(wait, kindStep, func() {
			if len(w.failedMounts()) == 0 {
				w.volumesMounted()
				return
			}
			w.waitLong()
		})
		return
	}
	w.waitLong()
}

func (w *worker) volumesMounted() {
	w.volumes.mounted, w.volumes.trying = true, false
	if f := w.volumes.waiter; f != nil {
		f(true)
	}
}

// waitLong waits for a volume whose source is missing, or that is not attached: the reconciler tries again and again, and says
// so of the former.
func (w *worker) waitLong() {
	v := &w.volumes
	v.timeout = w.after(mountTimeout, kindMountIdle, w.mountsOverdue)
	if !v.trying && (len(v.devices) == 0 || w.devicesReady() || len(w.failedMounts()) > 0) {
		v.trying = true
		w.after(mountLoop, kindMount, w.tryMount)
	}
}

func (w *worker) tryMount() {
	v := &w.volumes
	if v.mounted || w.mode != syncing || w.pod.Deletion != nil {
		v.trying = false
		return
	}
	failed := w.failedMounts()
	if len(failed) == 0 && len(v.devices) == 0 {
		w.after(mountRetry, kindStep, w.volumesMounted)
		return
	}
	if len(failed) == 0 {
		v.trying = false
		if v.waiter != nil && w.devicesReady() {
			v.trying = true
			w.after(v.onPoll(w.now())-w.now(), kindStep, w.volumesMounted)
		}
		return
	}
	for _, message := range failed { // each volume has a retry of its own: they began together and stay together
		w.event("", record.Warning, "FailedMount", message)
	}
	v.tries++
	v.backoff = min(max(2*v.backoff, mountBackoffFirst), mountBackoffMax)
	kind := kindMount
	if v.tries > settledRetries {
		kind = kindMountIdle
	}
	w.after(v.backoff, kind, w.tryMount)
}

// mountsVolumes reports whether any container mounts a volume: only those volumes are set up and waited for.
//
// Source: k8s v1.36.3 pkg/volume/util/util.go GetPodVolumeNames.
func (w *worker) mountsVolumes() bool {
	return w.pod.Token != "" || slices.ContainsFunc(w.pod.Spec().Volumes, w.mountsVolume)
}

func (w *worker) mountsVolume(v corev1.Volume) bool {
	return slices.ContainsFunc(w.spec.containers, func(c containerSpec) bool {
		return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name }) ||
			slices.ContainsFunc(c.VolumeDevices, func(d corev1.VolumeDevice) bool { return d.Name == v.Name })
	})
}

// failedMounts says of each mounted volume that cannot be set up why.
func (w *worker) failedMounts() (messages []string) {
	spec := w.pod.Spec()
	for i := range spec.Volumes {
		v := &spec.Volumes[i]
		if why := w.volumeError(v); why != "" && w.mountsVolume(*v) {
			messages = append(messages, fmt.Sprintf("MountVolume.SetUp failed for volume %q : %s", v.Name, why))
		}
	}
	return messages
}

// volumeError is why a volume cannot be set up, "" if it can.
//
// Source: k8s v1.36.3 pkg/volume/projected/projected.go collectData.
func (w *worker) volumeError(v *corev1.Volume) string {
	switch {
	case v.ConfigMap != nil:
		return w.sourceError(model.ConfigMap, v.ConfigMap.Name, v.ConfigMap.Optional, v.ConfigMap.Items)
	case v.Secret != nil:
		return w.sourceError(model.Secret, v.Secret.SecretName, v.Secret.Optional, v.Secret.Items)
	case v.Projected == nil:
		return ""
	}
	var all []string
	for i := range v.Projected.Sources {
		why := ""
		switch s := &v.Projected.Sources[i]; {
		case s.ConfigMap != nil:
			why = w.sourceError(model.ConfigMap, s.ConfigMap.Name, s.ConfigMap.Optional, s.ConfigMap.Items)
		case s.Secret != nil:
			why = w.sourceError(model.Secret, s.Secret.Name, s.Secret.Optional, s.Secret.Items)
		}
		if why != "" && !slices.Contains(all, why) {
			all = append(all, why)
		}
	}
	if len(all) > 1 {
		return "[" + strings.Join(all, ", ") + "]"
	}
	return strings.Join(all, "")
}

func (w *worker) sourceError(k *model.Kind, name string, optional *bool, items []corev1.KeyToPath) string {
	if optional != nil && *optional {
		return ""
	}
	keys, ok := w.keysOf(k, name)
	if !ok {
		return fmt.Sprintf("%s %q not found", kindWord(k), name)
	}
	for _, i := range items {
		if !slices.Contains(keys, i.Key) {
			return missingKey(k, i.Key)
		}
	}
	return ""
}

// missingKey is the error of a key that a volume asks for.
//
// Source: k8s v1.36.3 pkg/volume/{configmap,secret} MakePayload.
func missingKey(k *model.Kind, key string) string {
	if k == model.ConfigMap {
		return "configmap references non-existent config key: " + key
	}
	return "references non-existent secret key: " + key
}

func kindWord(k *model.Kind) string {
	if k == model.ConfigMap {
		return "configmap"
	}
	return "secret"
}

// keysOf lists the keys of a ConfigMap or Secret of the pod's namespace; ok is false if there is none.
func (w *worker) keysOf(k *model.Kind, name string) (keys []string, ok bool) {
	o := w.node.k.store.Get(k, store.Key{Namespace: w.pod.Namespace, Name: name})
	if o == nil {
		return nil, false
	}
	switch m := o.API().(type) {
	case *corev1.ConfigMap:
		for key := range m.Data { // unordered: a set
			keys = append(keys, key)
		}
		for key := range m.BinaryData { // unordered: a set
			keys = append(keys, key)
		}
	case *corev1.Secret:
		for key := range m.Data { // unordered: a set
			keys = append(keys, key)
		}
	}
	return keys, true
}

// configError is why a container cannot be created, "" if it can.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet_pods.go makeEnvironmentVariables.
func (w *worker) configError(c *containerSpec) string {
	for i := range c.EnvFrom {
		e := &c.EnvFrom[i]
		switch {
		case e.ConfigMapRef != nil:
			if why := w.sourceError(model.ConfigMap, e.ConfigMapRef.Name, e.ConfigMapRef.Optional, nil); why != "" {
				return why
			}
		case e.SecretRef != nil:
			if why := w.sourceError(model.Secret, e.SecretRef.Name, e.SecretRef.Optional, nil); why != "" {
				return why
			}
		}
	}
	for i := range c.Env {
		f := c.Env[i].ValueFrom
		if f == nil {
			continue
		}
		if r := f.ConfigMapKeyRef; r != nil {
			if why := w.keyError(model.ConfigMap, r.Name, r.Key, r.Optional); why != "" {
				return why
			}
		}
		if r := f.SecretKeyRef; r != nil {
			if why := w.keyError(model.Secret, r.Name, r.Key, r.Optional); why != "" {
				return why
			}
		}
	}
	return ""
}

func (w *worker) keyError(k *model.Kind, name, key string, optional *bool) string {
	if optional != nil && *optional {
		return ""
	}
	keys, ok := w.keysOf(k, name)
	switch {
	case !ok:
		return fmt.Sprintf("%s %q not found", kindWord(k), name)
	case !slices.Contains(keys, key):
		return fmt.Sprintf("couldn't find key %s in %s %s/%s", key, k.Name, w.pod.Namespace, name)
	}
	return ""
}
