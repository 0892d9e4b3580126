package html

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"strings"
)

//go:embed assets
var assets embed.FS

// scripts are put together in this order: each uses those before it.
var scripts = []string{
	"uPlot.iife.min.js", "base.js", "data.js", "time.js", "kubectl.js", "objects.js", "rows.js", "paint.js", "gantt.js", "nodes.js",
	"charts.js", "events.js", "why.js", "lesson.js", "panels.js", "scrubber.js", "main.js",
}

var styles = []string{"uPlot.min.css", "style.css"}

// join puts files together. The text of one is part of the page, so it must not end the element that it stands in.
func join(names []string) (string, error) {
	var b strings.Builder
	for _, name := range names {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return "", err
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// source is what a Content-Security-Policy calls a script or style that may run.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
