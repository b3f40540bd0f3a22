package arch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxLines is the longest file; models and generated files may be longer.
const maxLines = 400

// attics are package names that say nothing about what is inside.
var attics = []string{"utils", "util", "common", "helper", "helpers", "misc"}

// source is one Go file.
type source struct {
	name  string // path in the tree
	dir   string // its package, "." for the program itself
	test  bool
	lines int
	tree  *ast.File
}

// check reports everything in the tree that breaks the house, sorted, one line each.
func check(tree fs.FS) ([]string, error) {
	module, found, err := readModule(tree)
	if err != nil {
		return nil, err
	}
	sources, err := parse(tree)
	if err != nil {
		return nil, err
	}
	documented := map[string]bool{}
	for _, s := range sources {
		documented[s.dir] = documented[s.dir] || (!s.test && s.tree.Doc != nil)
		found = append(found, checkFile(module, s)...)
	}
	for dir, ok := range documented {
		if !ok {
			found = append(found, dir+": the package has no doc comment")
		}
		if slices.Contains(attics, path.Base(dir)) {
			found = append(found, dir+": name the package after what is in it")
		}
		if rowOf(dir) == nil {
			found = append(found, dir+": the package has no row in internal/arch/rules_test.go")
		}
	}
	slices.Sort(found)
	return found, nil
}

// readModule gives the module's path, and complains about replace directives.
func readModule(tree fs.FS) (module string, found []string, err error) {
	raw, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return "", nil, err
	}
	for line := range strings.Lines(string(raw)) {
		words := strings.Fields(line)
		switch {
		case len(words) > 1 && words[0] == "module":
			module = words[1]
		case len(words) > 0 && (words[0] == "replace" || slices.Contains(words, "=>") && words[0] != "//"):
			found = append(found, "go.mod: no replace directives: "+strings.TrimSpace(line))
		}
	}
	return module, found, nil
}

// parse reads every Go file that belongs to the module.
func parse(tree fs.FS) ([]source, error) {
	var all []source
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skip(tree, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		all = append(all, source{
			name: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
			lines: strings.Count(string(text), "\n"), tree: file,
		})
		return nil
	})
	return all, err
}

// skip leaves out what Go leaves out: hidden folders, test data and modules of their own.
func skip(tree fs.FS, dir string) error {
	base := path.Base(dir)
	if dir == "." {
		return nil
	}
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(tree, dir+"/go.mod"); err == nil {
		return fs.SkipDir
	}
	return nil
}

func checkFile(module string, s source) []string {
	var found []string
	if s.lines > maxLines && !s.test && s.dir != "model" && !generated(s.tree) {
		found = append(found, fmt.Sprintf("%s: %d lines, more than %d: split it by subject", s.name, s.lines, maxLines))
	}
	row := rowOf(s.dir)
	if row == nil {
		return found
	}
	for _, spec := range s.tree.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if why := refuse(module, s, *row, name); why != "" {
			found = append(found, fmt.Sprintf("%s: imports %s: %s", s.name, name, why))
		}
	}
	return found
}

// refuse tells why a file may not import a package, or nothing when it may.
func refuse(module string, s source, row rule, name string) string {
	ours, isOurs := strings.CutPrefix(name, module+"/")
	if isOurs {
		if ours == s.dir || mayImport(s, row, ours) {
			return ""
		}
		return "not in the row of " + s.dir
	}
	for other, owner := range banEverywhere {
		if below(name, other) && s.dir != owner {
			return "only " + owner + " may"
		}
	}
	if s.test {
		return ""
	}
	if slices.ContainsFunc(row.ban, func(b string) bool { return below(name, b) }) {
		return "banned in " + s.dir
	}
	third := strings.Contains(strings.Split(name, "/")[0], ".")
	if third && row.only != nil && !slices.ContainsFunc(row.only, func(o string) bool { return below(name, o) }) {
		return s.dir + " keeps to the standard library"
	}
	return ""
}

func mayImport(s source, row rule, ours string) bool {
	may := row.may
	if s.test {
		may = cat(may, testsMay)
		if slices.Contains(wholeProgramTests, s.dir) {
			may = append(may, "*")
		}
	}
	return matches(may, ours)
}

// matches tells whether one of the patterns stands for the package.
func matches(patterns []string, dir string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if p == "*" {
			return !below(dir, "internal/testkit")
		}
		if prefix, ok := strings.CutSuffix(p, "/..."); ok {
			return below(dir, prefix)
		}
		return p == dir
	})
}

// below tells whether name is root or lies under it.
func below(name, root string) bool { return name == root || strings.HasPrefix(name, root+"/") }

// rowOf finds the row of a package; the most exact pattern wins.
func rowOf(dir string) *rule {
	var best *rule
	length := -1
	for _, r := range rules() {
		for _, p := range r.packages {
			if matches([]string{p}, dir) && len(p) > length {
				best, length = &r, len(p)
			}
		}
	}
	return best
}

var generatedMark = regexp.MustCompile(`^// Code generated .* DO NOT EDIT\.$`)

func generated(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, c := range group.List {
			if c.Pos() < file.Package && generatedMark.MatchString(c.Text) {
				return true
			}
		}
	}
	return false
}
