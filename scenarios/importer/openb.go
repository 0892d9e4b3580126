package importer

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

// What openb's nodes and pods say of GPUs, as Alibaba's GPU share scheduler names it. GPUMilli counts thousandths of a
// GPU: a node of 2 GPUs has 2000.
const (
	GPUMilli = "alibabacloud.com/gpu-milli"
	GPUCount = "alibabacloud.com/gpu-count"
	GPUModel = "alibabacloud.com/gpu-card-model"
)

// Trace is what was read of openb's two lists.
type Trace struct {
	Nodes []model.Manifest
	Pods  []Arrival // in the order of their arrival
}

// Arrival is a pod of a trace. Times are whole seconds since the first arrival.
type Arrival struct {
	Pod       *corev1.Pod
	At        int64
	RunsFor   int64 // 0 = it never ran
	Namespace string
}

// table is a CSV file with a header.
type table struct {
	name   string
	column map[string]int
	rows   [][]string
}

func readTable(name string, in io.Reader, columns ...string) (*table, error) {
	r := csv.NewReader(in)
	r.ReuseRecord = false
	rows, err := r.ReadAll()
	if err != nil {
		var p *csv.ParseError
		if errors.As(err, &p) {
			return nil, fmt.Errorf("%s:%d:%d: error: %w", name, p.Line, p.Column, p.Err)
		}
		return nil, fmt.Errorf("%s: error: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: error: empty", name)
	}
	t := &table{name: name, column: map[string]int{}, rows: rows[1:]}
	for i, c := range rows[0] {
		t.column[c] = i
	}
	for _, c := range columns {
		if _, ok := t.column[c]; !ok {
			return nil, fmt.Errorf("%s:1: error: there is no column %q", name, c)
		}
	}
	return t, nil
}

func (t *table) text(row int, column string) string { return t.rows[row][t.column[column]] }

// number reads a cell; an empty one is 0.
func (t *table) number(row int, column string) (int64, error) {
	s := t.text(row, column)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 0 || n > 1<<53 {
		return 0, fmt.Errorf("%s:%d: error: column %s: must be a number from 0, got %q", t.name, row+2, column, s)
	}
	return int64(n), nil
}

// numbers reads cells of a row.
func (t *table) numbers(row int, columns ...string) ([]int64, error) {
	out := make([]int64, len(columns))
	for i, c := range columns {
		n, err := t.number(row, c)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// OpenBNodes reads openb_node_list_*.csv: CPUs in thousandths, MiB, GPUs and their model.
func OpenBNodes(name string, in io.Reader) ([]model.Manifest, error) {
	t, err := readTable(name, in, "sn", "cpu_milli", "memory_mib", "gpu", "model")
	if err != nil {
		return nil, err
	}
	var out []model.Manifest
	for i := range t.rows {
		v, err := t.numbers(i, "cpu_milli", "memory_mib", "gpu")
		if err != nil {
			return nil, err
		}
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: t.text(i, "sn"), Labels: map[string]string{corev1.LabelHostname: t.text(i, "sn")}}}
		n.APIVersion, n.Kind = "v1", "Node"
		n.Status.Allocatable = corev1.ResourceList{
			corev1.ResourceCPU:    *resource.NewMilliQuantity(v[0], resource.DecimalSI),
			corev1.ResourceMemory: *resource.NewQuantity(v[1]<<20, resource.BinarySI),
			corev1.ResourcePods:   *resource.NewQuantity(1000, resource.DecimalSI), // the trace has no such limit
		}
		if v[2] > 0 {
			n.Labels[GPUModel] = t.text(i, "model")
			n.Status.Allocatable[GPUCount] = *resource.NewQuantity(v[2], resource.DecimalSI)
			n.Status.Allocatable[GPUMilli] = *resource.NewQuantity(1000*v[2], resource.DecimalSI)
		}
		n.Status.Capacity = n.Status.Allocatable
		out = append(out, model.Manifest{Kind: model.Node, Object: n, Place: model.Place{File: name, Line: i + 2}})
	}
	return out, nil
}

// OpenBPods reads openb_pod_list_*.csv. A pod asks for its GPUs as thousandths of GPUs of its node, whole ones as 1000
// each: which GPU of the node it gets is not part of the scheduler's resources. gpu_spec becomes a node affinity.
func OpenBPods(name string, in io.Reader) ([]Arrival, error) {
	t, err := readTable(name, in, "name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec", "creation_time", "deletion_time", "scheduled_time")
	if err != nil {
		return nil, err
	}
	out := make([]Arrival, 0, len(t.rows))
	for i := range t.rows {
		v, err := t.numbers(i, "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "creation_time", "deletion_time", "scheduled_time")
		if err != nil {
			return nil, err
		}
		a := Arrival{Pod: openBPod(t.text(i, "name"), v[0], v[1], v[2], v[3], t.text(i, "gpu_spec")), At: v[4]}
		if t.text(i, "scheduled_time") != "" && v[5] > v[6] {
			a.RunsFor = v[5] - v[6]
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b Arrival) int {
		return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.Pod.Name, b.Pod.Name))
	})
	for i := len(out) - 1; i >= 0; i-- {
		out[i].At -= out[0].At
	}
	return out, nil
}

func openBPod(name string, cpu, mib, gpus, milli int64, spec string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: metav1.NamespaceDefault}}
	p.APIVersion, p.Kind = "v1", "Pod"
	requests := corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(cpu, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(mib<<20, resource.BinarySI),
	}
	if gpus > 0 {
		if gpus > 1 || milli == 0 {
			milli = 1000
		}
		requests[GPUMilli] = *resource.NewQuantity(gpus*milli, resource.DecimalSI)
	}
	limits := corev1.ResourceList{}
	if q, ok := requests[GPUMilli]; ok {
		limits[GPUMilli] = q
	}
	p.Spec.Containers = []corev1.Container{{Name: "main", Image: "openb/main", Resources: corev1.ResourceRequirements{Requests: requests, Limits: limits}}}
	p.Spec.RestartPolicy = corev1.RestartPolicyNever
	if spec != "" {
		p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{{
				Key: GPUModel, Operator: corev1.NodeSelectorOpIn, Values: strings.Split(spec, "|"),
			}}}},
		}}}
	}
	return p
}
