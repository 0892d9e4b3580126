package lesson

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the page; answers and outputs that give them away are folded. The error is that of writing.
func (p *Page) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", prose(p.Title))
	fmt.Fprintf(&b, "**%s**\n\n", p.Words["goal"])
	markBlocks(&b, p.Goal)
	asked := 0
	for i := range p.Steps {
		s := &p.Steps[i]
		markBlocks(&b, s.Say)
		if s.Ask != nil {
			asked++
			p.question(&b, asked, s.Ask)
		}
		if s.Kubectl != "" {
			fmt.Fprintf(&b, "%s %s\n\n", p.Words["onCluster"], code(s.Kubectl))
		}
		if s.Run != "" {
			fence(&b, "$ "+s.Run+"\n\n"+s.Output)
		}
		markBlocks(&b, s.Then)
		if s.Ask != nil {
			b.WriteString("</details>\n\n")
		}
	}
	if p.Next != "" {
		fmt.Fprintf(&b, "%s [%s](%s)\n", p.Words["next"], prose(p.NextTitle), p.Next)
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func (p *Page) question(b *strings.Builder, n int, q *PageQuestion) {
	fmt.Fprintf(b, "**%s** %s\n\n", strings.TrimSuffix(p.Words["ask"], ":")+fmt.Sprintf(" %d:", n), prose(q.Text))
	for i, c := range q.Choices {
		fmt.Fprintf(b, "- %c) %s\n", 'a'+rune(i), prose(c))
	}
	if len(q.Choices) > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "<details><summary>%s</summary>\n\n**%s** %s\n\n", p.Words["reveal"], p.Words["solution"], prose(q.Shown))
}

func markBlocks(b *strings.Builder, list []Block) {
	for _, x := range list {
		if x.Pre {
			fence(b, x.Text)
			continue
		}
		fmt.Fprintf(b, "%s\n\n", prose(x.Text))
	}
}

// fence writes lines as they are: the fence is longer than any that the text holds.
func fence(b *strings.Builder, text string) {
	marks := "```"
	for strings.Contains(text, marks) {
		marks += "`"
	}
	fmt.Fprintf(b, "%s\n%s\n%s\n\n", marks, strings.TrimRight(text, "\n"), marks)
}

// code writes a text as code within a line.
func code(text string) string {
	marks := "`"
	for strings.Contains(text, marks) {
		marks += "`"
	}
	if len(marks) > 1 {
		return marks + " " + text + " " + marks
	}
	return marks + text + marks
}

// prose keeps `code` and escapes the rest: what means something in Markdown or HTML does not.
func prose(text string) string {
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 {
		return plainText.Replace(text)
	}
	for i := range parts {
		if i%2 == 0 {
			parts[i] = plainText.Replace(parts[i])
		} else {
			parts[i] = code(parts[i])
		}
	}
	return strings.Join(parts, "")
}

var plainText = strings.NewReplacer("\\", `\\`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "#", `\#`, "!", `\!`, "|", `\|`, "~", `\~`)
