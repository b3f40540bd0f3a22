package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"baodao/api"
	"baodao/model"
	"baodao/service/fault"
)

type docsCmd struct {
	Page string `arg:"" enum:"problems,states" help:"problems or states"`
}

// Run prints a page of docs/ that follows from the code.
func (d docsCmd) Run(c *console) error {
	if d.Page == "problems" {
		return writeProblems(c.out)
	}
	return writeStates(c.out)
}

// writeProblems lists every error code.
func writeProblems(w io.Writer) error {
	var b strings.Builder
	b.WriteString("<!-- Made by: baodao docs problems -->\n# Error codes\n\n")
	b.WriteString("Every failure is `application/problem+json` with a stable `code`. Clients branch on the code, show `detail`, and send `request_id` when they ask for help.\n\n")
	b.WriteString("| code | status | 中文 | English |\n|---|---|---|---|\n")
	for _, f := range fault.Catalogue() {
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s |\n", f.Code, api.Status(f), f.ZH, f.EN)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeStates draws every table of moves.
func writeStates(w io.Writer) error {
	var b strings.Builder
	b.WriteString("<!-- Made by: baodao docs states -->\n# States and allowed moves\n\nDrawn from the tables in `model`. Every move goes through `audit.Move`.\n")
	for _, m := range model.Machines() {
		fmt.Fprintf(&b, "\n## %s\n\n```mermaid\nstateDiagram-v2\n", m.Name)
		for _, from := range slices.Sorted(maps.Keys(m.Moves)) {
			for _, to := range m.Moves[from] {
				fmt.Fprintf(&b, "    %s --> %s\n", from, to)
			}
		}
		b.WriteString("```\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
