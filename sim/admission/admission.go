package admission

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// Admission admits requests to one store. Use New.
type Admission struct {
	// Refused, if set, is told of every object that was not created, whoever sent it. name may be its generateName.
	Refused func(k *model.Kind, namespace, name string, err error)

	engine *engine.Engine
	store  *store.Store
	config config.ControllerManager

	prototypes map[*corev1.Pod][]*prototype
	alike      map[uint64]*prototype // by fingerprint: manifests that differ in the name alone share what comes of them
	gate       corev1.Pod            // of the pod being created, for plugins that need no more than its name
	addresses  *addresses            // of services
	quotas     quotaNames
	version    uint64 // counts changes of the objects on which the admission of a pod depends
}

// New returns the admission for a store and watches the store.
func New(e *engine.Engine, s *store.Store, c config.ControllerManager) *Admission {
	a := &Admission{engine: e, store: s, config: c, prototypes: map[*corev1.Pod][]*prototype{}, alike: map[uint64]*prototype{}, addresses: newAddresses(e.Seed()), quotas: quotaNames{}}
	s.Watch(a)
	return a
}

// Observe implements store.Watcher: pods admitted under the old state are no example for new ones.
func (a *Admission) Observe(c *store.Change) {
	switch c.Kind().Name {
	case "Service":
		a.addresses.observe(c)
	case "ResourceQuota":
		a.quotas.observe(c)
	case "ServiceAccount", "PriorityClass", "LimitRange":
		a.version++
	}
}

// Create admits and stores an object of any kind, as POST does. It returns the API server's warnings, and its refusal.
func (a *Admission) Create(k *model.Kind, o model.Object) (warnings []string, err error) {
	if p, ok := o.(*corev1.Pod); ok {
		_, warnings, err := a.CreatePodAs(p, identityOf(p))
		return warnings, err
	}
	warnings, err = a.create(k, o)
	if err != nil && a.Refused != nil {
		name := o.GetName()
		if name == "" {
			name = o.GetGenerateName()
		}
		a.Refused(k, o.GetNamespace(), name, err)
	}
	return warnings, err
}

func (a *Admission) create(k *model.Kind, o model.Object) (warnings []string, err error) {
	if k == model.Event {
		return nil, store.Errorf(store.CodeBadRequest, "events cannot be created by hand")
	}
	o = o.DeepCopyObject().(model.Object)
	clearSystemFields(o)
	clearStatus(o)
	if !k.Namespaced {
		o.SetNamespace("")
	} else if o.GetNamespace() == "" {
		o.SetNamespace(metav1.NamespaceDefault)
	}
	model.Default(o)
	for _, p := range objectPlugins {
		if err := p.admit(a, &request{kind: k, object: o}); err != nil {
			return nil, err
		}
	}
	if o.GetName() == "" && o.GetGenerateName() != "" {
		o.SetName(a.store.GenerateName(k, o.GetNamespace(), o.GetGenerateName()))
		model.Default(o) // a Namespace's label is its name
	}
	switch o := o.(type) {
	case *corev1.Service:
		if err := a.allocateService(o); err != nil {
			return nil, err
		}
	case *appsv1.DaemonSet:
		countTemplate(o, nil)
	}
	if j, ok := o.(*batchv1.Job); ok {
		a.selectJobPods(j)
	}
	if errs := validate(o); len(errs) > 0 {
		return nil, store.Errorf(store.CodeInvalid, "%s", model.InvalidMessage(o, errs))
	}
	for _, c := range objectChecks {
		if err := c.admit(a, &request{kind: k, object: o}); err != nil {
			return nil, err
		}
	}
	if err := a.store.Create(k, o); err != nil {
		return nil, err
	}
	if k == model.Namespace {
		a.fillNamespace(o.GetName())
	}
	return model.Warnings(o), nil
}

// clearSystemFields empties what only the API server sets.
//
// Source: k8s v1.36.3 staging apiserver/pkg/registry/rest/meta.go FillObjectMetaSystemFields, create.go BeforeCreate.
func clearSystemFields(o model.Object) {
	o.SetUID("")
	o.SetResourceVersion("")
	o.SetGeneration(0)
	o.SetSelfLink("")
	o.SetManagedFields(nil)
	o.SetCreationTimestamp(metav1.Time{})
	o.SetDeletionTimestamp(nil)
	o.SetDeletionGracePeriodSeconds(nil)
}
