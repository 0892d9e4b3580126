package scheduler

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestRecorded replays what the real scheduler's plugins said of every node for every pod.
func TestRecorded(t *testing.T) {
	for _, name := range []string{"resources", "affinity-taints-ports", "spread-interpod"} {
		t.Run(name, func(t *testing.T) { replay(t, name) })
	}
}

func replay(t *testing.T, name string) {
	namespaces, nodes, pods := readManifests(t, name)
	p := NewProfile(Args{})
	s := p.NewSnapshot()
	for _, n := range namespaces {
		s.SetObject(n)
	}
	for _, n := range nodes {
		s.SetNode(n)
	}
	want := bufio.NewScanner(bytes.NewReader(unzip(t, name+".expect.jsonl.gz")))
	want.Buffer(nil, 1<<20)
	for i, pod := range pods {
		var expect Result
		if !want.Scan() {
			t.Fatalf("no answer for pod %d", i)
		}
		if err := json.Unmarshal(want.Bytes(), &expect); err != nil {
			t.Fatal(err)
		}
		cp := p.Compile(pod)
		got := p.Schedule(cp, s, Options{AllNodes: true, FirstTie: true})
		got = Result{Pod: got.Pod, Chosen: got.Chosen, Best: got.Best, Message: got.Message, Nodes: got.Nodes}
		for j := range expect.Nodes {
			delete(expect.Nodes[j].Scores, "DynamicResources") // 0 everywhere: no claims here
		}
		if diff := cmp.Diff(expect, got); diff != "" {
			t.Fatalf("pod %d (-real +ours):\n%s", i, diff)
		}
		if got.Chosen != "" {
			s.AddPod(cp, got.Chosen)
		}
	}
}

func readManifests(t testing.TB, name string) (namespaces []*corev1.Namespace, nodes []*corev1.Node, pods []*corev1.Pod) {
	for _, doc := range bytes.Split(unzip(t, name+".yaml.gz"), []byte("\n---\n")) {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal(doc, &kind); err != nil {
			t.Fatal(err)
		}
		switch kind.Kind {
		case "Node":
			nodes = append(nodes, decode(t, doc, &corev1.Node{}))
		case "Namespace":
			namespaces = append(namespaces, decode(t, doc, &corev1.Namespace{}))
		case "Pod":
			pods = append(pods, decode(t, doc, &corev1.Pod{}))
		}
	}
	return namespaces, nodes, pods
}

func decode[T any](t testing.TB, doc []byte, into *T) *T {
	if err := yaml.UnmarshalStrict(doc, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func unzip(t testing.TB, name string) []byte {
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
