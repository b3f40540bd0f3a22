package pairing

import "fmt"

// Words tell the answer to either side, in Chinese and in English.
func (a *Answer) Words() (zh, en string) {
	switch a.Reason {
	case Renewed:
		return "原有结对继续，或邀请还在等答复，优先保留。", "It goes on, or its proposal waits for an answer: it is kept first."
	case Drawn:
		return "本轮建议结对。", "The round proposes it."
	case Refused:
		return "有一方曾表示不结对。", "One side has said no to it."
	case TooFar:
		return fmt.Sprintf("相距 %d 米，超出范围 %d 米。", a.Metres, a.Reach), fmt.Sprintf("They are %d m apart, the limit is %d m.", a.Metres, a.Reach)
	case BranchFull:
		return "支部的名额已由保留的结对占满。", "The pairs that the branch keeps take all its places."
	case CommunityFull:
		return "社区的名额已由保留的结对占满。", "The pairs that the community keeps take all its places."
	case BranchGotBetter:
		return "支部得到了得分更高的社区。", "The branch got communities with a higher score."
	case CommunityGotOther:
		return a.cutoffWords()
	default:
		return "没有找到原因：请核验本轮结果。", "Nothing stands against it: have the round verified."
	}
}

func (a *Answer) cutoffWords() (zh, en string) {
	if a.Band == a.LastBand {
		return fmt.Sprintf("支部与社区最后一名同为第 %d 档，抽签号 %d 在其 %d 之后。", a.Band, a.Lottery, a.LastNumber),
			fmt.Sprintf("The branch is in band %d like the last that the community got, with lottery number %d after %d.", a.Band, a.Lottery, a.LastNumber)
	}
	return fmt.Sprintf("支部是第 %d 档，社区最后一名是第 %d 档。", a.Band, a.LastBand),
		fmt.Sprintf("The branch is in band %d; the last that the community got is in band %d.", a.Band, a.LastBand)
}
