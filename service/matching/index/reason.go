package index

import (
	"fmt"
	"math/bits"

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
	urgentFrom   = 5
)

func reasons(s *score.Student, p *score.Position, pick *Pick) Reason {
	r := SomeTime
	if pick.Fit.Overlap == bits.OnesCount64(p.Slots) {
		r = AllTime
	}
	when := func(holds bool, reason Reason) {
		if holds {
			r |= reason
		}
	}
	wanted := bits.OnesCount32(p.Want)
	when(pick.Fit.Dist <= atHandMetres, AtHand)
	when(wanted > 0 && pick.Fit.Hits == wanted, AllSkills)
	when(pick.Fit.Hits > 0 && pick.Fit.Hits < wanted, SomeSkills)
	when(pick.Parts.Interest > 0 && s.Interests[0] == p.Category, FirstWish)
	when(pick.Parts.Interest > 0 && s.Interests[0] != p.Category, LaterWish)
	when(p.Urgency >= urgentFrom, Urgent)
	when(pick.Parts.Served > 0, ServedThere)
	when(s.Branch != score.None && s.Branch == p.Partner, OurPartner)
	return r
}

// Words tell the reasons to the student, in Chinese and in English.
func (p *Pick) Words() (zh, en []string) {
	zh, en = []string{fmt.Sprintf("距离 %d 米", p.Fit.Dist)}, []string{fmt.Sprintf("%d m away", p.Fit.Dist)}
	if p.Reasons&AtHand != 0 {
		zh[0], en[0] = "就在附近，"+zh[0], "near, "+en[0]
	}
	say := func(reason Reason, chinese, english string) {
		if p.Reasons&reason != 0 {
			zh, en = append(zh, chinese), append(en, english)
		}
	}
	say(AllTime, "服务时段您都有空", "you are free whenever there is work")
	say(SomeTime, fmt.Sprintf("有 %d 个时段相合", p.Fit.Overlap), fmt.Sprintf("%d blocks of time fit", p.Fit.Overlap))
	say(AllSkills, "想要的技能您都有", "you have every skill that is wanted")
	say(SomeSkills, fmt.Sprintf("想要的技能您有 %d 项", p.Fit.Hits), fmt.Sprintf("you have %d of the skills that are wanted", p.Fit.Hits))
	say(FirstWish, "是您的第一兴趣", "it is your first interest")
	say(LaterWish, "是您的兴趣之一", "it is one of your interests")
	say(Urgent, "社区急需", "the community needs it urgently")
	say(ServedThere, "您曾在这个社区服务", "you have served in this community")
	say(OurPartner, "与您的团支部结对", "the community is paired with your branch")
	return zh, en
}
