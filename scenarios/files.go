package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"clustersim/model"
)

// files is where a scenario's paths lead: a file system, or the machine's own if it is nil.
type files struct {
	fs.FS
	opened func(name string, data []byte) // told of every file that was read; may be nil
}

// rel resolves a path that stands in a file.
func (f files) rel(file, name string) string {
	if f.FS != nil {
		return path.Join(path.Dir(file), name)
	}
	if filepath.IsAbs(name) || file == "" || file == "-" {
		return name
	}
	return filepath.Join(filepath.Dir(file), name)
}

// read returns a file's bytes. Its errors name the file and nothing of the machine.
func (f files) read(name string) ([]byte, error) {
	info, err := f.stat(name)
	if err == nil && info.Size() > model.MaxFileBytes {
		return nil, fmt.Errorf("%s: larger than %d MiB", name, model.MaxFileBytes>>20)
	}
	var data []byte
	if err == nil && f.FS != nil {
		data, err = fs.ReadFile(f.FS, name)
	} else if err == nil {
		data, err = os.ReadFile(name)
	}
	if err == nil && f.opened != nil {
		f.opened(name, data)
	}
	return data, reason(name, err)
}

func (f files) stat(name string) (fs.FileInfo, error) {
	if f.FS != nil {
		return fs.Stat(f.FS, name)
	}
	return os.Stat(name)
}

func reason(name string, err error) error {
	var p *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file", name)
	case errors.As(err, &p):
		return fmt.Errorf("%s: %w", name, p.Err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// expand turns a file, a directory or a glob into files, sorted. A directory stands for its *.yaml, *.yml and *.json.
func (f files) expand(name string) ([]string, error) {
	if strings.ContainsAny(name, "*?[") {
		return f.glob(name)
	}
	info, err := f.stat(name)
	if err != nil || !info.IsDir() {
		return []string{name}, reason(name, err)
	}
	var entries []fs.DirEntry
	if f.FS != nil {
		entries, err = fs.ReadDir(f.FS, name)
	} else {
		entries, err = os.ReadDir(name)
	}
	var names []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, ext) {
			names = append(names, strings.TrimSuffix(name, "/")+"/"+e.Name())
		}
	}
	slices.Sort(names)
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("holds no *.yaml, *.yml or *.json")
	}
	return names, reason(name, err)
}

func (f files) glob(name string) (names []string, err error) {
	if f.FS != nil {
		names, err = fs.Glob(f.FS, name)
	} else {
		names, err = filepath.Glob(name)
	}
	slices.Sort(names)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: not a glob", name)
	case len(names) == 0:
		return nil, fmt.Errorf("%s: no file matches", name)
	}
	return names, nil
}
