package programme

import "baodao/model"

// The presets, by code.
const (
	PresetMaoming  = "MAOMING_2022"
	PresetShandong = "SHANDONG_2023"
)

// Preset is the policy of a published document, ready to be used for a programme.
type Preset struct {
	Code, Name, Source string
	Policy             model.Policy
	Phases             []Phase
}

// Presets returns the two documents as data. Zero and empty mean that the document asks for nothing there.
func Presets() []Preset {
	return []Preset{
		{
			Code: PresetMaoming, Name: "大学生社区实践计划",
			Source: "共青团茂名职业技术学院委员会〔2022〕18号", Policy: maoming(),
		},
		{
			Code: PresetShandong, Name: "“百万大学生进社区”社会实践",
			Source: "山东省“百万大学生进社区”社会实践工作方案（2023）", Policy: shandong(),
			Phases: []Phase{
				{Kind: PhasePilot, StartsOn: "2023-04-01", EndsOn: "2023-12-31"},
				{Kind: PhaseEvaluation, StartsOn: "2024-01-01", EndsOn: "2024-02-29"},
				{Kind: PhaseRollout, StartsOn: "2024-03-01"},
			},
		},
	}
}

func presetBy(code string) (Preset, bool) {
	for _, p := range Presets() {
		if p.Code == code {
			return p, true
		}
	}
	return Preset{}, false
}

// operational is what neither document says: our defaults.
func operational() model.Policy {
	return model.Policy{
		YearStarts: "09-01", PairingAnswerDays: 14, PairingNoticeDays: 14, PairingMinDays: 90, CheckInEarlyMinutes: 30, CheckOutLateMinutes: 60,
		PresenceMinPermille: 600, DayMaxMinutes: 480, AnnulMinutes: 15, CorrectionDays: 7, PassCodeMinutes: 15,
		NoShowWindowDays: 180, NoShowLimit: 3, SuspensionDays: 7, LateCancelPoints: 1, NoShowPoints: 3, NoShowAfterHours: 48,
		WeekMaxMinutes: 2400, TravelKMH: 20, WaitlistCutoffMinutes: 120, LotteryBaseWeight: 1, LotteryFirstPracticeWeight: 3,
		AppealFileDays: 30, AppealDays: 10, HelpHours: 24,
		OfflineUploadHours: 24, OfflineSkewMinutes: 5, MakeupDays: 14,
		PublicNoticeDays: 7, HostConfirmDays: 7,
		LocationDriftM: 100, LocationAccuracyMinM: 1, LocationAccuracyMaxM: 500, LocationSpeedKMH: 200, DeviceMaxStudents: 1, LocationKeepDays: 30,
		ReviewDays: 3, RoundInputDays: 365,
		Fields: nineFields(), Skills: model.DefaultSkills(), DeclineReasons: model.DefaultDeclineReasons(),
	}
}

// maoming is the notice of a vocational college: a quarter of branches and students every year.
func maoming() model.Policy {
	p := operational()
	p.BranchParticipationPermille, p.StudentParticipationPermille = 250, 250
	p.DailyMinTerms, p.ConcentratedMinDays = 1, 30
	p.CaseQuota, p.CaseMinChars, p.CasePhotos, p.CasePhotoMinBytes = 3, 1000, 5, 1<<20
	p.PairingDue, p.KickoffDue = "11-15", "11-20"
	p.Categories = []model.Item{
		{Code: "COMMUNITY_GOVERNANCE", Name: "参与社区治理"},
		{Code: "AFTER_SCHOOL", Name: "开展课后服务"},
		{Code: "SOCIAL_SURVEY", Name: "组织社会调查"},
		{Code: "CULTURE_SPORT", Name: "开展文体活动"},
		{Code: "LEAGUE_BUILDING", Name: "促进基层团建"},
	}
	return p
}

// shandong is the plan of a province: 30 % of branches paired, two or three activities a term, everyone at least once.
func shandong() model.Policy {
	p := operational()
	p.BranchPairingPermille, p.BranchTermMin, p.BranchTermMax, p.StudentMin = 300, 2, 3, 1
	p.PilotMinCounties, p.PilotMinTowns, p.PilotMinCommunities = 2, 2, 10
	p.Categories = []model.Item{
		{Code: "THEORY_TALKS", Name: "理论普及宣讲"},
		{Code: "RED_HERITAGE", Name: "红色文化传承"},
		{Code: "DEVELOPMENT_OBSERVATION", Name: "发展成就观察"},
		{Code: "INNOVATION", Name: "校地创新创业"},
		{Code: "INTERNSHIP", Name: "就业实习见习"},
		{Code: "COMMUNITY_SERVICE", Name: "社区志愿服务"},
		{Code: "CIVILISED_CITY", Name: "文明城市创建"},
	}
	return p
}

func nineFields() []model.Item {
	return []model.Item{
		{Code: "RURAL_REVITALISATION", Name: "乡村振兴"},
		{Code: "GRASSROOTS_GOVERNANCE", Name: "基层治理"},
		{Code: "STUDENT_AID", Name: "济困助学"},
		{Code: "EMPLOYMENT", Name: "就业创业"},
		{Code: "ECOLOGY", Name: "生态环保"},
		{Code: "CULTURE", Name: "文化传承"},
		{Code: "SCIENCE", Name: "科技推广"},
		{Code: "HEALTH", Name: "卫生医疗"},
		{Code: "POLICY", Name: "政策宣传"},
	}
}
