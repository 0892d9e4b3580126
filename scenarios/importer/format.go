package importer

import (
	"bytes"
	"io"
	"os"
)

// Format tells by the start of a file what it is: dump, openb, simkube or google2011. What it cannot tell is a dump.
func Format(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "dump"
	}
	defer f.Close()
	head, _ := io.ReadAll(io.LimitReader(f, 4096)) // what cannot be read is found out by the reader of dumps
	switch {
	case bytes.HasPrefix(head, []byte("sn,cpu_milli,")), bytes.HasPrefix(head, []byte("name,cpu_milli,memory_mib,num_gpu")):
		return "openb"
	case bytes.HasPrefix(head, []byte("time_us,machine_id")):
		return "google2011"
	case bytes.Contains(head, []byte("trackedObjects")):
		return "simkube"
	}
	return "dump"
}
