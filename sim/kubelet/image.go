package kubelet

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

var kindPull = engine.NewKind("image pull", engine.RankWorld, false)

// podImage is the back-off of one image of one pod, with the error of the last pull.
type podImage struct {
	ref     string
	backoff imageBackoff
	last    string // "ErrImagePull: ..." of the last failed pull
}

// cachedImage is an image on a node.
type cachedImage struct {
	name    string // as a pod wrote it first, with the default tag
	size    int64
	private bool // pulled with a secret: other pods have to show one
}

// pull is one request to the node's image puller.
type pull struct {
	worker *worker
	ref    string
	asked  engine.Time
	why    engine.Why
	done   func(p world.Pull, took engine.Time)
}

// withTag is the reference with the default tag applied.
func withTag(ref string) string {
	rest := ref[strings.LastIndexByte(ref, '/')+1:]
	if strings.ContainsAny(rest, ":@") {
		return ref
	}
	return ref + ":latest"
}

// canonical is the name under which the runtime keeps a reference.
func (k *Kubelets) canonical(ref string) string {
	name := k.names[ref]
	if name == "" {
		name = model.CanonicalImage(ref)
		k.names[ref] = name
	}
	return name
}

// ensureImage makes sure that the container's image is on the node, and gives the waiting reason and message if it is
// not.
//
// Source: k8s v1.36.3 pkg/kubelet/images/image_manager.go EnsureImageExists, pullImage.
func (w *worker) ensureImage(c *container, done func(reason, message string)) {
	ref, policy := c.spec.Image, c.spec.ImagePullPolicy
	warn := func(reason, message string) { w.event(c.spec.ref, record.Warning, reason, message) }
	if message := model.InvalidImage(ref); message != "" {
		warn("InspectFailed", message)
		done(ReasonInvalidImageName, message)
		return
	}
	cached := w.node.images[w.node.k.canonical(ref)]
	if policy != corev1.PullAlways && cached != nil && (!cached.private || w.hasSecretFor(ref)) {
		w.event(c.spec.ref, record.Normal, "Pulled", w.node.k.presentText(ref))
		done("", "")
		return
	}
	if policy == corev1.PullNever {
		message := fmt.Sprintf("Container image %q is not present with pull policy of Never", ref)
		warn(ReasonErrImageNeverPull, message)
		done(ReasonErrImageNeverPull, message)
		return
	}
	w.pullImage(c, w.podImage(ref), done)
}

// presentText is the message of an image that need not be pulled.
func (k *Kubelets) presentText(ref string) string {
	text := k.present[ref]
	if text == "" {
		text = fmt.Sprintf("Container image %q already present on machine and can be accessed by the pod", ref)
		k.present[ref] = text
	}
	return text
}

func (w *worker) podImage(ref string) *podImage {
	for i := range w.images {
		if w.images[i].ref == ref {
			return &w.images[i]
		}
	}
	w.images = append(w.images, podImage{ref: ref})
	return &w.images[len(w.images)-1]
}

func (w *worker) pullImage(c *container, img *podImage, done func(reason, message string)) {
	ref := img.ref
	if img.backoff.inBackoff(w.now()) {
		message := fmt.Sprintf("Back-off pulling image %q", ref)
		w.eventBy(rule.ImagePullBackOff, c.spec.ref, record.Normal, "BackOff", message)
		if img.last != "" {
			message += ": " + img.last
		}
		done(ReasonImagePullBackOff, message)
		return
	}
	img.last = ""
	w.event(c.spec.ref, record.Normal, "Pulling", fmt.Sprintf("Pulling image %q", ref))
	w.node.enqueuePull(&pull{worker: w, ref: ref, asked: w.now(), done: func(p world.Pull, took engine.Time) {
		img := w.podImage(ref)
		if p.Error != "" {
			w.eventBy(rule.ImagePullFailed, c.spec.ref, record.Warning, "Failed", fmt.Sprintf("Failed to pull image %q: %s", ref, p.Error))
			img.backoff.next(w.now())
			img.last = ReasonErrImagePull + ": " + p.Error
			done(ReasonErrImagePull, p.Error)
			return
		}
		w.eventBy(rule.ImagePull, c.spec.ref, record.Normal, "Pulled", fmt.Sprintf("Successfully pulled image %q in %v (%v including waiting). Image size: %d bytes.",
			ref, took.Truncate(time.Millisecond), (w.now()-w.pullAsked).Truncate(time.Millisecond), p.Size))
		done("", "")
	}})
}

// enqueuePull puts a pull into the node's queue: one at a time unless the kubelet pulls in parallel.
func (n *Node) enqueuePull(p *pull) {
	p.worker.pullAsked, p.why = p.asked, n.k.engine.Why
	n.pulls = append(n.pulls, p)
	n.pullNext()
}

func (n *Node) pullNext() {
	limit := 1
	if !n.k.config.SerializeImagePulls || n.k.config.MaxParallelImagePulls > 1 {
		limit = n.k.config.MaxParallelImagePulls
	}
	for len(n.pulls) > 0 && (limit <= 0 || n.pulling < limit) {
		p := n.pulls[0]
		n.pulls = n.pulls[1:]
		n.pulling++
		n.startPull(p)
	}
}

func (n *Node) startPull(p *pull) {
	n.k.engine.Why = p.why
	w, ref := p.worker, n.k.canonical(p.ref)
	key := engine.HashString("pull/" + n.name + "/" + p.ref)
	n.pullsTried[ref]++
	attempt := n.pullsTried[ref] - 1
	secret := w.hasSecretFor(p.ref)
	res := n.k.world.Pull(world.PullRequest{
		Ref: p.ref, Node: n.labels(), Attempt: attempt, Cached: n.images[ref] != nil, HasSecret: secret,
		Stream: engine.NewStream(n.k.engine.Seed()^engine.Mix(key+uint64(attempt)), "pull"),
	})
	if at := n.pullClient.Reserve(n.k.engine.Now()); at > n.k.engine.Now() {
		res = world.Pull{Error: "pull QPS exceeded"}
	}
	epoch := n.epoch
	begun := n.k.engine.Now()
	n.k.engine.After(res.Takes, kindPull, engine.Func(func() {
		res.End()
		if n.epoch != epoch {
			return
		}
		n.pulling--
		if res.Error == "" {
			n.addImage(p.ref, res.Size, secret && n.k.world.NeedsSecret(p.ref, n.labels()))
		}
		took := n.k.engine.Now() - begun
		w.run(func() { p.done(res, took) })
		n.pullNext()
	}))
}

// addImage puts an image into the node's cache; the Node's status shows it at its next update.
func (n *Node) addImage(name string, size int64, private bool) {
	if ref := n.k.canonical(name); n.images[ref] == nil {
		n.images[ref] = &cachedImage{name: withTag(name), size: size, private: private}
		n.imageOrder = append(n.imageOrder, ref)
		n.statusChanged()
	}
}

// hasSecretFor reports whether an imagePullSecret of the pod holds the reference's registry.
func (w *worker) hasSecretFor(ref string) bool {
	host := world.RegistryHost(ref)
	for _, name := range w.pod.Spec().ImagePullSecrets {
		o := w.node.k.store.Get(model.Secret, store.Key{Namespace: w.pod.Namespace, Name: name.Name})
		if o == nil {
			continue
		}
		if s, ok := o.API().(*corev1.Secret); ok && secretHolds(s, host) {
			return true
		}
	}
	return false
}

// secretHolds reports whether a registry secret has an entry for the host.
func secretHolds(s *corev1.Secret, host string) bool {
	var auths map[string]json.RawMessage
	if data, ok := s.Data[corev1.DockerConfigJsonKey]; ok {
		var cfg struct {
			Auths map[string]json.RawMessage `json:"auths"`
		}
		if json.Unmarshal(data, &cfg) != nil {
			return false
		}
		auths = cfg.Auths
	} else if data, ok := s.Data[corev1.DockerConfigKey]; !ok || json.Unmarshal(data, &auths) != nil {
		return false
	}
	for key := range auths { // unordered: any match will do
		key = strings.TrimPrefix(strings.TrimPrefix(key, "https://"), "http://")
		key, _, _ = strings.Cut(key, "/")
		if key == host || key == "index.docker.io" && host == "docker.io" {
			return true
		}
	}
	return false
}
