package scenarios

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"clustersim/sim/config"
	"clustersim/sim/fault"
)

// TestDocumented: every field and every action of the format is named on its page.
func TestDocumented(t *testing.T) {
	data, err := os.ReadFile("../docs/formats/scenario.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	names := fieldNames(reflect.TypeFor[Document](), nil)
	names = append(names, fieldNames(reflect.TypeFor[config.Components](), nil)...)
	for _, e := range fault.Registry {
		names = append(names, e.Name)
		if e.New != nil {
			names = append(names, fieldNames(reflect.TypeOf(e.New()), nil)...)
		}
	}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		if !strings.Contains(page, "`"+n+"`") && !strings.Contains(page, n+":") && !strings.Contains(page, "."+n+"`") {
			t.Errorf("%q is not on the page", n)
		}
	}
}

// fieldNames lists the names that a file may write anywhere below a type of this module.
func fieldNames(t reflect.Type, seen []reflect.Type) (names []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || !strings.HasPrefix(t.PkgPath(), "clustersim/") || slices.Contains(seen, t) || t == placeType {
		return nil
	}
	switch t {
	case reflect.TypeFor[placed](), reflect.TypeFor[staticPod](), reflect.TypeFor[inline](), reflect.TypeFor[instant](), reflect.TypeFor[celText](), reflect.TypeFor[pattern](), reflect.TypeFor[thresholds](), reflect.TypeFor[matrix](), reflect.TypeFor[fault.Mode](), reflect.TypeFor[fault.Share]():
		return nil // written as one word or text
	case reflect.TypeFor[imageEntry]():
		t = reflect.TypeFor[Image]()
	}
	seen = append(seen, t)
	fields := map[string]reflect.StructField{}
	for _, n := range fieldsOf(t, nil, fields) {
		if t == reflect.TypeFor[config.Components]() {
			n = map[string]string{"controllerManager": "kubeControllerManager", "scheduler": "kubeScheduler"}[n] + map[string]string{"kubelet": "kubelet", "metricsServer": "metricsServer", "latency": "latency"}[n]
		}
		names = append(names, n)
	}
	for _, f := range fields { // unordered: sorted by the caller
		names = append(names, fieldNames(f.Type, seen)...)
	}
	return names
}
