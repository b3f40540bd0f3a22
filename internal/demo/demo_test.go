package demo_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baodao/internal/demo"
	"baodao/internal/testkit"
)

// TestTheStoryIsTheSame plays it with one server and with two over one database, on SQLite and on MySQL: every line that
// holds no time of the telling must be the same.
func TestTheStoryIsTheSame(t *testing.T) {
	t.Parallel()
	var first string
	for _, replicas := range []int{1, 2} {
		url := "sqlite:" + filepath.Join(t.TempDir(), "story.db")
		if dsn := os.Getenv("TEST_MYSQL_DSN"); dsn != "" {
			url = "mysql:" + testkit.EmptySchema(t, dsn)
		}
		var told strings.Builder
		if err := demo.Run(t.Context(), &told, demo.Options{Once: true, Replicas: replicas, Database: url}); err != nil {
			t.Fatalf("%d servers: %v\n%s", replicas, err, told.String())
		}
		if !strings.Contains(told.String(), "故事讲完了") {
			t.Fatal("the story has no end")
		}
		if first == "" {
			first = told.String()
		} else if told.String() != first {
			t.Errorf("%d servers tell another story:\n%s\nbefore:\n%s", replicas, told.String(), first)
		}
	}
}
