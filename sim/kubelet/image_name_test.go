package kubelet

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/world"
)

// An image is the same however its name is written: the runtime keeps full names.
//
// Source: github.com/distribution/reference v0.6.0 ParseDockerRef; k8s v1.36.3 pkg/kubelet/images/image_manager.go.
func TestImageNamesAreOne(t *testing.T) {
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, v := range []struct {
		cached, asked string
		there         bool
	}{
		{"nginx:1.27", "docker.io/library/nginx:1.27", true},
		{"docker.io/library/nginx:1.27", "nginx:1.27", true},
		{"index.docker.io/me/app:v1", "me/app:v1", true},
		{"app", "docker.io/library/app:latest", true},
		{"app:v1" + digest, "app" + digest, true},
		{"nginx:1.27", "nginx:1.26", false},
		{"nginx:1.27", "registry.test/nginx:1.27", false},
		{"nginx:1.27", "docker.io/nginx/nginx:1.27", false},
	} {
		c := newCluster(t, false, nil, nil, v.cached)
		c.pod(time.Second, fmt.Sprintf("metadata: {name: p}\nspec: {containers: [{name: app, image: '%s', imagePullPolicy: Never}]}", v.asked))
		c.run(5 * time.Second)
		if got := len(c.times("EVT p Started")) == 1; got != v.there {
			t.Errorf("%s on the node, %s asked for: there %v, want %v", v.cached, v.asked, got, v.there)
		}
	}
}

// What a scenario says of images and of the containers that run them holds for all spellings, too.
func TestImageNamesOfAScenario(t *testing.T) {
	for _, written := range []string{"nginx:1.27", "docker.io/library/nginx:1.27", "nginx*", "docker.io/library/ngin?:*", "docker.io/*"} {
		for _, asked := range []string{"nginx:1.27", "docker.io/library/nginx:1.27", "index.docker.io/library/nginx:1.27"} {
			w := world.New([]world.Behavior{{Select: world.Selector{Image: written}}}, []world.Registry{{Match: written, FailureRate: 1}}, []world.NamedImage{{Ref: "nginx:1.27", Image: world.Image{Size: 7}}})
			if w.Behavior(world.PodFacts{}, &corev1.Container{Image: asked}) == nil {
				t.Errorf("image: %s does not select %s", written, asked)
			}
			if w.Registry(asked, nil).FailureRate != 1 {
				t.Errorf("match: %s does not match %s", written, asked)
			}
			if w.Image(asked).Size != 7 {
				t.Errorf("nginx:1.27 says nothing of %s", asked)
			}
		}
	}
}
