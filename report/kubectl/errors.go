package kubectl

import (
	"fmt"
	"strings"

	"clustersim/model"
)

// Error is what kubectl writes to standard error.
type Error struct {
	// Message has no newline at its end; several failures stand on a line each.
	Message string
	// Code is kubectl's exit code: 1 for every failure, 0 where kubectl only remarks something ("No resources found ...").
	Code int
}

// Error returns the message as kubectl prints it.
func (e *Error) Error() string { return e.Message }

func usage(format string, args ...any) *Error {
	return &Error{Message: "error: " + fmt.Sprintf(format, args...), Code: 1}
}

func notFound(k *model.Kind, name string) *Error {
	return &Error{Message: fmt.Sprintf("Error from server (NotFound): %s %q not found", k.Resource(), name), Code: 1}
}

func badRequest(k *model.Kind, r Request, cause error) *Error {
	resource := fmt.Sprintf("%s, Resource=%s", groupVersion(k), k.Plural)
	return &Error{Message: fmt.Sprintf("Error from server (BadRequest): Unable to find %q that match label selector %q, field selector %q: %v",
		resource, r.Selector, r.FieldSelector, cause), Code: 1}
}

// groupVersion is how apimachinery prints a group and a version: "/v1", "apps/v1".
func groupVersion(k *model.Kind) string { return k.Group + "/" + k.Version }

func nothingFound(r Request, namespaced bool) *Error {
	if namespaced && !r.AllNamespaces {
		return &Error{Message: fmt.Sprintf("No resources found in %s namespace.", r.namespace())}
	}
	return &Error{Message: "No resources found"}
}

// join merges failures into one, dropping those that repeat. It returns nil without any.
func join(errs []*Error) error {
	seen := map[string]bool{}
	lines := []string{}
	for _, e := range errs {
		if !seen[e.Message] {
			seen[e.Message] = true
			lines = append(lines, e.Message)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &Error{Message: strings.Join(lines, "\n"), Code: 1}
}
