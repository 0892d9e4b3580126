package model

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ReadFiles reads the manifests of files, of directories (their *.yaml, *.yml and *.json in the order of their names, not
// those of directories below) and of standard input, which is "-". Kinds and fields that are not simulated are
// warned of once for all. Problems are as Decode's; a file that cannot be read is one, too.
func ReadFiles(paths []string, stdin io.Reader, opt Options) ([]Manifest, Problems) {
	r := newReader()
	for _, path := range paths {
		if path == "-" {
			if stdin == nil {
				stdin = strings.NewReader("")
			}
			r.stream("<stdin>", stdin, opt)
			stdin = nil
			continue
		}
		names, err := manifestFiles(path)
		if err != nil {
			r.fileError(path, err)
			continue
		}
		if len(names) == 0 {
			r.problems = append(r.problems, Problem{Place: Place{File: path}, Severity: Error, Message: "no *.yaml, *.yml or *.json in this directory"})
		}
		for _, name := range names {
			r.file(name, opt)
		}
	}
	return r.manifests, r.problems
}

// manifestFiles is the file itself, or the manifests of a directory in the order of their names.
func manifestFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	entries, err := os.ReadDir(path) // sorted by name
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".yaml", ".yml", ".json":
			name := filepath.Join(path, e.Name())
			if info, err := os.Stat(name); err == nil && !info.IsDir() {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// file reads one file.
func (r *reader) file(name string, opt Options) {
	f, err := os.Open(name)
	if err != nil {
		r.fileError(name, err)
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() > MaxFileBytes {
		r.problems = append(r.problems, Problem{Place: Place{File: name}, Severity: Error, Hint: "split it",
			Message: fmt.Sprintf("the file has %d bytes, more than the limit of %d (64 MiB)", info.Size(), MaxFileBytes)})
		return
	}
	r.stream(name, f, opt)
}

// stream reads in to its end, or just past the limit.
func (r *reader) stream(name string, in io.Reader, opt Options) {
	data, err := io.ReadAll(io.LimitReader(in, MaxFileBytes+1))
	if err != nil {
		r.fileError(name, err)
		return
	}
	if len(data) > MaxFileBytes {
		r.problems = append(r.problems, Problem{Place: Place{File: name}, Severity: Error, Hint: "split it",
			Message: fmt.Sprintf("the input has more bytes than the limit of %d (64 MiB)", MaxFileBytes)})
		return
	}
	r.read(name, data, opt)
}

// fileError notes a file that cannot be read. The text does not depend on the operating system where it can be helped.
func (r *reader) fileError(name string, err error) {
	message := err.Error()
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		message = "no such file or directory"
	case errors.Is(err, fs.ErrPermission):
		message = "permission denied"
	case errors.As(err, &pathErr):
		message = pathErr.Err.Error()
	}
	r.problems = append(r.problems, Problem{Place: Place{File: name}, Severity: Error, Message: message})
}
