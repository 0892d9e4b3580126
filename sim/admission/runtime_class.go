package admission

// runtimeClass refuses pods that name a runtime class: this version knows none.
//
// Source: k8s v1.36.3 plugin/pkg/admission/runtimeclass/admission.go.
func runtimeClass(_ *Admission, r *request) error {
	if c := r.pod.Spec.RuntimeClassName; c != nil {
		return r.forbidden("pod rejected: RuntimeClass %q not found", *c)
	}
	return nil
}
