package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"clustersim/report/html"
	"clustersim/report/output"
	"clustersim/scenarios/lesson"
	"clustersim/sim/journal"
)

// lessonPages writes lessons to be read: as pages of their runs, or as Markdown.
type lessonPages struct {
	language string
	format   string // html or md
	out      string // a file or a directory; "" is standard output
}

// check holds the flags against each other.
func (x *lessonPages) check(answers bool) error {
	switch x.format {
	case "text":
		if x.out != "" {
			return usagef("--out writes pages: -o html or -o md")
		}
	case "html", "md":
		if answers {
			return usagef("--answers is for -o text; pages have them")
		}
	default:
		return usagef("-o %s: must be text, html or md", x.format)
	}
	return nil
}

// one writes the page of a lesson.
func (x *lessonPages) one(a *app, l *lesson.Lesson) error {
	write, err := x.writer(a, l.Page(x.language, a.captured))
	switch {
	case err != nil:
		return err
	case x.out == "":
		return write(a.out)
	}
	return writeFile(x.out, write)
}

// all writes the pages of all lessons into a directory, each with a link to the next, and an index.
func (x *lessonPages) all(a *app, lessons []*lesson.Lesson) error {
	if x.out == "" {
		return usagef("-o %s of all lessons: --out DIR takes the pages; or name one lesson", x.format)
	}
	if err := os.MkdirAll(x.out, 0o755); err != nil {
		return usagef("--out: %v", err)
	}
	var links []html.Link
	for i, l := range lessons {
		page := l.Page(x.language, a.captured)
		if i+1 < len(lessons) {
			page.Next, page.NextTitle = lessons[i+1].Name+"."+x.format, lessons[i+1].Title.In(x.language)
		}
		file := l.Name + "." + x.format
		links = append(links, html.Link{File: file, Title: page.Title})
		write, err := x.writer(a, page)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(x.out, file), write); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(x.out, "index."+x.format), func(w io.Writer) error { return x.index(w, links) })
}

func (x *lessonPages) index(w io.Writer, links []html.Link) error {
	title := lesson.PageWord("lessons", x.language)
	if x.format == "html" {
		return html.Index(w, x.language, title, links)
	}
	if _, err := fmt.Fprintf(w, "# %s\n\n", title); err != nil {
		return err
	}
	for i, l := range links {
		if _, err := fmt.Fprintf(w, "%d. [%s](%s)\n", i+1, l.Title, l.File); err != nil {
			return err
		}
	}
	return nil
}

// writer carries out the lesson's run, where the format shows it, and returns what writes the page.
func (x *lessonPages) writer(a *app, page *lesson.Page) (func(w io.Writer) error, error) {
	if x.format == "md" {
		return page.Markdown, nil
	}
	in := input{}
	in.register(&cobra.Command{})
	in.files = []string{"lesson/" + page.Name}
	s, err := in.one(a)
	if err != nil {
		return nil, err
	}
	format, err := output.Find("html")
	if err != nil {
		return nil, err
	}
	p, recorder := replication{source: s, of: 1}, format.New()
	j := p.scenario.Judge()
	r, err := p.execute(a, append([]journal.Sink{recorder}, j.NeededSinks()...)...)
	if err != nil {
		return nil, err
	}
	p.judge(j, r, nil)
	run := p.reported(r, "-f lesson/"+page.Name)
	run.Title, run.Lesson = page.Title, page
	return func(w io.Writer) error { return recorder.Write(w, run, "") }, nil
}
