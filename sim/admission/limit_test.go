package admission

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
	"clustersim/sim/store"
)

// podOf is a pod with one container of these resources.
func podOf(name, resources string) string {
	return `{apiVersion: v1, kind: Pod, metadata: {name: ` + name + `}, spec: {containers: [{name: app, image: app, resources: ` + resources + `}]}}`
}

// What containers lack is filled in, and the pod says so (controllers.md 1.6).
func TestLimitRangeDefaults(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: LimitRange, metadata: {name: a}, spec: {limits: [{type: Container, default: {cpu: 500m, memory: 512Mi}, defaultRequest: {cpu: 250m}}]}}`))
	must(t, create(t, a, `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {initContainers: [{name: init, image: app, resources: {limits: {cpu: "1"}}}], containers: [{name: app, image: app}, {name: all, image: app, resources: {requests: {cpu: 10m, memory: 1Mi}, limits: {cpu: 10m, memory: 1Mi}}}]}}`))
	p := s.Pod(key("web"))
	want := `LimitRanger plugin set: cpu, memory request for container app; cpu, memory limit for container app; memory request for init container init; memory limit for init container init`
	if got := p.AnnotationSet()["kubernetes.io/limit-ranger"]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	check := func(what string, l corev1.ResourceList, cpu, memory string) {
		t.Helper()
		if l.Cpu().Cmp(resource.MustParse(cpu)) != 0 || l.Memory().Cmp(resource.MustParse(memory)) != 0 {
			t.Errorf("%s: %v, want cpu %s, memory %s", what, l, cpu, memory)
		}
	}
	app, init := p.Spec().Containers[0].Resources, p.Spec().InitContainers[0].Resources
	check("requests of app", app.Requests, "250m", "512Mi")
	check("limits of app", app.Limits, "500m", "512Mi")
	check("requests of init", init.Requests, "1", "512Mi") // a limit alone is the request, before the defaults come
	if p.Status.QOSClass != corev1.PodQOSBurstable {
		t.Errorf("QoS class %s", p.Status.QOSClass)
	}
}

func TestLimitRangeRefusals(t *testing.T) {
	a, _ := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: LimitRange, metadata: {name: a}, spec: {limits: [
		{type: Container, min: {cpu: 100m}, max: {memory: 1Gi}, maxLimitRequestRatio: {memory: "2"}},
		{type: Pod, max: {cpu: "2"}},
		{type: PersistentVolumeClaim, min: {storage: 1Gi}, max: {storage: 5Gi}}]}}`))
	for spec, want := range map[string]string{
		`{requests: {cpu: 50m, memory: 1Gi}, limits: {memory: 1Gi, cpu: "1"}}`:    `pods "x" is forbidden: minimum cpu usage per Container is 100m, but request is 50m`,
		`{requests: {cpu: 100m, memory: 1Gi}, limits: {memory: 2Gi, cpu: "1"}}`:   `pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi`,
		`{requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 1Gi, cpu: "1"}}`: `pods "x" is forbidden: memory max limit to request ratio per Container is 2, but provided ratio is 4.000000`,
		`{requests: {cpu: "1", memory: 1Gi}, limits: {memory: 1Gi, cpu: "3"}}`:    `pods "x" is forbidden: maximum cpu usage per Pod is 2, but limit is 3`,
		`{requests: {cpu: "1", memory: 1Gi}, limits: {memory: 1Gi}}`:              `pods "x" is forbidden: maximum cpu usage per Pod is 2.  No limit is specified`,
	} {
		if err := create(t, a, podOf("x", spec)); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", spec, err, want)
		}
	}
	claim := func(size string) error {
		return create(t, a, `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: `+size+`}}}}`)
	}
	if err := claim("512Mi"); err == nil || err.Error() != `persistentvolumeclaims "x" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi` {
		t.Error(err)
	}
	if err := claim("6Gi"); err == nil || err.Error() != `persistentvolumeclaims "x" is forbidden: maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi` {
		t.Error(err)
	}
	must(t, claim("2Gi"))
	must(t, create(t, a, podOf("x", `{requests: {cpu: "1", memory: 1Gi}, limits: {memory: 1Gi, cpu: "1"}}`)))
}

// quota stores a quota whose usage is known, as the quota controller leaves it.
func quota(t *testing.T, a *Admission, s *store.Store, spec string, used map[string]string) {
	t.Helper()
	must(t, create(t, a, `{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: `+spec+`}`))
	must(t, s.Update(resourceQuota, key("q"), func(o model.Object) bool {
		q := o.(*corev1.ResourceQuota)
		q.Status.Hard, q.Status.Used = q.Spec.Hard.DeepCopy(), corev1.ResourceList{}
		for k := range q.Spec.Hard { // unordered: into a map
			v := used[string(k)]
			if v == "" {
				v = "0"
			}
			if v != "unknown" {
				q.Status.Used[k] = resource.MustParse(v)
			}
		}
		return true
	}))
}

// Texts of controllers.md 1.7.
func TestQuotaRefusals(t *testing.T) {
	const small = `{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 64Mi}}`
	for _, c := range []struct {
		name, spec string
		used       map[string]string
		object     string
		want       string // "" = admitted
	}{
		{"counted", `{hard: {pods: "2"}}`, map[string]string{"pods": "2"}, podOf("x", small), `pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2`},
		{"only what is exceeded", `{hard: {pods: "5", requests.cpu: "1", limits.memory: 100Mi}}`, map[string]string{"requests.cpu": "950m", "limits.memory": "64Mi"}, podOf("x", small),
			`pods "x" is forbidden: exceeded quota: q, requested: limits.memory=64Mi,requests.cpu=100m, used: limits.memory=64Mi,requests.cpu=950m, limited: limits.memory=100Mi,requests.cpu=1`},
		{"silent", `{hard: {limits.cpu: "1", requests.memory: 1Gi}}`, nil, podOf("x", `{requests: {cpu: 100m}}`),
			`pods "x" is forbidden: failed quota: q: must specify limits.cpu for: app; requests.memory for: app`},
		{"unknown", `{hard: {pods: "2", requests.cpu: "1"}}`, map[string]string{"pods": "unknown", "requests.cpu": "unknown"}, podOf("x", small),
			`pods "x" is forbidden: status unknown for quota: q, resources: pods,requests.cpu`},
		{"not in scope", `{hard: {pods: "0"}, scopes: [BestEffort]}`, nil, podOf("x", small), ""},
		{"in scope", `{hard: {pods: "0"}, scopes: [NotBestEffort]}`, nil, podOf("x", small), `pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0`},
		{"another class", `{hard: {pods: "0"}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}}`, nil, podOf("x", small), ""},
		{"extended", `{hard: {requests.example.com/gpu: "1"}}`, nil, podOf("x", `{limits: {example.com/gpu: "2"}}`),
			`pods "x" is forbidden: exceeded quota: q, requested: requests.example.com/gpu=2, used: requests.example.com/gpu=0, limited: requests.example.com/gpu=1`},
		{"count", `{hard: {count/deployments.apps: "0"}}`, nil, `{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: app, image: app}]}}}}`,
			`deployments.apps "x" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0`},
		{"node ports", `{hard: {services.nodeports: "1", services: "5"}}`, nil, `{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {type: NodePort, ports: [{name: a, port: 1}, {name: b, port: 2}]}}`,
			`services "x" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1`},
		{"storage", `{hard: {requests.storage: 1Gi, fast.storageclass.storage.k8s.io/persistentvolumeclaims: "0"}}`, nil,
			`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}}`,
			`persistentvolumeclaims "x" is forbidden: exceeded quota: q, requested: fast.storageclass.storage.k8s.io/persistentvolumeclaims=1,requests.storage=2Gi, used: fast.storageclass.storage.k8s.io/persistentvolumeclaims=0,requests.storage=0, limited: fast.storageclass.storage.k8s.io/persistentvolumeclaims=0,requests.storage=1Gi`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := server(t)
			quota(t, a, s, c.spec, c.used)
			got := ""
			if err := create(t, a, c.object); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// What is created is charged at once; a quota whose usage nobody has computed yet holds nothing back.
func TestQuotaCharges(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: ResourceQuota, metadata: {name: new}, spec: {hard: {pods: "0"}}}`))
	quota(t, a, s, `{hard: {pods: "3", requests.cpu: "1", count/pods: "9"}}`, nil)
	for _, name := range []string{"a", "b"} {
		must(t, create(t, a, podOf(name, `{requests: {cpu: 300m}}`)))
	}
	used := s.Get(resourceQuota, key("q")).API().(*corev1.ResourceQuota).Status.Used
	if got := quantities(used, resourceNames(used)); got != "count/pods=2,pods=2,requests.cpu=600m" {
		t.Error(got)
	}
}
