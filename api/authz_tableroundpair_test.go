package api_test

import (
	"time"

	"baodao/model"
	"baodao/service/access"
)

// authzRoundPairRules are what is read of a round of pairing.
var authzRoundPairRules = []authzRule{
	{op: "listRoundPairs", on: "round of pairing", is: "both sides", at: "branch", query: "org_id={branch}", by: perms(access.PairingRead)},
	{op: "listRoundPairs", on: "round of pairing", is: "both sides", at: "town", query: "org_id={town}", by: perms(access.PairingRead)},
	{op: "listRoundPairReasons", on: "round of pairing", is: "both sides", at: "community", query: "org_id={community}", by: perms(access.PairingRead), want: 404}, // it did not take part
}

// roundOfPairing makes one that is published and gave one pair.
func (w *twins) roundOfPairing(r *realm) {
	w.TB.Helper()
	now, id, pairing := w.Clock.Now(), w.NewID(), r.ids["proposal"]
	until := now.Add(72 * time.Hour)
	r.ids["round of pairing"] = id
	w.Insert(&model.MatchRound{
		ID: id, Kind: model.RoundPairing, ProgrammeID: r.ids["programme of proposals"], ScopeOrgID: r.ids["university"], ScopePath: r.orgs["university"].Path,
		Name: "结对", Number: id, Season: model.SeasonTerm, Rule: "pairing-v1", K: 1, RadiusM: 10_000, WishesFrom: now.AddDate(0, 0, -2), WishesUntil: now.AddDate(0, 0, -1),
		AnswerHours: 72, DrawSource: "双色球", SecretCommit: make([]byte, 32), Secret: make([]byte, 60), Status: model.RoundPublished, OpenedAt: &now, PublishedAt: &now, AnswersUntil: &until,
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}, &model.MatchPair{RoundID: id, CampusOrgID: r.ids["branch"], LocalOrgID: r.ids["community"], Kind: model.PairNew, PairingID: &pairing})
}
