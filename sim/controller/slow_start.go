package controller

// slowStart makes n requests in batches of first, 2*first, 4*first and so on, each when the one before has been answered. The
// requests of a batch go out together. A batch in which one failed is the last. finish gets the number of successes and
// the first error.
//
// Source: k8s v1.36.3 pkg/controller/replicaset/replica_set.go slowStartBatch.
func slowStart(n, first int, request func(i int, done func(error)), finish func(successes int, err error)) {
	successes := 0
	var batch func(from, size int)
	batch = func(from, size int) {
		size = min(size, n-from)
		if size <= 0 {
			finish(successes, nil)
			return
		}
		together(size, func(i int, done func(error)) { request(from+i, done) }, func(failures int, err error) {
			successes += size - failures
			if err != nil {
				finish(successes, err)
				return
			}
			batch(from+size, 2*size)
		})
	}
	batch(0, first)
}

// together makes n requests at once and calls finish when the last has been answered, with the number of failures and
// the first error.
func together(n int, request func(i int, done func(error)), finish func(failures int, err error)) {
	left, failures := n, 0
	var first error
	if n == 0 {
		finish(0, nil)
		return
	}
	for i := range n {
		request(i, func(err error) {
			if err != nil {
				failures++
				if first == nil {
					first = err
				}
			}
			if left--; left == 0 {
				finish(failures, first)
			}
		})
	}
}

// oneByOne makes n requests, each when the one before has been answered, and stops at the first error.
func oneByOne(n int, request func(i int, done func(error)), finish func(error)) {
	var step func(i int)
	step = func(i int) {
		if i == n {
			finish(nil)
			return
		}
		request(i, func(err error) {
			if err != nil {
				finish(err)
				return
			}
			step(i + 1)
		})
	}
	step(0)
}
