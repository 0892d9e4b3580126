package model

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Decode reads the manifests in data: YAML or JSON, many documents, lists (`kind: List`, PodList and so on) taken apart. file is the name
// that messages use. Problems come in input order: an Error for everything that an API server of 1.36 would refuse to
// read, a Warning for kinds and fields that are accepted and not simulated. The manifests of documents without errors are
// returned also when others have some. It never panics.
func Decode(file string, data []byte, opt Options) ([]Manifest, Problems) {
	r := newReader()
	r.read(file, data, opt)
	return r.manifests, r.problems
}

// reader reads the sources of one input.
type reader struct {
	binder
	tree
	fast fastYAML
	slow slowYAML
	loc  locator
	src  *source

	manifests []Manifest
	problems  Problems
	kindsSeen map[string]bool // kinds already warned of
	doc       document
	failed    bool // the current object has an error
}

func newReader() *reader {
	r := &reader{kindsSeen: map[string]bool{}}
	r.binder = binder{
		tree:       &r.tree,
		types:      typeTable{},
		quantities: map[string]resource.Quantity{},
		seen:       map[string]bool{},
		report: func(off int32, s Severity, path, message, hint string) {
			r.problem(int(off), s, path, message, hint)
		},
	}
	return r
}

// problem notes a problem at a byte of the current source.
func (r *reader) problem(off int, s Severity, path, message, hint string) {
	p := r.loc.problem(off, s, message, hint)
	p.Path = path
	r.problems = append(r.problems, p)
	if s == Error {
		r.failed = true
	}
}

// read reads one source.
func (r *reader) read(file string, data []byte, opt Options) {
	if opt.Opened != nil {
		opt.Opened(file, data)
	}
	if message, hint := refuse(data); message != "" {
		r.problems = append(r.problems, Problem{Place: Place{File: file}, Severity: Error, Message: message, Hint: hint})
		return
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	r.src = &source{name: file, text: string(data), opt: opt}
	r.loc = locator{src: r.src}
	r.binder.quiet = opt.KeepServerFields
	if off := invalidUTF8(r.src.text); off >= 0 {
		r.problem(off, Error, "", fmt.Sprintf("byte 0x%02x is not UTF-8", r.src.text[off]), "save the file as UTF-8")
		return
	}
	before := len(r.manifests) + len(r.problems)
	for i, more := 0, true; more; {
		r.doc, i, more = nextDocument(r.src.text, i)
		found := len(r.problems)
		r.document()
		sortByPlace(r.problems[found:])
	}
	if len(r.manifests)+len(r.problems) == before && opt.Skip == nil {
		r.problems = append(r.problems, Problem{Place: Place{File: file}, Severity: Warning, Message: "no manifest in this file"})
	}
}

// sortByPlace brings the problems of one document into the order of its text.
func sortByPlace(ps Problems) {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Place.Line, b.Place.Line), cmp.Compare(a.Place.Column, b.Place.Column))
	})
}

// refuse names what makes data unreadable as a whole.
func refuse(data []byte) (message, hint string) {
	switch {
	case len(data) > MaxFileBytes:
		return fmt.Sprintf("the file has %d bytes, more than the limit of %d (64 MiB)", len(data), MaxFileBytes), "split it"
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return "the file is UTF-16", "save it as UTF-8"
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return "the file is compressed", "unpack it first: gunzip"
	case bytes.IndexByte(data, 0) >= 0:
		return "this is a binary file, not YAML or JSON", ""
	}
	return "", ""
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, -1 if there is none.
func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, c := range s {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// document reads the current document.
func (r *reader) document() {
	roots, err := r.parse()
	if err != nil {
		r.problem(err.off, Error, "", err.message, err.hint)
		return
	}
	for _, root := range roots {
		if r.nodes[root].kind != nullNode {
			r.root(root)
		}
	}
}

// parse turns the current document into a tree.
func (r *reader) parse() ([]int32, *syntaxError) {
	return parseDocument(&r.tree, &r.fast, &r.slow, r.src, r.doc)
}

// parseDocument turns a document into a tree, and says which nodes are its roots. Most documents have one.
func parseDocument(t *tree, fast *fastYAML, slow *slowYAML, src *source, doc document) ([]int32, *syntaxError) {
	body := strings.TrimLeft(src.text[doc.start:doc.end], " \t\r\n")
	var jsonErr *syntaxError
	if strings.HasPrefix(body, "{") {
		t.reset()
		roots, err := parseJSON(t, src.text, doc.start, doc.end)
		if err == nil {
			return roots, nil
		}
		jsonErr = err
		if strings.HasSuffix(src.name, ".json") {
			return nil, err
		}
	}
	start := doc.start
	if doc.sameLine {
		start = doc.mark
	} else {
		t.reset()
		if root, ok := fast.parse(t, src.text, start, doc.end); ok {
			if root == 0 {
				return nil, nil
			}
			return []int32{root}, nil
		}
	}
	t.reset()
	roots, err := slow.parse(t, src.text, start, doc.end)
	if err != nil && jsonErr != nil && strings.HasPrefix(strings.TrimLeft(body[1:], " \t\r\n"), `"`) {
		err = jsonErr
	}
	return roots, err
}

// root reads one object, or the objects of a list.
func (r *reader) root(n int32) {
	if kind := r.nodes[n].kind; kind != mapNode {
		r.problem(int(r.nodes[n].off), Error, "", fmt.Sprintf("a manifest is a mapping with apiVersion, kind and metadata; this document is a %s", kind), "")
		return
	}
	r.path = r.path[:0]
	r.failed = false
	apiVersion, kind := r.typeMeta(n, "", "")
	switch {
	case r.failed:
	case r.src.opt.Skip != nil && r.src.opt.Skip(apiVersion, kind):
	case kind == "List" || strings.HasSuffix(kind, "List") && kindByName(strings.TrimSuffix(kind, "List")) != nil:
		r.list(n, apiVersion, strings.TrimSuffix(kind, "List"))
	default:
		r.object(n, apiVersion, kind, -1)
	}
}

// typeMeta reads apiVersion and kind; the defaults stand in where an item of a typed list has none.
func (r *reader) typeMeta(n int32, defaultVersion, defaultKind string) (apiVersion, kind string) {
	field := func(name, fallback, example string) string {
		k, v := r.get(n, name)
		switch {
		case v == 0 || r.nodes[v].kind == nullNode || r.nodes[v].kind == stringNode && r.nodes[v].text == "":
			if fallback != "" {
				return fallback
			}
			at := n
			if k != 0 {
				at = k
			}
			r.problem(int(r.nodes[at].off), Error, r.fieldPath(name), fmt.Sprintf("%q is missing", r.fieldPath(name)), r.missingHint(n, name, example))
		case r.nodes[v].kind != stringNode:
			r.path = append(r.path, step{name: name})
			r.mismatch(v, "string")
			r.path = r.path[:len(r.path)-1]
		default:
			return r.nodes[v].text
		}
		return ""
	}
	apiVersion = field("apiVersion", defaultVersion, "apiVersion: v1")
	return apiVersion, field("kind", defaultKind, "kind: Pod")
}

// missingHint looks for a key that was meant, before it shows an example.
func (r *reader) missingHint(n int32, name, example string) string {
	for k := r.nodes[n].child; k != 0; k = r.nodes[r.nodes[k].next].next {
		if text := r.nodes[k].text; text != name && nearest(text, []string{name}) != "" {
			return fmt.Sprintf("did you mean %q instead of %q?", name, text)
		}
	}
	return "for example " + example
}

// list reads the items of a list.
func (r *reader) list(n int32, apiVersion, itemKind string) {
	itemVersion := apiVersion
	if itemKind == "" {
		itemVersion = ""
	}
	for k := r.nodes[n].child; k != 0; k = r.nodes[r.nodes[k].next].next {
		switch name := r.nodes[k].text; name {
		case "apiVersion", "kind", "items":
		case "metadata":
			var meta metav1.ListMeta
			r.path = append(r.path[:0], step{name: name})
			r.bind(r.nodes[k].next, reflect.ValueOf(&meta).Elem(), r.types.of(reflect.TypeFor[metav1.ListMeta]()))
			r.path = r.path[:0]
		default:
			r.problem(int(r.nodes[k].off), Error, name, fmt.Sprintf("unknown field %q", name), didYouMean(name, []string{"items", "metadata"}))
		}
	}
	_, items := r.get(n, "items")
	if items == 0 || r.nodes[items].kind == nullNode {
		return
	}
	r.path = append(r.path[:0], step{name: "items"})
	if r.nodes[items].kind != listNode {
		r.mismatch(items, "list")
		return
	}
	i := 0
	for c := r.nodes[items].child; c != 0; c = r.nodes[c].next {
		r.path = append(r.path[:0], step{name: "items"}, step{kind: indexStep, index: int32(i)})
		r.failed = false
		if r.nodes[c].kind != mapNode {
			r.mismatch(c, "mapping")
		} else if version, kind := r.typeMeta(c, itemVersion, itemKind); !r.failed {
			r.object(c, version, kind, i)
		}
		i++
	}
}

// object binds one object and adds it to the manifests.
func (r *reader) object(n int32, apiVersion, kindName string, item int) {
	kind := r.kind(n, apiVersion, kindName)
	if kind == nil {
		return
	}
	obj := kind.New()
	v := reflect.ValueOf(obj).Elem()
	r.bind(n, v, r.types.of(v.Type()))
	if obj.GetName() == "" && obj.GetGenerateName() == "" && !r.failed {
		at, _ := r.get(n, "metadata")
		if at == 0 {
			at = n
		}
		r.path = append(r.path, step{name: "metadata"})
		path := r.fieldPath("name")
		r.path = r.path[:len(r.path)-1]
		r.problem(int(r.nodes[at].off), Error, path, path+": Required value: name or generateName is required", "")
	}
	if r.failed {
		return
	}
	if item >= 0 {
		obj.GetObjectKind().SetGroupVersionKind(kind.gvk())
	}
	r.manifests = append(r.manifests, Manifest{
		Kind:   kind,
		Object: obj,
		Place:  r.loc.place(int(r.nodes[n].off)),
		origin: origin{src: r.src, start: r.doc.mark, end: r.doc.end, item: item},
	})
}

// kind finds the kind of an object and warns of one that is not simulated. It returns nil if there is none.
func (r *reader) kind(n int32, apiVersion, name string) *Kind {
	at := func(field string) int {
		if _, v := r.get(n, field); v != 0 {
			return int(r.nodes[v].off)
		}
		return int(r.nodes[n].off)
	}
	k := kindByName(name)
	switch {
	case k != nil && k.APIVersion() == apiVersion:
		if !k.Simulated && !r.binder.quiet {
			r.kindWarning(at("kind"), k.Name, fmt.Sprintf("kind %s is accepted and not simulated", k.Name))
		}
		return k
	case isForeign(apiVersion, name):
		r.kindWarning(at("kind"), name+"."+apiVersion, fmt.Sprintf("kind %s of %s is not simulated: skipped", name, apiVersion))
	case k != nil:
		r.problem(at("apiVersion"), Error, r.fieldPath("apiVersion"), fmt.Sprintf("no kind %q in apiVersion %q", name, apiVersion), fmt.Sprintf("did you mean %q?", k.APIVersion()))
	default:
		r.problem(at("kind"), Error, r.fieldPath("kind"), fmt.Sprintf("unknown kind %q in apiVersion %q", name, apiVersion), didYouMean(name, kindNames()))
	}
	return nil
}

// kindWarning warns once of a kind.
func (r *reader) kindWarning(off int, key, message string) {
	if !r.kindsSeen[key] {
		r.kindsSeen[key] = true
		r.problem(off, Warning, "", message, "")
	}
}
