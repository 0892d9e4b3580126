package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"unicode"

	"gopkg.in/yaml.v3"
)

// Format writes a scenario file in its canonical form: the fields of the scenario and of its spec in the order of the format page,
// two blanks a level. Comments stay with what they stand at; blank lines go. Other documents of the file are written as they are
// but for the blanks. Formatting twice changes nothing more. The error is that of YAML that cannot be read.
func Format(name string, data []byte) ([]byte, error) {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	dec := yaml.NewDecoder(bytes.NewReader(data))
	documents := 0
	for ; ; documents++ {
		var n yaml.Node
		if err := dec.Decode(&n); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(n.Content) == 1 {
			if root := n.Content[0]; isScenario(scalarOf(root, "apiVersion"), scalarOf(root, "kind")) {
				sortFields(root, reflect.TypeFor[Document]())
				sortFields(child(root, "spec"), reflect.TypeFor[Spec]())
			}
		}
		if err := enc.Encode(&n); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if documents == 0 {
		return data, nil // the encoder cannot write nothing
	}
	return out.Bytes(), enc.Close()
}

func scalarOf(n *yaml.Node, field string) string {
	if n.Kind != yaml.MappingNode {
		return ""
	}
	if f := child(n, field); f != nil {
		return f.Value
	}
	return ""
}

// sortFields puts the fields of a mapping into the order of a type's; fields that it does not have come last, as they were.
func sortFields(n *yaml.Node, t reflect.Type) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	place := map[string]int{}
	for i := range t.NumField() {
		runes := []rune(t.Field(i).Name)
		runes[0] = unicode.ToLower(runes[0])
		if name := string(runes); name == "aPIVersion" {
			place["apiVersion"] = i
		} else {
			place[name] = i
		}
	}
	type pair struct{ key, value *yaml.Node }
	pairs := make([]pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		pairs = append(pairs, pair{n.Content[i], n.Content[i+1]})
	}
	at := func(p pair) int {
		if i, ok := place[p.key.Value]; ok {
			return i
		}
		return len(place)
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return at(a) - at(b) })
	n.Content = n.Content[:0]
	for _, p := range pairs {
		n.Content = append(n.Content, p.key, p.value)
	}
}
