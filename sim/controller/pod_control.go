package controller

import (
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// expectationsTimeout is how long a controller waits for pods that it believes it has made. It does so in a namespace that
// is being deleted, where it takes a refusal for a success.
//
// Source: k8s v1.36.3 pkg/controller/controller_utils.go ExpectationsTimeout.
const expectationsTimeout = 5 * time.Minute

var errNoLabels = errors.New("unable to create pods, no labels")

// podControl creates and deletes the pods of one controller and tells of it in Events on their owners.
//
// Source: k8s v1.36.3 pkg/controller/controller_utils.go RealPodControl.
type podControl struct {
	env    *Env
	api    *api
	events *record.Recorder
	kind   *model.Kind // of the owners
}

// podRules are the rules by which owners of a kind create and delete pods.
var podRules = map[*model.Kind]struct{ create, remove rule.ID }{
	model.ReplicaSet:                        {rule.ReplicaSetCreate, rule.ReplicaSetDelete},
	model.FindKind("ReplicationController"): {rule.ReplicaSetCreate, rule.ReplicaSetDelete},
	statefulSetKind:                         {rule.StatefulSetCreate, rule.StatefulSetDelete},
	daemonSetKind:                           {rule.DaemonSetCreate, rule.DaemonSetDelete},
	model.Job:                               {rule.JobCreate, rule.JobDelete},
}

// create creates a pod for the owner.
func (c *podControl) create(owner model.Object, manifest *corev1.Pod, id admission.Identity, done func(error)) {
	if len(manifest.Labels) == 0 {
		done(errNoLabels)
		return
	}
	c.env.Engine.Act(podRules[c.kind].create)
	c.api.write(func() {
		p, _, err := c.env.API.CreatePodAs(manifest, id)
		switch {
		case err == nil:
			c.event(owner, record.Normal, "SuccessfulCreate", "Created pod: "+p.Name)
		case !namespaceTerminating(err):
			c.event(owner, record.Warning, "FailedCreate", "Error creating: "+err.Error())
		}
		done(err)
	})
}

// delete deletes a pod of the owner with the pod's own grace.
func (c *podControl) delete(owner model.Object, pod store.Key, done func(error)) {
	c.env.Engine.Act(podRules[c.kind].remove)
	c.api.write(func() {
		err := c.env.Store.DeletePod(pod, "", nil)
		switch {
		case err == nil:
			c.event(owner, record.Normal, "SuccessfulDelete", "Deleted pod: "+pod.Name)
		case !isNotFound(err):
			c.event(owner, record.Warning, "FailedDelete", "Error deleting: "+err.Error())
			err = errors.New("unable to delete pods: " + err.Error())
		}
		done(err)
	})
}

func (c *podControl) event(owner model.Object, typ, reason, message string) {
	c.events.Event(referenceTo(c.kind, owner), typ, reason, message)
}

// manifestOf is the pod that a template describes. It shares the template, which must not change afterwards.
//
// Source: k8s v1.36.3 controller_utils.go GetPodFromTemplate.
func manifestOf(t *corev1.PodTemplateSpec) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: t.Labels, Annotations: t.Annotations, Finalizers: t.Finalizers}, Spec: t.Spec}
}

// podPrefix is the base of the names of a controller's pods: with a dash, unless that makes no name.
//
// Source: k8s v1.36.3 controller_utils.go getPodsPrefix.
func podPrefix(owner string) string {
	if len(validation.NameIsDNSSubdomain(owner+"-", true)) > 0 {
		return owner
	}
	return owner + "-"
}
