package sweep

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Axis is a parameter and the values that a sweep gives it, as --set takes them.
type Axis struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// Input is one scenario: a file of the bundle, or the name of one of the library.
type Input struct {
	Name    string `json:"name"`
	Library bool   `json:"library,omitempty"`
	Runs    int    `json:"runs"` // replications
	Axes    []Axis `json:"axes,omitempty"`
}

// Plan says what a sweep does, all of it. Equal plans give equal results.
type Plan struct {
	Version string   `json:"version"` // of the program, with the format of results
	Inputs  []Input  `json:"inputs"`
	Seed    *uint64  `json:"seed,omitempty"` // instead of the scenarios' own
	Profile string   `json:"profile,omitempty"`
	Metrics []string `json:"metrics"` // NAME{labels}:AGGREGATE
	// Until ends each run at this time instead of when the scenario says; 0 = as the scenario says.
	Until  time.Duration `json:"until,omitempty"`
	Bundle string        `json:"bundle"` // SHA-256 of the bundle
}

// MaxUnits bounds a sweep.
const MaxUnits = 10_000_000

// Cells is how many combinations of its axes an input has.
func (in *Input) Cells() int {
	n := 1
	for _, a := range in.Axes {
		n *= len(a.Values)
	}
	return n
}

// Units is how many there are.
func (p *Plan) Units() int {
	n := 0
	for i := range p.Inputs {
		n += p.Inputs[i].Cells() * p.Inputs[i].Runs
	}
	return n
}

// Check reports what is wrong with a plan.
func (p *Plan) Check() error {
	total := 0
	for i := range p.Inputs {
		in := &p.Inputs[i]
		cells := 1
		for _, a := range in.Axes {
			if len(a.Values) == 0 {
				return fmt.Errorf("axis %s has no values", a.Name)
			}
			if cells *= len(a.Values); cells > MaxUnits {
				return fmt.Errorf("more than %d combinations", MaxUnits)
			}
		}
		if in.Runs < 1 || in.Runs > MaxUnits || total+cells > MaxUnits/in.Runs {
			return fmt.Errorf("more than %d runs in all", MaxUnits)
		}
		total += cells * in.Runs
	}
	return nil
}

// Unit is one run of a sweep.
type Unit struct {
	Index int
	Input int
	Cell  int // row-major over the input's axes
	Run   int // replication, from 0
}

// At is the i-th unit, from 0.
func (p *Plan) At(i int) Unit {
	u := Unit{Index: i}
	for k := range p.Inputs {
		in := &p.Inputs[k]
		if n := in.Cells() * in.Runs; i >= n {
			i -= n
			continue
		}
		u.Input, u.Cell, u.Run = k, i/in.Runs, i%in.Runs
		break
	}
	return u
}

// Set is the parameters of a cell.
func (in *Input) Set(cell int) map[string]string {
	out := map[string]string{}
	for k := len(in.Axes) - 1; k >= 0; k-- {
		n := len(in.Axes[k].Values)
		out[in.Axes[k].Name] = in.Axes[k].Values[cell%n]
		cell /= n
	}
	return out
}

// JSON is the canonical text of a plan.
func (p *Plan) JSON() []byte {
	data, err := json.Marshal(p)
	if err != nil {
		panic("invariant: a plan can be written as JSON: " + err.Error())
	}
	return data
}

// ID names a plan: 16 hex digits of the SHA-256 of its text.
func (p *Plan) ID() string {
	sum := sha256.Sum256(p.JSON())
	return hex.EncodeToString(sum[:8])
}

// Files gathers what a sweep reads, by path on this machine.
type Files struct {
	names []string
	data  map[string][]byte
}

// Opened takes a file in; it fits scenarios.LoadOptions.
func (f *Files) Opened(name string, data []byte) {
	if f.data == nil {
		f.data = map[string][]byte{}
	}
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	if _, ok := f.data[name]; !ok {
		f.names = append(f.names, name)
		f.data[name] = data
	}
}

// Bundle packs the files into a zip archive, relative to the folder that all of them are below, and returns how names of
// this machine are called in it. Equal files give equal bytes.
func (f *Files) Bundle() (bundle []byte, called func(name string) string, err error) {
	root := ""
	for i, name := range f.names {
		dir := filepath.Dir(name)
		if i == 0 {
			root = dir
		}
		for root != dir && !strings.HasPrefix(dir, strings.TrimSuffix(root, string(filepath.Separator))+string(filepath.Separator)) {
			up := filepath.Dir(root)
			if up == root {
				break
			}
			root = up
		}
	}
	called = func(name string) string {
		if abs, err := filepath.Abs(name); err == nil {
			name = abs
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return filepath.ToSlash(name)
		}
		return filepath.ToSlash(rel)
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(slices.Values(f.names)) {
		to, err := w.CreateHeader(&zip.FileHeader{Name: called(name), Method: zip.Deflate})
		if err == nil {
			_, err = to.Write(f.data[name])
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, nil, err
	}
	return buf.Bytes(), called, nil
}

// openBundle is the file system of a bundle.
func openBundle(bundle []byte) (fs.FS, error) {
	return zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
}

// Digest is the SHA-256 of bytes, in hex.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// ParsePlan reads the text of a plan.
func ParsePlan(data []byte) (*Plan, error) {
	p := &Plan{}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("a plan that is none: %w", err)
	}
	return p, p.Check()
}
