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
		slow bool
		want string
	}{
		"a deadlock":                 {deadlock, false, "level=DEBUG"},
		"a deadlock as it comes":     {fmt.Errorf("x: %w", &mysqldriver.MySQLError{Number: 1213}), false, "level=DEBUG"},
		"a lock that did not come":   {&mysqldriver.MySQLError{Number: 1205}, true, "level=WARN"},
		"a key that is taken":        {gorm.ErrDuplicatedKey, true, "level=DEBUG"},
		"too many connections":       {fault.ErrBusy.Because(&mysqldriver.MySQLError{Number: 1040}), false, "level=ERROR"},
		"a mistake":                  {errors.New("no such table"), false, "level=ERROR"},
		"a slow one":                 {nil, true, "level=WARN"},
		"nothing to speak of":        {nil, false, ""},
		"nothing found, as expected": {gorm.ErrRecordNotFound, false, ""},
	} {
		var out bytes.Buffer
		begin := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) // it took no time
		if tt.slow {
			begin = begin.AddDate(-100, 0, 0)
		}
		log := quiet(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
		log.Trace(t.Context(), begin, func() (string, int64) { return "SELECT 1", 1 }, tt.err)
		if got := out.String(); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
