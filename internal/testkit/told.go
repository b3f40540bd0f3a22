package testkit

import (
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
)

// Notices is the service that fills the inboxes of the world.
func (w *World) Notices() *notify.Service {
	return &notify.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Vault: w.Vault}
}

// Entries are all entries of one kind, oldest first.
func (w *World) Entries(kind notify.Kind) []model.Notification {
	w.TB.Helper()
	var rows []model.Notification
	if err := w.DB.Where("kind = ?", string(kind)).Order("id").Find(&rows).Error; err != nil {
		w.TB.Fatal(err)
	}
	return rows
}

// Told demands that exactly these people were told of a kind so far, each as often as they are named.
func (w *World) Told(kind notify.Kind, people ...access.Actor) {
	w.TB.Helper()
	var got, want []int64
	for _, n := range w.Entries(kind) {
		got = append(got, n.UserID)
	}
	for _, p := range people {
		want = append(want, p.UserID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.TB.Errorf("told of %s: %v, want %v", kind, got, want)
	}
}

// Inbox demands the text of the one entry of a kind that somebody has.
func (w *World) Inbox(kind notify.Kind, who access.Actor, body string) {
	w.TB.Helper()
	var got []string
	for _, n := range w.Entries(kind) {
		if n.UserID == who.UserID {
			_, text := notify.Text(kind, false, n.Data)
			got = append(got, text)
		}
	}
	if !slices.Equal(got, []string{body}) {
		w.TB.Errorf("%s of %d: %q, want %q", kind, who.UserID, got, body)
	}
}

// Break takes a table away, so that whatever needs it fails.
func (w *World) Break(table string) {
	w.TB.Helper()
	if err := w.DB.Transaction(func(tx *gorm.DB) error { return tx.Migrator().DropTable(table) }); err != nil {
		w.TB.Fatal(err)
	}
}
