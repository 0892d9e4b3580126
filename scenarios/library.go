package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"clustersim/model"
)

//go:embed library
var embedded embed.FS

// Entry is one scenario of the library.
type Entry struct {
	Name  string // "lesson/04-init-containers"
	Title string // its description
}

// LibraryFS holds the library's files; scenarios are *.yaml, manifests that belong to one lie in folders named "manifests".
func LibraryFS() fs.FS {
	sub, err := fs.Sub(embedded, "library")
	if err != nil {
		panic("invariant: the library is embedded: " + err.Error())
	}
	return sub
}

// Library lists the embedded scenarios by name.
func Library() []Entry { return slices.Clone(entries()) }

var entries = sync.OnceValue(readEntries)

func readEntries() (list []Entry) {
	files := LibraryFS()
	err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && e.Name() == "manifests" {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if path.Ext(name) == ".yaml" {
			list = append(list, Entry{strings.TrimSuffix(name, ".yaml"), title(files, name)})
		}
		return nil
	})
	if err != nil {
		panic("invariant: the library is readable: " + err.Error())
	}
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) }) // files are in the order of "a-b.yaml", "a.yaml"
	return list
}

// title is the description in the first scenario document of a file.
func title(files fs.FS, name string) string {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return ""
	}
	for _, p := range split(string(data)) {
		var doc struct {
			Kind string
			Spec struct{ Description string }
		}
		if yaml.Unmarshal([]byte(p.text), &doc) == nil && doc.Kind == Kind {
			return doc.Spec.Description
		}
	}
	return ""
}

// Open returns the text of an embedded scenario, by its name with or without ".yaml".
func Open(name string) ([]byte, error) {
	name = strings.TrimSuffix(name, ".yaml")
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("there is no scenario %q in the library", name)
	}
	data, err := fs.ReadFile(LibraryFS(), name+".yaml")
	if err == nil {
		return data, nil
	}
	var names []string
	for _, e := range entries() {
		names = append(names, e.Name)
	}
	hint := numbered(name, names)
	if hint == "" {
		hint = model.DidYouMean(name, names)
	}
	if hint != "" {
		hint = " (" + hint + ")"
	}
	return nil, fmt.Errorf("there is no scenario %q in the library%s", name, hint)
}

// LoadLibrary loads an embedded scenario; paths in it lead into the library.
func LoadLibrary(name string, opt LoadOptions) (*Scenario, model.Problems) {
	data, err := Open(name)
	if err != nil {
		return nil, model.Problems{{Severity: model.Error, Message: err.Error()}}
	}
	opt.FS = LibraryFS()
	s, problems := Load(strings.TrimSuffix(name, ".yaml")+".yaml", data, opt)
	if s != nil {
		s.library = true
	}
	return s, problems
}

// numbered suggests the scenario whose name begins with the number that was given: lesson/3 means lesson/03-probes. "" if none does.
func numbered(name string, names []string) string {
	number, err := strconv.Atoi(path.Base(name))
	if err != nil {
		return ""
	}
	for _, n := range names {
		digits, _, _ := strings.Cut(path.Base(n), "-")
		if i, err := strconv.Atoi(digits); err == nil && i == number && path.Dir(n) == path.Dir(name) {
			return fmt.Sprintf("did you mean %q?", n)
		}
	}
	return ""
}
