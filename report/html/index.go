package html

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// Link is an entry of an index: a file beside it.
type Link struct{ File, Title string }

// Index writes a page that lists others. It has no script. Its errors are those of w.
func Index(w io.Writer, language, title string, list []Link) error {
	style, err := join([]string{"style.css"})
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", html.EscapeString(language))
	fmt.Fprintf(&b, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src %s; base-uri 'none'; form-action 'none'\">\n", source(style))
	b.WriteString("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n</head>\n<body class=\"index\">\n<header><h1>%[1]s</h1></header>\n<ol>\n", html.EscapeString(title), style)
	for _, l := range list {
		fmt.Fprintf(&b, "<li><a href=\"%s\">%s</a></li>\n", html.EscapeString(l.File), html.EscapeString(l.Title))
	}
	b.WriteString("</ol>\n</body>\n</html>\n")
	_, err = io.WriteString(w, b.String())
	return err
}
