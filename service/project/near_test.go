package project_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/project"
)

func TestSearchFindsWordsWhereverTheyStand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	titles := map[string]string{"清洁社区日": "打扫楼道", "日清洁": "Ａ区 Book Club 读书会", "社区读书": "清 洁工的故事"}
	byTitle := map[string]int64{}
	for title, summary := range titles {
		byTitle[title] = h.published(t, func(in *project.NewActivity) { in.Title, in.Summary = title, summary }).Activity.ID
	}
	tests := map[string]struct {
		query string
		want  []string
	}{
		"part of a title":                  {"清洁", []string{"清洁社区日", "日清洁"}},
		"pairs alone are no hit":           {"洁社日清", nil},
		"longer than a pair":               {"清洁社区", []string{"清洁社区日"}},
		"part of a summary":                {"楼道", []string{"清洁社区日"}},
		"the host's name":                  {"戊社区", []string{"清洁社区日", "日清洁", "社区读书"}},
		"two words, in any place":          {"读书 社区", []string{"日清洁", "社区读书"}}, // the host is a 社区
		"case and width do not count":      {"ａ区 BOOK", []string{"日清洁"}},
		"a space in the text is no letter": {"清洁工", nil},
		"nothing has it":                   {"火星", nil},
		"one character beside a word":      {"日 清洁", []string{"清洁社区日", "日清洁"}},
		"a percent sign is only itself":    {"%清", nil},
		"thirty characters":                {"清洁社区日清洁社区日清洁社区日清洁社区日清洁社区日清洁社区日", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want := []int64{}
			for _, title := range tt.want {
				want = append(want, byTitle[title])
			}
			slices.Sort(want)
			for _, size := range []int{1, 10} {
				got := ids(h.all(t, project.Filter{Query: tt.query}, size))
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	for _, query := range []string{"清", " 日 ", "a b c"} {
		_, err := h.Activities(t.Context(), project.Filter{Query: query}, limit(5))
		wants(t, err, fault.ErrInvalid)
	}
}

// A batch of activities that share the pairs of the query but not its word must not end the search.
func TestSearchReadsOnUntilAPageIsFull(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	center := geo.FromDegrees(36.65, 117.12)
	all := h.fill(t, 230, func(i int, a *model.Activity) {
		a.Title, a.LatE6, a.LngE6 = "甲乙 乙丙", &center.LatE6, &center.LngE6
		if i%115 == 114 {
			a.Title = "甲乙丙"
		}
	})
	var rows []model.ActivityGram
	for _, a := range all {
		rows = append(rows, model.ActivityGram{Gram: "甲乙", ActivityID: a.ID}, model.ActivityGram{Gram: "乙丙", ActivityID: a.ID})
	}
	h.write(t, func(tx *gorm.DB) error { return tx.CreateInBatches(&rows, 200).Error })
	for _, near := range []*project.Near{nil, {Center: center, RadiusM: 100}} {
		got := ids(h.all(t, project.Filter{Query: "甲乙丙", Near: near}, 1))
		if diff := cmp.Diff([]int64{all[114].ID, all[229].ID}, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNearIsOrderedByDistance(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	center := geo.FromDegrees(36.65, 117.12)
	r := rand.New(rand.NewPCG(1, 2))
	all := h.fill(t, 300, func(i int, a *model.Activity) {
		if i%10 == 0 {
			return // no coordinates
		}
		lat, lng := center.LatE6+r.Int64N(400_000)-200_000, center.LngE6+r.Int64N(400_000)-200_000
		if i%10 == 1 {
			lat, lng = center.LatE6+10_000, center.LngE6 // many at one spot
		}
		a.LatE6, a.LngE6 = &lat, &lng
		if i%3 == 0 {
			a.Mode = "HYBRID"
		}
	})
	for _, radius := range []int64{1, 1200, 8000, 50000} {
		for _, mode := range []string{"", "HYBRID"} {
			f := project.Filter{Mode: mode, Near: &project.Near{Center: center, RadiusM: radius}}
			want := []int64{}
			sorted := slices.Clone(all)
			distance := func(a model.Activity) int64 {
				return geo.Distance(center, geo.Point{LatE6: *a.LatE6, LngE6: *a.LngE6})
			}
			sorted = slices.DeleteFunc(sorted, func(a model.Activity) bool {
				return a.LatE6 == nil || distance(a) > radius || (mode != "" && a.Mode != mode)
			})
			slices.SortStableFunc(sorted, func(a, b model.Activity) int { return int(distance(a) - distance(b)) })
			for _, a := range sorted {
				want = append(want, a.ID)
			}
			for _, size := range []int{7, 100} {
				rows := h.all(t, f, size)
				if diff := cmp.Diff(want, ids(rows)); diff != "" {
					t.Errorf("%d m, pages of %d: %s", radius, size, diff)
				}
				for i, row := range rows {
					if *row.DistanceM != distance(sorted[i]) || row.Host == "" || row.Seats.Capacity != 8 {
						t.Fatalf("got %+v", row)
					}
				}
			}
		}
	}
}

func TestNearSaysWhenItIsTruncated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	center := geo.FromDegrees(36.65, 117.12)
	h.fill(t, 2005, func(i int, a *model.Activity) {
		lat, lng := center.LatE6+int64(i)*10, center.LngE6
		a.LatE6, a.LngE6 = &lat, &lng
	})
	for name, tt := range map[string]struct {
		radius int64
		cut    bool
		rows   int
	}{"all within": {5000, true, 2000}, "few within": {100, false, 90}} {
		res, err := h.Activities(t.Context(), project.Filter{Near: &project.Near{Center: center, RadiusM: tt.radius}}, limit(50))
		must(t, err)
		if res.Truncated != tt.cut || *res.Items[0].DistanceM != 0 {
			t.Errorf("%s: truncated %v", name, res.Truncated)
		}
		rows := h.all(t, project.Filter{Near: &project.Near{Center: center, RadiusM: tt.radius}}, 100)
		if len(rows) != tt.rows && (tt.cut || len(rows) < 85 || len(rows) > 95) {
			t.Errorf("%s: %d rows", name, len(rows))
		}
	}
}
