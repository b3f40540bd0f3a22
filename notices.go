package main

import (
	"fmt"
	"os"

	"baodao/internal/app"
	"baodao/service/notify"
)

type noticesCmd struct {
	Import noticesImportCmd `cmd:"" help:"Say which template tells each kind, from a JSON file like config/notices.example.json."`
	Check  noticesCheckCmd  `cmd:"" help:"Compare the templates with those at WeChat; exit 1 when some are wrong."`
}

type noticesImportCmd struct {
	File string `arg:"" type:"existingfile" help:"JSON file; it is the whole truth about its mini-program."`
}

// Run imports the file, or names every mistake in it and imports nothing.
func (n noticesImportCmd) Run(c *console) error {
	raw, err := os.ReadFile(n.File)
	if err != nil {
		return fmt.Errorf("read templates: %w", err)
	}
	file, err := notify.ParseTemplates(raw)
	if err != nil {
		return err
	}
	return c.withApp(func(a *app.App) error {
		written, removed, err := a.Notify.ImportTemplates(c.ctx, file)
		if err == nil {
			fmt.Fprintf(c.out, "templates written %d, removed %d\n", written, removed)
		}
		return err
	})
}

type noticesCheckCmd struct{}

// Run compares the templates with those at WeChat.
func (noticesCheckCmd) Run(c *console) error {
	return c.withApp(func(a *app.App) error {
		found, err := a.CheckTemplates(c.ctx)
		if err != nil {
			return err
		}
		for _, f := range found {
			fmt.Fprintf(c.err, "%s, template %s: %s\n", f.Kind, f.TemplateID, f.Wrong)
		}
		if len(found) > 0 {
			return fmt.Errorf("%d templates are wrong and switched off", len(found))
		}
		fmt.Fprintln(c.out, "all templates are as WeChat has them")
		return nil
	})
}
