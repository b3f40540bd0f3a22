package checker_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"baodao/config"
	"baodao/internal/app"
	"baodao/internal/checker"
	"baodao/internal/clock"
	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/vault"
)

// stage is a database with activities, students and their tokens.
type stage struct {
	*testkit.World
	t          *testing.T
	onMySQL    bool
	env        []string // of the servers
	cfg        config.Config
	activities []*activity
}

// activity is an activity with one or two positions and the students who want to take part.
type activity struct {
	id        int64
	positions []*position
	students  []student
	admin     string // token
}

type position struct {
	id, first        int64
	waitlist, offers bool
	mu               sync.Mutex // of resizing
}

type student struct {
	id    int64
	token string
}

// secret makes a key of 32 bytes.
func secret(name string) string { return strings.Repeat(name, 64) }

// newStage fills a database: everything in one transaction.
func newStage(t *testing.T, activities, students int) *stage {
	t.Helper()
	s := emptyStage(t)
	db := s.DB
	err := db.Transaction(func(tx *gorm.DB) error {
		s.DB = tx
		s.fill(activities, students)
		return nil
	})
	s.DB = db
	if err != nil {
		t.Fatal(err)
	}
	s.record()
	return s
}

// emptyStage is a world with the keys that the servers have.
func emptyStage(t *testing.T) *stage {
	t.Helper()
	w := testkit.NewWorld(t)
	s := &stage{World: w, t: t, onMySQL: testkit.OnMySQL()}
	s.env = append(slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, config.Prefix) }),
		"BAODAO_DATA="+t.TempDir(), "BAODAO_DB="+s.url(), "BAODAO_LOG_LEVEL=error",
		"BAODAO_TOKEN_KEYS=k:"+secret("1"), "BAODAO_FIELD_KEYS=k:"+secret("2"), "BAODAO_REFRESH_KEY="+secret("3"), "BAODAO_INDEX_KEY="+secret("4"),
		"BAODAO_CODE_KEY="+secret("5"), "BAODAO_INVITE_KEY="+secret("6"), "BAODAO_CLIENT_KEY="+secret("7"))
	var err error
	if s.cfg, err = config.Load(s.env); err != nil {
		t.Fatal(err)
	}
	if w.Vault, err = vault.New(s.cfg.Keys.Field.Current, s.cfg.Keys.Field.Keys, s.cfg.Keys.Index, clock.System); err != nil {
		t.Fatal(err)
	}
	w.Clock.Set(clock.System())
	return s
}

// url finds the address of the world's database.
func (s *stage) url() string {
	var name string
	if s.onMySQL {
		cfg, err := mysql.ParseDSN(os.Getenv("TEST_MYSQL_DSN"))
		if err == nil {
			err = s.DB.Raw("SELECT DATABASE()").Scan(&cfg.DBName).Error
		}
		if err != nil {
			s.t.Fatal(err)
		}
		return "mysql:" + cfg.FormatDSN()
	}
	if err := s.DB.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&name).Error; err != nil {
		s.t.Fatal(err)
	}
	return "sqlite:" + name
}

// fill adds activities: every second one has two positions, every second one a waiting list, every fourth one offers.
func (s *stage) fill(activities, students int) {
	login := s.logins()
	plain := s.Project(s.Pair(s.Branch, s.Community), "清洁")
	asking := plain
	programme := s.Programme
	programme.ID, programme.Code = s.NewID(), "P2"
	policy := testkit.SmallPolicy()
	policy.OfferMinutes = 600
	s.Insert(&programme, &model.ProgrammePolicy{ProgrammeID: programme.ID, Version: 1, Policy: policy, CreatedAt: s.Clock.Now()})
	asking.ProgrammeID = programme.ID
	for i := range activities {
		project, waitlist := plain, i%4 >= 2
		if i%4 == 3 {
			project = asking
		}
		row, _, p := s.Activity(project, 4, func(a *model.Activity, _ *model.Session) { a.Waitlist = waitlist })
		a := &activity{id: row.ID, admin: login(s.Staff("干事", access.HostStaff, s.Community))}
		a.positions = append(a.positions, &position{id: p.ID, first: p.Capacity, waitlist: waitlist, offers: i%4 == 3})
		if i%2 == 0 {
			second := p
			second.ID, second.Capacity = s.NewID(), 2
			s.Insert(&second)
			a.positions = append(a.positions, &position{id: second.ID, first: second.Capacity, waitlist: waitlist})
		}
		for range students {
			who := s.Student("学生", s.Branch)
			a.students = append(a.students, student{id: who.StudentID, token: login(who)})
		}
		s.activities = append(s.activities, a)
	}
}

// known is a WeChat in which every code is the openid itself.
type known struct{}

// Login knows everybody.
func (known) Login(_ context.Context, code string) (openID, unionID string, err error) {
	return code, "", nil
}

// inside is the program of the servers, within the test.
func (s *stage) inside() *app.Built {
	built, err := app.Build(app.Deps{DB: s.DB, Now: clock.System, NewID: s.NewID, Keys: s.cfg.Keys, WeChat: known{}, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))})
	if err != nil {
		s.t.Fatal(err)
	}
	return built
}

// logins makes tokens as the servers would.
func (s *stage) logins() func(access.Actor) string {
	built := s.inside()
	return func(who access.Actor) string {
		tokens, err := built.Account.Login(s.t.Context(), s.OpenIDs[who.UserID], "")
		if err != nil {
			s.t.Fatal(err)
		}
		return tokens.AccessToken
	}
}

// record makes the database write down every change of a signup's status and of a capacity, in the transactions themselves.
func (s *stage) record() {
	s.t.Helper()
	auto, begin, end := "seq INTEGER PRIMARY KEY AUTOINCREMENT", "WHEN %s BEGIN ", "; END"
	if s.onMySQL {
		auto, begin, end = "seq BIGINT AUTO_INCREMENT PRIMARY KEY", "FOR EACH ROW IF %s THEN ", "; END IF"
	}
	trigger := func(name, event, when, then string) string {
		return "CREATE TRIGGER " + name + " AFTER " + event + " " + fmt.Sprintf(begin, when) + then + end
	}
	row := "INSERT INTO checker_log (position_id, signup_id, student_id, queue_no, status, version, seats, at) VALUES "
	signup := row + "(NEW.position_id, NEW.id, NEW.student_id, COALESCE(NEW.queue_no, 0), NEW.status, 0, 0, NEW.updated_at)"
	all := []string{
		"CREATE TABLE checker_log (" + auto + ", position_id BIGINT, signup_id BIGINT, student_id BIGINT, queue_no BIGINT, status VARCHAR(20), version BIGINT, seats BIGINT, at VARCHAR(40))",
		trigger("checker_new", "INSERT ON signups", "1 = 1", signup),
		trigger("checker_move", "UPDATE ON signups", "OLD.status <> NEW.status", signup),
		trigger("checker_size", "UPDATE ON positions", "NEW.version <> OLD.version", row+"(NEW.id, 0, 0, 0, '', NEW.version, NEW.capacity, NEW.updated_at)"),
	}
	for _, q := range all {
		if err := s.DB.Transaction(func(tx *gorm.DB) error { return tx.Exec(q).Error }); err != nil {
			s.t.Fatal(err)
		}
	}
}

// end reads what the database holds.
func (s *stage) end(h *checker.History) {
	s.t.Helper()
	err := s.DB.Raw("SELECT id, activity_id AS activity, position_id AS position, student_id AS student, note AS `key`, status FROM signups ORDER BY id").Scan(&h.Rows).Error
	if err == nil {
		err = s.DB.Raw("SELECT position_id AS position, signup_id AS signup, student_id AS student, queue_no, status, version, seats, at FROM checker_log ORDER BY seq").Scan(&h.Events).Error
	}
	var rows []model.Position
	if err == nil {
		err = s.DB.Find(&rows).Error
	}
	if err != nil {
		s.t.Fatal(err)
	}
	first := map[int64]*position{}
	of := map[int64]int64{}
	for _, a := range s.activities {
		for _, p := range a.positions {
			first[p.id], of[p.id] = p, a.id
		}
	}
	for _, r := range rows {
		p := first[r.ID]
		h.Positions = append(h.Positions, checker.Position{
			ID: r.ID, Activity: of[r.ID], First: p.first, Waitlist: p.waitlist, Offers: p.offers, Capacity: r.Capacity, Taken: r.Taken, Held: r.Held, Waiting: r.Waiting,
		})
	}
}

// glance is one look at everything while the servers run: each position with its rows in one statement.
func (s *stage) glance() []checker.Glance {
	const seated, inLine = "'CONFIRMED', 'OFFERED'", "'WAITLISTED'"
	count := func(of string) string {
		return "(SELECT COUNT(*) FROM signups AS s WHERE s.position_id = p.id AND s.status IN (" + of + "))"
	}
	var all []checker.Glance
	err := s.DB.Raw("SELECT p.id AS position, p.capacity, p.taken, p.held, p.waiting, " + count(seated) + " AS seated, " + count(inLine) + " AS in_line FROM positions AS p").Scan(&all).Error
	if err != nil {
		s.t.Error(err)
	}
	return all
}

// glances looks until stop is closed and keeps what is wrong.
func (s *stage) glances(stop <-chan struct{}) (looks int, wrong checker.Problems) {
	found := map[string]bool{}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return looks, slices.Sorted(maps.Keys(found))
		case <-tick.C:
		}
		looks++
		for _, w := range checker.Glances(s.glance()) {
			found[w] = true
		}
	}
}
