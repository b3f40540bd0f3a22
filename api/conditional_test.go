package api_test

import (
	"testing"

	"baodao/api"
)

func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]bool{
		"": false, `"3"`: true, `W/"3"`: true, `"2", "3"`: true, "*": true, `"33"`: false, "3": false, `"2",W/"4"`: false,
	} {
		if got := (api.IfNoneMatchIn{IfNoneMatch: sent}).Has(`"3"`); got != want {
			t.Errorf("If-None-Match: %s is %v", sent, got)
		}
	}
}
