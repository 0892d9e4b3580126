package main

import (
	"strconv"
	"strings"

	"clustersim/scenarios/capacity"
)

// drainAnswer is how long a drain takes.
type drainAnswer struct{ *capacity.TimedDrain }

func (d *drainAnswer) text(p *page) {
	p.line("Drain of %s, one after another, from %s on, once the cluster had settled (%s)", many(len(d.Nodes), "node"), span(d.At), strings.Join(d.Nodes, ", "))
	p.line("%s ran there: %d replacements ready, %d not ready in %s, %d without a controller, %d still there", many(d.Pods, "pod"), d.Ready, d.Unready, span(d.Until), d.Bare, d.Left)
	p.line("")
	bound := span(d.Bound)
	if d.Bound < 0 {
		bound = "for ever"
	}
	p.table("r", [][]string{{"TIME", "", ""}, {took(d.Took, d.Until), "simulated", "from the first cordon until the last node was empty"}, {bound, "lower bound", d.BoundBy}})
	if len(d.Budgets) > 0 {
		p.line("\nBudgets: pods there / disruptions allowed = waves; all waves but the last wait for the quickest replacement, the last for the quickest stop")
		rows := [][]string{{"PODS", "ALLOWED", "WAVES", "QUICKEST", "BOUND", "BUDGET"}}
		for _, b := range d.Budgets {
			bound := "for ever"
			if b.Bound >= 0 {
				bound = span(b.Bound)
			}
			rows = append(rows, []string{strconv.Itoa(b.Pods), strconv.Itoa(b.Allowed), strconv.Itoa(b.Waves), took(b.Fastest, -1), bound, b.Name})
		}
		p.table("rrrrr", rows)
	}
	p.line("\nOf each pod, in seconds")
	p.table("lrrrr", spreads("wait for eviction", d.Wait, "stop", d.Stop, "evicted to replaced", d.TTR))
	outages(p, d.Workload, d.LostReplicaSeconds, d.Availability)
	said(p, d.Notes)
	p.line("\n  as kubectl drain --force --ignore-daemonsets --delete-emptydir-data; an eviction that a budget refuses is tried again each 5 s")
}

func (d *drainAnswer) rows() [][]string {
	return [][]string{{"nodes", "pods", "took_seconds", "lower_bound_seconds", "lost_replica_seconds"}, {strconv.Itoa(len(d.Nodes)), strconv.Itoa(d.Pods), raw(d.Took), raw(d.Bound), raw(d.LostReplicaSeconds)}}
}

// rolloutAnswer is how long a rollout takes.
type rolloutAnswer struct{ *capacity.TimedRollout }

func (r *rolloutAnswer) text(p *page) {
	p.line("Rollout of %s at %s, once the cluster had settled: %d replicas, maxSurge %d, maxUnavailable %d", r.Name, span(r.At), r.Replicas, r.Surge, r.Unavailable)
	if r.Stalled >= 0 {
		p.line("It exceeded its progress deadline after %s.", span(r.Stalled))
	}
	p.line("")
	p.table("r", [][]string{
		{"TIME", "", ""}, {took(r.Took, r.Until), "simulated", "until its condition Progressing said NewReplicaSetAvailable"},
		{span(r.Bound), "lower bound", strconv.Itoa(r.Waves) + " waves (" + strconv.Itoa(r.Replicas) + " replicas, at most " + strconv.Itoa(r.Surge+r.Unavailable) + " on their way), each as long as the quickest pod"},
	})
	p.line("\n%s made for it, in seconds", many(r.Pods, "pod"))
	p.table("lrrrr", spreads("created to ready", r.TTR))
	outages(p, r.Workload, r.LostReplicaSeconds, r.Availability)
	said(p, r.Notes)
}

func (r *rolloutAnswer) rows() [][]string {
	return [][]string{{"replicas", "pods", "took_seconds", "lower_bound_seconds", "lost_replica_seconds"}, {strconv.Itoa(r.Replicas), strconv.Itoa(r.Pods), raw(r.Took), raw(r.Bound), raw(r.LostReplicaSeconds)}}
}

// stormAnswer is how long a pull by all nodes takes.
type stormAnswer struct{ *capacity.TimedStorm }

func (s *stormAnswer) text(p *page) {
	p.line("%s pull %s (%s GiB) at %s, once the cluster had settled: %d run it, %d had it", many(s.Nodes, "node"), s.Image, figure(float64(s.Size)/(1<<30)), span(s.At), s.Ready, s.Had)
	p.line("")
	p.table("r", [][]string{{"TIME", "", ""}, {took(s.Took, s.Until), "simulated", "until the last node ran it"}, {span(s.Bound), "lower bound", s.BoundBy}})
	p.line("\n%s GiB pulled, byte hit ratio %s; at most %d pulls at once, %s Gbit/s", figure(float64(s.Bytes)/(1<<30)), percent(s.HitRatio), s.Peak, figure(s.PeakGbit))
	p.table("lrrrr", spreads("pull, in seconds", s.Pull))
}

func (s *stormAnswer) rows() [][]string {
	return [][]string{{"nodes", "ready", "bytes", "took_seconds", "lower_bound_seconds", "peak_pulls", "peak_gbit_per_second"}, {strconv.Itoa(s.Nodes), strconv.Itoa(s.Ready), strconv.FormatInt(s.Bytes, 10), raw(s.Took), raw(s.Bound), strconv.Itoa(s.Peak), raw(s.PeakGbit)}}
}

// took is a time, or that it did not end within the time looked at.
func took(seconds, until float64) string {
	switch {
	case seconds >= 0:
		return span(seconds)
	case until < 0:
		return "-"
	}
	return "more than " + span(until)
}

// spreads are the rows of a table: names and spreads by turns.
func spreads(list ...any) [][]string {
	rows := [][]string{{"", "P50", "P90", "P99", "MAX"}}
	for i := 0; i+1 < len(list); i += 2 {
		s := list[i+1].(capacity.Spread)
		rows = append(rows, []string{list[i].(string), figure(s.P50), figure(s.P90), figure(s.P99), figure(s.Max)})
	}
	return rows
}

// said prints what the command or the API server said.
func said(p *page, notes []string) {
	for i, n := range notes {
		if i == maxProblems {
			p.line("  ... and %d more", len(notes)-i)
			return
		}
		if i == 0 {
			p.line("\nSaid on the way")
		}
		p.line("  %s", n)
	}
}

// outages prints what workloads missed.
func outages(p *page, list []capacity.Outage, lost, availability float64) {
	p.line("\nLost: %s replica-seconds; availability over the time looked at %s", figure(lost), percent4(availability))
	rows := [][]string{{"DESIRED", "TROUGH", "LOST replica-s", "95% BACK AFTER", "WORKLOAD"}}
	for _, w := range list[:min(shownRows, len(list))] {
		back := "not in that time"
		if w.Back95 >= 0 {
			back = span(w.Back95)
		}
		rows = append(rows, []string{strconv.Itoa(w.Desired), strconv.Itoa(w.Trough), figure(w.Lost), back, w.Name})
	}
	p.table("rrrr", rows)
	if more := len(list) - shownRows; more > 0 {
		p.line("  ... and %d more workloads", more)
	}
}
