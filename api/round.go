package api

import "baodao/service/round"

// RoundAPI is matching in rounds.
type RoundAPI struct{ Rounds *round.Service }
