package kubelet

import (
	"fmt"
	"testing"
	"time"

	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// The pod's IP is that of its sandbox, or the node's from the first status on with hostNetwork; a node that boots with an
// empty runtime has neither sandbox nor IP. Source: k8s v1.36.3 pkg/kubelet/kubelet_pods.go generateAPIPodStatus.
func TestPodIP(t *testing.T) {
	for spec, want := range map[string]string{ // unordered: a table
		"":                   " -> 10.244.0.2 ->  -> 10.244.0.3",
		"hostNetwork: true,": " -> 192.168.0.2",
	} {
		c := newCluster(t, false, nil, nil, "app:v1")
		var got string
		last := "?"
		c.store.Watch(watcher(func(ch *store.Change) {
			if _, p, ok := ch.Pods(); ok && p.Status.PodIP != last {
				if last != "?" {
					got += " -> "
				}
				last = p.Status.PodIP
				got += last
			}
		}))
		c.pod(time.Second, fmt.Sprintf(onePod, spec, ""))
		c.at(10*time.Second, c.kubelets.Node("n1").Crash)
		c.at(20*time.Second, c.kubelets.Node("n1").Recover)
		c.run(time.Minute)
		if got != want {
			t.Errorf("%q: %q, want %q", spec, got, want)
		}
	}
}

type watcher func(*store.Change)

func (w watcher) Observe(c *store.Change) { w(c) }

// A running container shows the image that it runs, also when the spec asks for another one already.
func TestImageOfStatus(t *testing.T) {
	c := newCluster(t, false, nil, nil, "app:v1", "app:v2")
	var seen []string
	c.store.Watch(watcher(func(ch *store.Change) {
		if _, p, ok := ch.Pods(); ok && ch.Verb == journal.Modified && len(p.Status.ContainerStatuses) > 0 {
			s := p.Status.ContainerStatuses[0]
			seen = append(seen, fmt.Sprintf("%s/%d", s.Image, s.RestartCount))
		}
	}))
	c.pod(time.Second, fmt.Sprintf(onePod, "", ", lifecycle: {preStop: {sleep: {seconds: 5}}}"))
	c.at(10*time.Second, func() {
		_, err := c.store.UpdatePod(store.Key{Namespace: "default", Name: "p"}, "", func(p *store.Pod) bool {
			p.Template = p.Template.DeepCopy()
			p.Template.Spec.Containers[0].Image = "app:v2"
			p.Generation++
			return true
		})
		if err != nil {
			t.Error(err)
		}
	})
	c.run(time.Minute)
	for _, s := range seen {
		if s != "app:v1/0" && s != "app:v2/1" {
			t.Errorf("image and restarts %v", seen)
		}
	}
	if seen[len(seen)-1] != "app:v2/1" {
		t.Errorf("image and restarts %v", seen)
	}
}
