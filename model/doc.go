// Package model brings Kubernetes objects in: it reads manifests strictly, fills in the API server's defaults and validates
// in the API server's words. It knows no time, no cluster and no engine.
//
//	ReadFiles / Decode   bytes -> objects of k8s.io/api, every mistake with file:line:col
//	Prepare              drops what only a server sets, looking at the input as a whole
//	Check                validates the manifests of an input and says where each mistake stands
//	Default, Validate    what the API server does to one object at create
//
// # How a document is read
//
// The text becomes a tree of nodes that know their byte offset, the tree is bound to the Go type, and an offset becomes
// a line and a column only when somebody must be told of it.
//
//	source text --split at "---"--> document --+- fastYAML  (common YAML: block style, plain and quoted scalars)
//	                                           +- slowYAML  (everything else, through gopkg.in/yaml.v3)
//	                                           +- parseJSON (text that begins with a brace)
//	                                                |
//	                                              tree --bind--> *corev1.Pod ...
//
// fastYAML gives up at anything unusual and slowYAML then decides, so only slowYAML reports syntax errors. Tests and a fuzz
// test hold both to what sigs.k8s.io/yaml and sigs.k8s.io/json, the API server's own readers, make of the same bytes.
//
// # Vocabulary
//
// A document is what stands between two "---". A manifest is one object; a List document holds many. A Problem is one
// thing that is wrong or worth knowing; its Place is where.
//
// The package is deterministic: equal bytes give equal objects and equal problems in equal order, whatever the time zone.
package model
