// Package survey keeps what both sides say before they are matched: what students are willing to do, what positions and
// organisations need, and who does not want to meet whom.
package survey

import (
	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/vault"
)

// Service keeps the answers.
type Service struct {
	DB      *gorm.DB
	Now     clock.Clock
	Audit   *audit.Log
	Vault   *vault.Vault
	Content *content.Service // looks at texts before others see them; nil lets everything through

	willing keptSums
}
