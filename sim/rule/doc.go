// Package rule is the catalogue of what the simulated cluster does by itself: one Rule for each reason that a component can
// have to write something, with a sentence that says it, the constants it uses, and where upstream has it. Each record of a
// run's journal names the rule that made it; `simulate why` and narrations are made of these sentences, and `simulate
// explain rule` prints the catalogue.
//
// It is a leaf: it knows no component. Each component has a file with a table of its own; a new rule is one entry there:
//
//	CrashLoopBackOff = kubelet.rule("crash-loop-back-off",
//		"English sentence, with {backoffInitial} where a constant is meant.",
//		"The same in Korean.",
//		"pkg/kubelet/... func",
//		Constant{"backoffInitial", "10s", ""})
//
// IDs are given in the order of the tables and mean nothing outside of one build; names are for ever.
package rule
