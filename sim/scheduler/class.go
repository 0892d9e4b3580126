package scheduler

// maxClasses limits the shapes of which verdicts are remembered, for the sake of memory: one takes 8 bytes a node.
const maxClasses = 256

// class remembers, node by node, what the local filters and scores said of one shape. A cell is good as long as the
// node's generation is what it was; nothing has to be told of changes, and only nodes that changed are judged again.
type class struct {
	owner *Shape
	lists uint64 // of the snapshot when the cells were cleared
	snap  *Snapshot
	gens  []uint32  // by slot: generation of the node that the cell is good for; 0 = empty
	cells []Verdict // by slot: a weighted sum of scores, or -v for the rejection v
	raw   [][]int64 // a column a raw score of the shape; empty if it is the same everywhere
	used  uint64    // when it was last used, to find the one to give up

	failed *failure // the last failure, good as long as nothing changes at all
}

// failure is a diagnosis that siblings share while the snapshot stays the same.
type failure struct {
	gen      uint64
	priority int32
	message  string
	plugins  uint64
	next     int // what the cycle adds to the start index
}

// class is the memory of the cycle's shape; nil if its verdicts are not remembered: few nodes to look at, or Reference.
func (c *Cycle) class() *class {
	sh := c.Pod.Shape
	if c.p.Reference || sh.narrow != nil {
		return nil
	}
	if sh.class == nil {
		c.p.adopt(sh)
	}
	cl := sh.class
	c.p.classTick++
	cl.used = c.p.classTick
	if cl.lists != c.Snap.lists || cl.snap != c.Snap {
		cl.reset(c)
	}
	return cl
}

// adopt gives the shape a class: a new one, or that of the shape that was not used for longest.
func (p *Profile) adopt(sh *Shape) {
	var cl *class
	if len(p.classes) < maxClasses {
		cl = &class{}
		p.classes = append(p.classes, cl)
	} else {
		cl = p.classes[0]
		for _, o := range p.classes {
			if o.used < cl.used {
				cl = o
			}
		}
		cl.owner.class = nil
	}
	cl.owner, cl.snap, cl.failed = sh, nil, nil
	sh.class = cl
}

// reset empties the cells.
func (cl *class) reset(c *Cycle) {
	s := c.Snap
	n := len(s.rows)
	if cap(cl.gens) < n {
		cl.gens, cl.cells = make([]uint32, n, n+n/4), make([]Verdict, n, n+n/4)
	}
	cl.gens, cl.cells = cl.gens[:n], cl.cells[:n]
	clear(cl.gens)
	for len(cl.raw) < len(cl.owner.raw) {
		cl.raw = append(cl.raw, nil)
	}
	cl.raw = cl.raw[:len(cl.owner.raw)]
	for i := range cl.raw {
		if !c.normalizes(&cl.owner.raw[i]) {
			cl.raw[i] = cl.raw[i][:0]
		} else if cap(cl.raw[i]) < n {
			cl.raw[i] = make([]int64, n, n+n/4)
		} else {
			cl.raw[i] = cl.raw[i][:n] // cells say which of its numbers are good
		}
	}
	cl.lists, cl.snap, cl.failed = s.lists, s, nil
}

// cell is what the local filters and scores say of a node.
func (c *Cycle) cell(cl *class, n int32) Verdict {
	if cl.gens[n] != c.Snap.gens[n] {
		cl.gens[n], cl.cells[n] = c.Snap.gens[n], c.evaluate(cl, n)
	}
	return cl.cells[n]
}

func (c *Cycle) evaluate(cl *class, n int32) Verdict {
	sh := c.Pod.Shape
	var sum int64
	swift := false
	if sh.swift != nil {
		sum, swift = sh.swift.evaluate(c, n)
	}
	if !swift {
		for i := range sh.local {
			if v := sh.local[i].fn(c, n); v != 0 {
				return -v
			}
		}
		for i := range sh.fixed {
			b := &sh.fixed[i]
			sum += b.weight * b.part.Score(c, n)
		}
	}
	for i := range sh.raw {
		if len(cl.raw[i]) > 0 {
			cl.raw[i][n] = sh.raw[i].part.Score(c, n)
		}
	}
	return Verdict(sum)
}
