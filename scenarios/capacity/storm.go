package capacity

import (
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/model"
	"clustersim/sim"
	"clustersim/sim/journal"
	"clustersim/sim/world"
)

// TimedStorm is an image that all nodes pull at once, in simulated time. Times are in seconds, sizes in bytes.
type TimedStorm struct {
	Image string  `json:"image"`
	Size  int64   `json:"size"`
	At    float64 `json:"at"`    // of the beginning, once the cluster had settled
	Until float64 `json:"until"` // how long after it was looked
	Took  float64 `json:"took"`  // until the last node ran it; -1 = not in that time
	Nodes int     `json:"nodes"` // that were asked to run it
	Ready int     `json:"ready"` // that did in that time
	Had   int     `json:"had"`   // that had the image before
	Bytes int64   `json:"bytes"` // pulled in all
	// HitRatio is 1 - pulled / needed.
	HitRatio float64 `json:"byteHitRatio"`
	// Peak is how many pulled it at once, PeakGbit what they drew from the registry, if each pull is as fast throughout.
	Peak     int     `json:"peakPulls"`
	PeakGbit float64 `json:"peakGbitPerSecond"`
	Pull     Spread  `json:"pull"`
	// Bound is what no pulls of these can be faster than: the bytes of all at the registry's total bandwidth, or one pull alone.
	// Where the image has a pull time of its own it is the quickest pull.
	Bound   float64 `json:"lowerBound"`
	BoundBy string  `json:"boundBy"`
}

// StormOptions say what is pulled.
type StormOptions struct {
	Image string
	Size  int64         // bytes; 0 = as the scenario says, else 100Mi
	For   time.Duration // how long is looked; 0 = 1 h
	Begin func(*sim.Run)
}

// Storm lets a cluster settle, has a DaemonSet run an image on every node, and tells how long the pulls take. It returns the
// errors of runs.
func Storm(o sim.Options, so StormOptions) (*TimedStorm, error) {
	if so.For <= 0 {
		so.For = time.Hour
	}
	at, err := settled(o, so.Begin)
	if err != nil {
		return nil, err
	}
	change{name: "pull-storm"}.into(&o, at, so.For)
	if so.Size > 0 {
		o.Images = append([]world.NamedImage{{Ref: so.Image, Image: world.Image{Size: so.Size}}}, o.Images...)
	}
	m, err := model.FromObject(puller(so.Image), model.Place{File: "--pull-storm"})
	if err != nil {
		return nil, err
	}
	o.Workloads = append(slices.Clone(o.Workloads), sim.Workload{At: at, Manifests: []model.Manifest{m}})
	w := &storm{watch: newWatch(at)}
	w.other = func(*journal.Record) {}
	r, err := sim.New(o, w.watch)
	if err != nil {
		return nil, err
	}
	if so.Begin != nil {
		so.Begin(r)
	}
	if err := r.Until(o.Duration); err != nil {
		return nil, err
	}
	out := w.end(o, so)
	if out.Nodes == 0 {
		return nil, fmt.Errorf("no node takes a pod with the image %s", so.Image)
	}
	return out, nil
}

// stormName is the DaemonSet of a storm.
const stormName = "pull-storm"

func puller(image string) *appsv1.DaemonSet {
	l := map[string]string{"app": stormName}
	all := intstr.FromString("100%")
	return &appsv1.DaemonSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: metav1.ObjectMeta{Name: stormName, Namespace: metav1.NamespaceDefault},
		Spec: appsv1.DaemonSetSpec{
			Selector:       &metav1.LabelSelector{MatchLabels: l},
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{Type: appsv1.RollingUpdateDaemonSetStrategyType, RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxUnavailable: &all}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: l}, Spec: corev1.PodSpec{
				Containers:  []corev1.Container{{Name: "image", Image: image, ImagePullPolicy: corev1.PullIfNotPresent}},
				Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			}},
		},
	}
}

// storm sees the pulls.
type storm struct{ *watch }

func (w *storm) end(o sim.Options, so StormOptions) *TimedStorm {
	out := &TimedStorm{Image: so.Image, At: w.at.Seconds(), Until: so.For.Seconds()}
	src := world.New(o.Behaviors, o.Registries, o.Images)
	img := src.Image(so.Image)
	if out.Size = img.Size; out.Size == 0 {
		out.Size = world.DefaultImageSize
	}
	took := w.at
	var pulls []span
	var seconds []float64
	for _, l := range w.pods {
		if l == nil || l.owner == nil || l.owner.Kind != "DaemonSet" || l.owner.Name != stormName {
			continue
		}
		out.Nodes++
		if l.ready != never {
			out.Ready++
			took = max(took, l.ready)
		}
		if len(l.pulls) == 0 && l.ready != never {
			out.Had++
		}
		for _, s := range l.pulls {
			pulls = append(pulls, s)
			seconds = append(seconds, (s.to - s.from).Seconds())
		}
	}
	out.Took = (took - w.at).Seconds()
	if out.Ready < out.Nodes {
		out.Took = Notyet
	}
	out.Bytes = int64(len(pulls)) * out.Size
	if out.Nodes > 0 {
		out.HitRatio = 1 - float64(len(pulls))/float64(out.Nodes)
	}
	out.Pull = spread(seconds)
	out.Peak, out.PeakGbit = peak(pulls, out.Size)
	out.bound(img, o, len(pulls), seconds)
	return out
}

// bound works out what the pulls cannot be faster than.
func (t *TimedStorm) bound(img *world.Image, o sim.Options, pulls int, seconds []float64) {
	if pulls == 0 {
		t.BoundBy = "all nodes have it"
		return
	}
	t.Bound, t.BoundBy = slices.Min(seconds), "the quickest pull"
	if img.PullTime.IsSet() {
		return
	}
	src, seen := world.New(o.Behaviors, o.Registries, o.Images), map[*world.Registry]bool{}
	total := int64(0)
	for _, n := range o.Nodes {
		r := src.Registry(t.Image, n.Object.Labels)
		if r.TotalBandwidth == 0 {
			return // some pull from where nothing bounds the sum
		}
		if !seen[r] {
			total += r.TotalBandwidth
		}
		seen[r] = true
	}
	gbit := float64(total) * 8 / 1e9
	t.PeakGbit = min(t.PeakGbit, gbit) // pulls keep the speed that they begin with: their sum would come out too high
	if all := float64(t.Bytes) / float64(max(1, total)); all > t.Bound {
		t.Bound, t.BoundBy = all, fmt.Sprintf("%d pulls at %s Gbit/s, all that the registry gives", pulls, Decimal(gbit))
	}
}

// peak is the most pulls at once, and the most that they draw together.
func peak(pulls []span, size int64) (most int, gbit float64) {
	for _, p := range pulls {
		n, rate := 0, 0.0
		for _, q := range pulls {
			if q.from <= p.from && p.from < q.to {
				n++
				rate += float64(size) * 8 / 1e9 / (q.to - q.from).Seconds()
			}
		}
		most, gbit = max(most, n), max(gbit, rate)
	}
	return most, gbit
}
