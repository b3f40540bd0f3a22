package standing_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/standing"
)

var insurance = standing.NewProof{Kind: model.ProofInsurance, FromOn: "2026-09-01", Note: "保单 17"}

func day(d model.Date) *model.Date { return &d }

func (d *desk) held(on model.Date, who ...access.Actor) standing.Held {
	d.TB.Helper()
	ids := make([]int64, len(who))
	for i, w := range who {
		ids[i] = w.StudentID
	}
	out, err := standing.Proofs(d.World.DB, on, ids)
	if err != nil || len(out) > 1 {
		d.TB.Fatal(out, err)
	}
	return out[ids[0]]
}

func (d *desk) record(in standing.NewProof) model.StudentProof {
	d.TB.Helper()
	row, err := d.RecordProof(d.TB.Context(), d.secretary, idem.Key{}, d.li.StudentID, in)
	if err != nil {
		d.TB.Fatal(err)
	}
	return row
}

func TestAProofHoldsFromItsFirstDayUntilTheDayAfterItsLast(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.record(standing.NewProof{Kind: model.ProofTraining, FromOn: "2026-09-10", ToOn: day("2026-09-20"), Note: "  岗前培训  "})
	d.record(standing.NewProof{Kind: model.ProofClearance, FromOn: "2026-09-15"})
	gone := d.record(standing.NewProof{Kind: model.ProofInsurance, FromOn: "2026-09-01"})
	other := d.Student("王", d.Branch)
	for on, want := range map[model.Date]standing.Held{
		"2026-08-31": 0, "2026-09-01": standing.Insurance, "2026-09-09": standing.Insurance, "2026-09-10": standing.Insurance | standing.Training,
		"2026-09-15": standing.Insurance | standing.Training | standing.Clearance, "2026-09-19": standing.Insurance | standing.Training | standing.Clearance,
		"2026-09-20": standing.Insurance | standing.Clearance, "2099-01-01": standing.Insurance | standing.Clearance,
	} {
		if got := d.held(on, d.li, other); got != want {
			t.Errorf("on %s: %b, want %b", on, got, want)
		}
	}
	if _, err := d.RevokeProof(t.Context(), d.department, gone.ID, "退保"); err != nil {
		t.Fatal(err)
	}
	if got := d.held("2026-09-12", d.li); got != standing.Training || !got.Has(0) || !got.Has(standing.Training) || got.Has(standing.Training|standing.Insurance) {
		t.Errorf("%b", got)
	}
	if none, err := standing.Proofs(d.World.DB, "2026-09-12", nil); err != nil || len(none) != 0 {
		t.Error(none, err)
	}
}

func TestWhoRecordsAProof(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own := d.Grant(d.Student("支书自己", d.Branch), access.BranchSecretary, d.Branch)
	client := access.Actor{ClientID: 9, Grants: d.university.Grants, Scopes: []access.Permission{access.ProofWrite}}
	for name, c := range map[string]struct {
		as     access.Actor
		of     int64
		in     standing.NewProof
		want   error
		fields []string
	}{
		"nobody":                       {access.Actor{}, d.li.StudentID, insurance, access.ErrRequired, nil},
		"the student":                  {d.li, d.li.StudentID, insurance, access.ErrDenied, nil},
		"another branch":               {d.stranger, d.li.StudentID, insurance, fault.ErrNotFound, nil},
		"a student who does not exist": {d.university, 5, insurance, fault.ErrNotFound, nil},
		"a secretary for themself":     {own, own.StudentID, insurance, access.ErrOwnInterest, nil},
		"an API client":                {client, d.li.StudentID, insurance, access.ErrDenied, nil},
		"everything wrong": {d.secretary, d.li.StudentID, standing.NewProof{Kind: "X", FromOn: "2026-02-30", ToOn: day("x"), Note: "一\n二"}, fault.ErrInvalid, []string{
			"/kind enum", "/from_on format", "/to_on format", "/note characters",
		}},
		"no day in it":    {d.secretary, d.li.StudentID, standing.NewProof{Kind: "TRAINING", FromOn: "2026-09-01", ToOn: day("2026-09-01")}, fault.ErrInvalid, []string{"/to_on order"}},
		"a note too long": {d.secretary, d.li.StudentID, standing.NewProof{Kind: "TRAINING", FromOn: "2026-09-01", Note: strings.Repeat("长", 201)}, fault.ErrInvalid, []string{"/note characters"}},
	} {
		t.Run(name, func(t *testing.T) {
			d.refused(t, c.want, c.fields, func() error {
				_, err := d.RecordProof(t.Context(), c.as, idem.Key{}, c.of, c.in)
				return err
			})
		})
	}
	for _, who := range []access.Actor{d.secretary, d.department, d.university} {
		if row, err := d.RecordProof(t.Context(), who, idem.Key{}, d.li.StudentID, insurance); err != nil || row.RecordedBy != who.UserID {
			t.Errorf("%+v %v", row, err)
		}
	}
	if n := d.count("audit_log", "action = 'proof.record' AND org_path = ?", d.Branch.Path); n != 3 {
		t.Error("audit rows", n)
	}
}

func TestAProofIsRecordedOnceAndRevokedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	key := idem.Key{Value: "k", Hash: []byte("h")}
	first, err := d.RecordProof(t.Context(), d.secretary, key, d.li.StudentID, standing.NewProof{Kind: "TRAINING", FromOn: "2026-09-01", ToOn: day("2027-09-01")})
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.RecordProof(t.Context(), d.secretary, key, d.li.StudentID, insurance)
	if err != nil || !reflect.DeepEqual(again, first) || d.count("student_proofs", "1=1") != 1 {
		t.Fatalf("%+v %v", again, err)
	}
	own := d.Grant(access.Actor{UserID: d.li.UserID, StudentID: d.li.StudentID}, access.BranchSecretary, d.Branch)
	d.refused(t, access.ErrReason, []string{"/reason required"}, func() error { _, err := d.RevokeProof(t.Context(), d.secretary, first.ID, " "); return err })
	d.refused(t, fault.ErrNotFound, nil, func() error { _, err := d.RevokeProof(t.Context(), d.stranger, first.ID, "误登"); return err })
	d.refused(t, fault.ErrNotFound, nil, func() error { _, err := d.RevokeProof(t.Context(), d.secretary, 5, "误登"); return err })
	d.refused(t, access.ErrDenied, nil, func() error { _, err := d.RevokeProof(t.Context(), d.li, first.ID, "误登"); return err })
	d.refused(t, access.ErrOwnInterest, nil, func() error { _, err := d.RevokeProof(t.Context(), own, first.ID, "误登"); return err })
	got := together(6, func(int) error { _, err := d.RevokeProof(t.Context(), d.secretary, first.ID, "误登"); return err })
	if got[""] != 1 || got[fault.ErrState.Code] != 5 || d.count("audit_log", "action = 'proof.revoke'") != 1 {
		t.Fatal(got)
	}
	list, err := d.ProofsOf(t.Context(), d.li, d.li.StudentID, page.Request{})
	if err != nil || len(list.Items) != 1 || list.Items[0].Reason != "误登" || *list.Items[0].RevokedBy != d.secretary.UserID || list.Items[0].Version != 2 {
		t.Fatalf("%+v %v", list, err)
	}
}

func TestManyProofsAreAllOrNone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own := d.Grant(d.Student("支书自己", d.Branch), access.BranchSecretary, d.Branch)
	elsewhere := d.Student("外系", d.Org(d.Org(d.University, model.OrgDepartmentCommittee, "外系团委"), model.OrgLeagueBranch, "外班"))
	many := []int64{d.li.StudentID, 5, d.li.StudentID, elsewhere.StudentID, own.StudentID}
	bulk := func(as access.Actor, unit model.Org, in standing.NewProof, ids []int64) func() error {
		return func() error {
			_, err := d.RecordProofs(t.Context(), as, idem.Key{}, unit.ID, in, ids)
			return err
		}
	}
	d.refused(t, fault.ErrInvalid, []string{"/student_ids/1 not_found", "/student_ids/2 unique_items", "/student_ids/3 not_found", "/student_ids/4 own_interest"}, bulk(own, d.Branch, insurance, many))
	d.refused(t, access.ErrDenied, nil, bulk(d.stranger, d.Branch, insurance, many[:1]))
	d.refused(t, access.ErrDenied, nil, bulk(d.secretary, d.Department, insurance, many[:1]))
	d.refused(t, fault.ErrNotFound, nil, bulk(d.secretary, model.Org{ID: 5}, insurance, many[:1]))
	d.refused(t, access.ErrDenied, nil, bulk(d.li, d.Branch, insurance, many[:1]))
	d.refused(t, fault.ErrInvalid, []string{"/kind enum", "/from_on format", "/student_ids min_items"}, bulk(d.secretary, d.Branch, standing.NewProof{}, nil))
	d.refused(t, fault.ErrInvalid, []string{"/student_ids max_items"}, bulk(d.secretary, d.Branch, insurance, make([]int64, 501)))

	ids := []int64{d.li.StudentID, own.StudentID}
	for i := range 120 {
		ids = append(ids, d.Profile(fmt.Sprint("生", i), d.Branch, 0).ID)
	}
	rows, err := d.RecordProofs(t.Context(), d.department, idem.Key{Value: "k", Hash: []byte("h")}, d.Department.ID, insurance, ids)
	if err != nil || len(rows) != len(ids) || !slices.EqualFunc(rows, ids, func(r model.StudentProof, id int64) bool { return r.StudentID == id }) {
		t.Fatal(len(rows), err)
	}
	held, err := standing.Proofs(d.World.DB, "2026-10-01", ids)
	if err != nil || len(held) != len(ids) || d.count("audit_log", "action = 'proof.record'") != int64(len(ids)) {
		t.Fatal(len(held), err)
	}
	if again, err := d.RecordProofs(t.Context(), d.department, idem.Key{Value: "k", Hash: []byte("h")}, d.Department.ID, insurance, ids); err != nil || !reflect.DeepEqual(again, rows) {
		t.Fatal(err)
	}
}

func TestProofsArePagedNewestFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var want []int64
	for range 5 {
		want = append([]int64{d.record(insurance).ID}, want...)
	}
	var got []int64
	req := page.Request{Limit: 2}
	for {
		list, err := d.MyProofs(t.Context(), d.li, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list.Items {
			got = append(got, p.ID)
		}
		if req.Cursor = list.Next; list.Next == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if list, err := d.MyProofs(t.Context(), d.secretary, page.Request{}); err != nil || len(list.Items) != 0 {
		t.Error(list, err)
	}
	for who, want := range map[*access.Actor]error{&d.secretary: nil, &d.university: nil, &d.stranger: fault.ErrNotFound, {}: access.ErrRequired} {
		if _, err := d.ProofsOf(t.Context(), *who, d.li.StudentID, page.Request{}); (want == nil) != (err == nil) {
			t.Errorf("%+v: %v", who, err)
		}
	}
	if _, err := d.MyProofs(t.Context(), access.Actor{}, page.Request{}); err == nil {
		t.Error("nobody has proofs")
	}
	if _, err := d.MyProofs(t.Context(), d.li, page.Request{Cursor: "x"}); err == nil {
		t.Error("a cursor of nobody")
	}
}
