package api

import (
	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"
)

// maxAcceptLanguage bounds what is parsed; no honest client sends more.
const maxAcceptLanguage = 256

// speaksEnglish tells whether the caller prefers English to Chinese by Accept-Language (with its weights). Absent,
// unreadable or neither of the two means Chinese.
func speaksEnglish(c *gin.Context) bool {
	header := c.GetHeader("Accept-Language")
	if header == "" || len(header) > maxAcceptLanguage {
		return false
	}
	tags, weights, err := language.ParseAcceptLanguage(header) // sorted by weight
	if err != nil {
		return false
	}
	for i, tag := range tags {
		if weights[i] == 0 {
			break
		}
		switch base, _ := tag.Base(); base.String() {
		case "en":
			return true
		case "zh":
			return false
		}
	}
	return false
}
