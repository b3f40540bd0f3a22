package content_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/page"
)

// want demands an error with a code, nil for "".
func want(t *testing.T, err error, code string) *fault.Fault {
	t.Helper()
	f, ok := errors.AsType[*fault.Fault](err)
	if (code == "") != (err == nil) || code != "" && (!ok || f.Code != code) {
		t.Fatalf("%v, want %q", err, code)
	}
	return f
}

func TestTextsPassOnceAndAnEditIsAskedAboutAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	want(t, k.publish(k.author, "社区清洁日", "打扫楼道"), "")
	want(t, k.publish(k.author, "社区清洁日", "打扫楼道"), "")
	want(t, k.publish(k.town, "社区清洁日", "打扫楼道"), "") // another's very same texts have passed
	if k.asked != 1 || k.published != 3 {
		t.Fatalf("asked %d times, published %d", k.asked, k.published)
	}
	if row := k.only(); row.Status != model.CheckPassed || row.TextsEnc != nil {
		t.Fatalf("%s, texts kept: %v", row.Status, row.TextsEnc != nil)
	}
	_, err := k.Checks.Review(t.Context(), k.security, k.only().ID)
	want(t, err, "resource.not_found") // no person has to look
	want(t, k.publish(k.author, "社区清洁日", "打扫楼道和广场"), "")
	want(t, k.publish(k.author, "打扫楼道", "社区清洁日"), "") // the same words in other fields are other texts
	if k.asked != 3 {
		t.Fatalf("asked %d times", k.asked)
	}
	want(t, k.publish(access.System("bootstrap"), "赌"), "") // what the program itself writes
}

func TestRiskyTextsAreNamedAndNeverShown(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	f := want(t, k.publish(k.author, "社区清洁日", "来赌一把", "注意安全"), "content.risky")
	if len(f.Fields) != 1 || f.Fields[0].Pointer != "/summary" {
		t.Fatalf("names %v", f.Fields)
	}
	asked := k.asked
	f = want(t, k.publish(k.author, "社区清洁日", "来赌一把", "注意安全"), "content.risky")
	if len(f.Fields) != 1 || k.asked != asked || k.published != 0 {
		t.Fatalf("%v, asked %d more times, published %d", f.Fields, k.asked-asked, k.published)
	}
	want(t, k.submit(k.author, "来赌一把"), "content.risky")
	if k.only2(t, 2); k.published != 0 {
		t.Fatal("published")
	}
}

// only2 demands a number of checks.
func (k *kit) only2(t *testing.T, n int) {
	t.Helper()
	var rows []model.ContentCheck
	if err := k.DB.Find(&rows).Error; err != nil || len(rows) != n {
		t.Fatalf("%d checks, want %d: %v", len(rows), n, err)
	}
}

func TestAPersonDecidesWhatWeChatCannot(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	want(t, k.publish(k.author, "加微信号报名"), "content.in_review")
	asked := k.asked
	want(t, k.publish(k.author, "加微信号报名"), "content.in_review")
	want(t, k.submit(k.author, "加微信号报名"), "")
	row := k.is(model.CheckReview, "SUGGESTED")
	if k.asked != asked || strings.Contains(string(row.TextsEnc), "微信号") {
		t.Fatal("asked again, or texts in clear")
	}
	county := k.Staff("county", access.CommitteeOfficer, k.County)
	elsewhere := k.Staff("elsewhere", access.TownOfficer, k.Org(k.County, model.OrgTownYouthCommittee, "癸镇"))
	ctx := t.Context()
	for name, who := range map[string]access.Actor{"another town": elsewhere, "the department": k.Staff("dep", access.CommitteeOfficer, k.Department)} {
		_, err := k.Checks.Accept(ctx, who, row.ID)
		if want(t, err, "resource.not_found"); t.Failed() {
			t.Fatal(name)
		}
		list, err := k.Checks.Queue(ctx, who, page.Request{})
		if err != nil || len(list.Items) != 0 {
			t.Fatalf("%s: %v, %v", name, list.Items, err)
		}
	}
	_, err := k.Checks.Accept(ctx, k.author, row.ID)
	want(t, err, "access.denied") // host staff review nothing
	for _, who := range []access.Actor{k.town, county, k.security} {
		c, err := k.Checks.Review(ctx, who, row.ID)
		if err != nil || len(c.Texts) != 1 || c.Texts[0].Text != "加微信号报名" {
			t.Fatalf("%v, %v", c.Texts, err)
		}
	}
	_, err = k.Checks.Reject(ctx, k.town, row.ID, "  ")
	want(t, err, "access.reason_required")
	_, err = k.Checks.Accept(ctx, k.town, row.ID)
	want(t, err, "")
	_, err = k.Checks.Reject(ctx, county, row.ID, "太晚了")
	want(t, err, "state.conflict")
	want(t, k.publish(k.author, "加微信号报名"), "")
	var told []model.Notification
	if err := k.DB.Where("user_id = ? AND kind = ?", k.author.UserID, "CONTENT_DECIDED").Find(&told).Error; err != nil || len(told) != 1 {
		t.Fatalf("told %d times, %v", len(told), err)
	}
}

func TestNobodyDecidesAboutTheirOwn(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	want(t, k.publish(k.town, "加微信号报名"), "content.in_review")
	row := k.is(model.CheckReview, "SUGGESTED")
	_, err := k.Checks.Accept(t.Context(), k.town, row.ID)
	want(t, err, "access.own_interest")
	want(t, k.publish(k.author, "加微信号报名"), "content.in_review") // the same words by another: still the town's own
	var others []model.ContentCheck
	if err := k.DB.Where("user_id = ?", k.author.UserID).Find(&others).Error; err != nil || len(others) != 1 {
		t.Fatalf("%v, %v", others, err)
	}
	_, err = k.Checks.Accept(t.Context(), k.town, others[0].ID)
	want(t, err, "access.own_interest")
	county := k.Staff("county", access.CommitteeOfficer, k.County)
	_, err = k.Checks.Reject(t.Context(), county, others[0].ID, "请不要留联系方式")
	want(t, err, "")
	for _, who := range []access.Actor{k.town, k.author} { // one decision for both
		f := want(t, k.publish(who, "加微信号报名"), "content.risky")
		if len(f.Fields) != 1 || f.Fields[0].Pointer != "/title" {
			t.Fatalf("names %v", f.Fields)
		}
	}
}

func TestWhoWasNotSeenIsAskedAboutWhenTheyComeBack(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.Clock.Add(3 * time.Hour)
	want(t, k.publish(k.author, "社区清洁日"), "content.in_review")
	k.is(model.CheckReview, "UNSEEN")
	k.visits("author")
	want(t, k.publish(k.author, "社区清洁日"), "")
	k.is(model.CheckPassed, "")
}

func TestWithoutAnOpenIDAPersonLooks(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	client := access.Actor{ClientID: 77}
	want(t, k.publish(client, "社区清洁日"), "content.in_review")
	row := k.is(model.CheckReview, "NO_OPENID")
	c, err := k.Checks.Accept(t.Context(), k.town, row.ID)
	if err != nil || len(c.Texts) != 1 {
		t.Fatalf("%v, %v", c.Texts, err)
	}
	want(t, k.publish(client, "社区清洁日"), "")
	if k.asked != 0 {
		t.Fatal("asked about nobody")
	}
}

func TestWeChatDownAndBack(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	want(t, k.publish(k.author, "老活动"), "")
	k.down()
	want(t, k.publish(k.author, "老活动"), "") // what has passed needs no WeChat
	f := want(t, k.publish(k.author, "社区清洁日"), "wechat.unavailable")
	if f.Kind != fault.Unavailable || f.RetryAfter < time.Second {
		t.Fatalf("%v, retry after %s", f.Kind, f.RetryAfter)
	}
	want(t, k.submit(k.author, "社区清洁日"), "") // on its way, not public
	k.Clock.Add(time.Minute)
	k.advance() // still down
	k.up()
	k.Clock.Add(time.Minute)
	k.advance()
	asked := k.asked
	want(t, k.publish(k.author, "社区清洁日"), "")
	if k.asked != asked {
		t.Fatal("asked again, though the job had an answer")
	}
	var kept []model.ContentCheck
	if err := k.DB.Where("texts_enc IS NOT NULL").Find(&kept).Error; err != nil || len(kept) != 0 {
		t.Fatalf("%d texts are kept that nobody needs, %v", len(kept), err)
	}
}

func TestNoAnswerFor40MinutesIsAPersonsBusiness(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.down()
	want(t, k.publish(k.author, "社区清洁日"), "wechat.unavailable")
	k.Clock.Add(39 * time.Minute)
	k.advance()
	k.is(model.CheckPending, "")
	k.Clock.Add(2 * time.Minute)
	k.advance()
	row := k.is(model.CheckReview, "NO_ANSWER")
	want(t, k.publish(k.author, "社区清洁日"), "content.in_review")
	_, err := k.Checks.Accept(t.Context(), k.town, row.ID)
	want(t, err, "")
	want(t, k.publish(k.author, "社区清洁日"), "") // WeChat is still down
}

func TestTwoAtOnceMakeOneCheck(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.Checks.Checker = unlocked{k.Checks.Checker.(counted).Checker}
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() {
			_, errs[i] = content.Do(t.Context(), k.Checks, k.author, func() (int, error) {
				return 0, k.Checks.Passed(k.DB.WithContext(t.Context()), k.author, content.Activity, k.Community.Path, []content.Text{{At: "/title", Text: "社区清洁日"}})
			})
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	k.is(model.CheckPassed, "")
}

// unlocked counts nothing.
type unlocked struct{ content.Checker }

func TestDecidedTextsAreForgotten(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	want(t, k.publish(k.author, "加微信号报名"), "content.in_review")
	want(t, k.publish(access.Actor{ClientID: 7}, "加微信号报名"), "content.in_review")
	_, err := k.Checks.Accept(t.Context(), k.town, k.first(t).ID)
	want(t, err, "")
	k.Clock.Add(6 * 24 * time.Hour)
	if n, err := k.Checks.Purge(t.Context(), 100); n != 0 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	k.Clock.Add(2 * 24 * time.Hour)
	if n, err := k.Checks.Purge(t.Context(), 100); n != 2 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	c, err := k.Checks.Review(t.Context(), k.town, k.first(t).ID)
	if err != nil || len(c.Texts) != 0 {
		t.Fatalf("%v, %v", c.Texts, err)
	}
	want(t, k.publish(k.author, "加微信号报名"), "") // the verdict stays
	k.Clock.Add(200 * 24 * time.Hour)
	if _, err := k.Checks.Purge(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	k.only2(t, 0)
}

func (k *kit) first(t *testing.T) model.ContentCheck {
	t.Helper()
	var row model.ContentCheck
	if err := k.DB.Order("id").First(&row).Error; err != nil {
		t.Fatal(err)
	}
	return row
}
