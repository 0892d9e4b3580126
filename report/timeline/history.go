package timeline

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	helper "k8s.io/component-helpers/resource"

	"clustersim/model"
	"clustersim/report/kubectl"
)

// History gathers a [Run] from watch events. The zero value is ready for use. Objects are kept until the next change of the
// same one, and must not be changed by the caller meanwhile.
type History struct {
	lives  []*life // in the order of creation
	byUID  map[types.UID]*life
	byName map[string]*life
	nodes  map[string]*corev1.Node
	order  []string // of nodes
}

// life is a pod while it is watched.
type life struct {
	pod     Pod
	last    *corev1.Pod
	pulling map[string]bool   // containers whose image is being pulled
	told    map[types.UID]int // events, with the place of their line in Changes
}

// Observe takes the next watch event; verb is ADDED, MODIFIED or DELETED. Pods, v1 Events about pods, and Nodes count; other
// kinds are passed over. Events must come in the order of their times.
func (h *History) Observe(at time.Duration, verb string, o model.Object) {
	if h.byUID == nil {
		h.byUID, h.byName, h.nodes = map[types.UID]*life{}, map[string]*life{}, map[string]*corev1.Node{}
	}
	switch o := o.(type) {
	case *corev1.Pod:
		h.observePod(at, verb, o)
	case *corev1.Event:
		if verb != "DELETED" {
			h.observeEvent(at, o)
		}
	case *corev1.Node:
		if h.nodes[o.Name] == nil && verb != "DELETED" {
			h.order = append(h.order, o.Name)
		}
		if verb == "DELETED" {
			delete(h.nodes, o.Name)
		} else {
			h.nodes[o.Name] = o
		}
	}
}

func (h *History) observePod(at time.Duration, verb string, p *corev1.Pod) {
	l := h.byUID[p.UID]
	if l == nil {
		l = &life{pulling: map[string]bool{}, told: map[types.UID]int{}, pod: Pod{Namespace: p.Namespace, Name: p.Name, Owner: ownerOf(p),
			Lane: Lane{Name: p.Name}, Created: at, Bound: Never, Ready: Never, Finished: Never, Gone: Never}}
		h.lives = append(h.lives, l)
		h.byUID[p.UID] = l
		h.byName[p.Namespace+"/"+p.Name] = l
	}
	if verb == "DELETED" {
		l.gone(at)
		return
	}
	if text := ChangesOf(l.last, p); text != "" {
		l.tell(at, kubectl.DisplayStatus(p), text)
	}
	l.times(at, p)
	l.containers(at, p)
	l.last = p
	l.state(at)
}

// ownerOf prefers what a person would name: the Deployment behind a ReplicaSet is not known here, so the ReplicaSet stands.
func ownerOf(p *corev1.Pod) string {
	if ref := metav1.GetControllerOf(p); ref != nil && ref.Kind != "Node" {
		return ref.Kind + "/" + ref.Name
	}
	return ""
}

func (l *life) tell(at time.Duration, status, text string) {
	l.pod.Changes = append(l.pod.Changes, Change{At: at, Status: status, Text: text, Last: at})
}

// goneStatus stands where there is no STATUS any more; Events may still come.
const goneStatus = "(gone)"

func (l *life) gone(at time.Duration) {
	l.pod.Gone = at
	l.pod.Lane.end(at)
	for i := range l.pod.Containers {
		l.pod.Containers[i].end(at)
	}
	l.tell(at, goneStatus, "removed from the API")
}

func (l *life) times(at time.Duration, p *corev1.Pod) {
	if l.pod.Bound < 0 && p.Spec.NodeName != "" {
		l.pod.Bound, l.pod.Node = at, p.Spec.NodeName
	}
	if l.pod.Ready < 0 && hasCondition(p, corev1.PodReady) {
		l.pod.Ready = at
	}
	if l.pod.Finished < 0 && (p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed) {
		l.pod.Finished = at
	}
	if c := condition(p, corev1.PodScheduled); c != nil && c.Status == corev1.ConditionFalse && c.Message != "" {
		l.pod.WhyNot = c.Message
	}
	summary := kubectl.Summarize(p)
	l.pod.Status, l.pod.Restarts = summary.Status, summary.Restarts
}

// state brings the pod's own lane up to date.
func (l *life) state(at time.Duration) {
	if l.last == nil || l.pod.Gone >= 0 {
		return
	}
	pulling := false
	for _, c := range l.pod.Containers {
		pulling = pulling || l.pulling[c.Name]
	}
	state := StateOf(l.last, pulling)
	l.pod.Lane.enter(at, state, kubectl.DisplayStatus(l.last))
	for i := range l.pod.Containers {
		lane := &l.pod.Containers[i]
		if n := len(lane.Segments); n > 0 {
			open := lane.Segments[n-1]
			if open.State == Waiting && l.pulling[lane.Name] {
				lane.enter(at, Pulling, "")
			} else if open.State == Pulling && !l.pulling[lane.Name] {
				lane.enter(at, Waiting, "")
			}
		}
	}
}

// StateOf is the state of a pod's lane; pulling says whether one of its images is being pulled, which its status does not.
func StateOf(p *corev1.Pod, pulling bool) State {
	status := kubectl.DisplayStatus(p)
	switch {
	case p.Status.Phase == corev1.PodSucceeded:
		return Succeeded
	case p.Status.Phase == corev1.PodFailed:
		return Failed
	case p.DeletionTimestamp != nil:
		return Terminating
	case p.Status.Phase == corev1.PodUnknown:
		return Unknown
	case p.Spec.NodeName == "":
		return Pending
	case isBackOff(status) || waitsForRestart(p):
		return BackOff
	case p.Status.Phase == corev1.PodRunning && hasCondition(p, corev1.PodReady):
		return Ready
	case p.Status.Phase == corev1.PodRunning:
		return NotReady
	case pulling:
		return Pulling
	}
	return Waiting
}

// waitsForRestart is true while nothing runs and a container that ended is to be started again. Its status is still that of
// the end then: the API shows CrashLoopBackOff only for a moment, if at all.
func waitsForRestart(p *corev1.Pod) bool {
	ended := false
	for n, list := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		isInit := n == 0
		for i := range list {
			switch state := list[i].State; {
			case state.Running != nil:
				return false
			case state.Terminated == nil || p.Spec.RestartPolicy == corev1.RestartPolicyNever:
			case state.Terminated.ExitCode != 0:
				ended = true
			default:
				// A success is repeated only by a regular container that always runs.
				ended = ended || (!isInit && p.Spec.RestartPolicy != corev1.RestartPolicyOnFailure)
			}
		}
	}
	return ended
}

// containers brings the lanes of the containers up to date, init containers first.
func (l *life) containers(at time.Duration, p *corev1.Pod) {
	l.statuses(at, p.Status.InitContainerStatuses)
	l.statuses(at, p.Status.ContainerStatuses)
}

func (l *life) statuses(at time.Duration, list []corev1.ContainerStatus) {
	for i := range list {
		c := &list[i]
		lane := l.lane(c.Name)
		if before := statusOf(l.last, c.Name); before != nil && c.RestartCount > before.RestartCount {
			label := "restarted"
			if t := c.LastTerminationState.Terminated; t != nil {
				label = "restarted after " + ending(t)
			}
			lane.Marks = append(lane.Marks, Mark{at, Restart, label})
		}
		if c.State.Waiting == nil {
			l.pulling[c.Name] = false
		}
		state, label := ContainerState(c)
		if state == Waiting && l.pulling[c.Name] {
			state = Pulling
		}
		lane.enter(at, state, label)
	}
}

func (l *life) lane(name string) *Lane {
	for i := range l.pod.Containers {
		if l.pod.Containers[i].Name == name {
			return &l.pod.Containers[i]
		}
	}
	l.pod.Containers = append(l.pod.Containers, Lane{Name: name})
	return &l.pod.Containers[len(l.pod.Containers)-1]
}

// ContainerState is the state of a container's lane, and what to say beside it.
func ContainerState(c *corev1.ContainerStatus) (State, string) {
	switch {
	case c.State.Running != nil && c.Ready:
		return Ready, ""
	case c.State.Running != nil:
		return NotReady, ""
	case c.State.Terminated != nil:
		if c.State.Terminated.ExitCode == 0 {
			return Succeeded, ending(c.State.Terminated)
		}
		return Failed, ending(c.State.Terminated)
	case c.State.Waiting != nil && isBackOff(c.State.Waiting.Reason):
		return BackOff, c.State.Waiting.Reason
	case c.State.Waiting != nil:
		return Waiting, c.State.Waiting.Reason
	}
	return Waiting, ""
}

// enter begins a segment, unless it only goes on.
func (l *Lane) enter(at time.Duration, state State, label string) {
	if n := len(l.Segments); n > 0 {
		open := &l.Segments[n-1]
		if open.State == state && open.Label == label && open.To == Forever {
			return
		}
		if open.To == Forever {
			l.end(at)
		}
	}
	l.Segments = append(l.Segments, Segment{at, Forever, state, label})
}

// end closes the open segment; one without length is dropped.
func (l *Lane) end(at time.Duration) {
	n := len(l.Segments)
	if n == 0 || l.Segments[n-1].To != Forever {
		return
	}
	l.Segments[n-1].To = at
	if l.Segments[n-1].From == at {
		l.Segments = l.Segments[:n-1]
	}
}

// Run returns what was gathered, as of the given time. The pods are in the order of their creation, the nodes of theirs.
func (h *History) Run(title string, until time.Duration) Run {
	r := Run{Title: title, Until: until}
	place := map[string]int{}
	for _, name := range h.order {
		if _, seen := place[name]; !seen && h.nodes[name] != nil {
			place[name] = len(r.Nodes)
			r.Nodes = append(r.Nodes, nodeOf(h.nodes[name]))
		}
	}
	for _, l := range h.lives {
		r.Pods = append(r.Pods, l.pod)
		if i, known := place[l.pod.Node]; known && l.pod.Gone < 0 && l.pod.Finished < 0 {
			n := &r.Nodes[i]
			requests := helper.PodRequests(l.last, helper.PodResourcesOptions{UseStatusResources: true})
			n.Pods++
			n.CPURequested += requests.Cpu().MilliValue()
			n.MemoryRequested += requests.Memory().Value()
		}
	}
	return r
}

func nodeOf(n *corev1.Node) Node {
	of := n.Status.Allocatable
	return Node{Name: n.Name, Status: kubectl.NodeStatus(n), CPUAllocatable: of.Cpu().MilliValue(), MemoryAllocatable: of.Memory().Value(),
		PodsAllocatable: of.Pods().Value()}
}
