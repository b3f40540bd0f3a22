package recommend_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/recommend"
)

// list is what a list for a round would be filled with, from the picture and from the database, which must be the same.
func (h *house) list(who access.Actor, r *model.MatchRound, limit int, except ...int64) []int64 {
	h.TB.Helper()
	slow := h.replica()
	h.tick(h.s)
	var got [2][]int64
	for i, s := range []*recommend.Service{h.s, slow} {
		var err error
		if got[i], err = s.ForRound(h.TB.Context(), who, r, except, limit); err != nil {
			h.TB.Fatal(err)
		}
	}
	if !slices.Equal(got[0], got[1]) {
		h.TB.Errorf("from the picture %v, from the database %v", got[0], got[1])
	}
	return got[0]
}

// A list for a round is filled from the same picture that everybody is shown, with what rounds give and as far as this one
// reaches.
func TestAListForARound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := h.Student("甲", h.Branch)
	h.willing(me, func(w *model.Willingness) { w.Interest1 = "CULTURE" })
	at := func(metres int64, change func(*model.Activity, *model.Session)) int64 {
		_, _, p := h.Activity(h.project, 3, func(a *model.Activity, s *model.Session) {
			lat, lng := campusLat+metres*9, int64(campusLng)
			a.LatE6, a.LngE6, s.LatE6, s.LngE6, a.SignupMode = &lat, &lng, &lat, &lng, model.SignupMatched
			if change != nil {
				change(a, s)
			}
		})
		return p.ID
	}
	plain, liked, far := at(1000, nil), at(2000, func(a *model.Activity, _ *model.Session) { a.Category = "CULTURE" }), at(6000, nil)
	at(100, func(a *model.Activity, _ *model.Session) { a.SignupMode = model.SignupFirstCome })
	at(100, func(a *model.Activity, _ *model.Session) { a.Audience = &model.Audience{Grades: []string{"1999"}} })
	full := at(100, nil)
	h.write("UPDATE positions SET taken = capacity WHERE id = ?", full)
	r := &model.MatchRound{ID: 1, ProgrammeID: h.Programme.ID, ScopePath: h.University.Path, Season: model.SeasonTerm, RadiusM: 5000}
	if got := h.list(me, r, 10); !slices.Equal(got, []int64{liked, plain}) {
		t.Errorf("%v, want %v", got, []int64{liked, plain})
	}
	r.RadiusM = 7000
	if got := h.list(me, r, 10); !slices.Equal(got, []int64{liked, plain, far}) {
		t.Errorf("%v, want %v: a round reaches as far as it says", got, []int64{liked, plain, far})
	}
	if got := h.list(me, r, 1); !slices.Equal(got, []int64{liked}) {
		t.Errorf("%v, want one", got)
	}
	if got := h.list(me, r, 2, liked, 99); !slices.Equal(got, []int64{plain, far}) {
		t.Errorf("%v, want %v: what is known takes no other's place", got, []int64{plain, far})
	}
	h.Insert(&model.MatchBlock{StudentID: me.StudentID, OrgID: h.Community.ID, Side: model.BlockByHost, ReasonEnc: []byte{}, CreatedAt: h.Clock.Now()})
	if got := h.list(me, r, 10); len(got) != 0 {
		t.Errorf("%v of a host that keeps the student away", got)
	}
	h.write("UPDATE orgs SET lat_e6 = NULL, lng_e6 = NULL")
	if got := h.list(me, r, 10); len(got) != 0 {
		t.Errorf("%v for who stands nowhere", got)
	}
}

// In a town of all sorts the list is what rounds give among what is recommended mixed.
func TestAListForARoundInATown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.town(60, []model.Org{h.Community})
	r := &model.MatchRound{ID: 1, ProgrammeID: h.Programme.ID, ScopePath: h.University.Path, Season: model.SeasonTerm, RadiusM: 8000}
	some := 0
	for i := range 5 {
		me := h.Student(fmt.Sprint("学生", i), h.Branch)
		h.willing(me, func(w *model.Willingness) { w.Slots = int64(h.rand.Uint64() & (1<<42 - 1)) })
		got := h.list(me, r, 20)
		some += len(got)
		var rows []model.Activity
		err := h.DB.Table("activities AS a").Select("a.*").Joins("JOIN positions AS p ON p.activity_id = a.id").Where("p.id IN ?", got).Find(&rows).Error
		if err != nil || len(rows) != len(got) {
			t.Fatal(len(rows), err)
		}
		for _, a := range rows {
			if a.SignupMode != model.SignupMatched || a.Status != model.ActivityPublished || !a.StartsAt.After(h.Clock.Now().Add(-time.Second)) {
				t.Errorf("%+v", a)
			}
		}
	}
	if some == 0 {
		t.Error("nothing was found: the test proves nothing")
	}
}
