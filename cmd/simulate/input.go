package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"clustersim/model"
	"clustersim/scenarios"
	"clustersim/sim"
)

// maxProblems is how many mistakes of the input are printed.
const maxProblems = 20

// input is the flags that say what is run, common to all commands that run something.
type input struct {
	files      []string
	set        []string
	seed       seed
	nodes      count
	nodeCPU    string
	nodeMemory string
	profile    string

	flags *pflag.FlagSet
}

// register adds the flags to a command.
func (in *input) register(c *cobra.Command) {
	f := c.Flags()
	in.flags = f
	f.StringArrayVarP(&in.files, "filename", "f", nil, "`FILE`, directory, - for standard input, or name of a library scenario; repeatable")
	f.StringArrayVar(&in.set, "set", nil, "`NAME=VALUE` of a parameter of the scenario; repeatable")
	f.Var(&in.seed, "seed", "seed of all randomness, instead of the scenario's `N`")
	f.StringVar(&in.profile, "profile", "", "latencies and defaults: v1.36, containerd or instant, instead of the scenario's `NAME`")
	in.nodes = 1
	f.Var(&in.nodes, "nodes", "`N` nodes, if the input brings none of its own")
	f.StringVar(&in.nodeCPU, "node-cpu", "4", "`CPU` of each of them")
	f.StringVar(&in.nodeMemory, "node-memory", "16Gi", "memory of each of them, in `BYTES`")
	_ = c.RegisterFlagCompletionFunc("filename", completeInput)
	_ = c.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions([]string{"v1.36", "containerd", "instant"}, cobra.ShellCompDirectiveNoFileComp))
}

// completeInput offers library scenarios beside files.
func completeInput(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, e := range scenarios.Library() {
		if strings.HasPrefix(e.Name, word) {
			names = append(names, e.Name+"\t"+e.Title)
		}
	}
	return names, cobra.ShellCompDirectiveDefault
}

// source is something to run: a scenario, or plain manifests on a default cluster.
type source struct {
	scenario *scenarios.Scenario
	inputs   string         // digest of everything that was read
	problems model.Problems // none of them an error
}

// options are those of one replication. If it is the only one, it may use up the manifests.
func (s *source) options(run, of int) (sim.Options, error) {
	o, err := s.scenario.Options(run)
	o.Consume = of == 1
	return o, err
}

// load reads the input. Mistakes are printed, all of them, and end the command; warnings are left to the caller.
func (in *input) load(a *app) ([]source, error) {
	opt, err := in.loadOptions()
	if err != nil {
		return nil, err
	}
	if len(in.files) == 0 {
		return nil, usagef("nothing to run: give manifests or a scenario with -f FILE, or the name of a library scenario (simulate run --list)")
	}
	paths, library, err := in.split()
	if err != nil {
		return nil, err
	}
	sources, problems := readInput(a, paths, library, opt)
	if problems.HasErrors() {
		_ = problems.Errors().Format(a.err, maxProblems)
		return nil, &exit{code: exitUsage}
	}
	for i := range sources {
		if in.seed.given {
			sources[i].scenario.Seed = in.seed.value
		}
		if err := in.checkCluster(&sources[i]); err != nil {
			return nil, err
		}
	}
	if len(sources) == 0 {
		return nil, usagef("%s: neither a scenario nor a manifest in it", strings.Join(in.files, ", "))
	}
	return sources, nil
}

// one is load for commands that show a single run.
func (in *input) one(a *app) (*source, error) {
	sources, err := in.load(a)
	if err != nil {
		return nil, err
	}
	if len(sources) > 1 {
		return nil, usagef("the input holds %d scenarios; this command shows one", len(sources))
	}
	return &sources[0], nil
}

func (in *input) loadOptions() (scenarios.LoadOptions, error) {
	opt := scenarios.LoadOptions{Set: map[string]string{}, Nodes: int(in.nodes), NodeCPU: in.nodeCPU, NodeMemory: in.nodeMemory, Profile: in.profile}
	for _, pair := range in.set {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return opt, usagef("--set %s: must be NAME=VALUE", pair)
		}
		opt.Set[name] = value
	}
	return opt, nil
}

// checkCluster refuses flags about the default cluster where the input has nodes: they would do nothing.
func (in *input) checkCluster(s *source) error {
	for _, name := range []string{"nodes", "node-cpu", "node-memory"} {
		if in.flags.Changed(name) && !s.scenario.DefaultCluster {
			return usagef("--%s is about the default cluster, but %s brings nodes of its own", name, s.scenario.File)
		}
	}
	return nil
}

// split tells files from names of library scenarios. A file of that name goes first.
func (in *input) split() (paths, library []string, err error) {
	stdin := 0
	for _, f := range in.files {
		switch {
		case f == "":
			return nil, nil, usagef("-f needs a file, a directory, - or the name of a library scenario")
		case f == "-":
			if stdin++; stdin > 1 {
				return nil, nil, usagef("-f -: standard input can be read once")
			}
			paths = append(paths, f)
		case !exists(f) && inLibrary(f):
			library = append(library, strings.TrimSuffix(f, ".yaml"))
		case !exists(f) && !looksLikeFile(f):
			_, err := scenarios.Open(f)
			return nil, nil, usagef("%s: no such file, and %v", f, err)
		default:
			paths = append(paths, f)
		}
	}
	return paths, library, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

func inLibrary(name string) bool {
	name = strings.TrimSuffix(name, ".yaml")
	return slices.ContainsFunc(scenarios.Library(), func(e scenarios.Entry) bool { return e.Name == name })
}

// looksLikeFile is true for names that cannot be meant for the library.
func looksLikeFile(name string) bool {
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return strings.HasPrefix(name, ".") || filepath.IsAbs(name) || strings.HasSuffix(name, "/")
}

// found is a file with a scenario in it.
type found struct {
	name string
	data []byte
}

// inputReader gathers what the files hold.
type inputReader struct {
	opt       scenarios.LoadOptions
	digest    hash.Hash
	current   found
	scenarios []found
	sources   []source
	problems  model.Problems
}

// readInput reads files and library scenarios. Manifests beside one scenario are run with it.
func readInput(a *app, paths, library []string, opt scenarios.LoadOptions) ([]source, model.Problems) {
	r := &inputReader{opt: opt, digest: sha256.New()}
	r.opt.Opened = func(_ string, data []byte) { r.hash(data) }
	manifests, problems := model.ReadFiles(paths, a.in, model.Options{Skip: r.skip, Opened: r.opened})
	// The files that hold a scenario are read again, as a whole, by its own reader.
	ofScenario := func(file string) bool {
		return slices.ContainsFunc(r.scenarios, func(f found) bool { return f.name == file })
	}
	manifests = slices.DeleteFunc(manifests, func(m model.Manifest) bool { return ofScenario(m.Place.File) })
	r.problems = slices.DeleteFunc(problems, func(p model.Problem) bool { return ofScenario(p.Place.File) })
	count := len(r.scenarios) + len(library)
	switch {
	case count == 0 && len(manifests) > 0:
		s, ps := scenarios.FromManifests(title(paths), manifests, r.opt)
		r.add(s, ps)
	case count > 1 && len(manifests) > 0:
		r.problems = append(r.problems, model.Problem{Place: manifests[0].Place, Severity: model.Error,
			Message: fmt.Sprintf("the input holds %d scenarios, and manifests that could belong to any of them", count)})
	default:
		r.opt.Manifests = r.others(manifests, library)
		r.load(library)
	}
	sum := "sha256:" + hex.EncodeToString(r.digest.Sum(nil))
	for i := range r.sources {
		r.sources[i].inputs = sum
	}
	return r.sources, r.problems
}

// others leaves out the manifests that the one scenario of the input brings itself: of a directory that holds a scenario and its
// manifests, each is created once.
func (r *inputReader) others(manifests []model.Manifest, library []string) []model.Manifest {
	if len(manifests) == 0 || len(r.scenarios) != 1 || len(library) > 0 {
		return manifests
	}
	own := map[string]bool{}
	opt := r.opt
	opt.Opened = func(name string, _ []byte) { own[filepath.Clean(name)] = true }
	_, _ = scenarios.Load(r.scenarios[0].name, r.scenarios[0].data, opt) // what is wrong with it is said when it is loaded for good
	return slices.DeleteFunc(manifests, func(m model.Manifest) bool { return own[filepath.Clean(m.Place.File)] })
}

func (r *inputReader) load(library []string) {
	for _, f := range r.scenarios {
		s, ps := scenarios.Load(f.name, f.data, r.opt)
		r.add(s, ps)
	}
	for _, name := range library {
		if data, err := scenarios.Open(name); err == nil {
			r.hash(data)
		}
		s, ps := scenarios.LoadLibrary(name, r.opt)
		r.add(s, ps)
	}
}

func (r *inputReader) add(s *scenarios.Scenario, problems model.Problems) {
	r.problems = append(r.problems, problems...)
	if s != nil {
		r.sources = append(r.sources, source{scenario: s, problems: slices.Clone(r.problems)})
		r.problems = nil
	}
}

// opened is told of every file that is read.
func (r *inputReader) opened(name string, data []byte) {
	r.hash(data)
	r.current = found{name, data}
}

// hash takes a file into the digest of the input. Its name does not count.
func (r *inputReader) hash(data []byte) {
	r.digest.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(data))))
	r.digest.Write(data)
}

// skip leaves scenarios to their own reader, and remembers the file.
func (r *inputReader) skip(apiVersion, kind string) bool {
	if !scenarios.IsScenario(apiVersion, kind) {
		return false
	}
	if n := len(r.scenarios); n == 0 || r.scenarios[n-1].name != r.current.name {
		r.scenarios = append(r.scenarios, r.current)
	}
	return true
}

// title names a run of plain manifests after the first of its files.
func title(paths []string) string {
	if base := filepath.Base(paths[0]); base != "." && base != ".." && base != string(filepath.Separator) {
		return base
	}
	return "manifests"
}
