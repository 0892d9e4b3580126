package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/scenarios/capacity"
)

// capacityFlags are those of `simulate capacity`.
type capacityFlags struct {
	input
	output string
	plot   string

	podspec  string
	headroom string
	limit    int

	minimum  string
	cheapest string
	spot     bool
	types    string
	zones    string
	pending  float64
	seeds    count

	survive string
	loseAny count
	samples count
	lose    []string
	drain   []string
	rollout string
	image   string
	storm   string
	faults  bool // of the scenario's timeline
	span    ending
	protect string

	config  string   // of the scheduler
	assumed []string // of a dump
}

// newCapacity is `simulate capacity`.
func newCapacity(a *app) *cobra.Command {
	f := &capacityFlags{}
	c := &cobra.Command{
		Use:   "capacity {-f FILE | NAME}... [flags]",
		Short: "Tell what fits, how few nodes do, and what a loss costs",
		Example: `  # What fits of all this, why not the rest, and how much more of each class would
  simulate capacity -f nodes.yaml -f app/

  # The same of a live cluster: kubectl get no,po,deploy,rs,sts,ds,job,pdb -A -o yaml > dump.yaml
  simulate capacity -f dump.yaml -f app/

  # How many more of this pod
  simulate capacity -f dump.yaml --podspec pod.yaml

  # How few nodes of a type do; of the cluster's own nodes
  simulate capacity -f app/ --find-min-nodes cpu=8,memory=32Gi --zones a,b,c
  simulate capacity -f dump.yaml --find-min-nodes cluster

  # The cheapest mix of types that survives the loss of any zone
  simulate capacity -f app/ --cheapest types.csv --zones a,b,c --survive zone

  # What still fits after the loss of any zone, of any two nodes
  simulate capacity -f dump.yaml --survive zone
  simulate capacity -f dump.yaml --survive node --lose-any 2

  # How long until replacements are ready after the loss of a zone, and what takes how long
  simulate capacity -f dump.yaml --lose zone=a

  # How long: a drain within the budgets, a rollout amid the scenario's faults, a pull by all nodes
  simulate capacity -f dump.yaml --drain zone=a
  simulate capacity -f s.yaml --rollout web --image web:v2 --with-timeline
  simulate capacity -f dump.yaml --pull-storm registry.example.com/agent:v2=800Mi`,
		ValidArgsFunction: completeInput,
		RunE: func(_ *cobra.Command, args []string) error {
			f.files = append(f.files, args...)
			return f.run(a)
		},
	}
	f.register(c)
	fs := c.Flags()
	fs.StringVar(&f.podspec, "podspec", "", "how many more of the pod in this `FILE` fit (a Pod, or a controller's template)")
	fs.StringVar(&f.headroom, "headroom", "", "how many more of this `CLASS` of the input fit, such as Deployment/web")
	fs.IntVar(&f.limit, "max-limit", 0, "count no more than `N` (0: no limit)")
	fs.StringVar(&f.minimum, "find-min-nodes", "", "how few nodes of this `TYPE` do: cpu=8,memory=32Gi, a name of --types, a node's name, or \"cluster\"")
	fs.StringVar(&f.cheapest, "cheapest", "", "the cheapest mix of the node types in this CSV `FILE`")
	fs.StringVar(&f.types, "types", "", "node types by name, in a CSV `FILE`")
	fs.BoolVar(&f.spot, "spot", false, "use spot prices")
	fs.StringVar(&f.zones, "zones", "", "`LIST` of zones over which new nodes are spread, such as a,b,c")
	fs.Float64Var(&f.pending, "max-pending", 0.002, "`SHARE` of the pods that may stay without a node")
	f.seeds = 11
	fs.Var(&f.seeds, "compactions", "`N` random orders for --find-min-nodes")
	fs.StringVar(&f.survive, "survive", "", "what still fits after the loss of any one `DOMAIN`: node, zone, region, or a label's key")
	f.loseAny = 1
	fs.Var(&f.loseAny, "lose-any", "`N` domains lost at once, for --survive")
	f.samples = 2000
	fs.Var(&f.samples, "samples", "`N` losses to draw where there are more than 10,000")
	fs.StringArrayVar(&f.lose, "lose", nil, "how long it takes after these nodes lose power: node/`NAME`, zone=a, LABEL=VALUE; repeatable")
	fs.StringArrayVar(&f.drain, "drain", nil, "how long it takes to drain these nodes, one after another: node/`NAME`, zone=a, LABEL=VALUE; repeatable")
	fs.StringVar(&f.rollout, "rollout", "", "how long a rollout of this `DEPLOYMENT` takes: NAME, or NAMESPACE/NAME")
	fs.StringVar(&f.image, "image", "", "the `IMAGE` that --rollout brings (default: it restarts)")
	fs.StringVar(&f.storm, "pull-storm", "", "how long it takes when all nodes pull this `IMAGE`, or IMAGE=SIZE")
	fs.BoolVar(&f.faults, "with-timeline", false, "the scenario's own timeline happens too, counted from the beginning of a --drain or --rollout")
	fs.Var(&f.span, "for", "look for this `TIME` after it (default 30m for --lose, else 1h)")
	fs.StringVarP(&f.protect, "protect", "l", "", "only pods with these `LABELS` have to survive")
	fs.StringVar(&f.config, "scheduler-config", "", "a KubeSchedulerConfiguration in this `FILE`, instead of the scenario's")
	fs.StringVarP(&f.output, "output", "o", "text", "`FORMAT`: text, json, csv")
	fs.StringVar(&f.plot, "plot", "", "also draw the answer into this `FILE`.svg or .png")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json", "csv"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("survive", cobra.FixedCompletions([]string{"node", "zone", "region"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// capacityAnswer is what a question of capacity comes to.
type capacityAnswer interface {
	text(p *page)
	rows() [][]string // for CSV, the header first
}

func (f *capacityFlags) check() error {
	switch f.output {
	case "text", "json", "csv":
	default:
		return usagef("-o %s: must be text, json or csv", f.output)
	}
	if f.plot != "" {
		if _, err := plotFormat(f.plot); err != nil {
			return err
		}
	}
	questions := 0
	for _, q := range []string{f.podspec, f.headroom, f.minimum, f.cheapest, f.rollout, f.storm} {
		if q != "" {
			questions++
		}
	}
	if f.survive != "" && f.cheapest == "" {
		questions++
	}
	for _, q := range [][]string{f.lose, f.drain} {
		if len(q) > 0 {
			questions++
		}
	}
	switch {
	case questions > 1:
		return usagef("one question at a time: --podspec, --headroom, --find-min-nodes, --cheapest, --survive, --lose, --drain, --rollout or --pull-storm (--cheapest takes --survive with it)")
	case f.image != "" && f.rollout == "":
		return usagef("--image: needs --rollout")
	case f.faults && f.rollout == "" && len(f.drain) == 0:
		return usagef("--with-timeline: needs --drain or --rollout")
	}
	if f.pending < 0 || f.pending >= 1 {
		return usagef("--max-pending %v: must be a share from 0 to below 1, such as 0.002", f.pending)
	}
	return nil
}

func (f *capacityFlags) run(a *app) error {
	if err := f.check(); err != nil {
		return err
	}
	s, err := f.source(a)
	if err != nil {
		return err
	}
	o, err := s.options(0, 2)
	if err != nil {
		return usagef("%v", err)
	}
	if f.config != "" {
		if err := configureScheduler(a, f.config, f.profile, &o.Components); err != nil {
			return err
		}
	}
	if f.timed() {
		return f.inTime(a, o)
	}
	c, err := capacity.New(o)
	if err != nil {
		return usagef("%v", err)
	}
	c.Notes = append(slices.Clone(f.assumed), c.Notes...)
	ans, err := f.ask(c, o.Seed)
	if err != nil {
		return err
	}
	return f.print(a, ans, c.Notes)
}

// ask answers the question.
func (f *capacityFlags) ask(c *capacity.Cluster, seed uint64) (capacityAnswer, error) {
	zones := splitList(f.zones)
	switch {
	case f.podspec != "":
		return f.podspecRoom(c)
	case f.headroom != "":
		return f.classRoom(c)
	case f.minimum == "cluster":
		return &minimumAnswer{c.Compact(capacity.MinimumOptions{Seeds: int(f.seeds), MaxPending: f.pending, Seed: seed}), c}, nil
	case f.minimum != "":
		t, err := f.nodeType(c)
		if err != nil {
			return nil, err
		}
		return &minimumAnswer{c.Minimum(t, capacity.MinimumOptions{Seeds: int(f.seeds), MaxPending: f.pending, Zones: zones, Seed: seed}), c}, nil
	case f.cheapest != "":
		types, err := f.readTypes(f.cheapest)
		if err != nil {
			return nil, err
		}
		protect, err := f.protected()
		if err != nil {
			return nil, err
		}
		m, err := c.Cheapest(types, capacity.CheapestOptions{MaxPending: f.pending, Zones: zones, Survive: f.survive, Protect: protect})
		if err != nil {
			return nil, usagef("--cheapest: %v", err)
		}
		after := ""
		if f.survive != "" {
			after = " to survive the loss of any " + f.survive
		}
		return &cheapestAnswer{m, after}, nil
	case f.survive != "":
		return f.survival(c, seed)
	}
	return &fitAnswer{c.Fit()}, nil
}

func splitList(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func (f *capacityFlags) survival(c *capacity.Cluster, seed uint64) (capacityAnswer, error) {
	protect, err := f.protected()
	if err != nil {
		return nil, err
	}
	o := capacity.SurviveOptions{Domain: f.survive, Lose: int(f.loseAny), Samples: int(f.samples), Protect: protect, Seed: seed}
	s, err := c.Survive(o)
	if err != nil {
		return nil, usagef("--survive %s: %v", f.survive, err)
	}
	return &survivalAnswer{s}, nil
}

// protected is the selector of -l; nil without one.
func (f *capacityFlags) protected() (labels.Selector, error) {
	if f.protect == "" {
		return nil, nil
	}
	sel, err := labels.Parse(f.protect)
	if err != nil {
		return nil, usagef("-l %s: %v", f.protect, err)
	}
	return sel, nil
}

// podspecRoom is the headroom of a pod in a file.
func (f *capacityFlags) podspecRoom(c *capacity.Cluster) (capacityAnswer, error) {
	list, problems := model.ReadFiles([]string{f.podspec}, nil, model.Options{})
	if problems.HasErrors() {
		return nil, &exit{exitUsage, problems.Errors()[0].String()}
	}
	pod, err := capacity.PodOf(list)
	if err != nil {
		return nil, usagef("--podspec %s: %v", f.podspec, err)
	}
	return &headroomAnswer{c.Headroom(pod, f.limit)}, nil
}

// classRoom is the headroom of a class of the input.
func (f *capacityFlags) classRoom(c *capacity.Cluster) (capacityAnswer, error) {
	cl := c.FindClass(f.headroom)
	if cl == nil {
		var names []string
		for _, o := range c.Classes[:min(len(c.Classes), 8)] {
			names = append(names, fmt.Sprintf("%q", o.Name))
		}
		return nil, usagef("--headroom %s: no such class; the input has %s", f.headroom, strings.Join(names, ", "))
	}
	h := c.Headroom(cl.Pods[0].Pod, f.limit)
	h.Pod, h.Current = cl.Name, len(cl.Pods)
	return &headroomAnswer{h}, nil
}

// nodeType finds the type of --find-min-nodes.
func (f *capacityFlags) nodeType(c *capacity.Cluster) (t capacity.NodeType, err error) {
	if strings.Contains(f.minimum, "=") {
		if t, err = capacity.ParseType(f.minimum); err != nil {
			return t, usagef("--find-min-nodes: %v", err)
		}
		return t, nil
	}
	if f.types != "" {
		types, err := f.readTypes(f.types)
		if err != nil {
			return t, err
		}
		for _, t := range types {
			if t.Name == f.minimum {
				return t, nil
			}
		}
	}
	if i := slices.IndexFunc(c.Nodes, func(n *corev1.Node) bool { return n.Name == f.minimum }); i >= 0 {
		return capacity.TypeOfNode(c.Nodes[i]), nil
	}
	return t, usagef("--find-min-nodes %s: neither amounts (cpu=8,memory=32Gi), nor a type of --types, nor a node of the input", f.minimum)
}

func (f *capacityFlags) readTypes(name string) ([]capacity.NodeType, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, usagef("%v", err)
	}
	defer in.Close()
	types, err := capacity.Types(name, in, f.spot)
	if err != nil {
		return nil, &exit{exitUsage, err.Error()}
	}
	return types, nil
}
