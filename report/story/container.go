package story

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/report/timeline"
)

// containers brings the lanes of the containers up to date, init containers first.
func (c *Collector) containers(l *podLife, at time.Duration) {
	for _, list := range [2][]corev1.ContainerStatus{l.status.InitContainerStatuses, l.status.ContainerStatuses} {
		for i := range list {
			s := &list[i]
			n := l.lane(s.Name)
			for len(l.restarts) <= n {
				l.restarts = append(l.restarts, 0)
			}
			if s.RestartCount > l.restarts[n] {
				l.restarts[n] = s.RestartCount
				l.Marks = append(l.Marks, Mark{at, c.story.Strings.ID(s.Name + " restarted"), timeline.Restart})
			}
			if s.State.Waiting == nil {
				l.pulling &^= bit(n)
			}
			state, label := timeline.ContainerState(s)
			if state == timeline.Waiting && l.pulling&bit(n) != 0 {
				state, label = timeline.Pulling, ""
			}
			lane := &l.Containers[n]
			lane.Segments = enter(lane.Segments, at, state, c.story.Strings.ID(label), c.cause.root)
		}
	}
}

// lane is the number of a container's lane.
func (l *podLife) lane(name string) int {
	for i := range l.Containers {
		if l.Containers[i].Name == name {
			return i
		}
	}
	l.Containers = append(l.Containers, Lane{Name: name})
	return len(l.Containers) - 1
}

// bit marks a container; those beyond the 64th share the last.
func bit(n int) uint64 { return 1 << min(n, 63) }

// pull follows an image pull by its Events, since a container's status does not tell it.
func (c *Collector) pull(l *podLife, at time.Duration, container, reason string) {
	begins := reason == "Pulling"
	if !begins && reason != "Pulled" && reason != "Failed" && reason != "BackOff" {
		return
	}
	if l.Containers == nil {
		if begins {
			l.pulls++
		} else if l.pulls > 0 {
			l.pulls--
		}
		c.show(l, at)
		return
	}
	n := l.lane(container)
	lane := &l.Containers[n]
	if begins {
		l.pulling |= bit(n)
	} else {
		l.pulling &^= bit(n)
	}
	if k := len(lane.Segments); k > 0 && lane.Segments[k-1].To == Forever {
		switch open := lane.Segments[k-1].State; {
		case open == timeline.Waiting && begins:
			lane.Segments = enter(lane.Segments, at, timeline.Pulling, 0, c.cause.root)
		case open == timeline.Pulling && !begins:
			lane.Segments = enter(lane.Segments, at, timeline.Waiting, 0, c.cause.root)
		}
	}
	c.show(l, at)
}
