package controller

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// what says which of a Deployment, its ReplicaSet and its pod are there: capital letters are being deleted.
func (p *plant) what() string {
	s := ""
	for _, k := range []struct {
		kind   *model.Kind
		letter string
	}{{model.Deployment, "d"}, {model.ReplicaSet, "r"}} {
		for _, o := range p.store.List(k.kind) {
			if o.API().GetDeletionTimestamp() != nil {
				s += strings.ToUpper(k.letter)
			} else {
				s += k.letter
			}
		}
	}
	for _, pod := range p.pods(nil) {
		if pod.Deletion != nil {
			s += "P"
		} else {
			s += "p"
		}
	}
	return s
}

// Source: controllers.md 12.2.
func TestPropagation(t *testing.T) {
	for _, c := range []struct {
		propagation metav1.DeletionPropagation
		soon, late  string // 100 ms and 5 s later
	}{
		{metav1.DeletePropagationBackground, "P", ""},
		{metav1.DeletePropagationForeground, "DRP", ""},
		{metav1.DeletePropagationOrphan, "rp", "rp"},
		{"", "P", ""},
	} {
		p := newPlant(t, "v1.36", false)
		p.create(webDeployment(1, ""))
		p.run(3 * time.Second)
		if got := p.what(); got != "drp" {
			t.Fatalf("before: %s", got)
		}
		if err := p.api.Delete(model.Deployment, key("web"), nil, string(c.propagation)); err != nil {
			t.Fatal(err)
		}
		p.run(3*time.Second + 100*time.Millisecond)
		soon := p.what()
		p.run(8 * time.Second)
		if late := p.what(); soon != c.soon || late != c.late {
			t.Errorf("%q: %q, then %q; want %q, then %q", c.propagation, soon, late, c.soon, c.late)
		}
		for _, o := range p.store.List(model.ReplicaSet) {
			if len(o.API().GetOwnerReferences()) > 0 || len(o.API().GetFinalizers()) > 0 {
				t.Errorf("%q: the orphan has %v, %v", c.propagation, o.API().GetOwnerReferences(), o.API().GetFinalizers())
			}
		}
	}
}

// Orphans are adopted by a ReplicaSet of the same selector.
func TestOrphansAdopted(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.create(webSet(2, ""))
	p.run(2 * time.Second)
	if err := p.api.Delete(model.ReplicaSet, key("web"), nil, "Orphan"); err != nil {
		t.Fatal(err)
	}
	p.run(3 * time.Second)
	before := p.pods(nil)
	p.create(webSet(2, ""))
	p.run(4 * time.Second)
	rs := get[*appsv1.ReplicaSet](p, model.ReplicaSet, "web")
	after := p.pods(nil)
	if len(after) != 2 {
		t.Fatalf("%d pods", len(after))
	}
	for i := range after {
		if after[i].UID != before[i].UID || controllerUID(after[i].OwnerList()) != rs.UID {
			t.Errorf("%s: not adopted: %v", after[i].Name, after[i].OwnerList())
		}
	}
}

// A dependent with a living owner is kept and loses the other reference; one of an owner that nobody has ever seen is kept.
func TestOtherOwners(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.create(webSet(0, "") + "---\n" + strings.ReplaceAll(webSet(0, ""), "name: web", "name: other"))
	p.run(time.Second)
	web, other := get[*appsv1.ReplicaSet](p, model.ReplicaSet, "web"), get[*appsv1.ReplicaSet](p, model.ReplicaSet, "other")
	p.create("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: dump}")
	own := func(name string, refs ...metav1.OwnerReference) {
		if err := p.store.Update(model.ConfigMap, key(name), func(o model.Object) bool {
			o.SetOwnerReferences(refs)
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	ref := func(rs *appsv1.ReplicaSet) metav1.OwnerReference {
		return metav1.OwnerReference{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: rs.Name, UID: rs.UID}
	}
	stranger := *web
	stranger.UID = "11111111-1111-4111-8111-111111111111"
	own("two", ref(web), ref(other))
	own("dump", ref(&stranger))
	if err := p.api.Delete(model.ReplicaSet, key("web"), nil, "Background"); err != nil {
		t.Fatal(err)
	}
	p.run(2 * time.Second)
	if refs := p.store.Get(model.ConfigMap, key("two")).API().GetOwnerReferences(); len(refs) != 1 || refs[0].UID != other.UID {
		t.Errorf("owners of two: %v", refs)
	}
	if err := p.api.Delete(model.ReplicaSet, key("other"), nil, "Background"); err != nil {
		t.Fatal(err)
	}
	p.run(3 * time.Second)
	if p.store.Get(model.ConfigMap, key("two")) != nil || p.store.Get(model.ConfigMap, key("dump")) == nil {
		t.Error("two is still there, or dump is gone")
	}
}

// A pod that is created for an owner which goes at the same moment goes too.
func TestLateDependent(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.create(webSet(1, ""))
	p.run(2 * time.Millisecond) // its pod is on the way
	if err := p.api.Delete(model.ReplicaSet, key("web"), nil, "Background"); err != nil {
		t.Fatal(err)
	}
	p.run(3 * time.Second)
	if n := len(p.pods(func(*store.Pod) bool { return true })); n != 0 {
		t.Errorf("%d pods are left", n)
	}
}
