package model

// MaxSkills is how many skills a policy may name: each is a bit of what students have and positions want.
const MaxSkills = 32

// SkillItems are the skills of a policy; those that were written before the rule have DefaultSkills. A later policy keeps
// their places: it may rename skills and add others at the end.
func (p Policy) SkillItems() []Item {
	if len(p.Skills) == 0 {
		return DefaultSkills()
	}
	return p.Skills
}

// DefaultSkills is a list to begin with.
func DefaultSkills() []Item {
	return []Item{
		{Code: "TUTORING", Name: "课业辅导"},
		{Code: "ART", Name: "音乐美术"},
		{Code: "SPORT", Name: "体育带练"},
		{Code: "SPEAKING", Name: "宣讲主持"},
		{Code: "WRITING", Name: "写作采编"},
		{Code: "PHOTOGRAPHY", Name: "摄影摄像"},
		{Code: "DESIGN", Name: "平面设计"},
		{Code: "COMPUTING", Name: "计算机与网络"},
		{Code: "DATA", Name: "数据统计"},
		{Code: "SURVEYING", Name: "社会调查"},
		{Code: "EVENTS", Name: "活动组织"},
		{Code: "LANGUAGE", Name: "外语"},
		{Code: "DIALECT", Name: "当地方言"},
		{Code: "SIGN_LANGUAGE", Name: "手语"},
		{Code: "LAW", Name: "法律咨询"},
		{Code: "PSYCHOLOGY", Name: "心理辅导"},
		{Code: "MEDICINE", Name: "医疗卫生"},
		{Code: "FIRST_AID", Name: "急救"},
		{Code: "ELDER_CARE", Name: "为老服务"},
		{Code: "CHILD_CARE", Name: "少儿看护"},
		{Code: "AGRICULTURE", Name: "农业技术"},
		{Code: "REPAIR", Name: "家电维修"},
		{Code: "BUSINESS", Name: "电商与经营"},
		{Code: "ENVIRONMENT", Name: "环保宣传"},
	}
}
