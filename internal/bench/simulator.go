package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"baodao/internal/app"
	"baodao/internal/clock"
	"baodao/internal/wxsim"
)

// simulatorVariable in the environment makes this program a simulated WeChat until its standard input ends.
const simulatorVariable = "BENCH_SIMULATOR"

const simulatorKey = "bench"

// simulator is a simulated WeChat in a process of its own, so that its memory is not counted as ours.
type simulator struct {
	base   string
	client *http.Client
	input  io.Closer
	cmd    *exec.Cmd
}

func startSimulator(ctx context.Context) (*simulator, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &simulator{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: drainParallel}}}
	s.cmd = exec.CommandContext(ctx, self) //nolint:gosec // this very program
	s.cmd.Env, s.cmd.Stderr = append(s.cmd.Environ(), simulatorVariable+"=1"), os.Stderr
	if s.input, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.base = strings.TrimSpace(line)
	return s, nil
}

func (s *simulator) stop() error {
	s.client.CloseIdleConnections()
	return errors.Join(s.input.Close(), s.cmd.Wait())
}

// simulate is the other process.
func simulate(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	sim := wxsim.New(wxsim.Options{Now: clock.System, AdminKey: simulatorKey, Apps: []wxsim.App{{
		AppID: app.SimAppID, Secret: app.SimSecret,
		Templates: []wxsim.Template{{ID: drainTemplate, Title: "报名结果", Content: "活动:{{thing1.DATA}}\n时间:{{time2.DATA}}"}},
	}}})
	fmt.Println("http://" + listener.Addr().String()) //nolint:forbidigo // the parent reads it
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer stop()
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent
	}()
	return app.ServeSimulator(ctx, listener, sim)
}

// accept is a person saying yes so many times; it returns their openid.
func (s *simulator) accept(ctx context.Context, name, template string, times int) (string, error) {
	templates := make([]string, times)
	for i := range templates {
		templates[i] = template
	}
	var out struct {
		OpenID string `json:"openid"`
	}
	err := s.admin(ctx, http.MethodPost, "subscribe", map[string]any{"name": name, "templates": templates, "result": "accept"}, &out)
	if err == nil && out.OpenID == "" {
		err = errors.New("the simulator gives no openid")
	}
	return out.OpenID, err
}

// tally tells how many messages were taken and how many acceptances are left.
func (s *simulator) tally(ctx context.Context) (sent, left int, err error) {
	var out struct {
		Sent     int `json:"sent"`
		Balances []struct {
			Balance int `json:"balance"`
		} `json:"balances"`
	}
	err = s.admin(ctx, http.MethodGet, "sends", nil, &out)
	for _, b := range out.Balances {
		left += max(b.Balance, -b.Balance)
	}
	return out.Sent, left, err
}

func (s *simulator) admin(ctx context.Context, method, path string, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+"/_sim/"+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("X-Sim-Key", simulatorKey)
	return answer(s.client, req, out)
}

func postJSON(ctx context.Context, client *http.Client, address string, in any) (out rawAnswer, err error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return out, err
	}
	req.Header.Set("Content-Type", "application/json")
	err = answer(client, req, &out)
	return out, err
}

// answer reads a whole answer, so that the connection is used again.
func answer(client *http.Client, req *http.Request, out any) error {
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %.200s", req.URL.Path, res.Status, body)
	}
	return json.Unmarshal(body, out)
}
