package model

import "testing"

// TestExplainEveryField: every field of every kind can be reached and asked for, and agrees with the reader about what has no effect.
func TestExplainEveryField(t *testing.T) {
	seen, without := 0, 0
	var walk func(k *Kind, path []string)
	walk = func(k *Kind, path []string) {
		f, err := k.Explain(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.Fields {
			sub := &f.Fields[i]
			if sub.Name == "" || sub.Type == "" {
				t.Errorf("%s %v: a field without name or type: %+v", k.Name, path, sub)
			}
			seen++
			if sub.Unsimulated != "" {
				without++
			}
			if len(path) < 5 {
				walk(k, append(path[:len(path):len(path)], sub.Name))
			}
		}
	}
	walk(Pod, nil)
	walk(Service, nil)
	if seen < 400 || without < 50 {
		t.Errorf("%d fields, %d of them without effect", seen, without)
	}
}

func TestExplainAgreesWithWarnings(t *testing.T) {
	for of, fields := range unsimulatedFields { // unordered: each is looked at by itself
		known := map[string]string{}
		for _, f := range apiFields(of) {
			known[f.Name] = f.Unsimulated
		}
		for name, reason := range fields { // unordered: each is looked at by itself
			if known[name] != reason {
				t.Errorf("%s.%s: %q, want %q", of, name, known[name], reason)
			}
		}
	}
}
