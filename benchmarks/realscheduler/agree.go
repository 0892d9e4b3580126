package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// Marks between which -write puts the table.
const (
	tableBegin = "<!-- agreement: written by benchmarks/realscheduler -->"
	tableEnd   = "<!-- agreement: end -->"
)

// runAgree is compare without and with configurations, and queue: everything that is compared, in one table.
func runAgree(args []string) error {
	fs := flag.NewFlagSet("agree", flag.ExitOnError)
	seeds := fs.String("seeds", "1-200", "seeds of clusters, from-to; as many again have a configuration of their own")
	scripts := fs.String("scripts", "1-50", "seeds of scripts for the queue, from-to")
	write := fs.String("write", "", "file to write the table into, between its marks")
	_ = fs.Parse(args)
	from, to, err := seedRange(*seeds)
	if err != nil {
		return err
	}
	first, last, err := seedRange(*scripts)
	if err != nil {
		return err
	}
	fmt.Printf("clusters: seeds %d-%d, with and without a configuration of their own; scripts: seeds %d-%d\n", from, to, first, last)
	t := newTally()
	found := compareSeeds(from, to, false, features, t, 3) + compareSeeds(from, to, true, features, t, 3)
	found += deviceSeeds(from, to, t, 3)
	attempts, differ, err := queueSeeds(first, last, 3)
	if err != nil {
		return err
	}
	b := &bytes.Buffer{}
	fmt.Fprintf(b, "%d clusters (seeds %d-%d, with the default profile and with a random KubeSchedulerConfiguration), %d pods; "+
		"the claims of %d pods; %d scripts of the queue (seeds %d-%d).\n\n", 2*(to-from+1), from, to, t.pods, to-from+1, last-first+1, first, last)
	t.markdown(b)
	fmt.Fprintf(b, "| attempts of the queue, in order | %d | %d |\n", attempts, attempts)
	fmt.Print(b)
	if *write != "" {
		err = replaceTable(*write, b.String())
	}
	if n := found + differ; n > 0 {
		err = errors.Join(err, fmt.Errorf("%d seeds differ", n))
	}
	return err
}

// markdown writes the table, most telling rows first: plugins, then the rest.
func (t *tally) markdown(w io.Writer) {
	fmt.Fprintln(w, "| compared | times | agreed |\n|---|---|---|")
	fmt.Fprintf(w, "| pods | %d | %d |\n", t.pods, t.agreed)
	for _, k := range slices.Sorted(maps.Keys(t.counts)) {
		fmt.Fprintf(w, "| %s | %d | %d |\n", k, t.counts[k][0], t.counts[k][1])
	}
}

// replaceTable writes text between the marks of a file.
func replaceTable(path, text string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(b), tableBegin)
	_, tail, ended := strings.Cut(rest, tableEnd)
	if !ok || !ended {
		return fmt.Errorf("%s: no %s ... %s", path, tableBegin, tableEnd)
	}
	return os.WriteFile(path, []byte(head+tableBegin+"\n"+text+tableEnd+tail), 0o644)
}
