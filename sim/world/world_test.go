package world

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/sim/engine"
)

func TestMatch(t *testing.T) {
	for _, v := range []struct {
		glob, s string
		want    bool
	}{
		{"*", "", true}, {"*", "a/b", true}, {"a*", "ab", true}, {"a*", "ba", false}, {"registry.test/*", "registry.test/a/b:v1", true},
		{"*v1", "a:v1", true}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"", "", true}, {"", "a", false}, {"a*b*c", "aXbYbZc", true}, {"web-*", "web", false},
	} {
		if got := Match(v.glob, v.s); got != v.want {
			t.Errorf("Match(%q, %q) = %v", v.glob, v.s, got)
		}
	}
}

func TestSelector(t *testing.T) {
	app, _ := labels.Parse("app=web")
	pod := PodFacts{Namespace: "default", Name: "web-1", Labels: map[string]string{"app": "web"}, Owners: []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "web-x"}, {Kind: "Deployment", Name: "web"}}}
	for _, v := range []struct {
		s    Selector
		want bool
	}{
		{Selector{}, true}, {Selector{Name: "web*"}, true}, {Selector{Name: "db*"}, false}, {Selector{Namespace: "other"}, false},
		{Selector{Labels: app}, true}, {Selector{Owner: "Deployment/web"}, true}, {Selector{Owner: "Job/web"}, false},
		{Selector{Image: "nginx*"}, true}, {Selector{Image: "redis*"}, false}, {Selector{Name: "web*", Owner: "Job/*"}, false},
	} {
		if got := v.s.Matches(pod, "nginx:1"); got != v.want {
			t.Errorf("%+v: %v", v.s, got)
		}
	}
	w := New([]Behavior{{Container: "side", StartError: "1"}, {Select: Selector{Name: "web*"}, StartError: "2"}, {StartError: "3"}}, nil, nil)
	if b := w.Behavior(pod, &corev1.Container{Name: "app"}); b.StartError != "2" {
		t.Errorf("the first behaviour that matches holds, got %s", b.StartError)
	}
}

func pulled(w *World, ref string, attempt int, cached, secret bool) Pull {
	return w.Pull(PullRequest{Ref: ref, Attempt: attempt, Cached: cached, HasSecret: secret, Stream: engine.NewStream(1, "t")})
}

func TestPull(t *testing.T) {
	w := New(nil, []Registry{{Match: "fast/*", Bandwidth: Constant(100 << 20), Latency: Constant(int64(time.Second))}, {Match: "shared/*", Bandwidth: Constant(100 << 20), TotalBandwidth: 100 << 20, Latency: Constant(0)}},
		[]NamedImage{
			{"fast/gone:v1", Image{Missing: true}}, {"fast/private:v1", Image{NeedsSecret: true}}, {"fast/flaky:v1", Image{FailFirst: 1, Error: "reset"}},
			{"fixed:v1", Image{PullTime: Constant(int64(3 * time.Second)), Size: 5}},
		})
	for _, v := range []struct {
		name  string
		p     Pull
		takes time.Duration
		err   string
	}{
		{"size over bandwidth after the latency", pulled(w, "fast/a:v1", 0, false, false), 2 * time.Second, ""},
		{"cached: the manifest alone", pulled(w, "fast/a:v1", 0, true, false), time.Second, ""},
		{"defaults: 100Mi at 50Mi/s and 500 ms", pulled(w, "other/a:v1", 0, false, false), 2500 * time.Millisecond, ""},
		{"pullTime", pulled(w, "fixed:v1", 0, false, false), 3 * time.Second, ""},
		{"missing", pulled(w, "fast/gone:v1", 0, false, false), time.Second, `rpc error: code = NotFound desc = failed to pull and unpack image "fast/gone:v1": failed to resolve reference "fast/gone:v1": fast/gone:v1: not found`},
		{"private", pulled(w, "fast/private:v1", 0, false, false), time.Second, "pull access denied, repository does not exist or may require authorization"},
		{"private with its secret", pulled(w, "fast/private:v1", 0, false, true), 2 * time.Second, ""},
		{"flaky, first", pulled(w, "fast/flaky:v1", 0, false, false), time.Second, "rpc error: code = Unavailable desc = reset"},
		{"flaky, second", pulled(w, "fast/flaky:v1", 1, false, false), 2 * time.Second, ""},
	} {
		if v.p.Takes != v.takes || (v.err == "") != (v.p.Error == "") || !strings.Contains(v.p.Error, v.err) {
			t.Errorf("%s: %v %q, want %v %q", v.name, v.p.Takes, v.p.Error, v.takes, v.err)
		}
	}
	first := pulled(w, "shared/a:v1", 0, false, false)
	if second := pulled(w, "shared/b:v1", 0, false, false); second.Takes != 2*first.Takes {
		t.Errorf("the second pull has half of the registry's bandwidth: %v after %v", second.Takes, first.Takes)
	}
	first.End()
}

func TestOverrides(t *testing.T) {
	w := New(nil, nil, nil)
	end := w.Begin(Override{Match: "a/*", Outage: true})
	if p := pulled(w, "a/x:v1", 0, false, false); p.Error != "rpc error: code = Unavailable desc = docker.io: connection refused" {
		t.Errorf("outage: %q", p.Error)
	}
	if p := pulled(w, "b/x:v1", 0, false, false); p.Error != "" {
		t.Errorf("another registry: %q", p.Error)
	}
	end()
	if p := pulled(w, "a/x:v1", 0, false, false); p.Error != "" {
		t.Errorf("after the outage: %q", p.Error)
	}
	for range 1000 {
		defer w.Begin(Override{Match: "b/*", Outage: true, Error: "no route"})()
		w.Begin(Override{Match: "b/*", Outage: true})()
	}
	if p := pulled(w, "b/x:v1", 0, false, false); p.Error != "rpc error: code = Unavailable desc = no route" || len(w.outages) != 1000 {
		t.Errorf("%d outages in force, %q", len(w.outages), p.Error)
	}
	w.Begin(Override{Match: "*", Bandwidth: Constant(10 << 20)})
	if p := pulled(w, "a/x:v1", 0, false, false); p.Takes != 10500*time.Millisecond {
		t.Errorf("throttled: %v", p.Takes)
	}
}
