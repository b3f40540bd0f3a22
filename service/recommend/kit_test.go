package recommend_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/recommend"
	"baodao/service/survey"
)

// house is a world with a branch that has a place, and the service.
type house struct {
	*testkit.World
	s       *recommend.Service
	project model.Project
	rand    *rand.Rand
}

// Of the campus.
const (
	campusLat = 36_650_000
	campusLng = 117_120_000
)

func newHouse(t testing.TB) *house {
	t.Helper()
	w := testkit.NewWorld(t)
	h := &house{World: w, rand: rand.New(rand.NewPCG(1, 2))}
	h.project = w.Project(w.Pair(w.Branch, w.Community), "清洁")
	h.write("UPDATE orgs SET lat_e6 = ?, lng_e6 = ? WHERE id = ?", campusLat, campusLng, w.Department.ID)
	h.s = h.replica()
	return h
}

// replica is another process on the same database.
func (h *house) replica() *recommend.Service {
	return &recommend.Service{
		DB: h.DB, Now: h.Clock.Now, Log: slog.New(slog.DiscardHandler),
		Survey: &survey.Service{DB: h.DB, Now: h.Clock.Now, Audit: h.Audit, Vault: h.Vault},
		Write:  func(f recommend.Facts) []byte { return fmt.Appendf(nil, "%+v", f) },
	}
}

func (h *house) write(sql string, args ...any) {
	h.TB.Helper()
	if err := h.DB.Transaction(func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
		h.TB.Fatal(err)
	}
}

func (h *house) tick(s *recommend.Service) {
	h.TB.Helper()
	if err := s.Tick(h.TB.Context()); err != nil {
		h.TB.Fatal(err)
	}
}

func (h *house) ask(s *recommend.Service, who access.Actor, ask recommend.Ask, req page.Request) recommend.Answer {
	h.TB.Helper()
	ask.ProgrammeID = h.Programme.ID
	if ask.Season == "" {
		ask.Season = model.SeasonTerm
	}
	out, err := s.Recommend(h.TB.Context(), who, ask, req)
	if err != nil {
		h.TB.Fatal(err)
	}
	return out
}

// ids are the positions of an answer.
func ids(a recommend.Answer) []int64 {
	out := make([]int64, len(a.Items))
	for i, x := range a.Items {
		out[i] = x.ID
	}
	return out
}

// willing says what a student is willing to do.
func (h *house) willing(who access.Actor, change func(w *model.Willingness)) {
	h.TB.Helper()
	now := h.Clock.Now()
	w := model.Willingness{StudentID: who.StudentID, ProgrammeID: h.Programme.ID, Willing: true, Slots: 1<<42 - 1, MaxDistM: 20_000, Version: 1, CreatedAt: now, UpdatedAt: now}
	if change != nil {
		change(&w)
	}
	h.Insert(&w)
}

// any picks one.
func any1[T any](h *house, of ...T) T { return of[h.rand.IntN(len(of))] }

// town fills the world with activities of all sorts around the campus, at these hosts.
func (h *house) town(n int, hosts []model.Org) {
	h.TB.Helper()
	for range n {
		host := any1(h, hosts...)
		a, _, p := h.Activity(h.project, int64(h.rand.IntN(4)), func(a *model.Activity, s *model.Session) { h.vary(a, s, host) })
		extra := h.Clock.Now().Add(time.Duration(50+h.rand.IntN(400)) * time.Hour)
		h.Insert(&model.Session{ID: h.NewID(), ActivityID: a.ID, StartsAt: extra, EndsAt: extra.Add(3 * time.Hour), Place: "活动室", RadiusM: 100})
		if h.rand.IntN(2) == 0 {
			now := h.Clock.Now()
			h.Insert(&model.PositionNeeds{
				PositionID: p.ID, Slots: int64(h.rand.Uint64() & (1<<42 - 1) & h.rand.Uint64()), Req: int64(h.rand.IntN(4) & h.rand.IntN(4)), Want: int64(h.rand.IntN(8)),
				Urgency: int64(h.rand.IntN(8)), Version: 1, CreatedAt: now, UpdatedAt: now,
			})
		}
		h.write("UPDATE positions SET taken = ?, reserved = ?, waiting = ? WHERE id = ?", p.Capacity/2, p.Capacity/2, h.rand.IntN(6)/5, p.ID)
	}
}

// vary makes an activity unlike the others.
func (h *house) vary(a *model.Activity, s *model.Session, host model.Org) {
	now := h.Clock.Now()
	lat, lng := int64(campusLat+h.rand.IntN(160_000)-80_000), int64(campusLng+h.rand.IntN(160_000)-80_000)
	a.HostOrgID, a.OrgID = host.ID, host.ID
	a.LatE6, a.LngE6, s.LatE6, s.LngE6 = &lat, &lng, &lat, &lng
	a.Category, a.SignupMode = any1(h, "GOVERNANCE", "CULTURE", ""), any1(h, "FIRST_COME", "REVIEW", "LOTTERY", "MATCHED")
	a.StartsAt = now.Add(time.Duration(30+h.rand.IntN(300)) * time.Hour)
	a.EndsAt, a.ListedAt, a.SignupClosesAt = a.StartsAt.Add(2*time.Hour), &a.StartsAt, a.StartsAt.Add(-time.Hour)
	s.StartsAt, s.EndsAt = a.StartsAt, a.EndsAt
	switch h.rand.IntN(12) {
	case 0:
		a.Audience = &model.Audience{Grades: []string{any1(h, "2024", "2025")}}
	case 1:
		a.Audience = &model.Audience{OrgIDs: []int64{any1(h, h.Branch.ID, h.Department.ID, h.Community.ID)}, Tags: []string{model.TagLeagueMember}}
	case 2:
		a.SignupOpensAt = now.Add(time.Duration(h.rand.IntN(5)-2) * time.Hour)
	case 3:
		a.SignupClosesAt = now.Add(time.Duration(h.rand.IntN(5)-2) * time.Hour)
	case 4:
		until := now.Add(time.Duration(h.rand.IntN(5)-2) * time.Hour)
		a.PairedUntil, a.PairedFirst = &until, h.rand.IntN(2) == 0
	case 5:
		a.Status, a.ListedAt = model.ActivityCancelled, nil
	case 6:
		a.Mode = any1(h, "REMOTE", "HYBRID")
	}
}
