package org_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/vault"
)

// number is the student number that the test kit gives a profile.
func number(p model.StudentProfile) string { return fmt.Sprintf("S%d", p.ID) }

// opened reads a student back with the fields opened by the key that holds them now.
func (h *house) opened(t *testing.T, id int64) (p model.StudentProfile, name, no string) {
	t.Helper()
	wants(t, h.DB.Where("id = ?", id).First(&p).Error, nil)
	person := must[*vault.Person](t)(h.Vault.Person(h.DB, p.PersonID))
	name = must[string](t)(person.Open(vault.StudentName, p.ID, p.NameEnc))
	no = must[string](t)(person.Open(vault.StudentNo, p.ID, p.StudentNoEnc))
	return p, name, no
}

// userName reads an account's name.
func (h *house) userName(t *testing.T, id int64) string {
	t.Helper()
	var u model.User
	wants(t, h.DB.Where("id = ?", id).First(&u).Error, nil)
	return must[string](t)(must[*vault.Person](t)(h.Vault.Person(h.DB, id)).Open(vault.UserName, id, u.NameEnc))
}

func TestBindStudent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		by         func(h *house) access.Actor
		university func(h *house) int64
		no, name   string // "" for the right one
		want       error
	}{
		"the right one":             {},
		"full-width digits":         {no: "Ｓ%d"},
		"small letter and blanks":   {no: " s %d "},
		"another name":              {name: "李五", want: org.ErrNoMatch},
		"another number":            {no: "S1%d", want: org.ErrNoMatch},
		"another university":        {university: func(h *house) int64 { return h.Department.ID }, want: org.ErrNoMatch},
		"an unknown university":     {university: func(*house) int64 { return 42 }, want: org.ErrNoMatch},
		"not a number":              {no: "S_%d", want: fault.ErrInvalid},
		"not a name":                {name: "<b>", want: fault.ErrInvalid},
		"nobody":                    {by: func(*house) access.Actor { return access.Actor{} }, want: access.ErrRequired},
		"who is a student already":  {by: func(h *house) access.Actor { return h.Student("旧生", h.Branch) }, want: org.ErrBound},
		"already, with a wrong try": {by: func(h *house) access.Actor { return h.Student("旧生", h.Branch) }, name: "李五", want: org.ErrNoMatch},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			p := h.Profile("李四", h.Branch, 0)
			by, university, claim := h.person("微信用户"), h.University.ID, org.Claim{StudentNo: number(p), Name: "李四"}
			if c.by != nil {
				by = c.by(h)
			}
			if c.university != nil {
				university = c.university(h)
			}
			if c.no != "" {
				claim.StudentNo = fmt.Sprintf(c.no, p.ID)
			}
			if c.name != "" {
				claim.Name = c.name
			}
			info, err := h.s.BindStudent(t.Context(), by, university, claim)
			wants(t, err, c.want)
			row, rowName, no := h.opened(t, p.ID)
			if rowName != "李四" || no != number(p) {
				t.Errorf("fields became %s %s", rowName, no)
			}
			if c.want != nil {
				if row.UserID != nil || row.PersonID != p.ID || h.audits(t, "student.bind") != 0 {
					t.Errorf("written on a refusal: %+v", row)
				}
				return
			}
			if *row.UserID != by.UserID || row.PersonID != by.UserID || info.ID != p.ID || info.Name != "李四" || info.Version != 2 || h.audits(t, "student.bind") != 1 {
				t.Errorf("%+v", row)
			}
			if count[model.PersonKey](t, h.DB, "person_id = ?", p.ID) != 0 || h.userName(t, by.UserID) != "李四" {
				t.Error("the old key is still there, or the account has no name")
			}
		})
	}
}

func TestBindStudentTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.Profile("李四", h.Branch, 0)
	by, claim := h.person("一"), org.Claim{StudentNo: number(p), Name: "李四"}
	must[org.StudentInfo](t)(h.s.BindStudent(t.Context(), by, h.University.ID, claim))
	again := must[org.StudentInfo](t)(h.s.BindStudent(t.Context(), by, h.University.ID, claim))
	if again.ID != p.ID || h.audits(t, "student.bind") != 1 {
		t.Errorf("%+v", again)
	}
	_, err := h.s.BindStudent(t.Context(), h.person("二"), h.University.ID, claim)
	wants(t, err, org.ErrTaken)
	_, err = h.s.BindStudent(t.Context(), h.person("三"), h.University.ID, org.Claim{StudentNo: number(p), Name: "王五"})
	wants(t, err, org.ErrNoMatch)
}

func TestBindStudentHasOneWinner(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.Profile("李四", h.Branch, 0)
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		by := h.person("抢")
		wg.Go(func() {
			_, err := h.s.BindStudent(t.Context(), by, h.University.ID, org.Claim{StudentNo: number(p), Name: "李四"})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, org.ErrTaken) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d winners", won.Load())
	}
	h.opened(t, p.ID)
}

func TestOnePersonBindsOneStudent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	by := h.person("贪心")
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		p := h.Profile("李四", h.Branch, 0)
		wg.Go(func() {
			_, err := h.s.BindStudent(t.Context(), by, h.University.ID, org.Claim{StudentNo: number(p), Name: "李四"})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, org.ErrBound) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || count[model.StudentProfile](t, h.DB, "user_id = ?", by.UserID) != 1 {
		t.Errorf("%d bound", won.Load())
	}
}

func TestBindTriesAreCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.Profile("李四", h.Branch, 0)
	by, wrong := h.person("猜"), org.Claim{StudentNo: number(p), Name: "王五"}
	var limited atomic.Int64
	var wg sync.WaitGroup
	for range org.MaxBindTries + 3 {
		wg.Go(func() {
			_, err := h.s.BindStudent(t.Context(), by, h.University.ID, wrong)
			if errors.Is(err, fault.ErrRate) {
				limited.Add(1)
			} else if !errors.Is(err, org.ErrNoMatch) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if limited.Load() != 3 {
		t.Errorf("%d refused", limited.Load())
	}
	_, err := h.s.BindStudent(t.Context(), by, h.University.ID, org.Claim{StudentNo: number(p), Name: "李四"})
	wants(t, err, fault.ErrRate)
	if f, _ := errors.AsType[*fault.Fault](err); f.RetryAfter != 15*time.Hour { // it is nine in the morning
		t.Errorf("retry after %v", f.RetryAfter)
	}
	h.Clock.Add(15 * time.Hour)
	must[org.StudentInfo](t)(h.s.BindStudent(t.Context(), by, h.University.ID, org.Claim{StudentNo: number(p), Name: "李四"}))
}

// A host that keeps a student away can still read why after the student was bound.
func TestBlocksAreSealedAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.Profile("李四", h.Branch, 0)
	old := must[*vault.Person](t)(h.Vault.Person(h.DB, p.PersonID))
	h.Insert(&model.MatchBlock{StudentID: p.ID, OrgID: h.Community.ID, Side: model.BlockByHost, ReasonEnc: old.Seal(vault.BlockReason, p.ID, "两次没来"), CreatedAt: h.Clock.Now()},
		&model.MatchBlock{StudentID: p.ID, OrgID: h.Community.ID, Side: model.BlockByStudent, ReasonEnc: []byte{}, CreatedAt: h.Clock.Now()})
	by := h.person("微信用户")
	must[org.StudentInfo](t)(h.s.BindStudent(t.Context(), by, h.University.ID, org.Claim{StudentNo: number(p), Name: "李四"}))
	var row model.MatchBlock
	wants(t, h.DB.Where("student_id = ? AND side = ?", p.ID, model.BlockByHost).First(&row).Error, nil)
	if got, err := must[*vault.Person](t)(h.Vault.Person(h.DB, by.UserID)).Open(vault.BlockReason, p.ID, row.ReasonEnc); err != nil || got != "两次没来" {
		t.Errorf("%q %v", got, err)
	}
}
