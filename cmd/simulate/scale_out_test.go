package main

import (
	"os"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"

	"clustersim/model"
)

// The manifests of docs/scale-out.md are right by the API's own types and rules, and call commands that there are.
func TestScaleOutManifests(t *testing.T) {
	data, err := os.ReadFile("../../docs/scale-out.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), "```yaml\n")
	text, _, ok := strings.Cut(text, "```")
	if !ok {
		t.Fatal("no manifests")
	}
	list, problems := model.Decode("scale-out.md", []byte(text), model.Options{})
	problems = append(problems, model.Check(list)...)
	if problems.HasErrors() || len(list) != 3 {
		t.Fatalf("%d objects: %v", len(list), problems.Errors())
	}
	args := list[0].Object.(*batchv1.Job).Spec.Template.Spec.Containers[0].Args
	root := newRoot(&app{})
	for _, line := range [][]string{args, {"sweep-worker", "--nats", "nats://nats:4222"}} {
		c, rest, err := root.Find(line)
		if err != nil || c.Name() != line[0] {
			t.Fatalf("%v: %v", line, err)
		}
		if err := c.ParseFlags(rest); err != nil {
			t.Errorf("%v: %v", line, err)
		}
	}
}
