package attend_test

import (
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/notify"
)

func TestPostedHoursAreToldToTheStudent(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.s.Notify = b.Notices()
	li, _ := b.member("李")
	wu, _ := b.member("吴")
	b.serve(li, b.session, 0, 90)
	b.Clock.Set(b.session.StartsAt)
	b.serve(wu, b.session, 1, 120)
	for _, step := range []func() error{
		func() error {
			_, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, attend.Choice{All: true})
			return err
		},
		func() error {
			_, err := b.s.HostConfirm(t.Context(), b.clerk, b.activity.ID, attend.Choice{All: true})
			return err
		},
	} {
		is(t, step(), nil)
	}
	b.Told(notify.HoursConfirmed)
	for range 2 {
		_, err := b.s.Recognise(t.Context(), b.secretary, b.activity.ID, attend.Choice{All: true})
		is(t, err, nil)
	}
	b.Told(notify.HoursConfirmed, li, wu)
	b.Inbox(notify.HoursConfirmed, li, "“社区清洁日”认定 1.5 小时。")
	b.Inbox(notify.HoursConfirmed, wu, "“社区清洁日”认定 1.98 小时。")
}

func TestADisputeIsToldToTheStudentAndToWhoDecides(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		by   func(b *bench, student access.Actor) access.Actor
		told func(b *bench, student access.Actor) []access.Actor
	}{
		"the host": {
			func(b *bench, _ access.Actor) access.Actor { return b.clerk },
			func(b *bench, student access.Actor) []access.Actor { return []access.Actor{student, b.secretary} },
		},
		"the student": {
			func(_ *bench, student access.Actor) access.Actor { return student },
			func(b *bench, _ access.Actor) []access.Actor { return []access.Actor{b.secretary} },
		},
		"the secretary": {
			func(b *bench, _ access.Actor) access.Actor { return b.secretary },
			func(_ *bench, student access.Actor) []access.Actor { return []access.Actor{student} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.s.Notify = b.Notices()
			li, _ := b.member("李")
			b.serve(li, b.session, 0, 120)
			by := tt.by(b, li)
			for range 2 {
				_, err := b.s.Dispute(t.Context(), by, b.claim(li).ID, "早退")
				is(t, err, nil)
			}
			b.Told(notify.HoursDisputed, tt.told(b, li)...)
			b.Inbox(notify.HoursDisputed, tt.told(b, li)[0], "“社区清洁日”的时长有异议。早退")
			_, err := b.s.Reopen(t.Context(), b.officer, b.claim(li).ID, "核对过了")
			is(t, err, nil)
			if _, err = b.s.Dispute(t.Context(), by, b.claim(li).ID, "又早退"); err != nil {
				t.Fatal(err)
			}
			if got, want := len(b.Entries(notify.HoursDisputed)), 2*len(tt.told(b, li)); got != want {
				t.Errorf("%d told after the second dispute, want %d", got, want)
			}
		})
	}
}

func TestHoursThatCannotBeToldAreNotPosted(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.s.Notify = b.Notices()
	li, _ := b.member("李")
	b.serve(li, b.session, 0, 120)
	_, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	_, err = b.s.HostConfirm(t.Context(), b.clerk, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	b.Break("notice_templates")
	if _, err := b.s.Recognise(t.Context(), b.secretary, b.activity.ID, attend.Choice{All: true}); err == nil || b.claim(li).Status != model.ClaimHost {
		t.Errorf("%v, claim %s", err, b.claim(li).Status)
	}
}

func TestHoursProposedByOthersAreToldToTheStudent(t *testing.T) {
	t.Parallel()
	b := newDesk(t, nil)
	b.s.Notify = b.Notices()
	ann, _ := b.member("安")
	own, _ := b.member("己")
	b.at(24 * 60)
	in := b.proposal(b.clerk, 0, 110)
	in.StudentID = ann.StudentID
	for range 2 { // the repeat is the same proposal
		_, err := b.s.Propose(t.Context(), b.clerk, in, key("once"))
		is(t, err, nil)
	}
	_, err := b.propose(own, b.proposal(own, 0, 110))
	is(t, err, nil)
	b.Told(notify.HoursProposed, ann)
	b.Inbox(notify.HoursProposed, ann, "有人为您补报了“社区清洁日”的 1.83 小时，请核对，有误请提出异议。")
}
