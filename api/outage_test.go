package api_test

import (
	"strings"
	"testing"

	"baodao/internal/database"
	"baodao/internal/testkit/apitest"
	"baodao/service/access"
)

// TestADatabaseThatIsAwayIsNoFaultOfOurs asks in every way: a public read, a token, a login.
func TestADatabaseThatIsAwayIsNoFaultOfOurs(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	officer := a.Staff("省里", access.CommitteeOfficer, a.Province)
	a.Token(officer)
	a.Do(officer, "GET /me", nil).Status(200)
	if err := database.Close(a.DB); err != nil {
		t.Fatal(err)
	}
	for what, who := range map[string]access.Actor{"GET /programmes": apitest.Nobody, "GET /me": officer, "GET /activities?q=社区": apitest.Nobody} {
		res := a.Do(who, what, nil).Problem(503, "server.overloaded")
		if res.Header.Get("Retry-After") == "" || strings.Contains(string(res.Body), "sql") {
			t.Errorf("%s: %v %s", what, res.Header, res.Body)
		}
	}
	a.SignIn(officer).Problem(503, "server.overloaded")
}
