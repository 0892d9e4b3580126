package model

import (
	"os"
	"path/filepath"
	"testing"
)

// openb is the directory of real manifests that lies beside the checkout on development machines.
const openb = "../../shared/workloads/openb"

// BenchmarkDecodeOpenb decodes 8,277 real objects: 1,213 nodes and 7,064 pods, 3.8 MB.
func BenchmarkDecodeOpenb(b *testing.B) {
	files := map[string][]byte{}
	var size int64
	for _, name := range []string{"nodes.yaml", "pods.yaml"} {
		data, err := os.ReadFile(filepath.Join(openb, name))
		if err != nil {
			b.Skip("the openb workload is not here")
		}
		files[name] = data
		size += int64(len(data))
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
		paths = append(paths, filepath.Join(openb, name))
		if _, err := os.Stat(paths[len(paths)-1]); err != nil {
			b.Skip("the openb workload is not here")
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
