package store

import (
	"fmt"

	"clustersim/model"
)

// Code is the HTTP status of an API error.
type Code int

// The codes that the simulated API server answers with.
const (
	CodeBadRequest Code = 400
	CodeForbidden  Code = 403
	CodeNotFound   Code = 404
	CodeConflict   Code = 409
	CodeInvalid    Code = 422
	CodeTooMany    Code = 429
)

// Reason is the word kubectl puts after "Error from server".
func (c Code) Reason() string {
	switch c {
	case CodeBadRequest:
		return "BadRequest"
	case CodeForbidden:
		return "Forbidden"
	case CodeNotFound:
		return "NotFound"
	case CodeConflict:
		return "Conflict"
	case CodeInvalid:
		return "Invalid"
	case CodeTooMany:
		return "TooManyRequests"
	}
	return "InternalError"
}

// APIError is a refusal by the API server, in its words.
type APIError struct {
	Code    Code
	Reason  string // as kubectl prints it; Code.Reason() unless AlreadyExists
	Message string
	Cause   string // more about it, which kubectl does not print; "" = nothing
}

// Error is the message alone.
func (e *APIError) Error() string { return e.Message }

// Errorf makes an APIError.
func Errorf(c Code, format string, args ...any) *APIError {
	return &APIError{Code: c, Reason: c.Reason(), Message: fmt.Sprintf(format, args...)}
}

// NotFound is the 404 of a name.
func NotFound(k *model.Kind, name string) *APIError {
	return Errorf(CodeNotFound, "%s %q not found", k.Resource(), name)
}

// alreadyExists is the 409 of a create. A holder that is being deleted is named as such.
func alreadyExists(k *model.Kind, name string, deleting bool) *APIError {
	e := Errorf(CodeConflict, "%s %q already exists", k.Resource(), name)
	e.Reason = "AlreadyExists"
	if deleting {
		e.Message = "object is being deleted: " + e.Message
	}
	return e
}
