package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/api"
	"baodao/internal/clock"
	"baodao/internal/database"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/page"
	"baodao/service/recommend"
)

// Ids of the town's rows.
const (
	townBranch   = 5 << 40
	townHost     = 6 << 40
	townActivity = 7 << 40
	townPosition = 8 << 40
)

// town is the online sample in a database: its positions, each with an activity of its own, and its students.
type town struct {
	*crowd
	o      *online
	askers []*recommend.Asker
	cold   *recommend.Service // without a picture
	pages  api.RecommendAPI
}

func openTown(ctx context.Context, s settings, engine string, o *online) (*town, error) {
	c, err := openCrowd(ctx, s, engine, len(o.in.Students))
	if err != nil {
		return nil, err
	}
	t := &town{crowd: c, o: o, cold: &recommend.Service{DB: c.db, Now: clock.System, Survey: c.built.Survey}}
	if err := errors.Join(t.seedHosts(ctx), t.seedPositions(ctx), t.seedStudents(ctx)); err != nil {
		return nil, errors.Join(err, c.close())
	}
	err = t.read(ctx)
	return t, err
}

// seedHosts writes campuses, communities, and a policy with twelve categories.
func (t *town) seedHosts(ctx context.Context) error {
	now, hosts, campuses := clock.System(), 0, 0
	for i := range t.o.in.Positions {
		hosts = max(hosts, int(t.o.in.Positions[i].Community)+1)
	}
	at := map[int]int{} // a student of each campus
	for i := range t.o.in.Students {
		campuses = max(campuses, int(t.o.in.Students[i].Campus)+1)
		at[int(t.o.in.Students[i].Campus)] = i
	}
	columns := []string{"id", "kind", "side", "parent_id", "path", "name", "region_code", "lat_e6", "lng_e6", "status", "version", "created_at", "updated_at"}
	policy := model.Policy{YearStarts: "09-01"}
	for i := range 12 {
		policy.Categories = append(policy.Categories, model.Item{Code: fmt.Sprintf("C%d", i), Name: "类别"})
	}
	raw, err := json.Marshal(policy)
	return errors.Join(err,
		bulk(ctx, t.db, "orgs", columns, campuses, func(i int) []any {
			s := &t.o.in.Students[at[i]]
			return []any{townBranch + i, "LEAGUE_BRANCH", "CAMPUS", 0, fmt.Sprintf("/%d/", townBranch+i), fmt.Sprintf("第%d团支部", i), "370102001002", s.LatE6, s.LonE6, "ACTIVE", 1, now, now}
		}),
		bulk(ctx, t.db, "orgs", columns, hosts, func(i int) []any {
			return []any{townHost + i, "COMMUNITY", "LOCAL", 0, fmt.Sprintf("/%d/", townHost+i), fmt.Sprintf("第%d社区居民委员会", i), "370102001002", nil, nil, "ACTIVE", 1, now, now}
		}),
		bulk(ctx, t.db, "programme_policies", []string{"programme_id", "version", "policy", "created_by", "created_at"}, 1, func(int) []any {
			return []any{1, 2, string(raw), 1, now}
		}),
	)
}

func (t *town) seedPositions(ctx context.Context) error {
	now, all := clock.System(), t.o.in.Positions
	begins := func(i int) time.Time {
		return now.AddDate(0, 0, 7).Add(time.Duration(i) * time.Second).Truncate(time.Second)
	}
	errs := []error{
		bulk(ctx, t.db, "activities", []string{
			"id", "programme_id", "org_id", "campus_org_id", "host_org_id", "title", "summary", "field", "category", "carriers", "mode", "placement_mode", "signup_mode",
			"signup_opens_at", "signup_closes_at", "cancel_until", "min_turnout", "counts_as_volunteer", "insurance_required", "training_required", "minors_contact",
			"risk_note", "host_contact_id", "status", "starts_at", "ends_at", "listed_at", "lat_e6", "lng_e6", "region_code", "published_at", "created_by", "version", "created_at", "updated_at",
		}, len(all), func(i int) []any {
			p, host := &all[i], townHost+int(all[i].Community)
			return []any{
				townActivity + i, 1, host, 0, host, fmt.Sprintf("社区清洁日第%d场", i), "", "", fmt.Sprintf("C%d", p.Category), "[]", "ONSITE", "DAILY", "FIRST_COME",
				now, begins(i), begins(i), 0, true, false, false, false, "", 1, "PUBLISHED", begins(i), begins(i).AddDate(0, 3, 0), begins(i), p.LatE6, p.LonE6, "370102001002", now, 1, 1, now, now,
			}
		}),
		bulk(ctx, t.db, "activity_sessions", []string{"id", "activity_id", "starts_at", "ends_at", "place", "lat_e6", "lng_e6", "radius_m"}, len(all), func(i int) []any {
			return []any{townActivity + i, townActivity + i, begins(i), begins(i).Add(2 * time.Hour), "社区广场", all[i].LatE6, all[i].LonE6, 200}
		}),
		bulk(ctx, t.db, "positions", []string{"id", "activity_id", "title", "description", "capacity", "taken", "version", "created_at", "updated_at"}, len(all), func(i int) []any {
			return []any{townPosition + i, townActivity + i, "志愿者", "", all[i].Cap, 0, 1, now, now}
		}),
		bulk(ctx, t.db, "position_needs", []string{"position_id", "slots", "need", "req", "want", "urgency", "min_team", "version", "updated_by", "created_at", "updated_at"}, len(all), func(i int) []any {
			p := &all[i]
			return []any{townPosition + i, p.Slots, min(int(p.Need), bits.OnesCount64(p.Slots)), p.Req, p.Want, p.Urgency, 0, 1, 1, now, now}
		}),
	}
	if t.db.Name() == database.MySQL {
		errs = append(errs, t.db.WithContext(ctx).Exec("ANALYZE TABLE activities, activity_sessions, positions, position_needs, orgs").Error)
	} else {
		errs = append(errs, atomic.Do(ctx, t.db, func(tx *gorm.DB) error { return tx.Exec("ANALYZE").Error }))
	}
	return errors.Join(errs...)
}

func (t *town) seedStudents(ctx context.Context) error {
	now, all := clock.System(), t.o.in.Students
	code := func(c int8) string {
		if c < 0 {
			return ""
		}
		return fmt.Sprintf("C%d", c)
	}
	err := bulk(ctx, t.db, "student_willingness", []string{"student_id", "programme_id", "willing", "slots", "skills", "interest1", "interest2", "interest3", "max_dist_m", "version", "created_at", "updated_at"}, len(all), func(i int) []any {
		s := &all[i]
		return []any{crowdStudent + i, 1, true, s.Slots, s.Skills, code(s.Interests[0]), code(s.Interests[1]), code(s.Interests[2]), s.MaxDist, 1, now, now}
	})
	return errors.Join(err, atomic.Do(ctx, t.db, func(tx *gorm.DB) error {
		for i := range all {
			if err := tx.Exec("UPDATE student_profiles SET branch_id = ? WHERE id = ?", townBranch+int(all[i].Campus), crowdStudent+i).Error; err != nil {
				return err
			}
		}
		return nil
	}))
}

// read draws the picture, and reads all students once.
func (t *town) read(ctx context.Context) error {
	if err := t.built.Recommend.Tick(ctx); err != nil {
		return err
	}
	for i := range t.o.in.Students {
		a, err := t.cold.Asker(ctx, access.Actor{UserID: crowdUser + int64(i), StudentID: crowdStudent + int64(i)}, 1, model.SeasonTerm)
		if err != nil {
			return err
		}
		t.askers = append(t.askers, a)
	}
	return nil
}

// follow keeps the picture as the program does, until stop is called.
func (t *town) follow(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = t.built.Recommend.Run(ctx) // it logs what goes wrong, and the answers would tell
	}()
	return func() {
		cancel()
		<-done
	}
}

// against compares the lists of some students with those that the database gives, and takes the times of both.
func (t *town) against(ctx context.Context, n int) (note string, err error) {
	var warm, cold []float64
	var shown int
	for i := range n {
		who := t.askers[i*7919%len(t.askers)]
		fast, took, err := t.answer(ctx, t.built.Recommend, who)
		if err != nil {
			return "", err
		}
		warm = append(warm, took)
		slow, took, err := t.answer(ctx, t.cold, who)
		if err != nil {
			return "", err
		}
		cold = append(cold, took)
		for k := range fast.Items {
			fast.Items[k].Entry, fast.Items[k].Written = slow.Items[k].Entry, slow.Items[k].Written
		}
		if !reflect.DeepEqual(fast, slow) {
			return "", fmt.Errorf("student %d is shown what the database would not say", i)
		}
		shown += len(fast.Items)
	}
	slices.Sort(warm)
	slices.Sort(cold)
	return fmt.Sprintf("sql_path_p50_us=%.0f memory_p50_us=%.1f times=%.0f compared=%d", median(cold), median(warm), median(cold)/median(warm), shown), nil
}

func (t *town) answer(ctx context.Context, s *recommend.Service, who *recommend.Asker) (recommend.Answer, float64, error) {
	began := time.Now()
	out, err := s.For(ctx, who, recommend.Ask{ProgrammeID: 1, Season: model.SeasonTerm}, page.Request{Limit: t.o.in.Round.K})
	return out, float64(time.Since(began).Nanoseconds()) / 1000, err
}
