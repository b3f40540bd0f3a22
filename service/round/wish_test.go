package round_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/matching/explain"
	"baodao/service/round"
	"baodao/service/survey"
)

// always is every block of the week.
const always = survey.Week(1<<42 - 1)

// willing adds a student of a branch who says so, with skills of the policy.
func (f *fair) willing(branch model.Org, skills ...string) access.Actor {
	f.TB.Helper()
	st := f.Student("愿意", branch)
	_, err := f.s.Survey.OfferWillingness(f.TB.Context(), st, f.Programme.ID, 0, survey.Offer{Willing: true, Slots: always, Skills: skills, Interests: []string{"CULTURE"}, MaxDistM: 5000})
	if err != nil {
		f.TB.Fatal(err)
	}
	return st
}

// newOpen is a fair with a round that takes lists now; the university stands a kilometre from the activities.
func newOpen(t *testing.T) (*fair, model.MatchRound) {
	t.Helper()
	f := newFair(t, 5)
	f.put("orgs", f.University.ID, map[string]any{"lat_e6": 36_659_000, "lng_e6": 117_120_000})
	r := f.out(model.RoundOpen)
	r.WishesUntil = f.Clock.Now().Add(24 * time.Hour)
	f.put("match_rounds", r.ID, map[string]any{"wishes_until": r.WishesUntil})
	return f, r
}

// wishes are the ids of a list.
func wishes(w round.Wishes) string {
	var b strings.Builder
	for _, x := range w.Wishes {
		fmt.Fprintf(&b, "%d ", x.PositionID)
	}
	return strings.TrimSpace(b.String())
}

func ids(all ...model.Position) (list []int64) {
	for _, p := range all {
		list = append(list, p.ID)
	}
	return list
}

func TestAListIsMadeAndRead(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	me := f.willing(f.Branch)
	_, _, other := f.matched(3, func(a *model.Activity, _ *model.Session) { a.Category = "CULTURE" })
	got, err := f.s.MyWishes(t.Context(), me, r.ID)
	if err != nil || got.Version != 0 || len(got.Wishes) != 0 || !got.Lead || got.UpdatedAt != nil {
		t.Fatalf("%+v %v", got, err)
	}
	got, err = f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Positions: ids(other, f.position), Open: true})
	if err != nil || got.Version != 1 || !got.Open || wishes(got) != fmt.Sprint(other.ID, f.position.ID) || got.UpdatedAt == nil {
		t.Fatalf("%+v %v", got, err)
	}
	w := got.Wishes[0]
	if w.Gone || w.UnfitZH != "" || w.Known || w.Metres < 990 || w.Metres > 1010 || w.Parts.Interest != 1500 || w.Overlap != 2 || w.ActivityTitle != "社区清洁日" || w.HostName != "戊社区" {
		t.Errorf("%+v", w)
	}
	is(t, second(f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{})), fault.ErrStale)
	is(t, second(f.s.PutWishes(t.Context(), me, r.ID, 7, round.List{})), fault.ErrStale)
	got, err = f.s.PutWishes(t.Context(), me, r.ID, 1, round.List{Positions: ids(f.position)})
	if err != nil || got.Version != 2 || got.Open || wishes(got) != fmt.Sprint(f.position.ID) {
		t.Fatalf("%+v %v", got, err)
	}
	f.put("activities", f.activity.ID, map[string]any{"status": model.ActivityCancelled})
	got, err = f.s.MyWishes(t.Context(), me, r.ID)
	if err != nil || len(got.Wishes) != 1 || !got.Wishes[0].Gone {
		t.Errorf("%+v %v", got, err)
	}
	got, err = f.s.PutWishes(t.Context(), me, r.ID, 2, round.List{})
	if err != nil || len(got.Wishes) != 0 || got.Version != 3 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestWhatCannotBeOnAListIsNamed(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	me := f.willing(f.Branch, "LAW")
	at := func(change func(*model.Activity, *model.Session)) model.Position {
		_, _, p := f.matched(2, change)
		return p
	}
	far := at(func(a *model.Activity, s *model.Session) {
		lat := int64(36_750_000)
		a.LatE6, s.LatE6 = &lat, &lat
	})
	farther := at(func(a *model.Activity, s *model.Session) {
		lat := int64(36_850_000)
		a.LatE6, s.LatE6 = &lat, &lat
	})
	full := at(nil)
	f.put("positions", full.ID, map[string]any{"taken": 2})
	begun := at(func(a *model.Activity, _ *model.Session) { a.StartsAt = f.Clock.Now() })
	direct := at(func(a *model.Activity, _ *model.Session) { a.SignupMode = model.SignupFirstCome })
	draft := at(func(a *model.Activity, _ *model.Session) { a.Status, a.PublishedAt = model.ActivityDraft, nil })
	graded := at(func(a *model.Activity, _ *model.Session) { a.Audience = &model.Audience{Grades: []string{"1999"}} })
	skilled := at(nil)
	f.Insert(&model.PositionNeeds{PositionID: skilled.ID, Req: 0b1101, Version: 1, CreatedAt: f.Clock.Now(), UpdatedAt: f.Clock.Now()})
	apart := f.project
	apart.LocalOrgID = f.Org(f.Town, model.OrgCommunity, "寅社区").ID
	_, _, blocked := f.Activity(apart, 2, func(a *model.Activity, _ *model.Session) { a.SignupMode = model.SignupMatched })
	f.Insert(&model.MatchBlock{StudentID: me.StudentID, OrgID: apart.LocalOrgID, Side: model.BlockByHost, ReasonEnc: []byte{}, CreatedAt: f.Clock.Now()})
	list := ids(f.position, far, farther, full, begun, direct, draft, graded, skilled, blocked, f.position)
	_, err := f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Positions: append(list, 99)})
	why, _ := errors.AsType[*fault.Fault](err)
	if why == nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, field := range why.Fields {
		told[field.Pointer] = field.Code + " " + field.ZH
		if field.EN == "" {
			t.Error(field)
		}
	}
	for pointer, want := range map[string]string{
		"/positions/1": "not_eligible 距离 10119 米，超出您的上限 5000 米；距离 10119 米，超出本轮范围 10000 米", "/positions/3": "not_found", "/positions/4": "not_found",
		"/positions/2": "not_eligible", "/positions/5": "not_found", "/positions/6": "not_found", "/positions/7": "not_eligible 不在这个岗位的安排范围内",
		"/positions/8": "not_eligible 缺少必备技能课业辅导、急救", "/positions/9": "not_eligible 不在这个岗位的安排范围内", "/positions/10": "unique_items", "/positions/11": "not_found",
	} {
		if !strings.HasPrefix(told[pointer], want) {
			t.Errorf("%s: %q, want %q", pointer, told[pointer], want)
		}
		delete(told, pointer)
	}
	if len(told) > 0 {
		t.Error("told too much:", told)
	}
	many := make([]int64, 51)
	for i := range many {
		many[i] = int64(i)
	}
	is(t, second(f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Positions: many})), fault.ErrInvalid)
}

func TestWhoMakesAListAndWhen(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	me := f.willing(f.Branch)
	put := func(by access.Actor, id int64) error {
		return second(f.s.PutWishes(t.Context(), by, id, 0, round.List{Positions: ids(f.position)}))
	}
	is(t, put(f.clerk, r.ID), access.ErrDenied)
	is(t, put(me, 99), fault.ErrNotFound)
	draft := f.out(model.RoundDraft)
	f.put("match_rounds", draft.ID, map[string]any{"opened_at": nil})
	is(t, put(me, draft.ID), fault.ErrNotFound)
	is(t, put(me, f.round.ID), round.ErrWishesOver)
	elsewhere := f.Org(f.Org(f.City, model.OrgUniversityCommittee, "别校"), model.OrgLeagueBranch, "别班")
	is(t, put(f.willing(elsewhere), r.ID), round.ErrOutOfScope)
	is(t, put(f.Student("没填", f.Branch), r.ID), round.ErrNotWilling)
	f.put("match_rounds", r.ID, map[string]any{"season": model.SeasonVacation})
	is(t, put(me, r.ID), round.ErrNowhere)
	f.put("match_rounds", r.ID, map[string]any{"season": model.SeasonTerm, "wishes_from": f.Clock.Now().Add(time.Minute)})
	err := put(me, r.ID)
	is(t, err, round.ErrWishesEarly)
	if why, _ := errors.AsType[*fault.Fault](err); !strings.Contains(why.ZH, "10月12日 09:01") {
		t.Error(why.ZH)
	}
	f.Clock.Add(time.Minute)
	is(t, put(me, r.ID), nil)
	f.Clock.Set(r.WishesUntil)
	is(t, second(f.s.PutWishes(t.Context(), me, r.ID, 1, round.List{})), round.ErrWishesOver)
	if got, err := f.s.MyWishes(t.Context(), me, r.ID); err != nil || got.Version != 1 {
		t.Errorf("%+v %v", got, err)
	}
	_, err = f.s.Survey.OfferWillingness(t.Context(), me, f.Programme.ID, 1, survey.Offer{Slots: always, MaxDistM: 5000})
	if err != nil {
		t.Fatal(err)
	}
	f.Clock.Set(r.WishesUntil.Add(-time.Minute))
	is(t, second(f.s.PutWishes(t.Context(), me, r.ID, 1, round.List{})), round.ErrNotWilling)
}

// The last round of the same kind says how likely a wish is.
func TestChancesComeFromTheLastRound(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	me := f.willing(f.Branch)
	_, _, free := f.matched(3, nil)
	_, _, closed := f.matched(3, nil)
	_, _, unknown := f.matched(3, nil)
	f.put("match_rounds", f.round.ID, map[string]any{"students": 100})
	for i, p := range []model.Position{f.position, free, closed} {
		f.Insert(&model.RoundInput{RoundID: f.round.ID, Side: model.SideGiving, Seq: int64(i), RefID: p.ID, Line: []byte{1}, Cutoff: []int64{200 << 24, 0, 0}[i], Closed: i == 2})
	}
	got, err := f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Positions: ids(f.position, free, closed, unknown)})
	if err != nil || got.Safe != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	for i, want := range []struct {
		known  bool
		chance int32
		class  explain.Class
	}{{true, 0, explain.Reach}, {true, 1000, explain.Safe}, {true, 0, explain.Reach}, {false, 0, explain.Reach}} {
		if w := got.Wishes[i]; w.Known != want.known || w.Chance != want.chance || w.Class != want.class {
			t.Errorf("%d: %+v", i, w)
		}
	}
	f.put("match_rounds", r.ID, map[string]any{"rule": "lottery"})
	if again, err := f.s.MyWishes(t.Context(), me, r.ID); err != nil || again.Safe != 1 || !slices.Equal(again.Wishes, got.Wishes) {
		t.Errorf("by the rule of that round, whatever this one's is: %+v %v", again, err)
	}
	f.put("match_rounds", f.round.ID, map[string]any{"scope_path": f.Department.Path})
	if got, err = f.s.MyWishes(t.Context(), me, r.ID); err != nil || got.Wishes[1].Known {
		t.Errorf("a round for some of them says nothing: %+v %v", got, err)
	}
}

// advice recommends the same to everybody but what is known, and keeps how much was asked for.
type advice struct {
	ids   []int64
	asked []int
}

func (a *advice) ForRound(_ context.Context, _ access.Actor, _ *model.MatchRound, except []int64, limit int) ([]int64, error) {
	a.asked = append(a.asked, limit)
	rest := slices.DeleteFunc(slices.Clone(a.ids), func(id int64) bool { return slices.Contains(except, id) })
	return rest[:min(limit, len(rest))], nil
}

// What is recommended comes from a picture: each is looked at again before it is written.
func TestAListIsFilledWithWhatIsRecommended(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	f.put("match_rounds", r.ID, map[string]any{"k": 6})
	me := f.willing(f.Branch)
	_, _, liked := f.matched(3, func(a *model.Activity, _ *model.Session) { a.Category = "CULTURE" })
	_, _, far := f.matched(3, func(a *model.Activity, s *model.Session) {
		lat := int64(36_750_000)
		a.LatE6, s.LatE6 = &lat, &lat
	})
	_, _, direct := f.Activity(f.project, 3, nil)
	_, _, full := f.matched(3, nil)
	f.put("positions", full.ID, map[string]any{"taken": 3})
	mix := &advice{ids: append(ids(far, liked, direct, full, f.position), 99)}
	f.s.Advice = mix
	got, err := f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Fill: true})
	if err != nil || wishes(got) != fmt.Sprint(liked.ID, f.position.ID) || !slices.Equal(mix.asked, []int{6, 4}) {
		t.Fatalf("%s of %d, %v", wishes(got), mix.asked, err)
	}
	_, _, late := f.matched(3, nil)
	got, err = f.s.PutWishes(t.Context(), me, r.ID, 1, round.List{Positions: ids(late, liked), Fill: true})
	if err != nil || wishes(got) != fmt.Sprint(late.ID, liked.ID, f.position.ID) {
		t.Fatalf("what is listed is not listed again, and takes no other's place: %s %v", wishes(got), err)
	}
	f.put("match_rounds", r.ID, map[string]any{"k": 2})
	got, err = f.s.PutWishes(t.Context(), me, r.ID, 2, round.List{Positions: ids(late, liked), Fill: true})
	if err != nil || wishes(got) != fmt.Sprint(late.ID, liked.ID) {
		t.Fatalf("a list is filled up to what the round shows: %s %v", wishes(got), err)
	}
}

// However much of what is recommended is listed already, or not to be had, the list ends with as many as the round shows.
func TestAFilledListIsFull(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	f.put("match_rounds", r.ID, map[string]any{"k": 8})
	me := f.willing(f.Branch)
	var all []model.Position
	for i := range 20 {
		_, _, p := f.matched(3, nil)
		if i%3 == 0 {
			f.put("positions", p.ID, map[string]any{"taken": 3})
		}
		all = append(all, p)
	}
	mix := &advice{ids: ids(all...)}
	f.s.Advice = mix
	got, err := f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Positions: ids(all[4], all[1]), Fill: true})
	want := fmt.Sprint(all[4].ID, all[1].ID, all[2].ID, all[5].ID, all[7].ID, all[8].ID, all[10].ID, all[11].ID)
	if err != nil || wishes(got) != want {
		t.Fatalf("%s, want %s: %v", wishes(got), want, err)
	}
	mix.ids, mix.asked = ids(all[0], all[3]), nil
	got, err = f.s.PutWishes(t.Context(), me, r.ID, 1, round.List{Positions: ids(all[4]), Fill: true})
	if err != nil || wishes(got) != fmt.Sprint(all[4].ID) || len(mix.asked) != 2 {
		t.Fatalf("%s, asked %v: %v", wishes(got), mix.asked, err)
	}
}

func TestFriendsShareAList(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	s := make([]access.Actor, 6)
	for i := range s {
		s[i] = f.willing(f.Branch)
	}
	made, err := f.s.MakeGroup(t.Context(), s[3], idem.Key{}, r.ID)
	if err != nil || len(made.Code) != 10 || made.Lead != s[3].StudentID || len(made.Members) != 1 {
		t.Fatalf("%+v %v", made, err)
	}
	is(t, second(f.s.MakeGroup(t.Context(), s[3], idem.Key{}, r.ID)), round.ErrGrouped)
	is(t, second(f.s.JoinGroup(t.Context(), s[0], r.ID, "0000000000")), round.ErrGroupCode)
	is(t, second(f.s.JoinGroup(t.Context(), f.Student("没填", f.Branch), r.ID, made.Code)), round.ErrNotWilling)
	typed := strings.ToLower(made.Code[:5]) + "-" + made.Code[5:]
	for range 2 {
		got, err := f.s.JoinGroup(t.Context(), s[0], r.ID, typed)
		if err != nil || len(got.Members) != 2 || got.Members[0].ID != s[3].StudentID || got.Members[1].Name != "愿*" {
			t.Fatalf("%+v %v", got, err)
		}
	}
	errs := testkit.Together(4, func(i int) error {
		return second(f.s.JoinGroup(t.Context(), []access.Actor{s[1], s[2], s[4], s[5]}[i], r.ID, made.Code))
	})
	full := 0
	for _, err := range errs {
		if errors.Is(err, round.ErrGroupFull) {
			full++
		} else if err != nil {
			t.Error(err)
		}
	}
	group, err := f.s.MyGroup(t.Context(), s[3], r.ID)
	if err != nil || full != 2 || len(group.Members) != 4 {
		t.Fatalf("%d were too many, %+v %v", full, group, err)
	}
	is(t, second(f.s.PutWishes(t.Context(), s[0], r.ID, 0, round.List{Positions: ids(f.position)})), round.ErrListOfFriend)
	if got, err := f.s.PutWishes(t.Context(), s[3], r.ID, 0, round.List{Positions: ids(f.position)}); err != nil || got.Wishes[0].UnfitZH != "" {
		t.Fatalf("%+v %v", got, err)
	}
	got, err := f.s.PutWishes(t.Context(), s[0], r.ID, 0, round.List{Open: true})
	if err != nil || got.Lead || !got.Open || wishes(got) != fmt.Sprint(f.position.ID) {
		t.Fatalf("a friend reads the list of who leads: %+v %v", got, err)
	}
	_, err = f.s.Survey.OfferWillingness(t.Context(), s[0], f.Programme.ID, 1, survey.Offer{Willing: true, Slots: always, MaxDistM: 200})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.s.PutWishes(t.Context(), s[3], r.ID, 1, round.List{Positions: ids(f.position)})
	if why, _ := errors.AsType[*fault.Fault](err); why == nil || len(why.Fields) != 1 || !strings.HasPrefix(why.Fields[0].ZH, "同组有人不符合条件") {
		t.Errorf("%+v", err)
	}
}

func TestAGroupEndsWithItsLead(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	a, b, c := f.willing(f.Branch), f.willing(f.Branch), f.willing(f.Branch)
	made, err := f.s.MakeGroup(t.Context(), a, idem.Key{}, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range []access.Actor{b, c} {
		if _, err := f.s.JoinGroup(t.Context(), st, r.ID, made.Code); err != nil {
			t.Fatal(err)
		}
	}
	size := func(st access.Actor) int {
		t.Helper()
		g, err := f.s.MyGroup(t.Context(), st, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(g.Members)
	}
	for range 2 {
		is(t, f.s.LeaveGroup(t.Context(), b, r.ID), nil)
	}
	if size(a) != 2 || size(b) != 0 {
		t.Error(size(a), size(b))
	}
	is(t, f.s.LeaveGroup(t.Context(), a, r.ID), nil)
	if size(a) != 0 || size(c) != 0 {
		t.Error("the group goes on without its lead")
	}
	is(t, second(f.s.JoinGroup(t.Context(), b, r.ID, made.Code)), round.ErrGroupCode)
	if made, err = f.s.MakeGroup(t.Context(), b, idem.Key{}, r.ID); err != nil {
		t.Fatal(err)
	}
	f.Clock.Set(r.WishesUntil)
	is(t, f.s.LeaveGroup(t.Context(), b, r.ID), round.ErrWishesOver)
	is(t, second(f.s.JoinGroup(t.Context(), c, r.ID, made.Code)), round.ErrWishesOver)
	if size(b) != 1 {
		t.Error("left after the lists were frozen")
	}
}
