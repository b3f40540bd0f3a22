package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/api"
	"baodao/config"
	"baodao/internal/clock"
	"baodao/internal/jobs"
	"baodao/internal/metrics"
	"baodao/router"
	"baodao/service/account"
	"baodao/service/appeal"
	"baodao/service/attend"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/demand"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/pagecode"
	"baodao/service/pairing"
	"baodao/service/programme"
	"baodao/service/project"
	"baodao/service/recommend"
	"baodao/service/remind"
	"baodao/service/round"
	"baodao/service/signup"
	"baodao/service/standing"
	"baodao/service/stats"
	"baodao/service/support"
	"baodao/service/survey"
	"baodao/service/upload"
	"baodao/service/vault"
)

// Deps is what the services need from outside.
type Deps struct {
	DB             *gorm.DB
	Now            clock.Clock
	NewID          func() int64
	Keys           config.Keys
	WeChat         account.WeChat
	Phones         account.PhoneBook
	Push           PushConfig     // the zero value refuses every push
	Templates      TemplateSource // nil: the templates are not compared
	AppID          string         // of the mini-program
	Sender         notify.Sender  // of notices; nil where no outbox runs
	NoticeRate     float64        // notices a second, 0: without a limit
	Metrics        *metrics.Metrics
	Codes          pagecode.Maker  // of mini-program codes; nil where none is asked for
	Pages          pagecode.Pages  // that the codes open
	Checker        content.Checker // of texts and pictures; nil lets every text through, and no picture
	Store          upload.Store    // of pictures
	ReviewDue      time.Duration   // for a reviewer, 0: for ever
	LedgerHeads    string          // file of the heads of the ledger; empty: they are kept nowhere
	PublicURL      string          // where WeChat reaches this server; empty: nowhere
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
	PageCode  *pagecode.Service
	Remind    *remind.Service
	Standing  *standing.Service
	Demand    *demand.Service
	Round     *round.Service
	Content   *content.Service
	Upload    *upload.Service
	Appeal    *appeal.Service
	Support   *support.Service
	Survey    *survey.Service
	Recommend *recommend.Service
}

// Built is the program without its sockets.
type Built struct {
	*Services
	Handler http.Handler
	Routes  []router.Route
	Jobs    []jobs.Job
	Outbox  *notify.Worker
	Push    *Push // nil where no push is received
}

// Build wires the services and the router.
func Build(d Deps) (*Built, error) {
	services, err := newServices(d)
	if err != nil {
		return nil, err
	}
	push, err := newPush(d, services)
	if err != nil {
		return nil, err
	}
	h := handlers(services)
	if push != nil {
		h.Push.Receiver = push
	}
	routes := router.Routes(h)
	engine, err := router.New(router.Config{
		Auth: services.Account, Now: d.Now, Log: d.Log, TrustedProxies: d.TrustedProxies, InFlight: d.MaxInFlight, TestClock: d.SetClock, PageLife: d.PageLife, Limits: d.Limits, Observe: d.Metrics.Request,
		Ready: []router.Check{{Name: "database", Run: func(ctx context.Context) error { return ping(ctx, d.DB) }}},
	}, routes)
	if err != nil {
		return nil, err
	}
	outbox := &notify.Worker{
		DB: d.DB, Now: d.Now, Vault: services.Notify.Vault, Sender: d.Sender, AppID: d.AppID, Log: d.Log, Recheck: services.Remind.Outdated,
		Rate: d.NoticeRate, Observe: d.Metrics.Notice, Paused: d.Metrics.Pause,
	}
	return &Built{Services: services, Handler: engine, Routes: routes, Jobs: periodic(d, services), Outbox: outbox, Push: push}, nil
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
	seedKey, ledgerKey, err := derived(d.Keys)
	if err != nil {
		return nil, err
	}
	checks, pictures, err := newContent(d, log, safe, notices)
	if err != nil {
		return nil, err
	}
	required := checks
	if d.Checker == nil {
		required = nil
	}
	standings := &standing.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Content: required}
	signups := &signup.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, Notify: notices, Standing: standings, SeedKey: seedKey, Content: required}
	surveys := &survey.Service{DB: d.DB, Now: d.Now, Audit: log, Vault: safe, Content: required}
	projects := &project.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, Signups: signups, Notify: notices, Content: required, Pictures: pictures, Needs: surveys}
	attendance := &attend.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, Notify: notices, LedgerKey: ledgerKey, CodeKey: d.Keys.Code, Content: required, Pictures: pictures}
	standings.Trail = attendance
	out := &Services{
		Vault:     safe,
		Account:   &account.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, WeChat: d.WeChat, Phones: d.Phones, Keys: keys, Content: required},
		Org:       &org.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, InviteKey: d.Keys.Invite, Content: required, TermAdded: attendance.TermAdded},
		Programme: &programme.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Content: required},
		Pairing:   &pairing.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Notify: notices, Content: required},
		Project:   projects,
		Signup:    signups,
		Attend:    attendance,
		Stats:     &stats.Service{DB: d.DB, Now: d.Now},
		Notify:    notices,
		Remind:    &remind.Service{DB: d.DB, Now: d.Now, Notify: notices},
		PageCode:  &pagecode.Service{DB: d.DB, Now: d.Now, Projects: projects, Maker: d.Codes, Pages: d.Pages, Log: d.Log},
		Standing:  standings,
		Demand:    &demand.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Notify: notices, Content: required, Projects: projects},
		Content:   checks, Upload: pictures, Survey: surveys,
	}
	out.Appeal, out.Support, out.Recommend = newAppeals(d, out, required), newSupport(d, out, required), newRecommend(d, surveys)
	out.Round = newRounds(d, out, required)
	return out, nil
}

// derived are the keys that follow from the one that never changes, each with a purpose of its own.
func derived(keys config.Keys) (seedKey, ledgerKey []byte, err error) {
	if seedKey, err = hkdf.Key(sha256.New, keys.Index, nil, "baodao lottery seeds", sha256.Size); err != nil {
		return nil, nil, fmt.Errorf("derive key of lotteries: %w", err)
	}
	if ledgerKey, err = hkdf.Key(sha256.New, keys.Index, nil, "baodao ledger of hours", sha256.Size); err != nil {
		return nil, nil, fmt.Errorf("derive key of the ledger: %w", err)
	}
	return seedKey, ledgerKey, nil
}

func handlers(s *Services) router.Handlers {
	return router.Handlers{
		Account: &api.AccountAPI{Accounts: s.Account}, Org: &api.OrgAPI{Orgs: s.Org}, Member: &api.MemberAPI{Orgs: s.Org},
		Programme: &api.ProgrammeAPI{Programmes: s.Programme}, Pairing: &api.PairingAPI{Pairings: s.Pairing}, Stats: &api.StatsAPI{Stats: s.Stats},
		Project: &api.ProjectAPI{Projects: s.Project}, Activity: &api.ActivityAPI{Projects: s.Project},
		Signup: &api.SignupAPI{Signups: s.Signup}, Attend: &api.AttendAPI{Attendance: s.Attend}, Hours: &api.HoursAPI{Hours: s.Attend, Uploads: s.Upload},
		Notify: &api.NotifyAPI{Notices: s.Notify}, PageCode: &api.PageCodeAPI{Codes: s.PageCode}, Push: &api.PushAPI{},
		Standing: &api.StandingAPI{Standing: s.Standing}, Demand: &api.DemandAPI{Demands: s.Demand}, Upload: &api.UploadAPI{Uploads: s.Upload}, Content: &api.ContentAPI{Checks: s.Content, Uploads: s.Upload},
		Round: &api.RoundAPI{Rounds: s.Round}, Wish: &api.WishAPI{Rounds: s.Round},
		Appeal: &api.AppealAPI{Appeals: s.Appeal}, Support: &api.SupportAPI{Support: s.Support}, Survey: &api.SurveyAPI{Surveys: s.Survey},
		Recommend: &api.RecommendAPI{Recommend: s.Recommend},
	}
}

// openIDIndex is the blind index by which an account is found.
func (s *Services) openIDIndex(openID string) []byte { return s.Vault.Index(vault.OpenID, openID) }

func ping(ctx context.Context, db *gorm.DB) error {
	var one int
	return db.WithContext(ctx).Raw("SELECT 1").Scan(&one).Error
}

// periodic lists the jobs.
func periodic(d Deps, s *Services) []jobs.Job {
	return append(slices.Concat(contentJobs(d, s), ledgerJobs(d, s), appealJobs(s), roundJobs(s)), []jobs.Job{
		{Name: "expire-pairings", Every: time.Minute, Do: func(ctx context.Context) error {
			_, err := s.Pairing.ExpireDue(ctx, 500)
			return err
		}},
		{Name: "rest-pairings", Every: time.Hour, Do: func(ctx context.Context) error {
			_, err := s.Pairing.Rest(ctx, 500)
			return err
		}},
		{Name: "plan-reminders", Every: time.Minute, Do: s.Remind.Plan},
		{Name: "spread-notices", Every: 5 * time.Second, Do: s.Remind.Spread},
		{Name: "sweep-signups", Every: 10 * time.Second, Do: func(ctx context.Context) error {
			_, err := s.Signup.Sweep(ctx, 500)
			return err
		}},
		{Name: "settle-demands", Every: time.Minute, Do: func(ctx context.Context) error {
			_, err := s.Demand.Settle(ctx, 500)
			return err
		}},
		{Name: "mark-absent", Every: time.Hour, Do: func(ctx context.Context) error {
			_, err := s.Signup.MarkAbsent(ctx, 1000)
			return err
		}},
		{Name: "erase-evidence", Every: time.Hour, Do: s.Attend.EraseEvidence},
		{Name: "remind-reviewers", Every: 5 * time.Minute, Do: s.Attend.RemindReviewers},
		{Name: "draw-lotteries", Every: 10 * time.Second, Do: func(ctx context.Context) error {
			_, err := s.Signup.DrawDue(ctx, 20)
			return err
		}},
		{Name: "purge-idempotency", Every: time.Hour, Do: func(ctx context.Context) error {
			return purge(ctx, d)
		}},
		{Name: "purge-push", Every: time.Hour, Do: func(ctx context.Context) error { return purgePush(ctx, d.DB, d.Now) }},
		{Name: "check-templates", Every: time.Hour, Do: func(ctx context.Context) error { return checkTemplates(ctx, d, s) }},
		{Name: "purge-notices", Every: time.Hour, Do: func(ctx context.Context) error {
			_, err := s.Notify.Purge(ctx, 1000)
			return err
		}},
		{Name: "purge-page-codes", Every: time.Hour, Do: func(ctx context.Context) error {
			_, err := s.PageCode.Purge(ctx, 200)
			return err
		}},
	}...)
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
