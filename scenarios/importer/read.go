package importer

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"clustersim/model"
)

// MaxBytes is the size from which on an input is refused: 2 GiB less one byte, what an int holds everywhere.
const MaxBytes = 1<<31 - 1

// Read reads cluster dumps: files, the *.yaml, *.yml and *.json of directories, and standard input, which is "-".
// Problems come in input order; kinds that are not simulated are named once. The Dump holds what could be read.
func Read(paths []string, stdin io.Reader) (*Dump, model.Problems) {
	d := &Dump{}
	var problems model.Problems
	for _, path := range paths {
		names, err := inputs(path)
		if err != nil {
			problems = append(problems, fileProblem(path, err))
			continue
		}
		for _, name := range names {
			data, err := load(name, stdin)
			if err != nil {
				problems = append(problems, fileProblem(name, err))
				continue
			}
			problems = append(problems, d.decode(shown(name), data)...)
		}
	}
	return d, once(problems)
}

// Decode is Read of one text.
func Decode(name string, data []byte) (*Dump, model.Problems) {
	d := &Dump{}
	problems := d.decode(name, data)
	return d, once(problems)
}

func shown(name string) string {
	if name == "-" {
		return "<stdin>"
	}
	return name
}

func fileProblem(name string, err error) model.Problem {
	return model.Problem{Place: model.Place{File: shown(name)}, Severity: model.Error, Message: err.Error()}
}

// inputs are the file itself, or the manifests of a directory.
func inputs(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, plain(err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, plain(err)
	}
	var names []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, ext) {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no *.yaml, *.yml or *.json in this directory")
	}
	return names, nil
}

// plain leaves the path out of an error that is printed behind it.
func plain(err error) error {
	if os.IsNotExist(err) {
		return fmt.Errorf("no such file or directory")
	}
	if p, ok := err.(*os.PathError); ok {
		return p.Err
	}
	return err
}

func load(name string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, plain(err)
		}
		defer f.Close()
		in = f
	}
	if in == nil {
		in = strings.NewReader("")
	}
	data, err := io.ReadAll(io.LimitReader(in, MaxBytes))
	if err == nil && len(data) >= MaxBytes {
		err = fmt.Errorf("larger than 2 GiB")
	}
	return data, plain(err)
}

// decode reads one text in pieces and appends what it holds, in the order of the text.
func (d *Dump) decode(name string, data []byte) model.Problems {
	pieces := split(data)
	manifests := make([][]model.Manifest, len(pieces))
	problems := make([]model.Problems, len(pieces))
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(len(pieces), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				p := pieces[i]
				opt := model.Options{KeepServerFields: true, LineOffset: p.line}
				manifests[i], problems[i] = model.Decode(name, p.text, opt)
				pieces[i].text = nil
			}
		})
	}
	for i := range pieces {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, ms := range manifests {
		d.Objects = append(d.Objects, ms...)
	}
	return slices.Concat(problems...)
}

// once drops warnings that a piece before has given, but for their place.
func once(ps model.Problems) model.Problems {
	seen := map[string]bool{}
	return slices.DeleteFunc(ps, func(p model.Problem) bool {
		if p.Severity == model.Error {
			return false
		}
		was := seen[p.Message]
		seen[p.Message] = true
		return was
	})
}
