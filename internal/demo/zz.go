package demo

import (
	"context"
	"io"
)

type story struct {
	base   string
	logins int
}
type Options struct{ Once bool }

func Run(context.Context, io.Writer, Options) error { return nil }
