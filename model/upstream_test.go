package model

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// upstreamCase is one object and what the API server's own functions said to it; see testdata/README.md.
type upstreamCase struct {
	In       json.RawMessage `json:"in"`
	Errors   []string        `json:"errors"`
	Warnings []string        `json:"warnings"`
	Out      json.RawMessage `json:"out"` // the defaulted object, if there were no errors
}

func upstreamCases(t *testing.T) []upstreamCase {
	t.Helper()
	f, err := os.Open("testdata/upstream/objects.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []upstreamCase
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<22)
	for in.Scan() {
		var c upstreamCase
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// decodeOne reads one object that has no errors for Decode, except a missing name.
func decodeOne(t *testing.T, data []byte) Object {
	t.Helper()
	ms, ps := Decode("in.json", data, Options{})
	if len(ms) == 1 {
		return ms[0].Object
	}
	t.Fatalf("Decode: %v\n%s", ps, data)
	return nil
}

// TestUpstreamErrors compares Validate with what kubernetes v1.36.3 answered to the same objects. The order is compared
// where upstream has one, in TestValidate.
func TestUpstreamErrors(t *testing.T) {
	for _, c := range upstreamCases(t) {
		o := decodeOne(t, c.In)
		Default(o)
		var got []string
		for _, e := range Validate(o) {
			got = append(got, e.Error())
		}
		slices.Sort(got)
		if KindOf(o).Name == "PodDisruptionBudget" { // its metadata are validated elsewhere
			got = slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, "metadata") })
		}
		want := slices.DeleteFunc(slices.Clone(c.Errors), registryOnly(o))
		if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s\n%s", c.In, diff)
		}
	}
}

// registryOnly names errors that only an object shows that did not go through the registry, as those of the recording.
func registryOnly(o Object) func(string) bool {
	return func(text string) bool {
		switch o := o.(type) {
		case *batchv1.Job:
			return !*o.Spec.ManualSelector && (strings.HasPrefix(text, "spec.selector: Required value") ||
				strings.HasPrefix(text, "spec.template.metadata.labels: Invalid value: ") && strings.HasSuffix(text, noMatch))
		case *autoscalingv2.HorizontalPodAutoscaler: // metrics and groups are not checked here
			return strings.HasPrefix(text, "spec.metrics") || strings.HasPrefix(text, "spec.scaleTargetRef.apiVersion")
		case *corev1.Node: // the name was not generated
			return strings.HasPrefix(text, "metadata.name: Required value")
		}
		return false
	}
}

// TestUpstreamWarnings compares Warnings for pods, whose recording is complete.
func TestUpstreamWarnings(t *testing.T) {
	for _, c := range upstreamCases(t) {
		o := decodeOne(t, c.In)
		if _, ok := o.(*corev1.Pod); !ok {
			continue
		}
		Default(o)
		got := slices.DeleteFunc(Warnings(o), func(s string) bool { return strings.HasPrefix(s, "metadata.name: ") })
		if diff := cmp.Diff(c.Warnings, got, cmp.Transformer("sort", func(s []string) []string { return slices.Sorted(slices.Values(s)) })); diff != "" {
			t.Errorf("%s\n%s", c.In, diff)
		}
	}
}

// TestUpstreamDefaults compares Default with what kubernetes v1.36.3 made of the same objects.
func TestUpstreamDefaults(t *testing.T) {
	for _, c := range upstreamCases(t) {
		if len(c.Errors) > 0 {
			continue
		}
		got, want := decodeOne(t, c.In), decodeOne(t, c.Out)
		Default(got)
		again := got.DeepCopyObject().(Object)
		Default(again)
		if diff := cmp.Diff(asJSON(t, got), asJSON(t, again)); diff != "" {
			t.Errorf("the second Default changes the object: %s", diff)
		}
		if diff := cmp.Diff(asJSON(t, withoutStrategy(want)), asJSON(t, withoutStrategy(got))); diff != "" {
			t.Errorf("%s\n%s", c.In, diff)
		}
	}
}

// withoutStrategy clears what the registry sets, not the API's defaulting.
func withoutStrategy(o Object) Object {
	switch o := o.(type) {
	case *corev1.Pod:
		o.Status.Phase, o.Status.QOSClass = "", ""
	case *corev1.Namespace:
		o.Spec.Finalizers = nil
	case *appsv1.DaemonSet:
		delete(o.Annotations, appsv1.DeprecatedTemplateGeneration)
		if len(o.Annotations) == 0 {
			o.Annotations = nil
		}
	}
	return o
}

func asJSON(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
