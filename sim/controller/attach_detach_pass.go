package controller

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// pass takes off what nobody wants, then attaches what is wanted, then writes what is attached into the Nodes.
//
// Source: k8s v1.36.3 pkg/controller/volume/attachdetach/reconciler/reconciler.go reconcile.
func (c *attachDetach) pass(now engine.Time) {
	c.env.Engine.Act(rule.AttachDetach)
	for _, at := range slices.SortedFunc(maps.Keys(c.held), comparePlaced) {
		if c.wanted[at] == nil {
			c.release(at, now)
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(c.wanted), comparePlaced) {
		c.attach(at, now)
	}
	for _, node := range slices.Sorted(maps.Keys(c.report)) {
		c.writeAttached(node)
	}
	clear(c.report)
	c.loop.finish()
}

// release takes a volume off a node, unless the node still uses it.
func (c *attachDetach) release(at placed, now engine.Time) {
	h := c.held[at]
	if c.pending(at) {
		return
	}
	if h.asked == never {
		h.asked = now
	}
	n := c.env.Store.Node(at.node)
	overdue := now-h.asked > forceDetach
	ready := n != nil && readyStatus(n) == corev1.ConditionTrue
	out := n != nil && slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeOutOfService })
	if c.inUse(at, n) && (ready || !overdue) && !out {
		if !ready {
			c.loop.want(h.asked + forceDetach + 1)
		}
		return
	}
	switch by := c.env.Engine.Why.Rule(); {
	case !c.inUse(at, n):
		c.detach(at)
	case out:
		c.env.Engine.Act(rule.VolumeOutOfService)
		c.detach(at)
		c.env.Engine.Act(by)
	default:
		c.env.Engine.Act(rule.VolumeForceDetach)
		c.detach(at)
		c.env.Engine.Act(by)
	}
}

// inUse reports whether the kubelet says that it uses a volume. What a Node that is gone said last still holds.
func (c *attachDetach) inUse(at placed, n *corev1.Node) bool {
	if n == nil {
		return true
	}
	v := c.env.volume(at.volume)
	return v != nil && v.Spec.CSI != nil && slices.Contains(n.Status.VolumesInUse, model.UniqueVolumeName(v.Spec.CSI))
}

// pending reports whether an operation on the volume is under way; of volumes for many nodes, on this node.
func (c *attachDetach) pending(at placed) bool {
	if multiAttach(c.env.volume(at.volume)) {
		return c.held[at] != nil && c.held[at].busy
	}
	return slices.ContainsFunc(c.nodes[at.volume], func(node string) bool { return c.held[placed{at.volume, node}].busy })
}

// attach attaches a volume that pods want, unless another node has it.
//
// Source: reconciler.go attachDesiredVolumes.
func (c *attachDetach) attach(at placed, now engine.Time) {
	v, h := c.env.volume(at.volume), c.held[at]
	if c.pending(at) || v == nil {
		return
	}
	if h != nil && h.attached {
		h.asked = never
		return
	}
	if others := c.nodesOf(at.volume); len(others) > 0 && !multiAttach(v) {
		if w := c.wanted[at]; !w.reported {
			w.reported = true
			c.sayMultiAttach(at, others)
		}
		return
	}
	if h != nil && now < h.retry {
		return // see attachment.failed
	}
	if h == nil {
		h = c.hold(at)
	}
	h.busy = true
	(&attachment{c: c, at: at, volume: v}).begin()
}

// nodesOf lists the nodes that a volume is attached to.
func (c *attachDetach) nodesOf(volume string) (nodes []string) {
	for _, node := range c.nodes[volume] {
		if c.held[placed{volume, node}].attached {
			nodes = append(nodes, node)
		}
	}
	slices.Sort(nodes)
	return nodes
}

// sayMultiAttach tells the pods on a node who has their volume.
//
// Source: reconciler.go reportMultiAttachError.
func (c *attachDetach) sayMultiAttach(at placed, nodes []string) {
	var users []store.Key
	for _, node := range nodes {
		if w := c.wanted[placed{at.volume, node}]; w != nil && node != at.node {
			users = append(users, w.pods...)
		}
	}
	for _, key := range c.wanted[at].pods {
		c.say(key, record.Warning, "FailedAttachVolume", fmt.Sprintf("Multi-Attach error for volume %q %s", at.volume, whoHas(users, key.Namespace)))
	}
}

func whoHas(users []store.Key, namespace string) string {
	if len(users) == 0 {
		return "Volume is already exclusively attached to one node and can't be attached to another"
	}
	var local []string
	for _, u := range users {
		if u.Namespace == namespace {
			local = append(local, u.Name)
		}
	}
	others := len(users) - len(local)
	switch {
	case len(local) == 0:
		return fmt.Sprintf("Volume is already used by %d pod(s) in different namespaces", others)
	case others > 0:
		return fmt.Sprintf("Volume is already used by pod(s) %s and %d pod(s) in different namespaces", strings.Join(local, ", "), others)
	}
	return "Volume is already used by pod(s) " + strings.Join(local, ", ")
}

func (c *attachDetach) say(pod store.Key, typ, reason, message string) {
	if p := c.env.Store.Pod(pod); p != nil {
		c.events.Pod(p, "", typ, reason, message)
	}
}

// writeAttached writes which volumes a Node has: the kubelet mounts none that is not there.
//
// Source: k8s v1.36.3 pkg/controller/volume/attachdetach/statusupdater/node_status_updater.go.
func (c *attachDetach) writeAttached(node string) {
	c.api.write(func() {
		var list []corev1.AttachedVolume
		for _, volume := range slices.Sorted(slices.Values(c.on[node])) {
			v := c.env.volume(volume)
			if h := c.held[placed{volume, node}]; h.attached && !(h.busy && h.asked != never) && v != nil && v.Spec.CSI != nil {
				list = append(list, corev1.AttachedVolume{Name: model.UniqueVolumeName(v.Spec.CSI)})
			}
		}
		_ = c.env.Store.UpdateNode(node, func(n *corev1.Node) bool { // a Node that is gone needs none
			if slices.Equal(n.Status.VolumesAttached, list) {
				return false
			}
			n.Status.VolumesAttached = list
			return true
		})
	})
}

// Waiting for the driver. Source: k8s v1.36.3 pkg/volume/csi/csi_attacher.go waitForVolumeAttachDetachStatusWithLister;
// pkg/util/goroutinemap/exponentialbackoff for what follows a failure.
const (
	driverPoll      = 500 * time.Millisecond // and 5 % more each time
	driverPollMax   = 7 * time.Second
	driverPatience  = 2 * time.Minute
	attachRetryBase = 500 * time.Millisecond
	attachRetryMax  = 2*time.Minute + 2*time.Second
	settledBackoff  = 16 * time.Second // pauses longer than that keep no run from having settled
)

// nextDriverPoll is the first look at or after t of one who began to wait at start.
//
// Differs: upstream adds up to 10 % at random to each pause.
func nextDriverPoll(start, t engine.Time) engine.Time {
	at, pause := start+driverPoll, engine.Time(driverPoll)
	for at < t {
		pause = min(pause*105/100, driverPollMax)
		at += pause
	}
	return at
}
