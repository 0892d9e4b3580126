package sim_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"clustersim/model"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// What these tests hold stands in docs/determinism.md, with what holds the rest of its rules.

// chance is the scenario of the library in which most is random.
const chance = "reproducible"

// Every scenario of the library gives the same journal twice: from the same options, which runs must therefore not
// change, and from options that were read anew.
func TestEqualRuns(t *testing.T) {
	for _, e := range scenarios.Library() {
		t.Run(e.Name, func(t *testing.T) {
			o := libraryOptions(t, e.Name)
			var want, got lines
			toEnd(t, newRun(t, o, &want))
			digest := toEnd(t, newRun(t, o, &got))
			sameLines(t, "the same options again", &want, &got)
			if digestOf(t, libraryOptions(t, e.Name)) != digest {
				t.Error("options read anew give another digest")
			}
		})
	}
}

// Go starts each range over a map at another place, so a run that depends on one differs soon.
func TestChanceTwentyTimes(t *testing.T) {
	want := digestOf(t, libraryOptions(t, chance))
	for i := range 19 {
		if got := digestOf(t, libraryOptions(t, chance)); got != want {
			t.Fatalf("run %d: digest %s, want %s", i+2, got, want)
		}
	}
}

// Another seed gives another history: the random numbers are used.
func TestSeedMatters(t *testing.T) {
	a, b := libraryOptions(t, chance), libraryOptions(t, chance)
	b.Seed++
	if digestOf(t, a) == digestOf(t, b) {
		t.Error("two seeds gave one history")
	}
}

// Two runs that take turns in one process do not feel each other.
func TestRunsShareNothing(t *testing.T) {
	o := libraryOptions(t, chance)
	other := o
	other.Seed = 99
	want, wantOther := digestOf(t, o), digestOf(t, other)
	a, b := newRun(t, o), newRun(t, other)
	for at := time.Duration(0); at <= o.Duration; at += 7 * time.Second {
		for _, r := range []*sim.Run{a, b} {
			if err := r.Until(at); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, gotOther := toEnd(t, a), toEnd(t, b); got != want || gotOther != wantOther {
		t.Errorf("in turns: %s and %s, alone: %s and %s", got, gotOther, want, wantOther)
	}
}

// A run that stops at any instants and goes on is the run that does not stop. Looking at it changes nothing either.
func TestStopAndResume(t *testing.T) {
	for _, e := range scenarios.Library() {
		o := libraryOptions(t, e.Name)
		o.Duration = length(t, o)
		want := digestOf(t, o)
		stops := engine.NewStream(1, "stops/"+e.Name)
		for i := range 3 {
			r := newRun(t, o)
			var at []time.Duration
			for range 5 {
				at = append(at, time.Duration(stops.Int64N(int64(o.Duration)))>>stops.Int64N(8))
			}
			slices.Sort(at)
			for _, stop := range at {
				if err := r.Until(stop); err != nil {
					t.Fatal(err)
				}
				r.Objects()
			}
			if got := toEnd(t, r); got != want {
				t.Errorf("%s: try %d: stopped at %v: digest %s, want %s", e.Name, i, at, got, want)
			}
		}
	}
}

// What is skipped because it cannot change anything is skipped rightly: a run that executes every relist, probe, heartbeat
// and pass of the controllers' loops leaves the same journal.
func TestReferenceRun(t *testing.T) {
	cases := map[string]sim.Options{}
	for _, e := range scenarios.Library() {
		cases[e.Name] = libraryOptions(t, e.Name)
	}
	for _, glob := range []string{"testdata/recorded/*.yaml", "../scenarios/testdata/recorded/*.yaml"} {
		files, err := filepath.Glob(glob)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no cases (%v)", glob, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			cases[file] = textOptions(t, string(data), scenarios.LoadOptions{})
		}
	}
	for seed := range uint64(10) { // ties between ticks, which come by chance, are where the two might part
		o := libraryOptions(t, chance)
		o.Seed = 100 + seed
		cases[fmt.Sprintf("%s, seed %d", chance, o.Seed)] = o
	}
	for name, o := range cases { // unordered: each by itself
		t.Run(name, func(t *testing.T) {
			o.Duration = length(t, o)
			reference := o
			reference.Reference = true
			slow, quick := newRun(t, reference), newRun(t, o)
			if toEnd(t, slow) != toEnd(t, quick) {
				var want, got lines
				toEnd(t, newRun(t, reference, &want))
				toEnd(t, newRun(t, o, &got))
				sameLines(t, "want: every tick executed; got: without", &want, &got)
				t.Errorf("the digests differ")
			}
			if slow.Engine.Ran() < quick.Engine.Ran() {
				t.Errorf("%d engine events with every tick, %d without", slow.Engine.Ran(), quick.Engine.Ran())
			}
		})
	}
}

// extraNode and extraPod are a node and a pod that nobody else has to do with. The pod is bound by hand, crashes, pulls
// with luck and is probed, all of which takes random numbers.
const (
	extraNode = `apiVersion: v1
kind: Namespace
metadata: {name: elsewhere}
---
apiVersion: v1
kind: Node
metadata: {name: extra}
spec:
  taints: [{key: elsewhere, effect: NoExecute}]
status:
  allocatable: {cpu: "4", memory: 8Gi, pods: "110"}
  capacity: {cpu: "4", memory: 8Gi, pods: "110"}
`
	extraPod = `---
apiVersion: v1
kind: Pod
metadata: {name: batch, namespace: elsewhere, labels: {app: batch}}
spec:
  nodeName: extra
  tolerations: [{operator: Exists}]
  containers:
  - name: work
    image: registry.test/batch:v1
    readinessProbe: {exec: {command: [x]}}
`
)

// besideExtra reads a scenario of the library together with other manifests, and runs it for its own duration.
func besideExtra(t *testing.T, name, manifests string, sink journal.Sink) {
	t.Helper()
	extra, problems := model.Decode("extra.yaml", []byte(manifests), model.Options{})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	s, problems := scenarios.LoadLibrary(name, scenarios.LoadOptions{Manifests: extra})
	if s == nil {
		t.Fatal(problems)
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	o.Duration = length(t, libraryOptions(t, name))
	toEnd(t, newRun(t, o, sink))
}

// notExtra chooses the records of what belongs to the scenario itself.
func notExtra(r *journal.Record) bool {
	k := keyOf(r)
	return k.Namespace != "elsewhere" && k.Name != "elsewhere" && k.Name != "extra" && !strings.HasPrefix(k.Name, "extra.")
}

// One pod more changes nothing for all others: neither their names, UIDs and addresses nor their random numbers nor the
// times at which things happen to them. Only what counts all writes moves: resourceVersions.
func TestOnePodMore(t *testing.T) {
	for _, name := range []string{chance, "tour", "lifecycle/crash-loop", "nodeloss/crash", "workloads/arrivals"} {
		without, with := lines{keep: notExtra, loose: true}, lines{keep: notExtra, loose: true}
		besideExtra(t, name, extraNode, &without)
		besideExtra(t, name, extraNode+extraPod, &with)
		if len(without.all) < 20 {
			t.Errorf("%s: %d records say little", name, len(without.all))
		}
		sameLines(t, name, &without, &with)
	}
}

// births notes under which name and UID pods come into being, and when.
type births []string

// Record implements journal.Sink.
func (b *births) Record(r *journal.Record) error {
	if o := r.Object; o.Kind() == model.Pod && r.Verb == journal.Added && notExtra(r) {
		p := o.(*store.Pod)
		*b = append(*b, fmt.Sprint(r.At, " ", p.Key(), " ", p.UID, " ", p.Token))
	}
	return nil
}

// One node more changes no identity and no arrival. Placements may change where nodes tie, and "0/N nodes" counts one
// more: the scheduler goes round all nodes, as upstream's does.
func TestOneNodeMore(t *testing.T) {
	for _, name := range []string{chance, "tour", "workloads/arrivals"} {
		var without, with births
		toEnd(t, newRun(t, libraryOptions(t, name), &without))
		besideExtra(t, name, extraNode, &with)
		if !slices.Equal(without, with) {
			t.Errorf("%s: without the node\n%s\nwith it\n%s", name, strings.Join(without, "\n"), strings.Join(with, "\n"))
		}
	}
	alone := func(r *journal.Record) bool { return notExtra(r) && r.Object.Kind() != model.Event }
	for _, name := range []string{"lifecycle/crash-loop", "probes/liveness", "images/flaky"} { // one node each
		without, with := lines{keep: alone, loose: true}, lines{keep: alone, loose: true}
		toEnd(t, newRun(t, libraryOptions(t, name), &without))
		besideExtra(t, name, extraNode, &with)
		sameLines(t, name, &without, &with)
	}
}

// shuffled is a file system that lists its folders in another order each time.
type shuffled struct {
	fstest.MapFS
	draws *engine.Stream
}

// ReadDir implements fs.ReadDirFS.
func (f shuffled) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := f.MapFS.ReadDir(name)
	for i := range list {
		j := i + int(f.draws.Int64N(int64(len(list)-i)))
		list[i], list[j] = list[j], list[i]
	}
	return list, err
}

// The order in which a file system lists a folder is not the order of the input.
func TestFolderOrder(t *testing.T) {
	const scenario = `apiVersion: simulate/v1alpha1
kind: Scenario
metadata: {name: folder}
spec:
  duration: 30s
  workloads: [{manifests: [pods]}, {manifests: ["more/*.yaml"]}]
`
	files := shuffled{fstest.MapFS{}, engine.NewStream(1, "folder")}
	for i := range 20 {
		pod := fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: p%d}\nspec: {containers: [{name: a, image: a}]}\n", i)
		files.MapFS[fmt.Sprintf("%s/%d.yaml", []string{"pods", "more"}[i%2], i)] = &fstest.MapFile{Data: []byte(pod)}
	}
	want := ""
	for range 5 {
		got := digestOf(t, textOptions(t, scenario, scenarios.LoadOptions{FS: files}))
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("another order of the folder: digest %s, want %s", got, want)
		}
	}
}

// Known answers, worked out apart from this code from the definitions in docs/determinism.md: a new Go release, or a
// change here, must not give old seeds new names.
func TestKnownIdentities(t *testing.T) {
	for _, c := range []struct {
		seed, counter uint64
		entity        string
		uid, suffix   string
	}{
		{1, 0, "Pod/default/web", "28db03da-3d14-43cc-95fa-a5099761b006", "m44cr"},
		{1, 1, "Pod/default/web", "34801ef4-5533-4db1-a80a-e83a464c4897", "wtvx2"},
		{42, 0, "Node//node-1", "3b277ce9-7974-4962-8199-a03a228ed4c9", "sg49c"},
		{18446744073709551615, 7, "name/ReplicaSet/default/web-", "02065b99-2b74-494c-975e-0f71914e0007", "g2rpv"},
	} {
		key := engine.HashString(c.entity)
		if got := string(store.UUID(c.seed, key, c.counter)); got != c.uid {
			t.Errorf("UUID(%d, %q, %d) = %s, want %s", c.seed, c.entity, c.counter, got, c.uid)
		}
		if got := store.Suffix(c.seed, key, c.counter); got != c.suffix {
			t.Errorf("Suffix(%d, %q, %d) = %s, want %s", c.seed, c.entity, c.counter, got, c.suffix)
		}
	}
}

// Asking the scheduler for its verdict, time and again, leaves the run as it is.
func TestVerdictChangesNothing(t *testing.T) {
	asked := 0
	for _, e := range scenarios.Library() {
		o := libraryOptions(t, e.Name)
		want := digestOf(t, o)
		r := newRun(t, o)
		for at := 500 * time.Millisecond; at <= min(o.Duration, 2*time.Minute); at += 1003 * time.Millisecond {
			if err := r.Until(at); err != nil {
				t.Fatal(err)
			}
			for _, p := range r.Objects(model.Pod) {
				v, err := r.Verdict(p.GetNamespace(), p.GetName())
				if err != nil {
					t.Fatal(err)
				}
				if v.Waits() {
					asked++
				}
			}
		}
		if got := toEnd(t, r); got != want {
			t.Errorf("%s: digest %s, without asking %s", e.Name, got, want)
		}
	}
	if asked == 0 {
		t.Error("no pod waited")
	}
}
