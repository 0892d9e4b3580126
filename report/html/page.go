package html

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"strings"

	"clustersim/report/story"
	"clustersim/sim/journal"
)

// Recorder is a journal.Sink that gathers what a page needs. Use NewRecorder.
type Recorder struct {
	*story.Collector
	versions *versions
	// Lesson makes the page that of a lesson: what it marshals to, a scenarios/lesson.Page, stands in a panel of its own. nil: no
	// lesson.
	Lesson any
}

// NewRecorder returns a recorder for one run.
func NewRecorder() *Recorder {
	return &Recorder{Collector: story.NewCollector(story.DefaultLimits), versions: newVersions()}
}

// Record implements journal.Sink. It fails only on an object that cannot be encoded.
func (r *Recorder) Record(rec *journal.Record) error {
	if err := r.Collector.Record(rec); err != nil {
		return err
	}
	return r.versions.observe(rec)
}

// Write writes the page of a story that this recorder's Story returned. Its errors are those of w.
func (r *Recorder) Write(w io.Writer, s *story.Story) error {
	script, err := join(scripts)
	if err != nil {
		return err
	}
	style, err := join(styles)
	if err != nil {
		return err
	}
	frame, err := assets.ReadFile("assets/page.html")
	if err != nil {
		return err
	}
	if err := r.versions.finish(s.End); err != nil {
		return err
	}
	var lesson []byte
	if r.Lesson != nil {
		if lesson, err = json.Marshal(r.Lesson); err != nil {
			return err
		}
	}
	data, err := pack(encode(s, r.versions, lesson))
	if err != nil {
		return err
	}
	title := s.Title
	if title == "" {
		title = "simulate"
	}
	policy := "default-src 'none'; script-src " + source(script) + "; style-src " + source(style) + "; base-uri 'none'; form-action 'none'"
	_, err = strings.NewReplacer(
		"{{policy}}", policy, "{{title}}", html.EscapeString(title), "{{style}}", style, "{{script}}", script, "{{data}}", data,
	).WriteString(w, string(frame))
	return err
}

// pack compresses the data and writes it in letters and digits.
func pack(data []byte) (string, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.DefaultCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(data); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
