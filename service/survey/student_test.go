package survey_test

import (
	"bytes"
	"reflect"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
	"baodao/service/survey"
)

func TestWillingnessIsSaidAndSaidAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	before, err := d.MyWillingness(t.Context(), d.student, d.Programme.ID)
	if err != nil || before.Version != 0 || before.Willing || before.MaxDistM != 10_000 || before.Skills == nil || before.Interests == nil {
		t.Fatalf("%+v, %v", before, err)
	}
	first, err := d.OfferWillingness(t.Context(), d.student, d.Programme.ID, 0, offer(nil))
	if err != nil || first.Version != 1 || !reflect.DeepEqual(first.Offer, offer(nil)) {
		t.Fatalf("%+v, %v", first, err)
	}
	_, err = d.OfferWillingness(t.Context(), d.student, d.Programme.ID, 0, offer(nil))
	wants(t, err, fault.ErrStale)
	_, err = d.OfferWillingness(t.Context(), d.student, d.Programme.ID, 2, offer(nil))
	wants(t, err, fault.ErrStale)
	unwilling := survey.Offer{Skills: []string{}, Interests: []string{}, MaxDistM: 100}
	second, err := d.OfferWillingness(t.Context(), d.student, d.Programme.ID, 1, unwilling)
	if err != nil || second.Version != 2 || !reflect.DeepEqual(second.Offer, unwilling) {
		t.Errorf("%+v, %v", second, err)
	}
	elsewhere := d.AddProgramme("P2", d.University)
	if other, err := d.MyWillingness(t.Context(), d.student, elsewhere.ID); err != nil || other.Version != 0 {
		t.Errorf("another programme: %+v, %v", other, err)
	}
	var audits int64
	if d.plain().Model(&model.AuditEntry{}).Where("action = ?", "willingness.offer").Count(&audits); audits != 2 {
		t.Errorf("%d audit rows", audits)
	}
}

func TestWillingnessIsChecked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	closed := d.AddProgramme("P9", d.University)
	d.set("programmes", "id = ?", closed.ID, map[string]any{"status": model.ProgrammeClosed})
	for name, c := range map[string]struct {
		as        access.Actor
		programme int64
		in        survey.Offer
		want      error
		fields    []string
	}{
		"codes of no policy": {d.student, d.Programme.ID, offer(func(o *survey.Offer) {
			o.Skills, o.Interests = []string{"LAW", "MAGIC"}, []string{"FUN", "CULTURE", "CULTURE"}
		}), fault.ErrInvalid, []string{"/skills/1", "/interests/0", "/interests/2"}},
		"willing, but never": {d.student, d.Programme.ID, offer(func(o *survey.Offer) { o.Slots = 0 }), fault.ErrInvalid, []string{"/slots"}},
		"a closed programme": {d.student, closed.ID, offer(nil), fault.ErrInvalid, []string{"/programme_id"}},
		"no programme":       {d.student, 5, offer(nil), fault.ErrInvalid, []string{"/programme_id"}},
		"no student":         {d.secretary, d.Programme.ID, offer(nil), access.ErrDenied, nil},
		"nobody":             {access.Actor{}, d.Programme.ID, offer(nil), access.ErrRequired, nil},
	} {
		_, err := d.OfferWillingness(t.Context(), c.as, c.programme, 0, c.in)
		t.Log(name)
		wants(t, err, c.want, c.fields...)
	}
	var rows int64
	if d.plain().Model(&model.Willingness{}).Count(&rows); rows != 0 {
		t.Errorf("%d rows were written", rows)
	}
}

func TestOfRacingFirstAnswersOneWins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for version := range int64(2) {
		got := testkit.RaceOf(8, func(i int) error {
			_, err := d.OfferWillingness(t.Context(), d.student, d.Programme.ID, version, offer(func(o *survey.Offer) { o.MaxDistM = 100 + int64(i) }))
			return err
		})
		if got[""] != 1 || got[fault.ErrStale.Code] != 7 {
			t.Errorf("version %d: %v", version, got)
		}
	}
}

func TestAHomeIsCoarseAndSealed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.MyHome(t.Context(), d.student)
	wants(t, err, fault.ErrNotFound)
	for _, p := range []geo.Point{{LatE6: 36_651_234, LngE6: 117_120_095}, {LatE6: 0, LngE6: 0}, {LatE6: -53_500_001, LngE6: -170_000_001}, {LatE6: 89_999_999, LngE6: 1}} {
		kept, err := d.SetHome(t.Context(), d.student, p)
		if err != nil {
			t.Fatal(err)
		}
		if off := geo.Distance(p, kept); off > 360 {
			t.Errorf("%v became %v, %d m away", p, kept, off)
		}
		if again, err := d.MyHome(t.Context(), d.student); err != nil || again != kept {
			t.Errorf("%v, %v", again, err)
		}
		if twice, err := d.SetHome(t.Context(), d.student, kept); err != nil || twice != kept {
			t.Errorf("%v moved to %v, %v", kept, twice, err)
		}
	}
	near, err := d.SetHome(t.Context(), d.student, geo.Point{LatE6: 36_651_234, LngE6: 117_120_095})
	same, err2 := d.SetHome(t.Context(), d.student, geo.Point{LatE6: 36_651_334, LngE6: 117_120_195})
	if err != nil || err2 != nil || near != same {
		t.Errorf("%v and %v are 14 m from each other", near, same)
	}
	var row model.StudentHome
	if err := d.plain().First(&row).Error; err != nil || bytes.Contains(row.HomeEnc, []byte("36")) && bytes.Contains(row.HomeEnc, []byte("117")) {
		t.Errorf("%q, %v", row.HomeEnc, err)
	}
	for range 2 {
		if err := d.ForgetHome(t.Context(), d.student); err != nil {
			t.Fatal(err)
		}
	}
	_, err = d.MyHome(t.Context(), d.student)
	wants(t, err, fault.ErrNotFound)
	_, err = d.SetHome(t.Context(), d.secretary, geo.Point{})
	wants(t, err, access.ErrDenied)
}

// What matching reads of many students, in how many queries, and no home unless it was asked for.
func TestManyStudents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var ids []int64
	for i := range 12 {
		who := d.Student("学生", d.Branch)
		ids = append(ids, who.StudentID)
		if i%4 == 3 {
			continue
		}
		_, err := d.OfferWillingness(t.Context(), who, d.Programme.ID, 0, offer(func(o *survey.Offer) { o.MaxDistM = 100 + int64(i) }))
		must(t, 0, err)
		if i%2 == 0 {
			_, err := d.SetHome(t.Context(), who, geo.Point{LatE6: 36_000_000, LngE6: 117_000_000})
			must(t, 0, err)
		}
	}
	for homes, queries := range map[bool]int{false: 2, true: 3} {
		var got []survey.Student
		said := d.heard(func(s *survey.Service) {
			var err error
			got, err = s.Students(s.DB, d.Programme.ID, homes, append(ids, ids[0], 7)...)
			must(t, 0, err)
		})
		if len(said) != queries || len(got) != 9 {
			t.Fatalf("homes %v: %d queries, %d students", homes, len(said), len(got))
		}
		for i, st := range got {
			if i > 0 && st.StudentID <= got[i-1].StudentID {
				t.Error("not in order")
			}
			k := int(st.MaxDistM - 100)
			home := homes && k%2 == 0
			if st.StudentID != ids[k] || st.BranchID != d.Branch.ID || !st.Willing || st.Slots != offer(nil).Slots || st.Skills != 0b101 || st.Interests != [3]int8{1, 0, score.None} || (st.Home != nil) != home {
				t.Errorf("%+v", st)
			}
		}
	}
	if err := d.plain().Transaction(func(tx *gorm.DB) error { return d.World.Vault.Destroy(tx, personOf(t, d, ids[0])) }); err != nil {
		t.Fatal(err)
	}
	got, err := d.Students(d.plain(), d.Programme.ID, true, ids[0])
	if err != nil || len(got) != 1 || got[0].Home != nil {
		t.Errorf("a destroyed key: %+v, %v", got, err)
	}
}
