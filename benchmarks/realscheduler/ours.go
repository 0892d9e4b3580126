package main

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"clustersim/model"
	"clustersim/scenarios"
	"clustersim/sim/config"
	"clustersim/sim/scheduler"
)

// Ours is the simulator's scheduler: the pure half of sim/scheduler, twice over the same cluster, the plain cycle and the
// fast one.
type Ours struct {
	profile *scheduler.Profile
	snap    *scheduler.Snapshot
	pods    map[string]*scheduler.Pod
	waiting map[string]*scheduler.Pod
	placer  *scheduler.Placer
	last    *scheduler.Pod // that Pick was asked for
}

// NewOurs returns an empty cluster.
func NewOurs() *Ours {
	u, err := NewOursWith("")
	must(err)
	return u
}

// NewOursWith is NewOurs with a KubeSchedulerConfiguration of one profile, "" = the default.
func NewOursWith(profile string) (*Ours, error) {
	cfg := config.Scheduler{Profiles: []config.SchedulerProfile{{}}}
	if profile != "" {
		if problems := scenarios.ReadSchedulerConfig("profile", []byte(profile), &cfg); problems.HasErrors() {
			return nil, fmt.Errorf("%v\n%s", problems, profile)
		}
	}
	p := scheduler.NewProfile(cfg.Profiles[0])
	s := p.NewSnapshot()
	return &Ours{profile: p, snap: s, pods: map[string]*scheduler.Pod{}, waiting: map[string]*scheduler.Pod{}, placer: p.NewPlacer(s)}, nil
}

// SetObject shows it an object other than a node or a pod.
func (u *Ours) SetObject(o runtime.Object) { u.snap.SetObject(o.(model.Object)) }

// RemoveObject takes it away.
func (u *Ours) RemoveObject(o runtime.Object) { u.snap.RemoveObject(o.(model.Object)) }

// SetNode adds a node or changes it.
func (u *Ours) SetNode(n *corev1.Node) { u.snap.SetNode(n) }

// RemoveNode takes a node away, but not its pods.
func (u *Ours) RemoveNode(name string) { u.snap.RemoveNode(name) }

// SetPod adds a pod that has a node, or changes it.
func (u *Ours) SetPod(p *corev1.Pod) {
	key := p.Namespace + "/" + p.Name
	if old := u.pods[key]; old != nil {
		u.snap.RemovePod(old)
	}
	c := u.profile.Compile(p)
	u.snap.AddPod(c, p.Spec.NodeName)
	u.pods[key] = c
}

// RemovePod takes a pod off its node.
func (u *Ours) RemovePod(key string) {
	u.snap.RemovePod(u.pods[key])
	delete(u.pods, key)
}

// Nominate has the pod wait for its nominated node.
func (u *Ours) Nominate(p *corev1.Pod) {
	c := u.profile.Compile(p)
	u.snap.Nominate(c, p.Status.NominatedNodeName)
	u.waiting[keyOf(p)] = c
}

// Forget ends the wait.
func (u *Ours) Forget(key string) {
	u.snap.Nominate(u.waiting[key], "")
	delete(u.waiting, key)
}

// Pick is the fast cycle alone: the node, or "".
func (u *Ours) Pick(p *corev1.Pod) string {
	u.last = u.profile.Compile(p)
	return u.placer.Pick(u.last)
}

// bind counts the pod that Pick was asked for last on the node.
func (u *Ours) bind(node string) { u.snap.AddPod(u.last, node) }

// Schedule runs one cycle, the plain way and the fast way.
func (u *Ours) Schedule(p *corev1.Pod) Answer {
	c := u.profile.Compile(p)
	r := u.profile.Schedule(c, u.snap, scheduler.Options{Start: u.placer.Start})
	f := u.placer.Place(c)
	a := Answer{Chosen: r.Chosen, Nodes: r.Nodes, Next: r.Next, Message: f.Message, Plugins: f.Plugins, Nominated: f.Nominated}
	for _, v := range f.Victims {
		if !v.Terminating { // nobody asks twice
			a.Victims = append(a.Victims, v.Namespace+"/"+v.Name)
		}
	}
	slices.Sort(a.Victims)
	if f.Chosen != r.Chosen || u.placer.Start != r.Next {
		a.Chosen = "plain " + r.Chosen + ", fast " + f.Chosen
	}
	return a
}
