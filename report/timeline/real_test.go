package timeline

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clustersim/model"
)

// recordedRun gathers a run of a real cluster from the recordings of package kubectl.
func recordedRun(t *testing.T, name string) Run {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "kubectl", "testdata", "recorded", name, "recorded.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var h History
	until := time.Duration(0)
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var r struct {
			T    float64
			Kind string
			Verb string
			Obj  json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		o := model.FindKind(r.Kind).New()
		if err := json.Unmarshal(r.Obj, o); err != nil {
			t.Fatal(err)
		}
		until = time.Duration(r.T * 1e9).Round(time.Microsecond)
		h.Observe(until, r.Verb, o)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return h.Run(name, until)
}
