package kubectl

import (
	"encoding/json"
	"fmt"
	"io"

	"sigs.k8s.io/yaml"

	"clustersim/model"
)

// writeObjects prints yaml, json or names. A single target is printed alone, anything else in a List.
func writeObjects(w io.Writer, r Request, sections []section, alone bool) error {
	if r.Output == "name" {
		return writeNames(w, sections)
	}
	items := []any{}
	for _, s := range sections {
		for _, o := range s.objects {
			item, err := unstructured(o)
			if err != nil {
				return usage("%v", err)
			}
			items = append(items, item)
		}
	}
	var document any
	if alone && len(items) == 1 {
		document = items[0]
	} else {
		document = map[string]any{"apiVersion": "v1", "items": items, "kind": "List", "metadata": map[string]any{"resourceVersion": ""}}
	}
	text, err := encode(document, r.Output)
	if err != nil {
		return usage("%v", err)
	}
	_, err = w.Write(text)
	return err
}

func encode(document any, format string) ([]byte, error) {
	if format == "yaml" {
		text, err := json.Marshal(document)
		if err != nil {
			return nil, err
		}
		return yaml.JSONToYAML(text)
	}
	text, err := json.MarshalIndent(document, "", "    ")
	return append(text, '\n'), err
}

func writeNames(w io.Writer, sections []section) error {
	for _, s := range sections {
		for _, o := range s.objects {
			if _, err := fmt.Fprintf(w, "%s/%s\n", s.view.qualified(), o.GetName()); err != nil {
				return err
			}
		}
	}
	return nil
}

// unstructured is the object as it comes over the wire, with its kind and without managedFields, which kubectl hides.
func unstructured(o model.Object) (map[string]any, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	content, err := decode(text)
	if err != nil {
		return nil, err
	}
	if k := kindOf(o); k != nil {
		content["apiVersion"], content["kind"] = k.APIVersion(), k.Name
	}
	if meta, ok := content["metadata"].(map[string]any); ok {
		delete(meta, "managedFields")
	}
	return content, nil
}
