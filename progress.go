package main

import (
	"fmt"
	"io"
	"os"
)

// progress shows how far long work has come, on a terminal only.
type progress struct {
	w    io.Writer
	what string
	last int
}

// newProgress is silent when w is not a terminal.
func newProgress(w io.Writer, what string) *progress {
	p := &progress{what: what, last: -1}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.w = w
		}
	}
	return p
}

// show writes done of total when the percentage has changed.
func (p *progress) show(done, total int) {
	if p.w == nil || total == 0 {
		return
	}
	if percent := done * 100 / total; percent != p.last {
		p.last = percent
		fmt.Fprintf(p.w, "\r%s %d of %d (%d %%)", p.what, done, total, percent)
	}
}

// end leaves the line.
func (p *progress) end() {
	if p.w != nil && p.last >= 0 {
		fmt.Fprintln(p.w)
	}
}
