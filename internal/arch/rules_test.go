package arch_test

import "slices"

// rule says what the packages it names may import of ours and may not import of others.
// A name that ends in /... stands for all packages below it; "*" for every package of ours
// except the program itself and the test kit.
type rule struct {
	packages []string
	may      []string
	ban      []string // from others: an import path and everything below it
	only     []string // from others, when not nil: nothing but these and the standard library
}

// domain is the order of the service packages: each may import those before it, never those after it.
var domain = []string{
	"service/account", "service/org", "service/programme", "service/standing", "service/pairing",
	"service/project", "service/survey", "service/demand", "service/signup", "service/round", "service/recommend", "service/attend", "service/appeal", "service/remind", "service/pagecode", "service/result", "service/support",
}

// shared is what every service may use.
var shared = []string{
	"service/fault", "service/text", "service/access", "service/page", "service/atomic", "service/read", "service/vault",
	"service/batch", "service/audit", "service/notify", "service/content", "service/upload", "service/idem",
}

// matchers are the services that may call the pure matching packages.
var matchers = []string{"service/pairing", "service/project", "service/survey", "service/demand", "service/signup", "service/round", "service/recommend", "service/recommend", "service/attend"}

var (
	time = []string{"internal/clock", "internal/id"}
	http = []string{"net/http", "github.com/gin-gonic/gin", "github.com/danielgtaylor/huma"}
	gorm = []string{"gorm.io", "database/sql"}
)

// testsMay is what a test may import beyond the table's row for its package.
var testsMay = []string{
	"internal/testkit/...", "internal/app", "internal/clock", "internal/id", "internal/database", "internal/wxsim",
	"model", "model/...", "config", "docs", "service/fault", "service/access", "service/audit", "service/vault",
}

// wholeProgramTests are the packages whose tests drive the whole program, so that they may import all of it.
var wholeProgramTests = []string{".", "api", "router", "docs", "internal/app", "internal/demo", "internal/bench", "internal/checker", "service/notify", "service/pagecode", "service/content", "service/upload"}

// banEverywhere are the modules that one package of ours stands in front of.
var banEverywhere = map[string]string{"github.com/silenceper/wechat": "internal/wechat", "github.com/prometheus": "internal/metrics"}

// rules is the import rule of the house, from the top of it to the ground.
func rules() []rule {
	table := []rule{
		{packages: []string{".", "internal/app", "internal/demo", "internal/bench", "internal/bench/..."}, may: []string{"*"}},
		{packages: []string{"internal/testkit", "internal/testkit/..."}, may: []string{"*", "internal/testkit/...", "internal/testkit"}},
		{packages: []string{"router"}, may: append([]string{"api", "service/access", "service/fault", "docs"}, time...), ban: gorm},
		{packages: []string{"api"}, may: []string{"service/...", "model"}, ban: gorm},
		{packages: []string{"service/stats"}, may: cat([]string{"model", "service/fault", "service/access", "service/page", "service/read", "service/vault"}, time), ban: http},
		{packages: []string{"service/idem"}, may: cat([]string{"model", "service/fault", "service/access", "service/atomic", "service/vault"}, time), ban: http},
		{packages: []string{"service/content"}, may: cat([]string{"model", "service/fault", "service/text", "service/access", "service/page", "service/atomic", "service/read", "service/vault", "service/audit", "service/notify"}, time), ban: http},
		{packages: []string{"service/upload"}, may: cat([]string{"model", "service/fault", "service/access", "service/atomic", "service/read", "service/audit", "service/content"}, time), ban: http},
		{packages: []string{"internal/blob"}, may: time, ban: cat(http, gorm)},
		{packages: []string{"service/audit"}, may: cat([]string{"model", "service/fault", "service/access", "service/page", "service/atomic", "service/vault"}, time), ban: http},
		{packages: []string{"service/notify"}, may: cat([]string{"model", "service/fault", "service/text", "service/access", "service/page", "service/atomic", "service/vault"}, time), ban: http},
		{packages: []string{"service/vault"}, may: cat([]string{"model", "service/fault", "service/atomic"}, time), ban: http},
		{packages: []string{"service/atomic", "service/read"}, may: []string{"service/fault"}, ban: http},
		{packages: []string{"service/batch"}, may: []string{"service/fault"}, ban: cat(http, gorm)},
		{packages: []string{"service/access", "service/page"}, may: []string{"service/fault"}, ban: cat(http, gorm)},
		{packages: []string{"service/text"}, may: []string{"service/fault", "service/access"}, ban: cat(http, gorm)},
		{packages: []string{"service/fault"}, ban: cat(http, gorm)},
		{packages: []string{"service/matching", "service/matching/..."}, may: []string{"service/matching/..."}, ban: cat(http, gorm)},
		{packages: []string{"model"}, ban: http, only: []string{"gorm.io"}},
		{packages: []string{"model/migrations"}, ban: http},
		{packages: []string{"config", "docs"}, ban: cat(http, gorm)},
		{packages: []string{"internal/clock", "internal/id"}, ban: cat(http, gorm)},
		{packages: []string{"internal/database"}, may: []string{"model", "model/migrations", "config", "internal/clock", "service/fault"}, ban: http},
		{packages: []string{"internal/jobs"}, may: cat([]string{"model", "service/fault", "service/atomic"}, time), ban: http},
		{packages: []string{"internal/wechat"}, may: []string{"service/fault"}, ban: gorm},
		{packages: []string{"internal/wxstore"}, may: cat([]string{"model", "internal/wechat", "service/atomic"}, time), ban: http},
		{packages: []string{"internal/wxsim"}, only: []string{}},
		{packages: []string{"internal/metrics"}, ban: gorm[:1]},
		{packages: []string{"internal/checker"}, only: []string{"github.com/anishathalye/porcupine"}},
		{packages: []string{"internal/arch"}, ban: cat(http, gorm)},
	}
	for i, name := range domain {
		may := cat([]string{"model"}, shared, time, domain[:i])
		if slices.Contains(matchers, name) {
			may = append(may, "service/matching/...")
		}
		table = append(table, rule{packages: []string{name}, may: may, ban: http})
	}
	return table
}

func cat(lists ...[]string) []string { return slices.Concat(lists...) }
