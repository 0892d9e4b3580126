package admission

// mergePatch returns current with an RFC 7386 patch merged in. current is changed.
func mergePatch(current any, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	c, ok := current.(map[string]any)
	if !ok {
		c = map[string]any{}
	}
	for k, v := range p { // unordered: each key for itself
		if v == nil {
			delete(c, k)
		} else {
			c[k] = mergePatch(c[k], v)
		}
	}
	return c
}
