package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clustersim/scenarios/lesson"
)

// lessonPage writes the page of a lesson and opens it from disk.
func lessonPage(t *testing.T, width int, args ...string) (*browser, string) {
	t.Helper()
	b := newBrowser(t, width, 1000)
	file := filepath.Join(t.TempDir(), "lesson.html")
	printed(t, append(append([]string{"lesson"}, args...), "-o", "html", "--out", file)...)
	b.open(file)
	return b, file
}

// A right answer and a wrong one are told apart, outputs stand behind their questions, and a step's instant moves the scrubber.
func TestLessonPageAsks(t *testing.T) {
	for language, words := range map[string][3]string{"en": {"✓ Right.", "✗ Not so. The answer is: 0", "Right: 1 of 4"}, "ko": {"✓ 맞았습니다.", "✗ 아닙니다. 정답은: 0", "맞힌 질문: 1 / 4"}} {
		b, file := lessonPage(t, 1400, "3", "--lang", language)
		want := func(script, want string) {
			t.Helper()
			if got := b.eval(script); got != want {
				t.Errorf("%s: %s is %q, want %q", language, script, got, want)
			}
		}
		want(`S.tab`, "lesson")
		want(`document.querySelector("#step-2 .rest").hidden`, "true")
		b.eval(`$("answer-2").value = " 1/2. "; document.querySelector("#step-2 .check-answer").click()`)
		want(`document.querySelector("#step-2 .verdict").textContent`, words[0])
		want(`document.querySelector("#step-2 .output").textContent`, printed(t, "get", "pods", "-f", "lesson/03-probes", "--at", "5s"))
		b.shot("lesson-" + language + "-1400-full")
		b.eval(`document.querySelector("#step-2 .instant").click(); flush()`)
		want(`S.t`, "5e+06")
		want(`location.hash`, "#t=5s")
		b.eval(`$("answer-3").value = "2"; document.querySelector("#step-3 .check-answer").click()`)
		want(`document.querySelector("#step-3 .verdict").textContent`, words[1])
		b.eval(`$("answer-3").value = "0"; document.querySelector("#step-3 .check-answer").click()`) // the second try is no hit
		want(`$("score").textContent`, words[2])
		b.eval(`document.querySelector("#step-4 .show-answer").click()`)
		want(`document.querySelector("#step-4 .rest").hidden`, "false")
		want(`[...document.querySelectorAll("#step-5 input[type=radio]")].map(x => x.value).join()`, "a,b")
		b.eval(`S.tab = "pods"; changed("tab"); flush(); S.tab = "lesson"; changed("tab"); flush()`)
		want(`document.querySelector("#step-2 .verdict").textContent`, words[0]) // what was answered stays
		b.clean(file)
	}
	b, file := lessonPage(t, 400, "3", "--lang", "ko")
	b.eval(`for (const x of document.querySelectorAll(".show-answer")) x.click()`)
	if got := b.eval(`document.documentElement.scrollWidth`); got != "400" {
		t.Errorf("at 400 pixels the page is %s wide", got)
	}
	b.shot("lesson-ko-400-full")
	b.clean(file)
}

// What a lesson says is text, in both formats.
func TestLessonPageKeepsHostileTexts(t *testing.T) {
	evil := "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">```\n```"
	text := lesson.Text{EN: evil, KO: evil}
	l := &lesson.Lesson{Name: "01-first-pod", Title: text, Goal: text, Steps: []lesson.Step{{Say: text, Kubectl: evil, Run: "get pods", Then: text,
		Ask: &lesson.Question{Text: text, Choices: []lesson.Text{text, text}, Answer: []string{"b"}}}}}
	page := l.Page("en", func([]string) (string, int) { return evil, 0 })
	page.Next, page.NextTitle = "next.html", evil
	a := &app{in: strings.NewReader(""), out: bufio.NewWriter(io.Discard), err: io.Discard, env: func(string) string { return "" }}

	var md bytes.Buffer
	if err := page.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	fence := ""
	for line := range strings.Lines(md.String()) {
		switch {
		case fence == "" && strings.HasPrefix(line, "```"):
			fence = line
		case line == fence:
			fence = ""
		case fence == "" && (strings.Contains(line, "<img") || strings.Contains(line, "<script")) && !strings.Contains(line, "`"):
			t.Errorf("markup in the Markdown: %s", line)
		}
	}

	b := newBrowser(t, 1400, 1000)
	file := filepath.Join(t.TempDir(), "lesson.html")
	write, err := (&lessonPages{language: "en", format: "html"}).writer(a, page)
	if err == nil {
		err = writeFile(file, write)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.open(file)
	b.eval(`document.querySelector(".show-answer").click()`)
	if got := b.eval(`document.querySelectorAll(".lesson img, .lesson script").length + document.querySelector(".output").textContent`); got != "0"+evil {
		t.Errorf("the page shows %q", got)
	}
	if got := b.eval(`document.title`); strings.HasPrefix(got, "owned") {
		t.Errorf("the title is %q", got)
	}
	b.clean(file)
}

// Two runs write the same bytes, alone and all together; an index leads to every lesson.
func TestLessonPagesAreStable(t *testing.T) {
	for _, format := range []string{"html", "md"} {
		once, again := printed(t, "lesson", "1", "-o", format), printed(t, "lesson", "1", "-o", format)
		if once != again || len(once) < 1000 {
			t.Errorf("-o %s: %d bytes and %d bytes", format, len(once), len(again))
		}
	}
	all, err := lesson.All()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	printed(t, "lesson", "-o", "md", "--lang", "ko", "--out", folder)
	index := read(t, filepath.Join(folder, "index.md"))
	for i, l := range all {
		if !strings.Contains(index, fmt.Sprintf("%d. [%s](%s.md)\n", i+1, l.Title.KO, l.Name)) {
			t.Errorf("%s is not in the index:\n%s", l.Name, index)
		}
		page := read(t, filepath.Join(folder, l.Name+".md"))
		if i+1 < len(all) && !strings.HasSuffix(page, "("+all[i+1].Name+".md)\n") {
			t.Errorf("%s does not lead to the next", l.Name)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
