// Package kubectl prints what kubectl 1.36 prints for a set of API objects.
//
// It owns the tables of `kubectl get`, the sheets of `kubectl describe`, `kubectl events`, and the yaml, json and name
// outputs. Everything is a pure function of a [Cluster] (the objects as the API server would send them, and the time at
// which somebody asks) and a [Request] (the command line, taken apart). It does not know the simulator.
//
// Vocabulary: a view is what the package knows about one kind (one line in the table of views.go and one file); a cell is
// one column of one row; a sheet is the text of one described object.
//
// What kubectl writes to standard error comes back as a [*Error]; its Code is kubectl's exit code, 0 for
// "No resources found ...".
//
// To add a kind: one line in views.go and one file with its cells and, where kubectl has one, its sheet. A kind that is
// not in the table is shown with NAME and AGE and described field by field, as kubectl does with kinds it does not know.
//
// Source: k8s v1.36.3 pkg/printers/internalversion, staging/src/k8s.io/kubectl/pkg/{describe,cmd/get,cmd/describe,cmd/events},
// staging/src/k8s.io/cli-runtime/pkg/{printers,resource}.
package kubectl
