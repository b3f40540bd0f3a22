package api

import (
	"encoding/hex"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/round"
)

// MatchReplayView is a round that is played again, and what came of it.
type MatchReplayView struct {
	ID           ID     `json:"id" doc:"The replay"`
	RoundID      ID     `json:"round_id" doc:"Of this round"`
	Status       string `json:"status" enum:"QUEUED,RUNNING,DONE,FAILED" doc:"QUEUED: within seconds, or at next_try_at; DONE: see outcome; FAILED: it could not be played, see failure; it can be asked for again" example:"DONE"`
	Outcome      string `json:"outcome,omitempty" enum:"EQUAL,DIFFERENT" doc:"Whether everything that there was to compare came out equal; with DONE" example:"EQUAL"`
	InputDigest  string `json:"input_digest,omitempty" doc:"As it came out, in hex; absent where the stored inputs are no round any more" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	ResultDigest string `json:"result_digest,omitempty" doc:"As it came out, in hex; absent where the round had not been run yet" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	InputsEqual  *bool  `json:"inputs_equal,omitempty" doc:"Whether the stored inputs are those that were frozen; with DONE" example:"true"`
	ResultEqual  *bool  `json:"result_equal,omitempty" doc:"Whether the same came out again; with DONE, absent where the round had not been run yet" example:"true"`
	AskedBy      ID     `json:"asked_by" doc:"Who asked for it"`
	AskedAt      Time   `json:"asked_at" doc:"When"`
	StartedAt    *Time  `json:"started_at,omitempty" doc:"When the last try began"`
	FinishedAt   *Time  `json:"finished_at,omitempty" doc:"When it was over"`
	DurationMS   *int64 `json:"duration_ms,omitempty" doc:"From started_at to finished_at, in milliseconds" example:"1840"`
	Failures     int64  `json:"failures" doc:"Tries that failed; after five it is FAILED" example:"0"`
	Failure      string `json:"failure,omitempty" doc:"Why the last of them did" example:"database is locked"`
	NextTryAt    *Time  `json:"next_try_at,omitempty" doc:"The next try does not come before"`
}

func newMatchReplayView(r model.MatchReplay) MatchReplayView {
	v := MatchReplayView{
		ID: ID(r.ID), RoundID: ID(r.RoundID), Status: string(r.Status), InputDigest: hex.EncodeToString(r.InputDigest), ResultDigest: hex.EncodeToString(r.ResultDigest),
		InputsEqual: r.InputsEqual, ResultEqual: r.ResultEqual, AskedBy: ID(r.AskedBy), AskedAt: At(r.CreatedAt), StartedAt: AtOrNil(r.StartedAt), FinishedAt: AtOrNil(r.FinishedAt),
		Failures: r.Failures, Failure: r.Failure,
	}
	if r.Status == model.ReplayQueued {
		v.NextTryAt = AtOrNil(r.RetryAt)
	}
	if r.StartedAt != nil && r.FinishedAt != nil {
		took := r.FinishedAt.Sub(*r.StartedAt).Milliseconds()
		v.DurationMS = &took
	}
	if r.Status == model.ReplayDone {
		v.Outcome = "DIFFERENT"
		if round.Equal(&r) {
			v.Outcome = "EQUAL"
		}
	}
	return v
}

// MatchReplayOut answers one replay.
type MatchReplayOut struct{ Body MatchReplayView }

func newMatchReplayOut(r model.MatchReplay, err error) (*MatchReplayOut, error) {
	if err != nil {
		return nil, err
	}
	return &MatchReplayOut{Body: newMatchReplayView(r)}, nil
}

// AskMatchReplayIn asks for a replay.
type AskMatchReplayIn struct {
	IdemIn
	ID ID `path:"id" doc:"The round"`
}

// AskReplay has a round played again by the job.
func (a *RoundAPI) AskReplay(c *gin.Context, in *AskMatchReplayIn) (*MatchReplayOut, error) {
	ctx := c.Request.Context()
	return newMatchReplayOut(a.Rounds.AskReplay(ctx, access.From(ctx), in.Key(), int64(in.ID)))
}

// ListMatchReplaysIn pages the replays of a round.
type ListMatchReplaysIn struct {
	PageIn
	ID ID `path:"id" doc:"The round"`
}

// Replays lists what was played again, newest first.
func (a *RoundAPI) Replays(c *gin.Context, in *ListMatchReplaysIn) (*PageOut[MatchReplayView], error) {
	ctx := c.Request.Context()
	rows, err := a.Rounds.Replays(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newMatchReplayView), nil
}

// MatchReplayIn names a replay of a round.
type MatchReplayIn struct {
	ID       ID `path:"id" doc:"The round"`
	ReplayID ID `path:"replay_id" doc:"The replay"`
}

// Replay reads one replay.
func (a *RoundAPI) Replay(c *gin.Context, in *MatchReplayIn) (*MatchReplayOut, error) {
	ctx := c.Request.Context()
	return newMatchReplayOut(a.Rounds.Replay(ctx, access.From(ctx), int64(in.ID), int64(in.ReplayID)))
}
