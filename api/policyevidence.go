package api

import (
	"baodao/model"
	"baodao/service/programme"
)

// EvidenceRulesView is the part of a policy that says what is doubtful in a check-in.
type EvidenceRulesView struct {
	LocationDriftM       int64 `json:"location_drift_m" minimum:"0" maximum:"2000" doc:"Metres that a position may lie outside a session's radius beyond its own accuracy before a check-in is reviewed; 0: 100" example:"100"`
	LocationAccuracyMinM int64 `json:"location_accuracy_min_m" minimum:"0" maximum:"100" doc:"Accuracy in metres below which a position is not believed; 0: 1" example:"1"`
	LocationAccuracyMaxM int64 `json:"location_accuracy_max_m" minimum:"0" maximum:"10000" doc:"Accuracy in metres above which a position says nothing and is not believed; 0: 500" example:"500"`
	LocationSpeedKMH     int64 `json:"location_speed_kmh" minimum:"0" maximum:"2000" doc:"Speed in km/h between two check-ins of one student above which the second is reviewed; 0: 200" example:"200"`
	DeviceMaxStudents    int64 `json:"device_max_students" minimum:"0" maximum:"100" doc:"Students who may check in with one phone within 24 hours before the next one is reviewed; 0: 1" example:"1"`
	PositionRepeatsMax   int64 `json:"position_repeats_max" minimum:"0" maximum:"100" doc:"Earlier check-ins of others, or for other sessions, with exactly the same position that go unquestioned; 0: none" example:"0"`
	LocationKeepDays     int64 `json:"location_keep_days" minimum:"0" maximum:"30" doc:"Days after the hours are final until positions of check-ins are deleted; 0: 30" example:"30"`
	ReviewDays           int64 `json:"review_days" minimum:"0" maximum:"60" doc:"Days that a doubtful check-in waits for the host; then the department of the student is told too; 0: 3" example:"3"`
}

// EvidenceRulesChange gives single ones of these rules.
type EvidenceRulesChange struct {
	LocationDriftM       *int64 `json:"location_drift_m,omitempty" minimum:"0" maximum:"2000" doc:"Metres that a position may lie outside a session's radius beyond its own accuracy before a check-in is reviewed; 0: 100" example:"100"`
	LocationAccuracyMinM *int64 `json:"location_accuracy_min_m,omitempty" minimum:"0" maximum:"100" doc:"Accuracy in metres below which a position is not believed; 0: 1" example:"1"`
	LocationAccuracyMaxM *int64 `json:"location_accuracy_max_m,omitempty" minimum:"0" maximum:"10000" doc:"Accuracy in metres above which a position says nothing and is not believed; 0: 500" example:"500"`
	LocationSpeedKMH     *int64 `json:"location_speed_kmh,omitempty" minimum:"0" maximum:"2000" doc:"Speed in km/h between two check-ins of one student above which the second is reviewed; 0: 200" example:"200"`
	DeviceMaxStudents    *int64 `json:"device_max_students,omitempty" minimum:"0" maximum:"100" doc:"Students who may check in with one phone within 24 hours before the next one is reviewed; 0: 1" example:"1"`
	PositionRepeatsMax   *int64 `json:"position_repeats_max,omitempty" minimum:"0" maximum:"100" doc:"Earlier check-ins of others, or for other sessions, with exactly the same position that go unquestioned; 0: none" example:"0"`
	LocationKeepDays     *int64 `json:"location_keep_days,omitempty" minimum:"0" maximum:"30" doc:"Days after the hours are final until positions of check-ins are deleted; 0: 30" example:"30"`
	ReviewDays           *int64 `json:"review_days,omitempty" minimum:"0" maximum:"60" doc:"Days that a doubtful check-in waits for the host; then the department of the student is told too; 0: 3" example:"3"`
}

func newEvidenceRulesView(p model.Policy) EvidenceRulesView {
	return EvidenceRulesView{
		LocationDriftM:       p.LocationDriftM,
		LocationAccuracyMinM: p.LocationAccuracyMinM,
		LocationAccuracyMaxM: p.LocationAccuracyMaxM,
		LocationSpeedKMH:     p.LocationSpeedKMH,
		DeviceMaxStudents:    p.DeviceMaxStudents,
		PositionRepeatsMax:   p.PositionRepeatsMax,
		LocationKeepDays:     p.LocationKeepDays,
		ReviewDays:           p.ReviewDays,
	}
}

func (v EvidenceRulesView) onto(p *model.Policy) {
	p.LocationDriftM = v.LocationDriftM
	p.LocationAccuracyMinM = v.LocationAccuracyMinM
	p.LocationAccuracyMaxM = v.LocationAccuracyMaxM
	p.LocationSpeedKMH = v.LocationSpeedKMH
	p.DeviceMaxStudents = v.DeviceMaxStudents
	p.PositionRepeatsMax = v.PositionRepeatsMax
	p.LocationKeepDays = v.LocationKeepDays
	p.ReviewDays = v.ReviewDays
}

func (v EvidenceRulesChange) onto(o *programme.Override) {
	o.LocationDriftM = v.LocationDriftM
	o.LocationAccuracyMinM = v.LocationAccuracyMinM
	o.LocationAccuracyMaxM = v.LocationAccuracyMaxM
	o.LocationSpeedKMH = v.LocationSpeedKMH
	o.DeviceMaxStudents = v.DeviceMaxStudents
	o.PositionRepeatsMax = v.PositionRepeatsMax
	o.LocationKeepDays = v.LocationKeepDays
	o.ReviewDays = v.ReviewDays
}
