package admission

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

func service(t *testing.T, s *store.Store, name string) *corev1.Service {
	t.Helper()
	o := s.Get(model.Service, key(name))
	if o == nil {
		t.Fatalf("no service %s", name)
	}
	return o.API().(*corev1.Service)
}

// Allocation (controllers.md 11.3): the upper part of the ranges, one node port for TCP and UDP of the same port.
func TestServiceAllocation(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: NodePort, ports: [{name: t, port: 53}, {name: u, port: 53, protocol: UDP}, {name: w, port: 54}]}}`))
	must(t, create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {clusterIP: None, selector: {app: b}, ports: [{port: 80}]}}`))
	must(t, create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: c}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}`))
	must(t, create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: d}, spec: {type: ExternalName, externalName: example.com}}`))
	x := service(t, s, "a")
	ip := netip.MustParseAddr(x.Spec.ClusterIP)
	if !serviceRange.Contains(ip) || ip.Compare(netip.MustParseAddr("10.96.1.1")) < 0 || x.Spec.ClusterIPs[0] != x.Spec.ClusterIP || *x.Spec.IPFamilyPolicy != corev1.IPFamilyPolicySingleStack {
		t.Errorf("cluster IP %s %v", ip, x.Spec)
	}
	p := x.Spec.Ports
	if p[0].NodePort != p[1].NodePort || p[0].NodePort == p[2].NodePort || p[0].NodePort < nodePortBase+nodePortOffset || p[2].NodePort > 32767 {
		t.Errorf("node ports %d %d %d", p[0].NodePort, p[1].NodePort, p[2].NodePort)
	}
	if b := service(t, s, "b"); b.Spec.ClusterIP != "None" || len(b.Spec.IPFamilies) != 1 {
		t.Errorf("headless: %+v", b.Spec)
	}
	if c := service(t, s, "c"); c.Spec.ClusterIP != "10.96.0.10" || c.Spec.ClusterIPs[0] != "10.96.0.10" {
		t.Errorf("static: %+v", c.Spec)
	}
	if d := service(t, s, "d"); d.Spec.ClusterIP != "" || d.Spec.IPFamilyPolicy != nil {
		t.Errorf("external name: %+v", d.Spec)
	}
}

func TestServiceRefusals(t *testing.T) {
	a, _ := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: taken}, spec: {type: NodePort, clusterIP: 10.96.0.10, ports: [{port: 80, nodePort: 30080}]}}`))
	for spec, want := range map[string]string{
		`clusterIP: 10.96.0.10, ports: [{port: 80}]`:            `Service "x" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated`,
		`clusterIP: 10.96.0.1, ports: [{port: 80}]`:             `Service "x" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated`,
		`clusterIP: 172.16.0.1, ports: [{port: 80}]`:            `Service "x" is invalid: spec.clusterIPs: Invalid value: ["172.16.0.1"]: failed to allocate IP 172.16.0.1: the provided network does not match the current range`,
		`type: NodePort, ports: [{port: 80, nodePort: 30080}]`:  `Service "x" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated`,
		`type: NodePort, ports: [{port: 80, nodePort: 80}]`:     `Service "x" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767`,
		`ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]`: `Service "x" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services`,
		`ipFamilies: [IPv6], ports: [{port: 80}]`:               `Service "x" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster`,
	} {
		err := create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {`+spec+`}}`)
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", spec, err, want)
		}
	}
}

// An update keeps what was allocated, gives back what is no longer needed, and does not move the cluster IP.
func TestServiceUpdate(t *testing.T) {
	a, s := server(t)
	must(t, create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort, ports: [{name: a, port: 80}]}}`))
	before := service(t, s, "web")
	patch := func(p string) error { return a.Patch(model.Service, key("web"), "merge", "", []byte(p)) }
	must(t, patch(`{"spec": {"ports": [{"name": "a", "port": 8080}, {"name": "b", "port": 81}]}}`))
	after := service(t, s, "web")
	if after.Spec.ClusterIP != before.Spec.ClusterIP || after.Spec.Ports[0].NodePort != before.Spec.Ports[0].NodePort || after.Spec.Ports[1].NodePort == 0 {
		t.Errorf("before %+v after %+v", before.Spec, after.Spec)
	}
	must(t, patch(`{"spec": {"type": "ClusterIP"}}`))
	if now := service(t, s, "web"); now.Spec.Ports[0].NodePort != 0 || now.Spec.ExternalTrafficPolicy != "" || now.Spec.ClusterIP != before.Spec.ClusterIP {
		t.Errorf("as ClusterIP: %+v", now.Spec)
	}
	must(t, create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: other}, spec: {type: NodePort, ports: [{port: 80, nodePort: `+itoa(before.Spec.Ports[0].NodePort)+`}]}}`))
	if err := patch(`{"spec": {"clusterIP": "10.96.9.9"}}`); err == nil || !strings.Contains(err.Error(), "may not change once set") {
		t.Errorf("another cluster IP: %v", err)
	}
	must(t, patch(`{"spec": {"type": "ExternalName", "externalName": "example.com"}}`))
	if now := service(t, s, "web"); now.Spec.ClusterIP != "" || now.Spec.ClusterIPs != nil {
		t.Errorf("as ExternalName: %+v", now.Spec)
	}
}

func itoa(n int32) string { return strconv.Itoa(int(n)) }

// A service more changes nobody's addresses.
func TestServiceDrawsAreItsOwn(t *testing.T) {
	ip := func(others ...string) string {
		a, s := server(t)
		for _, o := range others {
			must(t, create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: `+o+`}, spec: {type: NodePort, ports: [{port: 80}]}}`))
		}
		must(t, create(t, a, `{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort, ports: [{port: 80}]}}`))
		w := service(t, s, "web")
		return w.Spec.ClusterIP + itoa(w.Spec.Ports[0].NodePort)
	}
	if x, y := ip(), ip("a", "b"); x != y {
		t.Errorf("%s alone, %s with others", x, y)
	}
}
