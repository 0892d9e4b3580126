package kubelet

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/world"
)

// sandbox is the pause container of a pod: its network, and what its containers live in.
type sandbox struct {
	attempt int32
	created engine.Time // when it and its IP were ready; never: no sandbox yet
	stopped engine.Time
	ip      string
}

func (s *sandbox) exists() bool { return s.created != never }

func (s *sandbox) readyAt(t engine.Time) bool {
	return s.created != never && s.created <= t && (s.stopped == never || s.stopped > t)
}

func (s *sandbox) ipAt(t engine.Time) string {
	if s.created == never || s.created > t {
		return ""
	}
	return s.ip
}

// createSandbox runs the pause container, with the pod's IP from the node's range.
func (w *worker) createSandbox(r *syncResult, next func()) {
	r.acted = true
	d := w.node.k.latency.Sandbox
	for i := range w.containers {
		if b := w.containers[i].behavior; b != nil && b.SandboxDelay.IsSet() {
			d += b.SandboxDelay.Duration(w.stream("sandbox", uint64(w.sandbox.attempt)))
			break
		}
	}
	w.after(d, kindStep, func() {
		s := &w.sandbox
		if s.exists() {
			s.attempt++
		}
		s.created, s.stopped = w.now(), never
		s.ip = w.node.newIP(w.pod)
		w.runtimeChanged()
		w.setSandboxReady()
		next()
	})
}

// stopSandbox takes the network away.
func (w *worker) stopSandbox() {
	if w.sandbox.exists() && w.sandbox.stopped == never {
		w.sandbox.stopped = w.now()
		w.runtimeChanged()
	}
}

// newInstance creates the next instance of a container.
func (w *worker) newInstance(c *container) *instance {
	i := &instance{attempt: c.starts, image: c.spec.Image, created: w.now(), started: never, finished: never, due: never, prev: c.newest, sandbox: w.sandbox.attempt}
	if c.newest != nil {
		i.attempt = c.newest.attempt + 1
	}
	c.starts = i.attempt + 1
	c.newest = i
	c.trim()
	return i
}

// startInstance runs the process.
func (w *worker) startInstance(c *container, i *instance) {
	i.started = w.now()
	w.runtimeChanged()
	w.live(c, i)
}

// live lets a process that runs use what it uses, and end when it will.
func (w *worker) live(c *container, i *instance) {
	broke, breaks := w.use(c, i)
	w.node.began(w, c, i)
	if breaks {
		w.exitAt(i, broke, 137, ReasonOOMKilled, "")
	}
	run := w.attempt(c, i)
	if run.Forever {
		return
	}
	s := w.stream("run/"+c.spec.Name, uint64(i.attempt))
	d, code := run.For.Duration(s), int32(0)
	if run.ExitCode.IsSet() {
		code = int32(run.ExitCode.Int(s))
	}
	if end := later(w.now(), d); !breaks || end < broke {
		w.exitAt(i, end, code, run.Reason, run.Message)
	}
}

// exitAt lets the instance's process end at t, unless something ends it before.
func (w *worker) exitAt(i *instance, t engine.Time, code int32, reason, message string) {
	e := w.node.k.engine
	e.Cancel(i.exit)
	i.due = t
	i.exit = e.At(t, kindExit, engine.Func(func() {
		if !w.dead {
			w.exited(i, code, reason, message)
		}
	}))
}

// exited is the end of a process. The kubelet sees it at its next relist; a kill that waits goes on.
func (w *worker) exited(i *instance, code int32, reason, message string) {
	if i.finished != never {
		return
	}
	w.node.k.engine.Cancel(i.exit)
	if reason == "" {
		reason = ReasonError
		if code == 0 {
			reason = ReasonCompleted
		}
	}
	e := w.node.k.engine
	e.Why = e.Why.Newest(w.wrote)
	i.finished, i.exitCode, i.reason, i.message = w.now(), code, reason, message
	w.runtimeChanged()
	w.node.ended(w, i)
	if done := i.onExit; done != nil {
		i.onExit = nil
		w.run(done)
	}
}

// attempt is what the container does in this life.
func (w *worker) attempt(c *container, i *instance) world.Attempt {
	if w.portTaken(c) {
		return world.Attempt{For: world.Constant(0), ExitCode: world.Constant(1), Message: "bind: address already in use"}
	}
	if b := c.behavior; b != nil && (len(b.Attempts) > 0 || b.Then != nil) {
		switch n := int(i.attempt); {
		case n < len(b.Attempts):
			return b.Attempts[n]
		case b.Then != nil:
			return *b.Then
		default:
			return b.Attempts[len(b.Attempts)-1]
		}
	}
	if d, ok := sleepOf(c.spec.Container); ok {
		if d < 0 {
			return world.Attempt{Forever: true}
		}
		return world.Attempt{For: world.Constant(int64(d)), ExitCode: world.Constant(0)}
	}
	if c.spec.plainInit() {
		return world.Attempt{For: world.Constant(int64(defaultInitRun)), ExitCode: world.Constant(0)}
	}
	if !c.spec.init && slices.ContainsFunc(w.pod.OwnerList(), func(o metav1.OwnerReference) bool { return o.Kind == "Job" }) {
		return world.Attempt{For: world.Constant(int64(defaultJobRun)), ExitCode: world.Constant(0)}
	}
	return world.Attempt{Forever: true}
}

// defaultInitRun is how long an init container runs that nothing is known of.
const defaultInitRun = time.Second

// defaultJobRun is how long a container of a Job's pod runs that nothing is known of: Jobs are made to end.
const defaultJobRun = 10 * time.Second

// endless marks commands that do not end by themselves, however short their sleeps are.
var endless = regexp.MustCompile(`\bwhile\s+(true\b|:)|\bsleep\s+infinity\b`)

var sleepWord = regexp.MustCompile(`\bsleep\s+(\d+(?:\.\d+)?)([smhd]?)\b`)

// maxSleep is 31 years; what sleeps longer does not end.
const maxSleep = 1e18

// sleepOf finds the longest `sleep N` of a command; a negative time means that it never ends.
func sleepOf(c *corev1.Container) (longest time.Duration, ok bool) {
	if len(c.Command) == 0 && len(c.Args) == 0 {
		return 0, false
	}
	words := strings.Join(append(slices.Clone(c.Command), c.Args...), " ")
	if endless.MatchString(words) {
		return -1, true
	}
	for _, m := range sleepWord.FindAllStringSubmatch(words, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			continue
		}
		unit := map[string]time.Duration{"": time.Second, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[m[2]]
		d := n * float64(unit)
		if d > maxSleep {
			return -1, true
		}
		longest, ok = max(longest, time.Duration(d)), true
	}
	return longest, ok
}

// portTaken reports whether another running container of the pod already listens on a port of this one: they share
// one network.
func (w *worker) portTaken(c *container) bool {
	mine := listens(c)
	if len(mine) == 0 {
		return false
	}
	for n := range w.containers {
		if other := &w.containers[n]; other != c && other.newest.running() {
			for _, p := range listens(other) {
				if slices.Contains(mine, p) {
					return true
				}
			}
		}
	}
	return false
}

func listens(c *container) []int32 {
	if c.behavior != nil && c.behavior.Listens != nil {
		return c.behavior.Listens
	}
	var ports []int32
	for _, p := range c.spec.Ports {
		if p.Protocol == corev1.ProtocolTCP || p.Protocol == "" {
			ports = append(ports, p.ContainerPort)
		}
	}
	return ports
}

// stream is the source of a pod's random values for one purpose and one occasion.
func (w *worker) stream(purpose string, occasion uint64) *engine.Stream {
	return engine.NewStream(w.node.k.engine.Seed()^engine.Mix(w.key+occasion), purpose)
}

// postStart runs the container's postStart hook, which holds up the sync, and kills the container if it fails.
func (w *worker) postStart(c *container, i *instance, done func(message string)) {
	l := c.spec.Lifecycle
	if l == nil || l.PostStart == nil {
		done("")
		return
	}
	d, code := w.hook(c, c.hookOf(false), l.PostStart, fmt.Sprintf("poststart/%d", i.attempt))
	w.after(d, kindStep, func() {
		if code == 0 {
			done("")
			return
		}
		w.event(c.spec.ref, record.Warning, "FailedPostStartHook", "PostStartHook failed")
		message := hookMessage(l.PostStart, c.spec.Name, w.describe(), code)
		w.kill(c, "FailedPostStartHook", w.specGrace(), nil, func() { done(message) })
	})
}

func (c *container) hookOf(preStop bool) *world.Hook {
	switch {
	case c.behavior == nil:
		return nil
	case preStop:
		return c.behavior.PreStop
	}
	return c.behavior.PostStart
}

// hook returns how long a lifecycle hook takes and how it ends. What a scenario does not say takes no time and works;
// a sleep takes its seconds.
func (w *worker) hook(c *container, h *world.Hook, l *corev1.LifecycleHandler, purpose string) (d engine.Time, code int64) {
	if h == nil {
		if l.Sleep != nil {
			return engine.Seconds(l.Sleep.Seconds), 0
		}
		return 0, 0
	}
	s := w.stream(purpose+"/"+c.spec.Name, 0)
	d = h.For.Duration(s)
	if h.ExitCode.IsSet() {
		code = h.ExitCode.Int(s)
	}
	return d, code
}

// hookMessage is the message of a failed hook. Source: k8s v1.36.3 pkg/kubelet/lifecycle/handlers.go.
func hookMessage(l *corev1.LifecycleHandler, container, pod string, code int64) string {
	switch {
	case l.Exec != nil:
		return fmt.Sprintf("Exec lifecycle hook (%v) for Container %q in Pod %q failed - error: command '%s' exited with %d: , message: %q",
			l.Exec.Command, container, pod, strings.Join(l.Exec.Command, " "), code, "")
	case l.HTTPGet != nil:
		return fmt.Sprintf("HTTP lifecycle hook (%s) for Container %q in Pod %q failed - error: unexpected status", l.HTTPGet.Path, container, pod)
	}
	return fmt.Sprintf("Sleep lifecycle hook (%d) for Container %q in Pod %q failed - error: interrupted", l.Sleep.Seconds, container, pod)
}
