package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/scheduler"
)

// What a KubeSchedulerConfiguration is called.
const (
	schedulerAPIVersion = "kubescheduler.config.k8s.io/v1"
	schedulerKind       = "KubeSchedulerConfiguration"
)

// schedulerFile is a KubeSchedulerConfiguration. What has no effect on decisions is read and left alone.
//
// Source: k8s v1.36.3 staging kube-scheduler/config/v1/types.go.
type schedulerFile struct {
	APIVersion       string
	Kind             string
	Parallelism      *int32 // a run is one goroutine
	LeaderElection   leaderElection
	ClientConnection clientConnection

	EnableProfiling           *bool
	EnableContentionProfiling *bool

	PercentageOfNodesToScore *int32
	PodInitialBackoffSeconds *int64
	PodMaxBackoffSeconds     *int64
	Profiles                 []schedulerProfile
	Extenders                *yaml.Node
	DelayCacheUntilActive    bool
}

type leaderElection struct {
	LeaderElect                                   *bool
	LeaseDuration, RenewDeadline, RetryPeriod     time.Duration
	ResourceLock, ResourceName, ResourceNamespace string
}

type clientConnection struct {
	Kubeconfig, AcceptContentTypes, ContentType string
	QPS                                         *float64 `json:"qps"`
	Burst                                       *int
}

type schedulerProfile struct {
	SchedulerName            *string
	PercentageOfNodesToScore *int32
	Plugins                  config.SchedulerPlugins
	PluginConfig             []pluginConfig
}

type pluginConfig struct {
	Name string
	Args *yaml.Node
}

// ReadSchedulerConfig lays an unmodified KubeSchedulerConfiguration over the settings. It is strict: what is unknown, what
// upstream would refuse and what is not simulated is an error with its place, and nothing is changed then.
func ReadSchedulerConfig(name string, data []byte, into *config.Scheduler) model.Problems {
	d := newDecoder(name, strings.TrimPrefix(string(data), "\ufeff"), files{})
	r := &schedulerReader{decoder: d}
	r.read(data)
	problems := sorted(d.problems)
	if problems.HasErrors() {
		return problems
	}
	r.apply(into)
	return problems
}

// schedulerReader reads one file.
type schedulerReader struct {
	*decoder
	root     *yaml.Node
	file     schedulerFile
	profiles []config.SchedulerProfile
}

func (r *schedulerReader) read(data []byte) {
	if r.root = r.document(data); r.root == nil {
		return
	}
	for _, want := range [][2]string{{"kind", schedulerKind}, {"apiVersion", schedulerAPIVersion}} {
		n := child(r.root, want[0])
		switch {
		case n == nil:
			r.errorf(r.root, "%s: required: %s", want[0], want[1])
			return
		case n.Value != want[1]:
			r.errorf(n, "%s: must be %s, got %s", want[0], want[1], describe(n))
			return
		}
	}
	r.decode(r.root, reflect.ValueOf(&r.file).Elem(), "", hints{})
	r.checkFile()
	names := map[string]int{}
	for i := range r.file.Profiles {
		r.profile(i, names)
	}
}

// document parses the one document of the file.
func (r *schedulerReader) document(data []byte) *yaml.Node {
	var n yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(strings.Join(r.lines, "\n")))
	if err := dec.Decode(&n); err != nil || len(n.Content) == 0 {
		// The reader of manifests says best what is wrong with YAML.
		_, problems := model.Decode(r.decoder.file, data, model.Options{Skip: func(string, string) bool { return true }})
		r.problems = append(r.problems, problems.Errors()...)
		if len(r.problems) == 0 {
			r.add(model.Place{File: r.decoder.file}, model.Error, "", "holds no %s", schedulerKind)
		}
		return nil
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil && len(more.Content) > 0 {
		r.errorf(more.Content[0], "a second document; kube-scheduler reads one")
	}
	return n.Content[0]
}

// checkFile checks what belongs to no profile.
//
// Source: k8s v1.36.3 pkg/scheduler/apis/config/validation/validation.go ValidateKubeSchedulerConfiguration.
func (r *schedulerReader) checkFile() {
	f := &r.file
	if f.Parallelism != nil && *f.Parallelism == 0 {
		r.errorf(r.node("parallelism"), "parallelism: must be above 0")
	}
	r.percentage(f.PercentageOfNodesToScore, r.root, "")
	initial, most := int64(1), int64(10)
	if f.PodInitialBackoffSeconds != nil {
		if initial = *f.PodInitialBackoffSeconds; initial == 0 {
			r.errorf(r.node("podInitialBackoffSeconds"), "podInitialBackoffSeconds: must be above 0")
		}
	}
	if f.PodMaxBackoffSeconds != nil {
		most = *f.PodMaxBackoffSeconds
	}
	if most < initial {
		r.errorf(r.node("podMaxBackoffSeconds"), "podMaxBackoffSeconds: must be at least podInitialBackoffSeconds (%d), got %d", initial, most)
	}
	if n := f.Extenders; n != nil && !isNull(n) && len(n.Content) > 0 {
		r.errorf(n, "extenders: not simulated: an extender is a web server of yours")
	}
}

// node is the value at a path below the root, or the last one on the way that exists.
func (r *schedulerReader) node(path ...any) *yaml.Node { return at(r.root, path...) }

func at(n *yaml.Node, path ...any) *yaml.Node {
	for _, step := range path {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		var next *yaml.Node
		switch step := step.(type) {
		case string:
			next = child(n, step)
		case int:
			if n.Kind == yaml.SequenceNode && step < len(n.Content) {
				next = n.Content[step]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func (r *schedulerReader) percentage(p *int32, parent *yaml.Node, path string) {
	if p != nil && *p > 100 {
		r.errorf(at(parent, "percentageOfNodesToScore"), "%s: must be from 0 to 100, got %d", join(path, "percentageOfNodesToScore"), *p)
	}
}

// profile checks and keeps one profile.
func (r *schedulerReader) profile(i int, names map[string]int) {
	form, n, path := &r.file.Profiles[i], r.node("profiles", i), fmt.Sprintf("profiles[%d]", i)
	before := len(r.problems)
	p := config.SchedulerProfile{PercentageOfNodesToScore: form.PercentageOfNodesToScore, Plugins: form.Plugins}
	r.percentage(form.PercentageOfNodesToScore, n, path)
	switch {
	case form.SchedulerName != nil:
		p.SchedulerName = *form.SchedulerName
	case len(r.file.Profiles) == 1:
		p.SchedulerName = corev1.DefaultSchedulerName
	}
	if p.SchedulerName == "" {
		r.errorf(at(n, "schedulerName"), "%s.schedulerName: required", path)
	} else if first, twice := names[p.SchedulerName]; twice {
		r.errorf(at(n, "schedulerName"), "%s.schedulerName: %q is that of profiles[%d] too", path, p.SchedulerName, first)
	} else {
		names[p.SchedulerName] = i
	}
	r.checkPlugins(n, path+".plugins")
	if i > 0 && !reflect.DeepEqual(form.Plugins.QueueSort, r.file.Profiles[0].Plugins.QueueSort) {
		r.errorf(at(n, "plugins", "queueSort"), "%s.plugins.queueSort: must be the same in all profiles", path)
	}
	if len(r.problems) == before {
		if err := scheduler.CheckProfile(&p); err != nil {
			r.errorf(at(n, "plugins"), "%s.plugins: %v", path, err)
		}
	}
	var configured []string
	for j := range form.PluginConfig {
		r.pluginConfig(&p, &form.PluginConfig[j], at(n, "pluginConfig", j), fmt.Sprintf("%s.pluginConfig[%d]", path, j), &configured)
	}
	r.profiles = append(r.profiles, p)
}

// pluginConfig reads the arguments of one plugin.
func (r *schedulerReader) pluginConfig(p *config.SchedulerProfile, c *pluginConfig, n *yaml.Node, path string, seen *[]string) {
	args, known := pluginArgs()[c.Name]
	switch {
	case c.Name == "":
		r.errorf(n, "%s.name: required", path)
		return
	case slices.Contains(*seen, c.Name):
		r.errorf(at(n, "name"), "%s.name: the arguments of %s stand here twice", path, c.Name)
		return
	case !known:
		r.unknownPlugin(at(n, "name"), path+".name", c.Name)
		return
	case args == nil:
		r.errorf(at(n, "name"), "%s.name: %s takes no arguments", path, c.Name)
		return
	}
	*seen = append(*seen, c.Name)
	if c.Args == nil || isNull(c.Args) {
		return
	}
	before := len(r.problems)
	r.decode(c.Args, reflect.ValueOf(args).Elem(), path+".args", hints{})
	for _, want := range [][2]string{{"kind", c.Name + "Args"}, {"apiVersion", schedulerAPIVersion}} {
		if v := child(c.Args, want[0]); v != nil && v.Value != want[1] {
			r.errorf(v, "%s.args.%s: must be %s, got %s", path, want[0], want[1], describe(v))
		}
	}
	if len(r.problems) == before {
		args.check(&argsChecker{r.decoder, c.Args, path + ".args"}, p)
	}
}

// apply lays the file over the settings.
func (r *schedulerReader) apply(to *config.Scheduler) {
	f := &r.file
	if f.PercentageOfNodesToScore != nil {
		to.PercentageOfNodesToScore = *f.PercentageOfNodesToScore
	}
	if s := f.PodInitialBackoffSeconds; s != nil {
		to.PodInitialBackoff = seconds(*s)
	}
	if s := f.PodMaxBackoffSeconds; s != nil {
		to.PodMaxBackoff = seconds(*s)
	}
	if q := f.ClientConnection.QPS; q != nil && *q != 0 {
		to.KubeAPIQPS = *q
	}
	if b := f.ClientConnection.Burst; b != nil && *b != 0 {
		to.KubeAPIBurst = *b
	}
	to.Profiles = r.profiles
}

// seconds is a duration of at most some centuries.
func seconds(s int64) time.Duration { return time.Duration(min(s, 1<<33)) * time.Second }
