// Package narrate tells a run sentence by sentence, in the order in which things happened, in English or Korean: what
// changed, and the rule by which it did, with the rule's constant.
//
// What changed is said by the phrases of this package, why by package rule; both have each sentence in both languages. Events
// are left out: they repeat what the changes say.
package narrate
