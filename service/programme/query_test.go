package programme_test

import (
	"testing"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/programme"
)

// TestReaches: a programme is for the units below its owner; a county's also for whoever works with its units.
func TestReaches(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	foreign := w.Org(w.Province, model.OrgCityCommittee, "外市")
	otherCommunity := w.Org(w.Org(foreign, model.OrgCountyCommittee, "外县"), model.OrgCommunity, "外社区")
	otherBranch := w.Org(w.Org(foreign, model.OrgUniversityCommittee, "外大学"), model.OrgLeagueBranch, "外班")
	nobody := model.Org{}
	for name, c := range map[string]struct {
		owner, campus, local model.Org
		want                 bool
	}{
		"the university's own branch":              {w.University, w.Branch, w.Community, true},
		"the university's own branch, far away":    {w.University, w.Branch, otherCommunity, true},
		"another university's branch":              {w.University, otherBranch, w.Community, false},
		"a community by itself in a university's":  {w.University, nobody, w.Community, false},
		"a community by itself in the county's":    {w.County, nobody, w.Community, true},
		"a community by itself in the city's":      {w.City, nobody, w.Community, true},
		"a community by itself in another city's":  {foreign, nobody, w.Community, false},
		"any branch with the county's community":   {w.County, otherBranch, w.Community, true},
		"a branch with another county's community": {w.County, otherBranch, otherCommunity, false},
		"any branch with the city's community":     {w.City, otherBranch, w.Community, false},
		"the city's branch":                        {w.City, w.Branch, otherCommunity, true},
		"nobody":                                   {w.City, nobody, nobody, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := programme.Reaches(c.owner, c.campus, c.local); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
