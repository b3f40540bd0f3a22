package docs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"baodao/internal/demo"
)

// request is one request of a file in docs/http.
type request struct {
	title, name, method, path string
	headers                   [][2]string
	body                      string
}

var firstLine = regexp.MustCompile(`^(GET|POST|PUT|DELETE) \{\{api\}\}(/\S*)$`)

// requests reads a file: variables (@name = value), then requests, each after a line that begins with ###.
func requests(t *testing.T, file string) (vars map[string]string, all []request) {
	t.Helper()
	parts := strings.Split(read(t, file), "\n### ")
	vars = map[string]string{}
	for line := range strings.Lines(parts[0]) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " = "); ok && strings.HasPrefix(name, "@") {
			vars[name[1:]] = value
		}
	}
	for _, part := range parts[1:] {
		head, body, _ := strings.Cut(part, "\n\n")
		lines := strings.Split(strings.TrimSpace(head), "\n")
		r := request{title: lines[0], body: strings.TrimSpace(body)}
		for _, line := range lines[1:] {
			name, value, isHeader := strings.Cut(line, ": ")
			m := firstLine.FindStringSubmatch(line)
			switch {
			case strings.HasPrefix(line, "# @name "):
				r.name = strings.TrimPrefix(line, "# @name ")
			case m != nil:
				r.method, r.path = m[1], m[2]
			case isHeader:
				r.headers = append(r.headers, [2]string{name, value})
			default:
				t.Fatalf("%s, %s: what is %q?", file, r.title, line)
			}
		}
		all = append(all, r)
	}
	return vars, all
}

// refusal is the error code that a title promises.
var refusal = regexp.MustCompile(`([a-z_]+\.[a-z_]+)$`)

// TestTheRequestFilesRun sends every request of every file to the story's server, in order. An answer is a success, or the
// refusal at the end of the request's title; and each is an operation of the contract.
func TestTheRequestFilesRun(t *testing.T) {
	t.Parallel()
	c, address := readContract(t), told(t)
	files, err := filepath.Glob("http/*.http")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		vars, all := requests(t, file)
		vars["api"] = address + "/api/v1"
		p := player{t: t, vars: vars, answers: map[string]any{}}
		for _, r := range all {
			if c.byLine[r.method+" "+plain(r.path)] == nil {
				t.Errorf("%s, %s: %s %s is not in the contract", file, r.title, r.method, r.path)
				continue
			}
			p.play(file, r)
		}
	}
}

// told is the address of a server that has played the story and stays up until the test is over.
func told(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := demo.Run(ctx, in, demo.Options{})
		ended <- err
		_ = in.CloseWithError(io.EOF) // a pipe's writer never fails to close
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	var text strings.Builder
	buf := make([]byte, 4<<10)
	for !strings.Contains(text.String(), "Ctrl-C") {
		n, err := out.Read(buf)
		text.Write(buf[:n])
		if err != nil {
			t.Fatalf("the story ended: %v\n%s", err, text.String())
		}
	}
	return regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`).FindString(text.String())
}

// player sends the requests of a file.
type player struct {
	t       *testing.T
	vars    map[string]string
	answers map[string]any // by the request's name
	keys    int
}

func (p *player) play(file string, r request) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), r.method, p.fill(p.vars["api"]+r.path), strings.NewReader(p.fill(r.body)))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, h := range r.headers {
		req.Header.Set(h[0], p.fill(h[1]))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var answer any
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(raw, &answer); err != nil {
			p.t.Fatal(err)
		}
	}
	p.answers[r.name] = answer
	code := ""
	if problem, ok := answer.(map[string]any); ok && res.StatusCode >= http.StatusBadRequest {
		code = fmt.Sprint(problem["code"])
	}
	if want := refusal.FindString(r.title); code != want {
		p.t.Errorf("%s, %s: %d %q, want %q: %s", file, r.title, res.StatusCode, code, want, raw)
	}
}

var variable = regexp.MustCompile(`\{\{([^}]+)\}\}`)

// fill replaces {{$guid}}, {{a variable}} and {{name.response.body.$.path}}.
func (p *player) fill(text string) string {
	return variable.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, "{}")
		if name == "$guid" {
			p.keys++
			return fmt.Sprintf("00000000-0000-4000-8000-%012d", p.keys)
		}
		from, path, ok := strings.Cut(name, ".response.body.$.")
		if value := p.vars[name]; !ok {
			if value == "" {
				p.t.Errorf("nobody says what %s is", name)
			}
			return value
		}
		value := p.answers[from]
		for _, key := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
			switch node := value.(type) {
			case map[string]any:
				value = node[key]
			case []any:
				if i, err := strconv.Atoi(key); err == nil && i < len(node) {
					value = node[i]
				}
			}
		}
		if s, ok := value.(string); ok && s != "" {
			return s
		}
		p.t.Errorf("%s is not in the answer", name)
		return ""
	})
}
