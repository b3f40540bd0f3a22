package database

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"baodao/service/fault"
)

func TestWhatIsTriedAgainIsNoErrorInTheLog(t *testing.T) {
	t.Parallel()
	deadlock := fault.ErrBusy.Because(&mysqldriver.MySQLError{Number: 1213, Message: "Deadlock found"})
	for name, tt := range map[string]struct {
		err  error
		ago  time.Duration
		want string
	}{
		"a deadlock":                 {deadlock, 0, "level=DEBUG"},
		"a deadlock as it comes":     {fmt.Errorf("x: %w", &mysqldriver.MySQLError{Number: 1213}), 0, "level=DEBUG"},
		"a lock that did not come":   {&mysqldriver.MySQLError{Number: 1205}, 3 * time.Second, "level=WARN"},
		"a key that is taken":        {gorm.ErrDuplicatedKey, 3 * time.Second, "level=DEBUG"},
		"too many connections":       {fault.ErrBusy.Because(&mysqldriver.MySQLError{Number: 1040}), 0, "level=ERROR"},
		"a mistake":                  {errors.New("no such table"), 0, "level=ERROR"},
		"a slow one":                 {nil, 3 * time.Second, "level=WARN"},
		"nothing to speak of":        {nil, 0, ""},
		"nothing found, as expected": {gorm.ErrRecordNotFound, 0, ""},
	} {
		var out bytes.Buffer
		log := quiet(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
		log.Trace(t.Context(), time.Now().Add(-tt.ago), func() (string, int64) { return "SELECT 1", 1 }, tt.err)
		if got := out.String(); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
