package engine

import "clustersim/sim/rule"

// Why is the entry of the journal that led to what is being done, and the rule by which it is done. It is one word, so that
// every pending engine event carries one at no cost. The zero Why is the scenario itself, by no rule.
type Why uint64

// ruleBits is the part of a Why that holds the rule; the rest counts up to 2^48 entries.
const ruleBits = 16

// Because is the Why of a cause (the Seq of a journal entry, 0 = the scenario itself) and a rule (0 = none yet).
func Because(cause uint64, r rule.ID) Why { return Why(cause<<ruleBits | uint64(r)) }

// Cause is the Seq of the journal entry that led here, 0 for the scenario itself.
func (w Why) Cause() uint64 { return uint64(w) >> ruleBits }

// Rule is the rule by which it is done, 0 for none.
func (w Why) Rule() rule.ID { return rule.ID(w & (1<<ruleBits - 1)) }

// By is the same cause under another rule.
func (w Why) By(r rule.ID) Why { return w&^(1<<ruleBits-1) | Why(r) }

// Since is the same rule with another cause.
func (w Why) Since(cause uint64) Why { return Because(cause, w.Rule()) }

// under is By, unless the rule is 0.
func (w Why) under(r rule.ID) Why {
	if r == 0 {
		return w
	}
	return w.By(r)
}

// Newest is the later of two causes, under the rule of w: where two chains meet, the later entry is the one that the other
// waited for.
func (w Why) Newest(cause uint64) Why {
	if cause > w.Cause() {
		return Because(cause, w.Rule())
	}
	return w
}

// Act says by which rule the running handler acts from now on.
func (e *Engine) Act(r rule.ID) { e.Why = e.Why.By(r) }
