package notify

import "strings"

// Kind is what a notification is about; it decides the wording and is what a person switches on and off.
type Kind string

// The kinds.
const (
	PairingProposed   Kind = "PAIRING_PROPOSED"
	PairingAccepted   Kind = "PAIRING_ACCEPTED"
	PairingDeclined   Kind = "PAIRING_DECLINED"
	PairingEnding     Kind = "PAIRING_ENDING"
	PairingDormant    Kind = "PAIRING_DORMANT"
	PairingRenewal    Kind = "PAIRING_RENEWAL"
	DemandSubmitted   Kind = "DEMAND_SUBMITTED"
	DemandReturned    Kind = "DEMAND_RETURNED"
	DemandOpen        Kind = "DEMAND_OPEN"
	DemandDispatched  Kind = "DEMAND_DISPATCHED"
	DemandAccepted    Kind = "DEMAND_ACCEPTED"
	DemandDeclined    Kind = "DEMAND_DECLINED"
	DemandCancelled   Kind = "DEMAND_CANCELLED"
	DemandExpired     Kind = "DEMAND_EXPIRED"
	ActivityPublished Kind = "ACTIVITY_PUBLISHED"
	SignupConfirmed   Kind = "SIGNUP_CONFIRMED"
	SignupWaitlisted  Kind = "SIGNUP_WAITLISTED"
	SignupDeclined    Kind = "SIGNUP_DECLINED"
	SignupAbsent      Kind = "SIGNUP_ABSENT"
	SignupLeave       Kind = "SIGNUP_LEAVE"
	WaitlistOffer     Kind = "WAITLIST_OFFER"
	ActivityChanged   Kind = "ACTIVITY_CHANGED"
	ActivityCancelled Kind = "ACTIVITY_CANCELLED"
	ReminderDay       Kind = "REMINDER_DAY"
	ReminderHour      Kind = "REMINDER_HOUR"
	CheckInMissing    Kind = "CHECK_IN_MISSING"
	HoursConfirmed    Kind = "HOURS_CONFIRMED"
	HoursProposed     Kind = "HOURS_PROPOSED"
	HoursDisputed     Kind = "HOURS_DISPUTED"
	HoursReversed     Kind = "HOURS_REVERSED"
	CheckInAccepted   Kind = "CHECK_IN_ACCEPTED"
	CheckInRefused    Kind = "CHECK_IN_REFUSED"
	EvaluationDue     Kind = "EVALUATION_DUE"
	AppealDecided     Kind = "APPEAL_DECIDED"
	CaseReturned      Kind = "CASE_RETURNED"
	CaseSelected      Kind = "CASE_SELECTED"
	AwardNotice       Kind = "AWARD_NOTICE"
	MilestoneDue      Kind = "MILESTONE_DUE"
	CertificateIssued Kind = "CERTIFICATE_ISSUED"
	ContentDecided    Kind = "CONTENT_DECIDED"
	TurnoutLow        Kind = "TURNOUT_LOW"
	AppealPending     Kind = "APPEAL_PENDING"
	IncidentReported  Kind = "INCIDENT_REPORTED"
	MatchProposed     Kind = "MATCH_PROPOSED"
	MatchAsked        Kind = "MATCH_ASKED"
	MatchEnded        Kind = "MATCH_ENDED"
	MatchUnexplained  Kind = "MATCH_UNEXPLAINED"
	MatchNone         Kind = "MATCH_NONE"
	MatchOpen         Kind = "MATCH_OPEN"
	MatchFriend       Kind = "MATCH_FRIEND"
	MatchStays        Kind = "MATCH_STAYS"
)

// Wording is how a kind is told. {name} is replaced by the event's data.
type Wording struct {
	Kind             Kind
	TitleZH, TitleEN string
	BodyZH, BodyEN   string
}

// wordings is the table of kinds. The data of all kinds come from the same words: activity, org, time, place, reason, name,
// hours, due.
var wordings = []Wording{ //nolint:gochecknoglobals // a table
	{PairingProposed, "收到结对邀请", "A pairing is proposed", "{org}邀请与您所在的组织结对。", "{org} proposes a pairing with your organisation."},
	{PairingAccepted, "结对已达成", "Pairing accepted", "{org}接受了结对。", "{org} accepted the pairing."},
	{PairingDeclined, "结对未达成", "Pairing declined", "{org}没有接受结对。{reason}", "{org} declined the pairing. {reason}"},
	{PairingEnding, "结对将结束", "A pairing ends", "{org}提出自{due}起结束结对。{reason}", "{org} ends the pairing on {due}. {reason}"},
	{PairingDormant, "结对已休眠", "A pairing sleeps", "与{org}的结对一个学期没有开展活动，已转为休眠；双方续约或再开展活动即恢复。", "Your pairing with {org} had no activity for a term and sleeps until both sides renew it or something takes place."},
	{PairingRenewal, "请确认续约", "Renew your pairing?", "{org}愿意在“{name}”学期继续结对，请确认是否续约。", "{org} renews the pairing for the term “{name}”; do you?"},
	{DemandDispatched, "收到社区需求", "A demand was sent to you", "{org}提出的需求“{name}”已派到您所在的组织。", "The demand “{name}” of {org} was sent to your organisation."},
	{DemandSubmitted, "有需求待核实", "A demand waits for you", "{org}提交了需求“{name}”，请核实。", "{org} submitted the demand “{name}”; please verify it."},
	{DemandReturned, "需求被退回", "Demand sent back", "需求“{name}”需要修改。{reason}", "The demand “{name}” needs changes. {reason}"},
	{DemandOpen, "需求已上架", "Demand on the board", "需求“{name}”已通过核实，等待单位接单。", "The demand “{name}” was verified and waits for a unit."},
	{DemandAccepted, "需求有人接单", "Demand accepted", "{org}接下了需求“{name}”。", "{org} took the demand “{name}”."},
	{DemandDeclined, "需求未被接下", "Demand not taken", "{org}不承接需求“{name}”。{reason}", "{org} does not take on the demand “{name}”. {reason}"},
	{DemandCancelled, "需求已撤回", "Demand withdrawn", "{org}的需求“{name}”不再需要您所在的组织。{reason}", "The demand “{name}” of {org} needs your organisation no longer. {reason}"},
	{DemandExpired, "需求已过期", "Demand expired", "需求“{name}”到开始时间还没有单位接下，已过期。可以复制后重新提交。", "Nobody took the demand “{name}” before it was to begin. It can be copied and submitted again."},
	{ActivityPublished, "有新活动", "New activity", "“{activity}”：{time}，{place}。", "“{activity}”: {time}, {place}."},
	{SignupConfirmed, "报名成功", "You are in", "您已报上“{activity}”：{time}，{place}。", "You have a seat in “{activity}”: {time}, {place}."},
	{SignupWaitlisted, "已进入候补", "You are on the waiting list", "“{activity}”名额已满，您在候补名单中。", "“{activity}” is full; you are on the waiting list."},
	{SignupDeclined, "报名未通过", "Sign-up declined", "您报名的“{activity}”未通过。{reason}", "Your sign-up for “{activity}” was declined. {reason}"},
	{SignupAbsent, "被记为缺席", "You are marked as absent", "“{activity}”（{time}）把您记为缺席，有异议可以申诉。{reason}", "You are marked as absent from “{activity}” ({time}); you may appeal. {reason}"},
	{SignupLeave, "请假已批准", "Your leave is approved", "“{activity}”（{time}）的请假已批准，名额已让出，不算缺席。{reason}", "Your leave from “{activity}” ({time}) is approved; the seat is free and nothing counts against you. {reason}"},
	{WaitlistOffer, "候补名额来了", "A seat is free", "“{activity}”有空位，请在{due}前确认。", "A seat in “{activity}” is yours if you accept it before {due}."},
	{ActivityChanged, "活动时间或地点有变", "Time or place changed", "“{activity}”改为{time}，{place}。", "“{activity}” is now {time}, {place}."},
	{ActivityCancelled, "活动已取消", "Activity cancelled", "“{activity}”（{time}）已取消。{reason}", "“{activity}” ({time}) is cancelled. {reason}"},
	{ReminderDay, "明天有活动", "Your activity is tomorrow", "“{activity}”：{time}，{place}。", "“{activity}”: {time}, {place}."},
	{ReminderHour, "活动即将开始", "Your activity starts soon", "“{activity}”：{time}，{place}。", "“{activity}”: {time}, {place}."},
	{CheckInMissing, "还没有签到", "No check-in yet", "没有看到您在“{activity}”的签到，请联系负责人。", "We have no check-in of yours for “{activity}”; ask the organiser."},
	{HoursConfirmed, "时长已认定", "Hours confirmed", "“{activity}”认定 {hours} 小时。", "{hours} hours confirmed for “{activity}”."},
	{HoursProposed, "有人为您补报时长", "Hours proposed for you", "有人为您补报了“{activity}”的 {hours} 小时，请核对，有误请提出异议。", "Somebody proposed {hours} hours of “{activity}” for you; dispute them if they are wrong."},
	{HoursDisputed, "时长有异议", "Hours disputed", "“{activity}”的时长有异议。{reason}", "The hours of “{activity}” are disputed. {reason}"},
	{HoursReversed, "时长已冲销", "Hours taken back", "“{activity}”的 {hours} 小时已冲销：{reason}。有异议可以申诉。", "{hours} hours of “{activity}” were taken back: {reason}. You may appeal."},
	{CheckInAccepted, "签到已采信", "Check-in accepted", "“{activity}”存疑的签到已采信。{reason}", "Your doubtful check-in at “{activity}” was accepted. {reason}"},
	{CheckInRefused, "签到未采信", "Check-in refused", "“{activity}”存疑的签到未采信：{reason}。可以重新签到、补录或申诉。", "Your doubtful check-in at “{activity}” was refused: {reason}. Check in again, have the hours made up, or appeal."},
	{EvaluationDue, "请填写评价", "An evaluation is due", "请在{due}前评价“{activity}”。", "Please evaluate “{activity}” before {due}."},
	{AppealDecided, "申诉有结果", "Your appeal is decided", "关于“{name}”的申诉已有结果。{reason}", "Your appeal about “{name}” is decided. {reason}"},
	{CaseReturned, "案例被退回", "Case returned", "案例“{name}”需要修改。{reason}", "The case “{name}” needs changes. {reason}"},
	{CaseSelected, "案例入选", "Case selected", "案例“{name}”入选。", "The case “{name}” was selected."},
	{AwardNotice, "表彰通知", "Award", "{org}：{name}。", "{org}: {name}."},
	{MilestoneDue, "工作节点临近", "A due day is near", "“{name}”请在{due}前完成。", "“{name}” is due on {due}."},
	{CertificateIssued, "证书已开具", "Certificate issued", "“{name}”的证书已开具，可以下载。", "The certificate for “{name}” can be downloaded."},
	{TurnoutLow, "报名人数不足", "Too few have signed up", "“{activity}”（{time}）报名已截止，不足 {name} 人，请决定照常举行、并入其他活动还是取消。", "Sign-up for “{activity}” ({time}) has ended with fewer than {name}; decide whether it takes place, is merged into another activity or is cancelled."},
	{AppealPending, "有申诉待办理", "An appeal is pending", "关于“{name}”的申诉由{org}办理，请在{due}前完成。", "The appeal about “{name}” lies with {org}, to be decided before {due}."},
	{IncidentReported, "有突发情况", "An incident was reported", "“{activity}”（{time}）报告了突发情况：{name}，请尽快处理。", "An incident was reported at “{activity}” ({time}): {name}. Please see to it."},
	{MatchProposed, "有匹配建议给您", "A proposal for you", "“{name}”给您推荐了一个岗位，请在{due}前答复；不接受没有任何后果。", "“{name}” proposes a position to you; please answer before {due}. Declining costs nothing."},
	{MatchAsked, "有匹配建议待确认", "Proposals wait for you", "匹配轮次给{org}推荐了同学，请在{due}前逐一确认。", "A match round proposes students to {org}; please answer before {due}."},
	{MatchEnded, "匹配建议未达成", "A proposal came to nothing", "“{activity}”的匹配建议未达成。{reason}", "The proposal for “{activity}” came to nothing. {reason}"},
	{MatchNone, "本轮没有匹配建议", "No proposal this time", "“{name}”这次没有给您匹配到岗位。可以查看原因；空余名额会进入下一轮。", "“{name}” has no position for you this time. You can see why; free seats go on to the next round."},
	{MatchOpen, "可以填报志愿了", "Make your list", "“{name}”开始填报志愿，{due}截止。想去哪里由您排，不填没有任何后果。", "“{name}” takes wishes until {due}. You say where; making no list costs nothing."},
	{MatchFriend, "同组同学有变化", "A friend does not come along", "“{activity}”：同组一位同学的匹配建议没有达成。您自己的不受影响，仍由您决定。", "“{activity}”: the proposal to a friend of your group came to nothing. Yours stands; it is for you to decide."},
	{MatchStays, "请确认续约", "Renew your pairing?", "匹配轮次建议{org}与现在的结对单位继续结对，请在结对中确认续约。", "A match round keeps {org} with whom it is paired now; please renew the pairing."},
	{MatchUnexplained, "多次拒绝未说明原因", "Refusals without a reason", "{org}在匹配中已有 {name} 次拒绝没有说明原因，请了解情况。", "{org} has declined {name} proposals without a reason; please ask why."},
	{ContentDecided, "内容审核有结果", "Your content was looked at", "您提交的内容的人工审核结果：{name}。{reason}", "The review of what you submitted: {name}. {reason}"},
}

// Wordings returns the table of kinds.
func Wordings() []Wording { return append([]Wording(nil), wordings...) }

// wordingOf finds a kind's wording; ok is false for a kind that is not in the table.
func wordingOf(k Kind) (w Wording, ok bool) {
	for _, w := range wordings {
		if w.Kind == k {
			return w, true
		}
	}
	return Wording{}, false
}

// Text is title and body in one language.
func (w Wording) Text(english bool, data map[string]string) (title, body string) {
	if english {
		data = inEnglish(data)
		return fill(w.TitleEN, data), strings.TrimSpace(fill(w.BodyEN, data))
	}
	return fill(w.TitleZH, data), strings.TrimSpace(fill(w.BodyZH, data))
}

// fill replaces {name} by data[name], and by nothing when there is none. What comes out of data is not filled again.
func fill(text string, data map[string]string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return b.String()
		}
		b.WriteString(data[name])
		text = after
	}
}

// Text is title and body of a kind; a kind that is no longer in the table is told by its name.
func Text(k Kind, english bool, data map[string]string) (title, body string) {
	w, ok := wordingOf(k)
	if !ok {
		return string(k), ""
	}
	return w.Text(english, data)
}
