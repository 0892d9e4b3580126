package invariant

import (
	"fmt"
	"strconv"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// objectRules hold for every kind.
var objectRules = []Rule{
	{"time", "virtual time never runs backwards", checkTime},
	{"version", "every write has a resourceVersion above all before it", checkVersion},
	{"cause", "what caused a record is a record before it", checkCause},
	{"identity", "an object is added before it is changed or deleted, keeps its UID while it lives, and no UID comes twice", checkIdentity},
	{"deletion", "a deletionTimestamp is never taken back", checkDeletion},
	{"finalizers", "an object with finalizers does not go", checkFinalizers},
	{"generation", "a generation never falls, and is never behind what its controller says it has seen", checkGeneration},
	{"namespace", "an object lives in a namespace that is there", checkNamespace},
}

func checkTime(c *Checker, s *step) string {
	if s.At < c.at {
		return fmt.Sprintf("time runs back from %v", c.at)
	}
	return ""
}

func checkVersion(c *Checker, s *step) string {
	text := ""
	switch {
	case s.pod != nil:
		text = strconv.FormatUint(s.pod.Revision, 10)
	case s.api != nil:
		text = s.api.GetResourceVersion()
	default:
		text = s.Object.API().GetResourceVersion()
	}
	version, err := strconv.ParseUint(text, 10, 64)
	if err != nil || version <= c.version {
		return fmt.Sprintf("resourceVersion %q after %d", text, c.version)
	}
	c.version = version
	return ""
}

func checkCause(_ *Checker, s *step) string {
	if s.Cause >= s.Seq {
		return fmt.Sprintf("caused by record %d, which is not before it", s.Cause)
	}
	return ""
}

func checkIdentity(c *Checker, s *step) string {
	if s.Object.Kind() == model.Event {
		return "" // one whose time to live was over may be recorded again
	}
	uid := s.uid()
	if s.Verb == journal.Added {
		switch {
		case s.existing != nil:
			return "added while it is there"
		case uid == "" || c.used[uid]:
			return fmt.Sprintf("UID %q was used before", uid)
		}
		return ""
	}
	switch {
	case s.existing == nil:
		return fmt.Sprintf("UID %q, but there is none", uid)
	case s.existing.uid != uid:
		return fmt.Sprintf("UID %q, but the living one is %q", uid, s.existing.uid)
	}
	return ""
}

func checkDeletion(_ *Checker, s *step) string {
	if s.old != nil && s.old.GetDeletionTimestamp() != nil && s.api.GetDeletionTimestamp() == nil {
		return "its deletion was taken back"
	}
	if s.podOld == nil || s.podOld.Deletion == nil {
		return ""
	}
	if was, is := s.podOld.Deletion, s.pod.Deletion; is == nil || is.GraceSeconds > was.GraceSeconds {
		return "its deletion was taken back, or its grace period grew"
	}
	return ""
}

func checkFinalizers(_ *Checker, s *step) string {
	if s.Verb != journal.Deleted || s.Object.Kind() == model.Event {
		return ""
	}
	var left []string
	if s.pod != nil {
		left = s.pod.FinalizerList()
	} else {
		left = s.api.GetFinalizers()
	}
	if len(left) > 0 {
		return fmt.Sprintf("gone with finalizers %v", left)
	}
	return ""
}

func checkGeneration(_ *Checker, s *step) string {
	was, is := int64(0), int64(0)
	switch {
	case s.podOld != nil:
		was, is = s.podOld.Generation, s.pod.Generation
	case s.old != nil:
		was, is = s.old.GetGeneration(), s.api.GetGeneration()
	}
	if is < was {
		return fmt.Sprintf("generation falls from %d to %d", was, is)
	}
	if s.pod != nil && s.pod.Status.ObservedGeneration > s.pod.Generation {
		return fmt.Sprintf("generation %d seen, and it is %d", s.pod.Status.ObservedGeneration, s.pod.Generation)
	}
	return ""
}

func checkNamespace(c *Checker, s *step) string {
	k := s.Object.Kind()
	if s.Verb != journal.Added || !k.Namespaced || k == model.Event || s.At == 0 {
		return ""
	}
	if c.live[id{model.Namespace, store.Key{Name: s.key.Namespace}}] == nil {
		return fmt.Sprintf("there is no namespace %q", s.key.Namespace)
	}
	return ""
}
