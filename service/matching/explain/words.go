package explain

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"baodao/service/matching/score"
)

// Lacks says which required skills are missing, as parts of a sentence in Chinese and in English.
type Lacks func(missing uint32) (zh, en []string)

// Words tell the answer to the student, in Chinese and in English. Skills are told by their numbers.
func (a *Answer) Words() (zh, en string) { return a.WordsWith(numbered) }

// WordsWith are the words with what lacks says of skills.
func (a *Answer) WordsWith(lacks Lacks) (zh, en string) {
	switch a.Reason {
	case Placed:
		if a.Wish > score.MaxList {
			return "这个岗位就是给您的建议（服从推荐）。", "It is the one proposed to you (you were open to others than you listed)."
		}
		return fmt.Sprintf("这个岗位就是给您的建议（第 %d 志愿）。", a.Wish), fmt.Sprintf("It is the one proposed to you (wish %d).", a.Wish)
	case NotEligible:
		return a.misfitWords(lacks)
	case NotListed:
		return "您没有填报这个岗位。", "You did not list it."
	case GotBetter:
		return a.betterWords()
	case Declined:
		return "建议过这个岗位，但有一方未确认。", "It was proposed, and one side did not confirm."
	case TeamTooSmall:
		return fmt.Sprintf("人数不足最小组 %d 人，本轮未开。", a.Min), fmt.Sprintf("It was closed: its team would have had fewer than %d.", a.Min)
	case BelowCutoff:
		return a.cutoffWords()
	case TooFewTogether:
		return fmt.Sprintf("位次达到，但没有 %d 个可同时给出的名额。", a.Size), fmt.Sprintf("You came far enough, but %d seats were not to be had at once.", a.Size)
	default:
		return "没有找到原因：请核验本轮结果。", "Nothing stands against it: have the round verified."
	}
}

// betterWords tell wishes from what comes after a list, which has no number that anybody gave.
func (a *Answer) betterWords() (zh, en string) {
	switch {
	case a.Got > score.MaxList:
		return "您没有填报这个岗位；按服从推荐，给您的岗位排在它前面。", "You did not list it; of those that you were open to, the one proposed to you comes first."
	case a.Wish > score.MaxList:
		return fmt.Sprintf("您得到了第 %d 志愿，这个岗位您没有填报。", a.Got), fmt.Sprintf("You got wish %d; this one you did not list.", a.Got)
	default:
		return fmt.Sprintf("您得到了排在前面的第 %d 志愿，这个岗位是第 %d 志愿。", a.Got, a.Wish),
			fmt.Sprintf("You got wish %d, which you ranked higher than this one (wish %d).", a.Got, a.Wish)
	}
}

func (a *Answer) cutoffWords() (zh, en string) {
	if a.LastKey == score.Nobody {
		return fmt.Sprintf("全部 %d 个名额优先给结对团支部，已由其成员占满。", a.Reserved),
			fmt.Sprintf("All %d seats are reserved for the paired branches first, and their students have them.", a.Reserved)
	}
	if a.Reserved > 0 {
		zh, en = fmt.Sprintf("另有 %d 个名额优先给结对团支部。", a.Reserved), fmt.Sprintf(" %d seats are reserved for the paired branches first.", a.Reserved)
		z, e := a.behind()
		return z + zh, e + en
	}
	return a.behind()
}

// behind says by what others came first.
func (a *Answer) behind() (zh, en string) {
	if a.Silent {
		return fmt.Sprintf("最后一名是第 %d 档；您这一组的平均档次较低，或同档而抽签号在后。", a.LastBand),
			fmt.Sprintf("The last who got a seat is in band %d; the mean of your group is below, or the same with a later lottery number.", a.LastBand)
	}
	if a.Band == a.LastBand {
		return fmt.Sprintf("与最后一名同为第 %d 档，您的抽签号 %d 在其 %d 之后。", a.Band, a.Lottery, a.LastNumber),
			fmt.Sprintf("You are in band %d like the last who got a seat, with lottery number %d after %d.", a.Band, a.Lottery, a.LastNumber)
	}
	return fmt.Sprintf("您是第 %d 档，最后一名是第 %d 档。", a.Band, a.LastBand),
		fmt.Sprintf("You are in band %d; the last who got a seat is in band %d.", a.Band, a.LastBand)
}

// misfitWords name every condition that fails, and by how much.
func (a *Answer) misfitWords(lacks Lacks) (zh, en string) {
	chinese, english := a.Conditions(lacks)
	zh, en = "不符合条件：", "Not eligible: "
	if a.Size > 1 {
		zh, en = "同组有人不符合条件：", "One of your group is not eligible: "
	}
	return zh + strings.Join(chinese, "；") + "。", en + strings.Join(english, "; ") + "."
}

// What a student is told of a position that is meant for others, and of one whose host does not want the student, or is not
// wanted: it is one answer, in one place among the conditions, so that nobody learns who keeps away from them.
const (
	OutsideZH = "不在这个岗位的安排范围内"
	OutsideEN = "you are not among those whom it is for"
)

// Conditions are those that fail, and by how much: nothing when the rules let the student go there.
func (a *Answer) Conditions(lacks Lacks) (zh, en []string) {
	say := func(when score.Misfit, chinese, english string) {
		if a.Misfits&when != 0 {
			zh, en = append(zh, chinese), append(en, english)
		}
	}
	if a.Misfits&score.MissingSkill != 0 {
		zh, en = lacks(a.Missing)
	}
	if a.Misfits&score.KeptApart != 0 && !slices.Contains(zh, OutsideZH) {
		say(score.KeptApart, OutsideZH, OutsideEN)
	}
	say(score.TooLittleTime, fmt.Sprintf("空闲时段相合 %d 个，需要 %d 个", a.Overlap, a.Need), fmt.Sprintf("%d blocks of time fit, %d are needed", a.Overlap, a.Need))
	say(score.TooFarForStudent, fmt.Sprintf("距离 %d 米，超出您的上限 %d 米", a.Metres, a.MaxDist), fmt.Sprintf("%d m away, your limit is %d m", a.Metres, a.MaxDist))
	say(score.OutOfRadius, fmt.Sprintf("距离 %d 米，超出本轮范围 %d 米", a.Metres, a.Radius), fmt.Sprintf("%d m away, the round's radius is %d m", a.Metres, a.Radius))
	say(score.NoSeats, "没有名额", "it has no seats")
	return zh, en
}

// numbered tells skills by the numbers of their bits.
func numbered(missing uint32) (zh, en []string) {
	var all []string
	for ; missing != 0; missing &= missing - 1 {
		all = append(all, fmt.Sprint(bits.TrailingZeros32(missing)))
	}
	skills := strings.Join(all, ", ")
	return []string{"缺少必备技能 " + skills}, []string{"required skills are missing: " + skills}
}
