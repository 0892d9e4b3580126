package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// ReachQuery asks who answers at a place of the cluster's network, at the present instant.
type ReachQuery struct {
	Namespace string // of names without one; "" = default
	// Target is POD, svc/SERVICE, pod/POD, node/NODE, localhost or an address, each with :PORT or, but for localhost and
	// nodes, without. The port of a Service may be its name. A plain name is a pod's or, if there is none, a Service's.
	Target string
	From   string // POD or POD/CONTAINER; "" = somewhere in the cluster
}

// Reach is the answer.
type Reach struct {
	From     string     `json:"from,omitempty"`
	Target   string     `json:"target"`
	Address  string     `json:"address,omitempty"`
	Answered bool       `json:"answered"`       // by at least one of those that a connection may come to
	Why      string     `json:"why,omitempty"`  // nobody answers
	Path     []string   `json:"path,omitempty"` // what stands between the target and the pods
	Tries    []ReachTry `json:"tries,omitempty"`
}

// ReachTry is a pod that a connection may come to.
type ReachTry struct {
	Pod       string `json:"pod"`
	Container string `json:"container,omitempty"` // who answers, or would
	Address   string `json:"address,omitempty"`
	Node      string `json:"node,omitempty"`
	Answers   bool   `json:"answers"`
	Why       string `json:"why,omitempty"`
}

// Reach says who answers at a place of the cluster's network now, and if nobody does, why not. Processes are seen as they are;
// Services as their EndpointSlices say. It returns an error if the query makes no sense, or names what is not there.
//
// Source: controllers.md 11.1, 11.4; pkg/proxy/topology.go CategorizeEndpoints.
// Differs: kube-proxy knows of every change at once. Network policies are not modelled: nothing is filtered.
func (r *Run) Reach(q ReachQuery) (*Reach, error) {
	if q.Namespace == "" {
		q.Namespace = corev1.NamespaceDefault
	}
	x := &reach{r: r, q: q, out: &Reach{Target: q.Target, From: q.From}}
	if err := x.from(); err != nil {
		return nil, err
	}
	if x.out.Why == "" {
		if err := x.target(); err != nil {
			return nil, err
		}
	}
	for _, t := range x.out.Tries {
		x.out.Answered = x.out.Answered || t.Answers
	}
	if !x.out.Answered && x.out.Why == "" && len(x.out.Tries) == 1 {
		x.out.Why = x.out.Tries[0].Why
	}
	return x.out, nil
}

// reach is one query at work.
type reach struct {
	r      *Run
	q      ReachQuery
	out    *Reach
	source *store.Pod // who asks; nil = anybody
}

// from finds who asks.
func (x *reach) from() error {
	if x.q.From == "" {
		return nil
	}
	name, container, _ := strings.Cut(strings.TrimPrefix(x.q.From, "pod/"), "/")
	p := x.pod(name)
	if p == nil {
		return store.NotFound(model.Pod, name)
	}
	if container == "" {
		container = p.Spec().Containers[0].Name
	}
	if !slices.ContainsFunc(containersOf(p.Spec()), func(c corev1.Container) bool { return c.Name == container }) {
		return fmt.Errorf("container %s is not valid for pod %s", container, name)
	}
	x.source, x.out.From = p, "pod/"+name+"/"+container
	if running, why := x.r.Kubelets.Running(p, container); !running {
		x.out.Why = fmt.Sprintf("the question is never asked: container %s of pod/%s %s", container, name, why)
	}
	return nil
}

func containersOf(s *corev1.PodSpec) []corev1.Container {
	return append(slices.Clone(s.InitContainers), s.Containers...)
}

func (x *reach) pod(name string) *store.Pod {
	return x.r.Store.Pod(store.Key{Namespace: x.q.Namespace, Name: name})
}

func (x *reach) service(name string) *corev1.Service {
	if o := x.r.Store.Get(model.Service, store.Key{Namespace: x.q.Namespace, Name: name}); o != nil {
		return o.API().(*corev1.Service)
	}
	return nil
}

// target finds what is asked for.
func (x *reach) target() error {
	kind, name, found := strings.Cut(x.q.Target, "/")
	if !found {
		kind, name = "", x.q.Target
	}
	name, port, _ := strings.Cut(name, ":")
	number, err := portNumber(port)
	if addr, bad := netip.ParseAddr(name); bad == nil && kind == "" {
		return x.address(addr, port, number, err)
	}
	isService := kind == "svc" || kind == "service" || kind == "services"
	if err != nil && !isService && (kind != "" || x.pod(name) != nil || x.service(name) == nil) {
		return err
	}
	switch {
	case kind == "" && name == "localhost":
		return x.localhost(number)
	case kind == "po" || kind == "pod" || kind == "pods" || kind == "" && x.pod(name) != nil:
		return x.toPod(name, number)
	case isService || kind == "" && x.service(name) != nil:
		return x.toService(name, port)
	case kind == "no" || kind == "node" || kind == "nodes":
		return x.toNode(name, number)
	case kind == "":
		return fmt.Errorf("there is no pod and no service %q in namespace %s", name, x.q.Namespace)
	}
	return fmt.Errorf("%s: must be POD, svc/SERVICE, node/NODE, localhost or an address, each with a port as in web:80", x.q.Target)
}

// portNumber reads a port; "" is 0.
func portNumber(text string) (int32, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("port %s: must be from 1 to 65535", text)
	}
	return int32(n), nil
}

// localhost is the network that the containers of the asking pod share.
func (x *reach) localhost(port int32) error {
	if x.source == nil {
		return fmt.Errorf("localhost: whose? say --from POD/CONTAINER")
	}
	if port == 0 {
		return fmt.Errorf("localhost: needs a port, as in localhost:80")
	}
	x.out.Address = "127.0.0.1:" + strconv.Itoa(int(port))
	x.out.Path = append(x.out.Path, "the containers of pod/"+x.source.Name+" share one network")
	x.try(x.source, port, "127.0.0.1")
	return nil
}

func (x *reach) toPod(name string, port int32) error {
	p := x.pod(name)
	if p == nil {
		return store.NotFound(model.Pod, name)
	}
	if c := store.Condition(p.Status, corev1.PodReady); p.NodeName != "" && (c == nil || c.Status != corev1.ConditionTrue) {
		x.out.Path = append(x.out.Path, "pod/"+name+" is not Ready: that keeps it out of Services, and is no matter for its own address")
	}
	x.try(p, port, "")
	if t := x.out.Tries; len(t) > 0 {
		x.out.Address = t[0].Address
	}
	return nil
}

// address is an IP of a pod, a Service or a node.
func (x *reach) address(ip netip.Addr, text string, port int32, err error) error {
	if err != nil {
		return err
	}
	for _, o := range x.r.Store.List(model.Service) {
		s := o.API().(*corev1.Service)
		if s.Spec.ClusterIP == ip.String() {
			x.q.Namespace = s.Namespace
			return x.toService(s.Name, text)
		}
	}
	for _, o := range x.r.Store.List(model.Pod) {
		if p := o.(*store.Pod); p.Status.PodIP == ip.String() && !p.Spec().HostNetwork {
			x.q.Namespace = p.Namespace
			return x.toPod(p.Name, port)
		}
	}
	for _, n := range x.r.Kubelets.Nodes() {
		if n.IP() == ip.String() {
			return x.toNode(n.Name(), port)
		}
	}
	x.out.Address = ip.String()
	x.out.Why = "no pod, service or node has the address " + ip.String()
	return nil
}
