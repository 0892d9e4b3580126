package model

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// openb reads one of the two files of a real cluster; benchmarks/testdata/openb/README.md says where they are from.
func openb(b *testing.B, name string) []byte {
	b.Helper()
	file, err := os.Open(filepath.Join("..", "benchmarks", "testdata", "openb", name+".gz"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		b.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// BenchmarkDecodeOpenb decodes 8,277 real objects: 1,213 nodes and 7,064 pods, 3.8 MB.
func BenchmarkDecodeOpenb(b *testing.B) {
	files := map[string][]byte{}
	var size int64
	for _, name := range []string{"nodes.yaml", "pods.yaml"} {
		files[name] = openb(b, name)
		size += int64(len(files[name]))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		count := 0
		for _, name := range []string{"nodes.yaml", "pods.yaml"} {
			ms, ps := Decode(name, files[name], Options{})
			if ps.HasErrors() {
				b.Fatal(ps[0])
			}
			count += len(ms)
		}
		if count != 8277 {
			b.Fatalf("%d objects", count)
		}
	}
}

// BenchmarkCheckOpenb decodes the same objects, prepares them, and defaults and validates a copy of each.
func BenchmarkCheckOpenb(b *testing.B) {
	var paths []string
	for _, name := range []string{"nodes.yaml", "pods.yaml"} {
		paths = append(paths, filepath.Join(b.TempDir(), name))
		if err := os.WriteFile(paths[len(paths)-1], openb(b, name), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		ms, ps := ReadFiles(paths, nil, Options{})
		ms, more := Prepare(ms, nil)
		ps = append(append(ps, more...), Check(ms)...)
		if len(ms) != 8277 || ps.HasErrors() {
			b.Fatalf("%d objects, %v", len(ms), ps)
		}
	}
}
