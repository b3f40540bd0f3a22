package stats_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/page"
	"baodao/service/stats"
)

// random is a world filled at random, kept in memory beside the database.
type random struct {
	*testkit.World
	r        *rand.Rand
	orgs     []model.Org
	members  []model.Membership
	entries  []model.HoursEntry
	pairings []model.Pairing
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func (w *random) day() model.Date {
	first := time.Date(2025, 8, 25, 0, 0, 0, 0, time.UTC)
	return model.Date(first.AddDate(0, 0, w.r.IntN(430)).Format(time.DateOnly))
}

func (w *random) moment() time.Time {
	return w.Clock.Now().Add(-time.Duration(w.r.IntN(120*24*3600*1000)) * time.Millisecond)
}

func (w *random) dayOrNone() *model.Date {
	if w.r.IntN(2) == 0 {
		return nil
	}
	d := w.day()
	return &d
}

func newRandom(t *testing.T, seed uint64) *random {
	t.Helper()
	w := &random{World: testkit.NewWorld(t), r: rand.New(rand.NewPCG(seed, 7))}
	w.orgs = []model.Org{w.University, w.Department, w.Branch}
	for range 3 {
		dep := w.add(w.University, model.OrgDepartmentCommittee)
		above := dep
		if w.r.IntN(2) == 0 {
			above = w.add(dep, model.OrgGeneralBranch)
		}
		for range 1 + w.r.IntN(4) {
			w.add(pick(w.r, dep, above), model.OrgLeagueBranch)
		}
		w.add(dep, model.OrgStudentClub)
	}
	w.fill()
	return w
}

func (w *random) add(parent model.Org, kind model.OrgKind) model.Org {
	o := model.Org{
		ID: w.NewID(), Kind: kind, Side: kind.Side(), ParentID: parent.ID, Name: fmt.Sprint(kind, len(w.orgs)), Version: 1, CreatedAt: w.moment(),
		Status: pick(w.r, model.OrgActive, model.OrgActive, model.OrgActive, model.OrgSuspended, model.OrgDissolved),
	}
	o.Path = fmt.Sprintf("%s%d/", parent.Path, o.ID)
	w.Insert(&o)
	w.orgs = append(w.orgs, o)
	return o
}

func (w *random) fill() {
	other := w.AddProgramme("P2", w.University)
	var rows []any
	for range 60 {
		student := w.NewID()
		for range 1 + w.r.IntN(3) {
			w.members = append(w.members, model.Membership{ID: w.NewID(), StudentID: student, OrgID: pick(w.r, w.orgs...).ID, FromOn: w.day(), ToOn: w.dayOrNone()})
		}
		for range w.r.IntN(4) {
			at := pick(w.r, w.orgs...)
			e := model.HoursEntry{
				ID: w.NewID(), StudentID: student, Minutes: int64(1 + w.r.IntN(200)), Class: pick(w.r, model.ClassVolunteer, model.ClassPractice), ClaimID: w.NewID(),
				ProgrammeID: pick(w.r, w.Programme.ID, w.Programme.ID, other.ID), ServedOn: w.day(), BranchID: at.ID,
				BranchPath: pick(w.r, at.Path, at.Path, pick(w.r, w.orgs...).Path), PostedAt: w.moment(), // sometimes the branch has moved since
			}
			w.entries = append(w.entries, e)
			if w.r.IntN(3) == 0 {
				e.Reversal, e.ID, e.Minutes, e.PostedAt = e.ID, w.NewID(), -e.Minutes, e.PostedAt.Add(time.Duration(w.r.IntN(72))*time.Hour)
				w.entries = append(w.entries, e)
			}
		}
	}
	for range 25 {
		from := w.day()
		w.pairings = append(w.pairings, model.Pairing{
			ID: w.NewID(), ProgrammeID: pick(w.r, w.Programme.ID, other.ID), CampusOrgID: pick(w.r, w.orgs...).ID, LocalOrgID: w.Community.ID, FromOn: &from, ToOn: w.dayOrNone(),
			Status: pick(w.r, model.PairingActive, model.PairingActive, model.PairingEnded, model.PairingDormant, model.PairingProposed), AnswerDueAt: w.Clock.Now(),
		})
	}
	for i := range w.members {
		rows = append(rows, &w.members[i])
	}
	for i := range w.entries {
		rows = append(rows, &w.entries[i])
	}
	for i := range w.pairings {
		if w.pairings[i].Status == model.PairingEnded && w.pairings[i].ToOn == nil {
			w.pairings[i].ToOn = w.pairings[i].FromOn
		}
		rows = append(rows, &w.pairings[i])
	}
	w.Insert(rows...)
}

// recounted is what Indicators must say, counted row by row.
type recounted struct {
	students, studentsIn, branches, branchesIn, branchesPaired, volunteer, practice int64
}

func (w *random) recount(top model.Org, asOf time.Time, day, from, to model.Date) (out recounted) {
	below := func(path string) bool { return strings.HasPrefix(path, top.Path) }
	counts := func(e model.HoursEntry) bool {
		return e.ProgrammeID == w.Programme.ID && e.ServedOn >= from && e.ServedOn < to && !e.PostedAt.After(asOf)
	}
	in := func(from model.Date, to *model.Date) bool { return from <= day && (to == nil || *to > day) }
	byID := map[int64]model.Org{}
	for _, o := range w.orgs {
		byID[o.ID] = o
	}
	total, ofBranch := map[int64]int64{}, map[[2]int64]int64{}
	for _, e := range w.entries {
		if !counts(e) {
			continue
		}
		total[e.StudentID] += e.Minutes
		ofBranch[[2]int64{e.BranchID, e.StudentID}] += e.Minutes
		if below(e.BranchPath) && e.Class == model.ClassVolunteer {
			out.volunteer += e.Minutes
		} else if below(e.BranchPath) {
			out.practice += e.Minutes
		}
	}
	seen := map[int64]bool{}
	for _, m := range w.members {
		o := byID[m.OrgID]
		if seen[m.StudentID] || !below(o.Path) || !in(m.FromOn, m.ToOn) || (o.Kind != model.OrgLeagueBranch && o.Kind != model.OrgGeneralBranch) {
			continue
		}
		seen[m.StudentID] = true
		out.students++
		if total[m.StudentID] > 0 {
			out.studentsIn++
		}
	}
	for _, o := range w.orgs {
		if !below(o.Path) || o.Kind != model.OrgLeagueBranch || o.Status != model.OrgActive || o.CreatedAt.After(asOf) {
			continue
		}
		out.branches++
		for key, minutes := range ofBranch {
			if key[0] == o.ID && minutes > 0 {
				out.branchesIn++
				break
			}
		}
		for _, p := range w.pairings {
			force := p.Status == model.PairingActive || p.Status == model.PairingEnded
			if p.CampusOrgID == o.ID && p.ProgrammeID == w.Programme.ID && force && in(*p.FromOn, p.ToOn) {
				out.branchesPaired++
				break
			}
		}
	}
	return out
}

func of(t *testing.T, r stats.Report) recounted {
	t.Helper()
	f := figures(t, r)
	s, b, p := f[stats.StudentParticipation], f[stats.BranchParticipation], f[stats.BranchPairing]
	if b.Denominator != p.Denominator {
		t.Errorf("%d branches and %d branches", b.Denominator, p.Denominator)
	}
	return recounted{s.Denominator, s.Numerator, b.Denominator, b.Numerator, p.Numerator, r.VolunteerMinutes, r.PracticeMinutes}
}

// TestFiguresAreWhatCountingGives: in random worlds, SQL and a row-by-row count in Go agree on every figure, for every
// organisation, asked alone or as a child, now and in the past.
func TestFiguresAreWhatCountingGives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("world ", seed), func(t *testing.T) {
			t.Parallel()
			w := newRandom(t, seed)
			boss, s := officer(w.World, w.City), service(w.World)
			for _, asOf := range []time.Time{w.Clock.Now(), w.moment(), w.Clock.Now().AddDate(0, -2, 0)} {
				day := model.Date(asOf.In(time.FixedZone("", 8*3600)).Format(time.DateOnly))
				from, to := model.Date("2026-09-01"), model.Date("2027-09-01")
				if day < from {
					from, to = "2025-09-01", from
				}
				var below []stats.Report
				for _, o := range w.orgs {
					alone, err := s.Indicators(t.Context(), boss, o.ID, w.Programme.ID, &asOf)
					if err != nil {
						t.Fatal(err)
					}
					below = append(below, alone)
					for req := (page.Request{Limit: 2}); ; {
						children, err := s.Children(t.Context(), boss, o.ID, w.Programme.ID, &asOf, req)
						if err != nil {
							t.Fatal(err)
						}
						below = append(below, children.Items...)
						if req.Cursor = children.Next; req.Cursor == "" {
							break
						}
					}
				}
				if len(below) != 2*len(w.orgs)-1 { // every organisation alone, and all but the top as a child
					t.Errorf("%d reports of %d organisations", len(below), len(w.orgs))
				}
				for _, r := range below {
					if got, want := of(t, r), w.recount(r.Org, asOf, day, from, to); got != want {
						t.Errorf("%s as of %s: got %+v, want %+v", r.Org.Name, asOf, got, want)
					}
				}
			}
		})
	}
}
