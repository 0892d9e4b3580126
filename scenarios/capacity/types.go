package capacity

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NodeType is a kind of node that can be bought.
type NodeType struct {
	Name        string
	Labels      map[string]string
	Taints      []corev1.Taint
	Allocatable corev1.ResourceList
	Price       float64 // per hour, in any currency
}

// TypeOfNode makes a type of a node of the cluster.
func TypeOfNode(n *corev1.Node) NodeType {
	t := NodeType{Name: n.Name, Labels: maps.Clone(n.Labels), Taints: n.Spec.Taints, Allocatable: n.Status.Allocatable}
	for _, key := range []string{corev1.LabelHostname, corev1.LabelTopologyZone} {
		delete(t.Labels, key)
	}
	return t
}

// ParseType reads "cpu=4,memory=16Gi,pods=110": allocatable amounts, by name. pods is 110 if it is not given.
func ParseType(text string) (NodeType, error) {
	t := NodeType{Name: text, Allocatable: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("110")}}
	for _, part := range strings.Split(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return t, fmt.Errorf("%q: must be NAME=QUANTITY, such as cpu=4,memory=16Gi", part)
		}
		q, err := resource.ParseQuantity(value)
		if err != nil || q.Sign() < 0 {
			return t, fmt.Errorf("%s: must be a quantity, got %q", name, value)
		}
		t.Allocatable[corev1.ResourceName(name)] = q
	}
	if t.Allocatable.Cpu().IsZero() || t.Allocatable.Memory().IsZero() {
		return t, fmt.Errorf("%q: needs cpu and memory", text)
	}
	return t, nil
}

// node is one node of the type.
func (t *NodeType) node(name, zone string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: maps.Clone(t.Labels)}}
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	n.Labels[corev1.LabelHostname] = name
	if zone != "" {
		n.Labels[corev1.LabelTopologyZone] = zone
	}
	n.Spec.Taints = t.Taints
	n.Status.Allocatable, n.Status.Capacity = t.Allocatable, t.Allocatable
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	return n
}

// Types reads a list of types from CSV: the columns name, cpu, memory and a price (price, price_ondemand_per_hour, or
// price_spot_per_hour if spot), and optionally pods, ephemeral_storage, arch, os, and resources by their own names
// (with a slash or a dot in them, such as nvidia.com/gpu). Errors name file, line and column.
func Types(name string, in io.Reader, spot bool) ([]NodeType, error) {
	r := csv.NewReader(in)
	rows, err := r.ReadAll()
	if err != nil {
		var p *csv.ParseError
		if errors.As(err, &p) {
			return nil, fmt.Errorf("%s:%d:%d: error: %w", name, p.Line, p.Column, p.Err)
		}
		return nil, fmt.Errorf("%s: error: %w", name, err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("%s: error: no node type in it", name)
	}
	column := map[string]int{}
	for i, c := range rows[0] {
		column[strings.TrimSpace(c)] = i
	}
	price := "price"
	if _, ok := column[price]; !ok {
		price = "price_ondemand_per_hour"
		if spot {
			price = "price_spot_per_hour"
		}
	}
	for _, c := range []string{"name", "cpu", "memory", price} {
		if _, ok := column[c]; !ok {
			return nil, fmt.Errorf("%s:1: error: there is no column %q", name, c)
		}
	}
	var out []NodeType
	seen := map[string]bool{}
	for i, row := range rows[1:] {
		t, err := typeOf(rows[0], row, column[price])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: error: %w", name, i+2, err)
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("%s:%d: error: a second type named %q", name, i+2, t.Name)
		}
		seen[t.Name] = true
		out = append(out, t)
	}
	return out, nil
}

func typeOf(header, row []string, price int) (t NodeType, err error) {
	t.Labels = map[string]string{}
	t.Allocatable = corev1.ResourceList{corev1.ResourcePods: resource.MustParse("110")}
	for i, cell := range row {
		cell = strings.TrimSpace(cell)
		column := strings.TrimSpace(header[i])
		resourceName := column
		switch {
		case i == price:
			if t.Price, err = strconv.ParseFloat(cell, 64); err != nil || !(t.Price > 0) || t.Price > 1e9 {
				return t, fmt.Errorf("column %s: must be a price above 0, got %q", column, cell)
			}
			continue
		case column == "name":
			if t.Name = cell; cell == "" {
				return t, errors.New("column name: empty")
			}
			t.Labels[corev1.LabelInstanceTypeStable] = cell
			continue
		case column == "arch":
			t.Labels[corev1.LabelArchStable] = cell
			continue
		case column == "os":
			t.Labels[corev1.LabelOSStable] = cell
			continue
		case column == "ephemeral_storage":
			resourceName = string(corev1.ResourceEphemeralStorage)
		case column != "cpu" && column != "memory" && column != "pods" && !strings.ContainsAny(column, "/."):
			continue
		}
		if cell == "" {
			continue
		}
		q, err := resource.ParseQuantity(cell)
		if err != nil || q.Sign() < 0 {
			return t, fmt.Errorf("column %s: must be a quantity, got %q", column, cell)
		}
		t.Allocatable[corev1.ResourceName(resourceName)] = q
	}
	return t, nil
}
