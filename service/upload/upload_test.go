package upload_test

import (
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/upload"
)

func TestAPictureIsItsSendersForADay(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	stranger := k.Staff("外人", access.HostStaff, k.Community)
	f := k.add(k.who, asJPEG(t, painted(8, 8)))
	for name, err := range map[string]error{
		"state":   second(k.Get(t.Context(), stranger, f.ID)),
		"picture": second(k.Show(t.Context(), stranger, f.ID)),
		"nobody":  second(k.Show(t.Context(), access.Actor{}, f.ID)),
	} {
		if want(t, err, "resource.not_found"); t.Failed() {
			t.Fatal(name)
		}
	}
	use := func(who access.Actor, object int64) error {
		return k.write(func(tx *gorm.DB) error {
			return k.Use(tx, who, f.ID, "activities", object, k.Community.Path, "/file_id")
		})
	}
	want(t, use(stranger, 1), "request.invalid")
	k.Clock.Add(24*time.Hour - time.Millisecond)
	want(t, use(k.who, 1), "")
	want(t, use(k.who, 1), "") // a repeat
	want(t, use(k.who, 2), "upload.in_use")
	k.Clock.Add(48 * time.Hour)
	if n, err := k.Expire(t.Context(), 10); n != 0 || err != nil {
		t.Fatalf("%d expired, %v", n, err)
	}
	want(t, second(k.Get(t.Context(), k.who, f.ID)), "")
}

func second[T any](_ T, err error) error { return err }

func TestAnUnusedPictureIsGoneAfterADay(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	f := k.add(k.who, asJPEG(t, painted(8, 8)))
	k.Clock.Add(24 * time.Hour)
	want(t, second(k.Get(t.Context(), k.who, f.ID)), "resource.not_found")
	err := k.write(func(tx *gorm.DB) error {
		return k.Use(tx, k.who, f.ID, "activities", 1, k.Community.Path, "/file_id")
	})
	want(t, err, "request.invalid")
	if n, err := k.Expire(t.Context(), 10); n != 1 || err != nil || k.files() != 0 {
		t.Fatalf("%d expired, %d files, %v", n, k.files(), err)
	}
	var checks []model.ContentCheck
	if err := k.World.DB.Find(&checks).Error; err != nil || len(checks) != 0 {
		t.Fatalf("%d checks, %v", len(checks), err)
	}
}

func TestOthersSeeAPictureOnlyWhenItPassedAndIsPublic(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for object, public := range map[int64]bool{1: true, 2: false, 0: false} {
		for _, status := range []model.CheckStatus{model.CheckPending, model.CheckChecking, model.CheckReview, model.CheckRisky, model.CheckPassed} {
			f := k.add(k.who, asJPEG(t, painted(8, 8)))
			if object != 0 {
				err := k.write(func(tx *gorm.DB) error {
					return k.Use(tx, k.who, f.ID, "activities", object, k.Community.Path, "/file_id")
				})
				want(t, err, "")
			}
			k.decide(f.ID, status)
			p, err := k.Show(t.Context(), access.Actor{}, f.ID)
			if shown := err == nil; shown != (public && status == model.CheckPassed) || shown && !p.Public {
				t.Errorf("object %d, %s: shown to everybody: %v", object, status, shown)
			}
			_, err = k.Show(t.Context(), k.who, f.ID)
			if (err == nil) != (status != model.CheckRisky) {
				t.Errorf("object %d, %s: shown to its sender: %v", object, status, err)
			}
		}
	}
}

func TestRiskyPicturesCannotBeUsed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	f := k.add(k.who, asJPEG(t, painted(8, 8)))
	k.decide(f.ID, model.CheckRisky)
	err := k.write(func(tx *gorm.DB) error {
		return k.Use(tx, k.who, f.ID, "activities", 1, k.Community.Path, "/file_id")
	})
	want(t, err, "content.risky")
}

func TestTwentyADay(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	data := asJPEG(t, painted(8, 8))
	var group sync.WaitGroup
	errs := make([]error, 24)
	for i := range errs {
		group.Go(func() { _, errs[i] = k.give(k.who, other(data, i)) })
	}
	group.Wait()
	refused := slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	for _, err := range refused {
		want(t, err, "upload.quota")
	}
	if len(refused) != 4 || k.files() != 40 {
		t.Fatalf("%d of 24 refused, %d files", len(refused), k.files())
	}
	k.add(k.Staff("别人", access.HostStaff, k.Community), data)
	k.Clock.Add(24*time.Hour - time.Millisecond)
	_, err := k.give(k.who, other(data, 100))
	want(t, err, "upload.quota")
	k.Clock.Add(time.Millisecond)
	k.add(k.who, data)
}

func TestUnusedPicturesMayTake200MiB(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	f := k.add(k.who, asJPEG(t, painted(8, 8)))
	want(t, k.write(func(tx *gorm.DB) error {
		return tx.Model(&model.Upload{}).Where("id = ?", f.ID).Update("bytes", 200<<20).Error
	}), "")
	_, err := k.give(k.who, asJPEG(t, painted(8, 8)))
	want(t, err, "upload.quota")
	err = k.write(func(tx *gorm.DB) error {
		return k.Use(tx, k.who, f.ID, "activities", 1, k.Community.Path, "/file_id")
	})
	want(t, err, "")
	k.add(k.who, asJPEG(t, painted(8, 8)))
}

// dying stops after some files, as a process does that is killed.
type dying struct {
	upload.Store
	left int
}

var errKilled = errors.New("killed")

func (d *dying) Put(data []byte) (string, error) {
	if d.left--; d.left < 0 {
		return "", errKilled
	}
	return d.Store.Put(data)
}

// Delete does nothing: who is dead cleans nothing up.
func (d *dying) Delete(string) error { return nil }

func TestFilesWithoutARowAreSweptAndNoRowIsWithoutFiles(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	data := asJPEG(t, painted(8, 8))
	kept := k.add(k.who, data)
	if err := k.write(func(tx *gorm.DB) error {
		return k.Use(tx, k.who, kept.ID, "activities", 1, k.Community.Path, "/file_id")
	}); err != nil {
		t.Fatal(err)
	}
	k.Store = &dying{Store: k.store, left: 1} // between the two files
	if _, err := k.give(k.who, data); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if _, err := k.store.Put(data); err != nil { // both files, no row
		t.Fatal(err)
	}
	k.Store = &dying{Store: k.store, left: 2} // after the row is gone, before its files are
	late := k.add(k.who, data)
	k.Clock.Add(25 * time.Hour)
	if n, err := k.Expire(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	want(t, second(k.Get(t.Context(), k.who, late.ID)), "resource.not_found")
	k.Store = k.store
	if n, err := k.Sweep(t.Context()); n != 0 || err != nil || k.files() != 6 {
		t.Fatalf("%d swept too early, %d files, %v", n, k.files(), err)
	}
	k.Clock.Add(24 * time.Hour)
	if n, err := k.Sweep(t.Context()); n != 4 || err != nil || k.files() != 2 {
		t.Fatalf("%d swept, %d files, %v", n, k.files(), err)
	}
	want(t, second(k.Show(t.Context(), access.Actor{}, kept.ID)), "resource.not_found") // not checked yet
	k.decide(kept.ID, model.CheckPassed)
	want(t, second(k.Show(t.Context(), access.Actor{}, kept.ID)), "")
}

func TestLinksForWeChat(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	f := k.add(k.who, asJPEG(t, painted(8, 8)))
	link := k.Link(f.ID)
	want(t, second(k.ByLink(t.Context(), link)), "")
	for i := range link {
		forged := []byte(link)
		forged[i] ^= 1
		if _, err := k.ByLink(t.Context(), string(forged)); err == nil {
			t.Fatalf("a link with another byte %d is good", i)
		}
	}
	want(t, second(k.ByLink(t.Context(), "")), "resource.not_found")
	k.Clock.Add(time.Hour - time.Millisecond)
	want(t, second(k.ByLink(t.Context(), link)), "")
	k.Clock.Add(time.Millisecond)
	want(t, second(k.ByLink(t.Context(), link)), "resource.not_found")
	fresh := k.Link(f.ID)
	k.decide(f.ID, model.CheckPassed)
	want(t, second(k.ByLink(t.Context(), fresh)), "resource.not_found") // WeChat has said its word
}

func TestNothingOutsideOfTheFolderCanBeReached(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, name := range []string{"../../../etc/passwd", "/etc/passwd", "..", ""} {
		if _, err := k.store.Read(name); err == nil || errors.Is(err, os.ErrPermission) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestARepeatIsTheSamePictureUntilItIsUsed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	data := asJPEG(t, painted(8, 8))
	send := func(who access.Actor) int64 {
		f, err := k.give(who, data)
		want(t, err, "")
		return f.ID
	}
	first := send(k.who)
	if send(k.who) != first || k.files() != 2 || send(k.Staff("别人", access.HostStaff, k.Community)) == first {
		t.Fatalf("%d files", k.files())
	}
	want(t, k.write(func(tx *gorm.DB) error {
		return k.Use(tx, k.who, first, "activities", 1, k.Community.Path, "/file_id")
	}), "")
	if send(k.who) == first {
		t.Fatal("what is used is given again")
	}
}

func TestFilesThatAreTooLarge(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	data := asJPEG(t, painted(8, 8))
	want(t, second(k.give(k.who, append(data, make([]byte, upload.MaxBytes-len(data))...))), "")
	want(t, second(k.give(k.who, append(data, make([]byte, upload.MaxBytes+1-len(data))...))), "upload.too_large")
}

func TestTheReviewersAreThoseOfWhatUsesThePicture(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	who := k.Staff("系书记", access.CommitteeOfficer, k.Department)
	f := k.add(who, asJPEG(t, painted(8, 8)))
	belongs := func(path string) {
		t.Helper()
		var row model.ContentCheck
		if err := k.World.DB.Where("upload_id = ?", f.ID).First(&row).Error; err != nil || row.OrgPath != path {
			t.Fatalf("belongs to %s, want %s: %v", row.OrgPath, path, err)
		}
	}
	belongs(k.Department.Path)
	want(t, k.write(func(tx *gorm.DB) error {
		return k.Use(tx, who, f.ID, "activities", 1, k.Community.Path, "/file_id")
	}), "")
	belongs(k.Community.Path)
}
