package api

import (
	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"
)

// languages are what we speak, the default first.
var languages = language.NewMatcher([]language.Tag{language.Chinese, language.English}) //nolint:gochecknoglobals // a constant in all but syntax

// maxAcceptLanguage bounds what is parsed; no honest client sends more.
const maxAcceptLanguage = 256

// speaksEnglish tells whether the caller prefers English to Chinese by Accept-Language. Absent, unreadable or
// foreign means Chinese.
func speaksEnglish(c *gin.Context) bool {
	header := c.GetHeader("Accept-Language")
	if header == "" || len(header) > maxAcceptLanguage {
		return false
	}
	tags, q, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return false
	}
	for i := range tags {
		if q[i] == 0 {
			return speaksFirst(tags[:i])
		}
	}
	return speaksFirst(tags)
}

func speaksFirst(tags []language.Tag) bool {
	if len(tags) == 0 {
		return false
	}
	_, index, confidence := languages.Match(tags...)
	return index == 1 && confidence > language.No
}
