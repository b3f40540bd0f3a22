package app

import (
	"baodao/api"
	"baodao/service/recommend"
	"baodao/service/survey"
)

// newRecommend makes the recommendations. Every replica keeps the pictures by itself: App.Serve runs it.
func newRecommend(d Deps, surveys *survey.Service) *recommend.Service {
	return &recommend.Service{DB: d.DB, Now: d.Now, Survey: surveys, Log: d.Log, Write: api.PlaceJSON}
}
