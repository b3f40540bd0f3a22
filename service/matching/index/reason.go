package index

import (
	"strconv"

	"baodao/service/matching/score"
)

// Reason says in which ways a position suits a student; several may hold.
type Reason uint16

// The reasons, in the order in which they are told.
const (
	AtHand     Reason = 1 << iota // nearer than what most would walk or cycle
	AllTime                       // free in every block in which there is work
	SomeTime                      // free in as many as it takes
	AllSkills                     // every wanted skill
	SomeSkills                    // some of them
	FirstWish                     // of the declared interests
	LaterWish
	Urgent
	ServedThere // served in the community before
	OurPartner  // the community is paired with the student's branch
)

// What counts as near, and as urgent.
const (
	atHandMetres = 3000
	urgentFrom   = 500 // of its score
)

func reasons(s *score.Student, category int8, slots, wanted int, pick *Pick) Reason {
	r := SomeTime
	if pick.Fit.Overlap == slots {
		r = AllTime
	}
	when := func(holds bool, reason Reason) {
		if holds {
			r |= reason
		}
	}
	when(pick.Fit.Dist <= atHandMetres, AtHand)
	when(wanted > 0 && pick.Fit.Hits == wanted, AllSkills)
	when(pick.Fit.Hits > 0 && pick.Fit.Hits < wanted, SomeSkills)
	when(pick.Parts.Interest > 0 && s.Interests[0] == category, FirstWish)
	when(pick.Parts.Interest > 0 && s.Interests[0] != category, LaterWish)
	when(pick.Parts.Urgency >= urgentFrom, Urgent)
	when(pick.Parts.Served > 0, ServedThere)
	return r
}

// phrases are the reasons in words; the distance comes before them, and the counts where they are said.
func phrases() [10][2]string {
	return [...][2]string{
		{"就在附近", "near"},
		{"服务时段您都有空", "you are free whenever there is work"},
		{"个时段相合", " blocks of time fit"},
		{"想要的技能您都有", "you have every skill that is wanted"},
		{"项想要的技能您有", " of the skills that are wanted are yours"},
		{"是您的第一兴趣", "it is your first interest"},
		{"是您的兴趣之一", "it is one of your interests"},
		{"社区急需", "the community needs it urgently"},
		{"您曾在这个社区服务", "you have served in this community"},
		{"与您的团支部结对", "the community is paired with your branch"},
	}
}

// Words adds the reasons to dst as the student reads them, in Chinese or in English.
func (p *Pick) Words(dst []byte, english bool) []byte {
	language, away, between := 0, " 米", "；"
	if english {
		language, away, between = 1, " m away", "; "
	}
	dst = append(strconv.AppendInt(dst, int64(p.Fit.Dist), 10), away...)
	for i, phrase := range phrases() {
		reason := Reason(1) << i
		if p.Reasons&reason == 0 {
			continue
		}
		dst = append(dst, between...)
		switch reason {
		case SomeTime:
			dst = strconv.AppendInt(dst, int64(p.Fit.Overlap), 10)
		case SomeSkills:
			dst = strconv.AppendInt(dst, int64(p.Fit.Hits), 10)
		default:
		}
		dst = append(dst, phrase[language]...)
	}
	return dst
}
