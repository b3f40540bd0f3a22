package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"gorm.io/gorm"

	"baodao/api"
	"baodao/config"
	"baodao/internal/clock"
	"baodao/internal/jobs"
	"baodao/router"
	"baodao/service/account"
	"baodao/service/attend"
	"baodao/service/audit"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/pairing"
	"baodao/service/programme"
	"baodao/service/project"
	"baodao/service/signup"
	"baodao/service/standing"
	"baodao/service/stats"
	"baodao/service/vault"
)

// Deps is what the services need from outside.
type Deps struct {
	DB             *gorm.DB
	Now            clock.Clock
	NewID          func() int64
	Keys           config.Keys
	WeChat         account.WeChat
	AppID          string        // of the mini-program
	Sender         notify.Sender // of notices; nil where no outbox runs
	Log            *slog.Logger
	TrustedProxies []string
	MaxInFlight    int
	Limits         router.Limits   // the zero value limits nobody
	PageLife       time.Duration   // of rendered public pages, 0: rendered for every request
	SetClock       func(time.Time) // nil but in a build for tests
}

// Services are the services, wired.
type Services struct {
	Vault     *vault.Vault
	Account   *account.Service
	Org       *org.Service
	Programme *programme.Service
	Pairing   *pairing.Service
	Project   *project.Service
	Signup    *signup.Service
	Attend    *attend.Service
	Stats     *stats.Service
	Notify    *notify.Service
	Standing  *standing.Service
}

// Built is the program without its sockets.
type Built struct {
	*Services
	Handler http.Handler
	Routes  []router.Route
	Jobs    []jobs.Job
	Outbox  *notify.Worker
}

// Build wires the services and the router.
func Build(d Deps) (*Built, error) {
	services, err := newServices(d)
	if err != nil {
		return nil, err
	}
	routes := router.Routes(handlers(services))
	engine, err := router.New(router.Config{
		Auth: services.Account, Now: d.Now, Log: d.Log, TrustedProxies: d.TrustedProxies, InFlight: d.MaxInFlight, TestClock: d.SetClock, PageLife: d.PageLife, Limits: d.Limits,
		Ready: []router.Check{{Name: "database", Run: func(ctx context.Context) error { return ping(ctx, d.DB) }}},
	}, routes)
	if err != nil {
		return nil, err
	}
	outbox := &notify.Worker{DB: d.DB, Now: d.Now, Vault: services.Notify.Vault, Sender: d.Sender, AppID: d.AppID, Log: d.Log}
	return &Built{Services: services, Handler: engine, Routes: routes, Jobs: periodic(d, services), Outbox: outbox}, nil
}

// OpenAPI is the contract; it needs no database.
func OpenAPI() ([]byte, error) { return router.OpenAPI(router.Routes(handlers(&Services{}))) }

func newServices(d Deps) (*Services, error) {
	safe, err := vault.New(d.Keys.Field.Current, d.Keys.Field.Keys, d.Keys.Index, d.Now)
	if err != nil {
		return nil, err
	}
	keys, err := account.NewKeys(account.Secrets{
		AccessKeys: d.Keys.Token.Keys, CurrentKey: d.Keys.Token.Current, RefreshKey: d.Keys.Refresh, ClientKey: d.Keys.Client,
	}, d.Now)
	if err != nil {
		return nil, err
	}
	log := &audit.Log{Now: d.Now, NewID: d.NewID}
	notices := &notify.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Vault: safe, AppID: d.AppID}
	seedKey, err := hkdf.Key(sha256.New, d.Keys.Index, nil, "baodao lottery seeds", 32)
	if err != nil {
		return nil, fmt.Errorf("derive key of lotteries: %w", err)
	}
	standings := &standing.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log}
	signups := &signup.Service{
		DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, Notify: notices, Standing: standings, SeedKey: seedKey,
	}
	return &Services{
		Vault:     safe,
		Account:   &account.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, WeChat: d.WeChat, Keys: keys},
		Org:       &org.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, InviteKey: d.Keys.Invite},
		Programme: &programme.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log},
		Pairing:   &pairing.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log},
		Project:   &project.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, Signups: signups},
		Signup:    signups,
		Attend:    &attend.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, CodeKey: d.Keys.Code},
		Stats:     &stats.Service{DB: d.DB, Now: d.Now},
		Notify:    notices,
		Standing:  standings,
	}, nil
}

func handlers(s *Services) router.Handlers {
	return router.Handlers{
		Account: &api.AccountAPI{Accounts: s.Account}, Org: &api.OrgAPI{Orgs: s.Org}, Member: &api.MemberAPI{Orgs: s.Org},
		Programme: &api.ProgrammeAPI{Programmes: s.Programme}, Pairing: &api.PairingAPI{Pairings: s.Pairing}, Stats: &api.StatsAPI{Stats: s.Stats},
		Project: &api.ProjectAPI{Projects: s.Project}, Activity: &api.ActivityAPI{Projects: s.Project},
		Signup: &api.SignupAPI{Signups: s.Signup}, Attend: &api.AttendAPI{Attendance: s.Attend}, Hours: &api.HoursAPI{Hours: s.Attend},
		Notify: &api.NotifyAPI{Notices: s.Notify}, Standing: &api.StandingAPI{Standing: s.Standing},
	}
}

func ping(ctx context.Context, db *gorm.DB) error {
	var one int
	return db.WithContext(ctx).Raw("SELECT 1").Scan(&one).Error
}

// periodic lists the jobs.
func periodic(d Deps, s *Services) []jobs.Job {
	return []jobs.Job{
		{Name: "expire-pairings", Every: time.Minute, Do: func(ctx context.Context) error {
			_, err := s.Pairing.ExpireDue(ctx, 500)
			return err
		}},
		{Name: "sweep-signups", Every: 10 * time.Second, Do: func(ctx context.Context) error {
			_, err := s.Signup.Sweep(ctx, 500)
			return err
		}},
		{Name: "draw-lotteries", Every: 10 * time.Second, Do: func(ctx context.Context) error {
			_, err := s.Signup.DrawDue(ctx, 20)
			return err
		}},
		{Name: "purge-idempotency", Every: time.Hour, Do: func(ctx context.Context) error {
			return purge(ctx, d)
		}},
		{Name: "purge-notices", Every: time.Hour, Do: func(ctx context.Context) error {
			_, err := s.Notify.Purge(ctx, 1000)
			return err
		}},
	}
}

// purge deletes old answers a thousand at a time.
func purge(ctx context.Context, d Deps) error {
	for {
		n, err := idem.Purge(ctx, d.DB, d.Now(), 1000)
		if err != nil || n < 1000 {
			return err
		}
	}
}
