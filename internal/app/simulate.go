package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"baodao/internal/clock"
	"baodao/internal/wxsim"
)

// The simulated mini-program. These are no secrets: the simulator listens on loopback only.
const (
	SimAppID  = "wx0000000000000000"
	SimSecret = "simulated-secret"

	// Of the message push, where the simulator is a process of its own.
	SimPushToken = "simulated-push"
	SimPushKey   = "simulatedsimulatedsimulatedsimulatedsimulaA"
)

// Words by which whoever works on a client can see what becomes of doubtful and of forbidden content.
const (
	SimReviewWord = "存疑词"
	SimRiskyWord  = "违规词"
)

// Simulator makes a simulated WeChat with our mini-program.
func Simulator(now clock.Clock, adminKey string) *wxsim.Simulator {
	return wxsim.New(wxsim.Options{
		Now: now, AdminKey: adminKey,
		Apps: []wxsim.App{{
			AppID: SimAppID, Secret: SimSecret, OpenPlatform: "open-0", AutoMedia: true, Templates: simTemplates(),
			Review: []string{SimReviewWord}, Risky: []string{SimRiskyWord},
		}},
	})
}

// ServeSimulator answers on the listener and delivers push events until ctx ends.
func ServeSimulator(ctx context.Context, listener net.Listener, sim *wxsim.Simulator) error {
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 5 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve simulated WeChat: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	group.Go(func() error { return sim.Run(ctx) })
	return group.Wait()
}

// simulate serves the simulator on a free loopback port.
func simulate(ctx context.Context, sim *wxsim.Simulator) (base string, stop func() error, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("simulate WeChat: %w", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- ServeSimulator(ctx, listener, sim) }()
	stop = func() error {
		cancel()
		return <-done
	}
	return "http://" + listener.Addr().String(), stop, nil
}

// enterPush tells the simulator inside the process where to push to, as the owner of the mini-program does at WeChat.
func (a *App) enterPush(ctx context.Context, listener net.Listener) error {
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return fmt.Errorf("address of the server: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	to := wxsim.Push{URL: "http://" + net.JoinHostPort(host, port) + PushPath, Token: a.push.Token, AESKey: a.push.AESKey}
	if err := a.sim.SetPush(SimAppID, to); err != nil {
		return err
	}
	return a.sim.Verify(ctx, SimAppID)
}
