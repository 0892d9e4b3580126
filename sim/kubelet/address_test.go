package kubelet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"clustersim/sim/store"
)

// As many machines as a run may have get valid addresses, each its own, and none of those of Services.
func TestAddresses(t *testing.T) {
	services := netip.MustParsePrefix("10.96.0.0/12")
	var all []uint32
	for n := 0; n < 1_000_000; n += 1 + n/70_000 { // all of the first, then some
		for _, text := range []string{hostIP(n), podRange(n) + ".2"} {
			a, err := netip.ParseAddr(text)
			if err != nil || services.Contains(a) {
				t.Fatalf("machine %d has %s: %v", n, text, err)
			}
			b := a.As4()
			all = append(all, binary.BigEndian.Uint32(b[:]))
		}
	}
	slices.Sort(all)
	if n := len(all) - len(slices.Compact(all)); n > 0 {
		t.Errorf("%d addresses are not the only ones", n)
	}
	if a, b, c := hostIP(0), podRange(0), podRange(256); a != "192.168.0.2" || b != "10.244.0" || c != "10.245.0" {
		t.Errorf("the first machine has %s, its pods %s; the pods of the 257th %s", a, b, c)
	}
}

// An address is given anew only when the pod that had it is gone.
func TestAddressesOfLongLivedPods(t *testing.T) {
	c := newCluster(t, false, nil, nil, "app:v1")
	holder := map[string]string{}
	c.store.Watch(watcher(func(ch *store.Change) {
		_, p, ok := ch.Pods()
		if !ok || p.Status.PodIP == "" {
			return
		}
		if p.Terminal() || p.Deletion != nil {
			delete(holder, p.Status.PodIP)
		} else if h := holder[p.Status.PodIP]; h != "" && h != p.Name {
			t.Errorf("%s has the address %s of %s", p.Name, p.Status.PodIP, h)
		} else {
			holder[p.Status.PodIP] = p.Name
		}
	}))
	c.pod(time.Second, "metadata: {name: stays}\nspec: {containers: [{name: app, image: 'app:v1'}]}")
	for i := range 300 {
		name, at := fmt.Sprintf("p%d", i), time.Duration(5+5*i)*time.Second
		c.pod(at, "metadata: {name: "+name+"}\nspec: {containers: [{name: app, image: 'app:v1'}]}")
		c.at(at+3*time.Second, func() { _ = c.store.DeletePod(store.Key{Namespace: "default", Name: name}, "", nil) })
	}
	c.run(time.Hour)
}

// A kubelet that boots takes up its pods in the order in which they were created.
func TestOldestPodFirst(t *testing.T) {
	c := newCluster(t, false, nil, nil, "app:v1")
	for i, name := range []string{"c", "a", "b"} {
		c.pod(time.Duration(1+i)*time.Second, "metadata: {name: "+name+"}\nspec: {containers: [{name: app, image: 'app:v1'}]}")
	}
	c.at(10*time.Second, c.kubelets.Node("n1").Crash)
	c.at(20*time.Second, c.kubelets.Node("n1").Recover)
	c.run(30 * time.Second)
	at := func(name string) float64 {
		all := c.times("MODIFIED " + name + " Running | app=waiting")
		if len(all) == 0 {
			t.Fatalf("%s was not taken up", name)
		}
		return all[0]
	}
	if !(at("c") < at("a") && at("a") < at("b")) {
		t.Errorf("taken up at c %v, a %v, b %v", at("c"), at("a"), at("b"))
	}
}
