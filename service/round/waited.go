package round

import (
	"gorm.io/gorm"

	"baodao/model"
)

// Waited counts the rounds of a programme so far for which a student made a list of five or more and got no proposal, up to
// what the rules count.
func Waited(db *gorm.DB, programmeID, studentID int64) (uint8, error) {
	all, err := waited(db, &model.MatchRound{ProgrammeID: programmeID}, []int64{studentID})
	return all[studentID], err
}
