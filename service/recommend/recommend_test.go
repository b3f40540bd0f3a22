package recommend_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/recommend"
	"baodao/service/survey"
)

// crowd is a dozen students of all sorts.
func (h *house) crowd(hosts []model.Org) []access.Actor {
	h.TB.Helper()
	stranger := h.Org(h.Department, model.OrgLeagueBranch, "壬班团支部")
	all := make([]access.Actor, 12)
	for i := range all {
		all[i] = h.Student(fmt.Sprint("学生", i), any1(h, h.Branch, stranger))
		if i == 0 {
			continue // has said nothing
		}
		h.willing(all[i], func(w *model.Willingness) {
			w.Slots = int64(h.rand.Uint64() & (1<<42 - 1))
			w.Skills, w.MaxDistM = int64(h.rand.IntN(8)), int64(1000+h.rand.IntN(15_000))
			w.Interest1, w.Interest2 = any1(h, "CULTURE", "GOVERNANCE", ""), any1(h, "CULTURE", "")
		})
		if i%3 == 0 {
			h.Insert(&model.MatchBlock{StudentID: all[i].StudentID, OrgID: any1(h, hosts...).ID, Side: any1(h, model.BlockByHost, model.BlockByStudent), ReasonEnc: []byte{}, CreatedAt: h.Clock.Now()})
		}
	}
	return all
}

// busy signs students up for some of the activities, so that they are not shown them, nor what happens at the same time.
func (h *house) busy(who access.Actor) {
	h.TB.Helper()
	var p model.Position
	if err := h.DB.Joins("JOIN activities a ON a.id = positions.activity_id").Order("positions.id").Offset(h.rand.IntN(40)).First(&p).Error; err != nil { //nolint:forbidigo // any of them
		h.TB.Fatal(err)
	}
	now := h.Clock.Now()
	h.Insert(&model.Signup{ID: h.NewID(), LiveActivityID: &p.ActivityID, StudentID: who.StudentID, ActivityID: p.ActivityID, PositionID: p.ID, Status: any1(h, model.SignupConfirmed, model.SignupCompleted), Version: 1, CreatedAt: now, UpdatedAt: now})
}

// ended is a round of the programme that is over.
func (h *house) ended() {
	h.TB.Helper()
	now := h.Clock.Now()
	r := model.MatchRound{
		ID: h.NewID(), Kind: model.RoundPositions, ProgrammeID: h.Programme.ID, ScopeOrgID: h.University.ID, ScopePath: h.University.Path, Name: "一", Number: h.NewID(), Season: model.SeasonTerm,
		Rule: "points-v2", K: 20, RadiusM: 9000, WishesFrom: now, WishesUntil: now, SecretCommit: []byte{}, Secret: []byte{}, Status: model.RoundPublished, Students: 1000, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	h.Insert(&r)
	var positions []model.Position
	if err := h.DB.Order("id").Find(&positions).Error; err != nil {
		h.TB.Fatal(err)
	}
	for i, p := range positions {
		if i%3 != 0 {
			h.Insert(&model.RoundInput{RoundID: r.ID, Side: model.SideGiving, Seq: int64(i), RefID: p.ID, Line: []byte{}, Cutoff: int64(h.rand.IntN(3)) * int64(12+h.rand.IntN(20)) << 24, Kept: int64(h.rand.IntN(2)) * int64(10+h.rand.IntN(20)) << 24, Closed: i%7 == 0})
		}
	}
}

// TestThePictureSaysWhatTheDatabaseSays asks a replica with a picture and one without the same questions.
func TestThePictureSaysWhatTheDatabaseSays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hosts := []model.Org{h.Community, h.Org(h.Town, model.OrgCommunity, "己社区"), h.Org(h.County, model.OrgTownYouthCommittee, "庚镇青工委")}
	h.town(220, hosts)
	people := h.crowd(hosts)
	for _, who := range people[2:6] {
		h.busy(who)
	}
	h.ended()
	warm, cold, shown := h.s, h.replica(), 0
	h.tick(warm)
	for i := range 96 {
		if i%20 == 19 {
			h.Clock.Add(time.Hour)
			h.tick(warm)
		}
		ask := recommend.Ask{Mixed: i%4 == 3, Category: any1(h, "", "", "CULTURE"), WithinM: any1(h, int64(0), 0, 5000), Blocks: any1(h, survey.Week(0), 0, 0b111<<12)}
		req := page.Request{Limit: any1(h, 1, 7, 50)}
		for pages := 0; pages < 4; pages++ {
			who := people[i%len(people)]
			want, got := h.ask(cold, who, ask, req), h.ask(warm, who, ask, req)
			if diff := cmp.Diff(want.Next, got.Next) + cmp.Diff(ids(want), ids(got)); diff != "" {
				t.Fatalf("student %d, %+v: %s", i%len(people), ask, diff)
			}
			for k := range got.Items {
				got.Items[k].Entry = want.Items[k].Entry // each has numbers of its own
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("student %d, %+v: %s", i%len(people), ask, diff)
			}
			shown += len(got.Items)
			if req.Cursor = got.Next; req.Cursor == "" {
				break
			}
		}
	}
	if shown < 500 {
		t.Fatalf("only %d recommendations were compared", shown)
	}
}
