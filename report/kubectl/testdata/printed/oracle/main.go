// Command oracle prints the objects of ../objects.yaml with the code of kubectl and of the API server's printers, whose
// clock make.sh sets to 2026-11-20T18:00:00Z. It writes ../tables.txt and ../sheets.txt, which the tests compare with.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/kubectl/pkg/cmd/events"
	"k8s.io/kubectl/pkg/describe"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/coordination/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
	serverprinters "k8s.io/kubernetes/pkg/printers"
	"k8s.io/kubernetes/pkg/printers/internalversion"
)

type object struct {
	gvk schema.GroupVersionKind
	obj runtime.Object
	m   metav1.Object
}

func main() {
	log.SetFlags(0)
	objects := load("../objects.yaml")
	write("../tables.txt", tables(objects))
	write("../sheets.txt", sheets(objects))
}

func write(path, text string) {
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
}

func load(path string) []object {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	objects := []object{}
	for _, doc := range strings.Split(string(text), "\n---\n") {
		obj, gvk, err := legacyscheme.Codecs.UniversalDeserializer().Decode([]byte(doc), nil, nil)
		if err != nil {
			log.Fatalf("%v\n%s", err, doc)
		}
		m, _ := meta.Accessor(obj)
		objects = append(objects, object{*gvk, obj, m})
	}
	sort.SliceStable(objects, func(i, j int) bool {
		a, b := objects[i], objects[j]
		if a.gvk.Kind != b.gvk.Kind {
			return a.gvk.Kind < b.gvk.Kind
		}
		return a.m.GetNamespace()+"/"+a.m.GetName() < b.m.GetNamespace()+"/"+b.m.GetName()
	})
	return objects
}

// tables prints each kind plainly, wide, and with namespaces and labels.
func tables(objects []object) string {
	var out bytes.Buffer
	generator := serverprinters.NewTableGenerator().With(internalversion.AddHandlers)
	for from := 0; from < len(objects); {
		to := from
		for to < len(objects) && objects[to].gvk == objects[from].gvk {
			to++
		}
		kind := objects[from].gvk.Kind
		if kind != "LimitRange" { // has no handler
			for _, o := range []struct {
				flags   string
				options printers.PrintOptions
			}{
				{"-A", printers.PrintOptions{WithNamespace: objects[from].m.GetNamespace() != ""}},
				{"-A -o wide --show-labels", printers.PrintOptions{WithNamespace: objects[from].m.GetNamespace() != "", Wide: true, ShowLabels: true}},
			} {
				fmt.Fprintf(&out, "# get %s %s\n", kind, o.flags)
				whole := &metav1.Table{}
				for _, one := range objects[from:to] {
					internal, err := legacyscheme.Scheme.ConvertToVersion(one.obj, runtime.InternalGroupVersioner)
					if err != nil {
						log.Fatal(err)
					}
					table, err := generator.GenerateTable(internal, serverprinters.GenerateOptions{Wide: true})
					if err != nil {
						log.Fatal(err)
					}
					whole.ColumnDefinitions = table.ColumnDefinitions
					for _, row := range table.Rows {
						row.Object.Object = one.obj
						whole.Rows = append(whole.Rows, row)
					}
				}
				if err := printers.NewTablePrinter(o.options).PrintObj(whole, &out); err != nil {
					log.Fatal(err)
				}
			}
		}
		from = to
	}
	out.WriteString("# events -A\n")
	list := &corev1.EventList{}
	for _, o := range objects {
		if e, ok := o.obj.(*corev1.Event); ok {
			list.Items = append(list.Items, *e)
		}
	}
	sort.Sort(events.SortableEvents(list.Items))
	w := printers.GetNewTabWriter(&out)
	if err := events.NewEventPrinter(false, true).PrintObj(list, w); err != nil {
		log.Fatal(err)
	}
	w.Flush()
	return out.String()
}

// sheets describes each object by itself, with its events.
func sheets(objects []object) string {
	all := []runtime.Object{}
	for _, o := range objects {
		all = append(all, o.obj)
	}
	client := fake.NewSimpleClientset(all...)
	// The tracker knows no field selectors, and returns events and pods in no order.
	client.PrependReactor("list", "events", func(a clienttesting.Action) (bool, runtime.Object, error) {
		r := a.(clienttesting.ListAction).GetListRestrictions()
		list := &corev1.EventList{}
		for _, o := range objects {
			e, ok := o.obj.(*corev1.Event)
			if !ok || (a.GetNamespace() != "" && a.GetNamespace() != e.Namespace) {
				continue
			}
			i := e.InvolvedObject
			if r.Fields.Matches(fields.Set{"involvedObject.name": i.Name, "involvedObject.namespace": i.Namespace, "involvedObject.kind": i.Kind, "involvedObject.uid": string(i.UID)}) {
				list.Items = append(list.Items, *e)
			}
		}
		return true, list, nil
	})
	client.PrependReactor("list", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
		r := a.(clienttesting.ListAction).GetListRestrictions()
		list := &corev1.PodList{}
		for _, o := range objects {
			p, ok := o.obj.(*corev1.Pod)
			if !ok || (a.GetNamespace() != "" && a.GetNamespace() != p.Namespace) {
				continue
			}
			set := fields.Set{"spec.nodeName": p.Spec.NodeName, "status.phase": string(p.Status.Phase)}
			if r.Fields.Matches(set) {
				list.Items = append(list.Items, *p)
			}
		}
		return true, list, nil
	})
	describe.OracleClient = client
	var out bytes.Buffer
	for _, o := range objects {
		d, ok := describe.DescriberFor(o.gvk.GroupKind(), &rest.Config{})
		if !ok {
			continue
		}
		text, err := d.Describe(o.m.GetNamespace(), o.m.GetName(), describe.DescriberSettings{ShowEvents: true})
		if err != nil {
			log.Fatalf("%v %s: %v", o.gvk, o.m.GetName(), err)
		}
		fmt.Fprintf(&out, "# describe %s %s -n %s\n%s", o.gvk.Kind, o.m.GetName(), o.m.GetNamespace(), text)
	}
	return out.String()
}
