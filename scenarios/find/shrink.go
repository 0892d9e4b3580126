package find

import (
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// shrinker makes a variant smaller as long as it breaks the same check.
type shrinker struct {
	search  *Search
	best    *variant
	outcome outcome
	runs    int
	err     error
	seed    uint64
	passed  []uint64 // seeds with which the scenario held
	// duration is what the scenario had, "" if none.
	duration string
}

// chancy reports whether the variant still holds with one of the seeds with which the scenario held: what breaks whatever the
// seed is another failure than the one that was found.
func (k *shrinker) chancy(v *variant) bool {
	if len(k.passed) == 0 {
		return true
	}
	for _, seed := range k.passed {
		c := v.clone()
		c.setSeed(seed)
		if k.duration != "" { // in its own time: what comes later with another seed has not been escaped
			set(get(c.root, "spec"), "duration", k.duration)
		} else {
			remove(get(c.root, "spec"), "duration")
		}
		k.runs++
		o, err := k.search.try(c, title(&k.outcome.check))
		if err != nil {
			k.err = err
			return false
		}
		if o == nil {
			return true
		}
	}
	return false
}

// run shrinks until nothing can go: a pass that changes nothing is the last.
func (k *shrinker) run() error {
	for changed := true; changed && k.err == nil; {
		changed = false
		for _, pass := range [...]func() bool{k.shorter, k.checks, k.documents, k.lists, k.nodes, k.numbers, k.fields} {
			changed = pass() || changed
		}
	}
	return k.err
}

// attempt tries a change on a copy and keeps it if the check still breaks.
func (k *shrinker) attempt(change func(v *variant) bool) bool {
	if k.err != nil || k.search.Runs > 0 && k.runs >= k.search.Runs {
		return false
	}
	v := k.best.clone()
	if !change(v) {
		return false
	}
	k.runs++
	o, err := k.search.try(v, title(&k.outcome.check))
	if err != nil {
		k.err = err
		return false
	}
	// What broke by something that happened must not break by itself, as where there is nothing left to look at.
	if o == nil || k.outcome.check.Seq != 0 && o.check.Seq == 0 || !k.chancy(v) {
		return false
	}
	k.best, k.outcome = v, *o
	k.search.tell("%v", v.size())
	return true
}

// chunks tries to take away parts of a list, large ones first, then smaller ones, down to single items: delta debugging.
func (k *shrinker) chunks(length func(v *variant) int, cut func(v *variant, from, to int)) (changed bool) {
	for size := max(length(k.best)/2, 1); size >= 1; size /= 2 {
		for from := 0; from < length(k.best); {
			to := min(from+size, length(k.best))
			if k.attempt(func(v *variant) bool { cut(v, from, to); return true }) {
				changed = true
			} else {
				from = to
			}
		}
	}
	return changed
}

// documents takes manifests away.
func (k *shrinker) documents() bool {
	return k.chunks(func(v *variant) int { return len(v.docs) }, func(v *variant, from, to int) {
		v.docs = append(v.docs[:from:from], v.docs[to:]...)
		v.from = append(v.from[:from:from], v.from[to:]...)
	})
}

// lists takes items of the scenario's lists away.
func (k *shrinker) lists() (changed bool) {
	for _, path := range [...][]string{{"timeline"}, {"behaviors"}, {"cluster", "nodes"}, {"cluster", "registries"}, {"cluster", "storage"}, {"cluster", "import"}} {
		changed = k.list(path) || changed
	}
	return changed
}

func at(v *variant, path []string) *yaml.Node {
	n := get(v.root, "spec")
	for _, name := range path {
		n = get(n, name)
	}
	return n
}

func (k *shrinker) list(path []string) bool {
	return k.chunks(func(v *variant) int {
		if n := at(v, path); n != nil && n.Kind == yaml.SequenceNode {
			return len(n.Content)
		}
		return 0
	}, func(v *variant, from, to int) {
		n := at(v, path)
		n.Content = append(n.Content[:from:from], n.Content[to:]...)
		if len(n.Content) == 0 {
			parent := get(v.root, "spec")
			for _, name := range path[:len(path)-1] {
				parent = get(parent, name)
			}
			remove(parent, path[len(path)-1])
		}
	})
}

// checks takes away what else is expected.
func (k *shrinker) checks() (changed bool) {
	changed = k.attempt(func(v *variant) bool {
		spec := get(v.root, "spec")
		had := get(spec, "thresholds") != nil
		remove(spec, "thresholds")
		return had
	})
	return k.list([]string{"expect"}) || changed
}

// nodes makes the templates of nodes smaller.
func (k *shrinker) nodes() (changed bool) {
	for i := 0; ; i++ {
		n := at(k.best, []string{"cluster", "nodes"})
		if n == nil || i >= len(n.Content) {
			return changed
		}
		changed = k.number(func(v *variant) *yaml.Node { return at(v, []string{"cluster", "nodes"}).Content[i] }, "count", 1) || changed
		changed = k.field(func(v *variant) *yaml.Node { return at(v, []string{"cluster", "nodes"}).Content[i] }, "zones") || changed
	}
}

// numbers makes copies of pods fewer. Manifests are left as they are: with other replicas it would be another question.
func (k *shrinker) numbers() (changed bool) {
	if w := at(k.best, []string{"workloads"}); w != nil {
		for i := range w.Content {
			changed = k.number(func(v *variant) *yaml.Node { return at(v, []string{"workloads"}).Content[i] }, "copies", 1) || changed
		}
	}
	return changed
}

// number tries smaller values of a field: the least, half, one less.
func (k *shrinker) number(of func(v *variant) *yaml.Node, name string, least int) (changed bool) {
	for {
		n, err := strconv.Atoi(value(of(k.best), name))
		if err != nil || n <= least {
			return changed
		}
		smaller := false
		for _, to := range [...]int{least, n / 2, n - 1} {
			if to >= least && to < n && k.attempt(func(v *variant) bool { set(of(v), name, strconv.Itoa(to)); return true }) {
				smaller, changed = true, true
				break
			}
		}
		if !smaller {
			return changed
		}
	}
}

// fields takes whole fields of the scenario away.
func (k *shrinker) fields() (changed bool) {
	spec := func(v *variant) *yaml.Node { return get(v.root, "spec") }
	for _, name := range [...]string{"components", "params", "profile", "start"} {
		changed = k.field(spec, name) || changed
	}
	for _, name := range [...]string{"images", "registries"} {
		changed = k.field(func(v *variant) *yaml.Node { return get(spec(v), "cluster") }, name) || changed
	}
	return changed
}

func (k *shrinker) field(of func(v *variant) *yaml.Node, name string) bool {
	return k.attempt(func(v *variant) bool {
		n := of(v)
		had := get(n, name) != nil
		remove(n, name)
		return had
	})
}

// shorter ends the run soon after the check breaks.
func (k *shrinker) shorter() bool {
	was, _ := time.ParseDuration(value(get(k.best.root, "spec"), "duration"))
	until := k.outcome.check.At
	if until <= 0 {
		until = k.outcome.end / 2
	}
	to := (until + time.Second).Truncate(time.Second)
	if was > 0 && to >= was {
		return false
	}
	return k.attempt(func(v *variant) bool {
		spec := get(v.root, "spec")
		remove(spec, "until")
		set(spec, "duration", to.String())
		return true
	})
}
