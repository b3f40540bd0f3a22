package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/internal/database"
	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/matching/score"
)

// Ids of the rows of a province, as long as real ones and in the order of the numbers in a round.
const (
	provinceBranch   = 1<<52 + 1<<40
	provinceScope    = 1<<52 + 2<<40 // above all branches, so that the number of a branch is its own
	provinceHost     = 1<<52 + 3<<40
	provinceActivity = 1<<52 + 4<<40
	provincePosition = 1<<52 + 5<<40
	provinceStudent  = 1<<52 + 6<<40
	provincePairing  = 1<<52 + 7<<40
	provinceSignup   = 1<<52 + 8<<40
)

// province is an invented round in the tables of the program: everything that a freeze has to find out.
type province struct {
	*stage
	in    *score.Instance
	lists score.Lists
}

// plain leaves of an instance what tables can say: a community is paired as a whole, nobody has skills that no position asks
// for, nobody has waited yet, and campuses are numbered as they come up.
func plain(in *score.Instance) {
	asked, paired := uint32(0), map[int32][]int32{}
	for p := range in.Positions {
		at := &in.Positions[p]
		asked |= at.Req | at.Want
		at.Need = min(at.Need, uint8(bits.OnesCount64(at.Slots))) //nolint:gosec // at most 42
		if at.Partner != score.None {
			paired[at.Community] = append(paired[at.Community], at.Partner)
		}
	}
	for c, all := range paired {
		paired[c] = slices.Compact(slices.Sorted(slices.Values(all)))
	}
	for p := range in.Positions {
		at := &in.Positions[p]
		if all := paired[at.Community]; len(all) > 0 {
			at.Partner, at.Partners = all[0], all[1:]
		}
	}
	campuses := map[int32]int32{}
	for s := range in.Students {
		st := &in.Students[s]
		n, ok := campuses[st.Campus]
		if !ok {
			n = int32(len(campuses)) //nolint:gosec // few
			campuses[st.Campus] = n
		}
		st.Skills, st.Waited, st.Campus = st.Skills&asked, 0, n
	}
}

// settle writes everything but the round.
func (p *province) settle(ctx context.Context) error {
	err := errors.Join(p.writeOrgs(ctx), p.writePairings(ctx), p.writePositions(ctx), p.writeStudents(ctx), p.writeServed(ctx))
	if err != nil {
		return err
	}
	if p.db.Name() == database.MySQL {
		return p.db.WithContext(ctx).Exec("ANALYZE TABLE activities, positions, position_needs, orgs, pairings, signups, student_profiles, student_willingness").Error
	}
	return atomic.Do(ctx, p.db, func(tx *gorm.DB) error { return tx.Exec("ANALYZE").Error })
}

// campusOf is a student of each branch that has any.
func (p *province) campusOf() (at map[int32]*score.Student, branches int) {
	at = map[int32]*score.Student{}
	for s := range p.in.Students {
		st := &p.in.Students[s]
		at[st.Branch], branches = st, max(branches, int(st.Branch)+1)
	}
	for i := range p.in.Positions {
		if b := p.in.Positions[i].Partner; b != score.None {
			branches = max(branches, int(slices.Max(append([]int32{b}, p.in.Positions[i].Partners...)))+1)
		}
	}
	return at, branches
}

func (p *province) writeOrgs(ctx context.Context) error {
	now := clock.System()
	at, branches := p.campusOf()
	hosts := int(p.in.Positions[len(p.in.Positions)-1].Community) + 1
	columns := []string{"id", "kind", "side", "parent_id", "path", "name", "region_code", "lat_e6", "lng_e6", "status", "version", "created_at", "updated_at"}
	policy := model.Policy{YearStarts: "09-01"}
	for i := range score.Categories {
		policy.Categories = append(policy.Categories, model.Item{Code: kindOfWork(int8(i)), Name: "类别"})
	}
	raw, err := json.Marshal(policy)
	return errors.Join(err,
		bulk(ctx, p.db, "orgs", columns, 1, func(int) []any {
			return []any{provinceScope, model.OrgUniversityCommittee, "CAMPUS", 0, fmt.Sprintf("/%d/", provinceScope), "大学团委", "", nil, nil, "ACTIVE", 1, now, now}
		}),
		bulk(ctx, p.db, "orgs", columns, branches, func(i int) []any {
			id := provinceBranch + i
			var lat, lng any
			if s, ok := at[int32(i)]; ok { //nolint:gosec // few
				lat, lng = s.LatE6, s.LonE6
			}
			return []any{id, model.OrgLeagueBranch, "CAMPUS", provinceScope, fmt.Sprintf("/%d/%d/", provinceScope, id), fmt.Sprintf("%d班团支部", i), "", lat, lng, "ACTIVE", 1, now, now}
		}),
		bulk(ctx, p.db, "orgs", columns, hosts, func(i int) []any {
			return []any{provinceHost + i, model.OrgCommunity, "LOCAL", 0, fmt.Sprintf("/%d/", provinceHost+i), fmt.Sprintf("第%d社区", i), "370102001002", nil, nil, "ACTIVE", 1, now, now}
		}),
		bulk(ctx, p.db, "programmes", []string{"id", "code", "name", "owner_org_id", "status", "policy_version", "version", "created_at", "updated_at"}, 1, func(int) []any {
			return []any{1, "BENCH", "计划", provinceScope, "ACTIVE", 1, 1, now, now}
		}),
		bulk(ctx, p.db, "programme_policies", []string{"programme_id", "version", "policy", "created_by", "created_at"}, 1, func(int) []any {
			return []any{1, 1, string(raw), 1, now}
		}),
	)
}

func kindOfWork(c int8) string {
	if c < 0 {
		return ""
	}
	return "C" + strconv.Itoa(int(c))
}

func (p *province) writePairings(ctx context.Context) error {
	now := clock.System()
	type pair struct{ branch, host int32 }
	var all []pair
	for i := range p.in.Positions {
		at := &p.in.Positions[i]
		if at.Partner == score.None || len(all) > 0 && all[len(all)-1].host == at.Community {
			continue // a community's positions lie together
		}
		for _, b := range append([]int32{at.Partner}, at.Partners...) {
			all = append(all, pair{b, at.Community})
		}
	}
	columns := []string{"id", "programme_id", "campus_org_id", "local_org_id", "live_programme_id", "level", "origin", "status", "note", "proposed_by", "answer_due_at", "reason", "version", "created_at", "updated_at"}
	return bulk(ctx, p.db, "pairings", columns, len(all), func(i int) []any {
		return []any{provincePairing + i, 1, provinceBranch + int(all[i].branch), provinceHost + int(all[i].host), 1, model.PairingCommunityBranch, model.OriginSelf, model.PairingActive, "", 1, now, "", 1, now, now}
	})
}

func (p *province) writePositions(ctx context.Context) error {
	now, all := clock.System(), p.in.Positions
	start := now.AddDate(0, 3, 0)
	return errors.Join(
		bulk(ctx, p.db, "activities", []string{
			"id", "programme_id", "org_id", "campus_org_id", "host_org_id", "title", "summary", "field", "category", "carriers", "mode", "placement_mode", "signup_mode",
			"signup_opens_at", "signup_closes_at", "cancel_until", "min_turnout", "counts_as_volunteer", "insurance_required", "training_required", "minors_contact",
			"risk_note", "host_contact_id", "status", "starts_at", "ends_at", "listed_at", "lat_e6", "lng_e6", "region_code", "published_at", "created_by", "version", "created_at", "updated_at",
		}, len(all), func(i int) []any {
			host := provinceHost + int(all[i].Community)
			return []any{
				provinceActivity + i, 1, host, 0, host, fmt.Sprintf("社区课堂第%d班", i), "", "", kindOfWork(all[i].Category), "[]", "ONSITE", "DAILY", model.SignupMatched,
				now, start, start, 0, true, false, false, false, "", 1, "PUBLISHED", start, start.Add(2 * time.Hour), start, all[i].LatE6, all[i].LonE6, "370102001002", now, 1, 1, now, now,
			}
		}),
		bulk(ctx, p.db, "positions", []string{"id", "activity_id", "title", "description", "capacity", "taken", "version", "created_at", "updated_at"}, len(all), func(i int) []any {
			return []any{provincePosition + i, provinceActivity + i, "志愿者", "", all[i].Cap, 0, 1, now, now}
		}),
		bulk(ctx, p.db, "position_needs", []string{"position_id", "slots", "need", "req", "want", "urgency", "min_team", "version", "updated_by", "created_at", "updated_at"}, len(all), func(i int) []any {
			at := &all[i]
			return []any{provincePosition + i, at.Slots, at.Need, at.Req, at.Want, at.Urgency, at.Min, 1, 1, now, now}
		}),
	)
}

// writeStudents writes people whose names nobody can read.
func (p *province) writeStudents(ctx context.Context) error {
	now, all, nobody := clock.System(), p.in.Students, []byte{0}
	return errors.Join(
		bulk(ctx, p.db, "student_profiles", []string{
			"id", "person_id", "university_id", "student_no_enc", "student_no_idx", "name_enc", "name_idx", "branch_id", "major", "grade", "tags", "home_region", "version", "created_at", "updated_at",
		}, len(all), func(i int) []any {
			id := provinceStudent + i
			return []any{id, id, provinceScope, nobody, binary.BigEndian.AppendUint64(nil, uint64(id)), nobody, nobody, provinceBranch + int(all[i].Branch), "", "2025", "[]", "", 1, now, now} //nolint:gosec // positive
		}),
		bulk(ctx, p.db, "student_willingness", []string{"student_id", "programme_id", "willing", "slots", "skills", "interest1", "interest2", "interest3", "max_dist_m", "version", "created_at", "updated_at"}, len(all), func(i int) []any {
			s := &all[i]
			return []any{provinceStudent + i, 1, true, s.Slots, s.Skills, kindOfWork(s.Interests[0]), kindOfWork(s.Interests[1]), kindOfWork(s.Interests[2]), s.MaxDist, 1, now, now}
		}),
	)
}

// writeServed writes where students have completed a place before.
func (p *province) writeServed(ctx context.Context) error {
	now := clock.System()
	first := map[int32]int{} // position of each community
	for i := range p.in.Positions {
		if c := p.in.Positions[i].Community; i == 0 || p.in.Positions[i-1].Community != c {
			first[c] = i
		}
	}
	var served []int
	for s := range p.in.Students {
		if p.in.Students[s].Served != score.None {
			served = append(served, s)
		}
	}
	columns := []string{"id", "student_id", "activity_id", "position_id", "status", "note", "reason", "version", "created_at", "updated_at", "paired", "leave_reason"}
	return bulk(ctx, p.db, "signups", columns, len(served), func(i int) []any {
		at := first[p.in.Students[served[i]].Served]
		return []any{provinceSignup + i, provinceStudent + served[i], provinceActivity + at, provincePosition + at, model.SignupCompleted, "", "", 1, now, now, false, ""}
	})
}

// wish hands everybody's list in for a round.
func (p *province) wish(ctx context.Context, round int64) error {
	now := clock.System()
	var line []byte
	return bulk(ctx, p.db, "match_wishes", []string{"round_id", "student_id", "positions", "listed", "open", "version", "created_at", "updated_at"}, len(p.in.Students), func(s int) []any {
		line = append(line[:0], '[')
		wishes := p.lists.Of(s)
		for i, w := range wishes {
			if i > 0 {
				line = append(line, ',')
			}
			line = strconv.AppendInt(line, provincePosition+int64(w.Position()), 10)
		}
		return []any{round, provinceStudent + s, string(append(line, ']')), len(wishes), false, 1, now, now}
	})
}

// overdue ends the time of a round.
func (p *province) overdue(ctx context.Context, round int64) error {
	past := clock.System().Add(-time.Minute)
	return atomic.Do(ctx, p.db, func(tx *gorm.DB) error {
		return tx.Model(&model.MatchRound{}).Where("id = ?", round).UpdateColumns(map[string]any{"wishes_from": past.Add(-time.Hour), "wishes_until": past}).Error
	})
}
