package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"baodao/internal/id"
	"baodao/model"
	"baodao/service/atomic"
)

// nodeLease is how long a node number stays taken without a renewal; nodeRest is how long nobody may take one that was given
// back: ids begin anew in every second, so the next owner must not begin in a second of the last one, clocks a little apart.
const (
	nodeLease = 30 * time.Second
	nodeRest  = 5 * time.Second
)

// Node is the node number of this process, held by a lease row, so that no two processes make the same id.
type Node struct {
	DB    *gorm.DB
	Now   func() time.Time
	Owner string
	Log   *slog.Logger

	Number int64
}

// Errors of node numbers.
var (
	ErrNoNode   = errors.New("all node numbers are taken: too many processes share this database")
	ErrNodeLost = errors.New("this process lost its node number: it must not make ids any more")
)

// Take gets the first free node number. When all are taken it waits for one: those of processes that died are free after a
// lease. ErrNoNode when none was.
func (n *Node) Take(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for end := n.Now().Add(nodeLease + nodeRest); ; {
		err := n.take(ctx)
		if !errors.Is(err, ErrNoNode) || n.Now().After(end) {
			return err
		}
		n.Log.Warn("all node numbers are taken: waiting for one to run out")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (n *Node) take(ctx context.Context) error {
	err := atomic.Do(ctx, n.DB, func(tx *gorm.DB) error {
		now := n.Now()
		var rows []model.IDNode
		if err := tx.Order("node").Find(&rows).Error; err != nil {
			return err
		}
		known := make(map[int64]model.IDNode, len(rows))
		for _, r := range rows {
			known[r.Node] = r
		}
		for i := range int64(id.Nodes) {
			r, exists := known[i]
			if exists && r.LeaseUntil.After(now) {
				continue
			}
			got, err := n.claim(tx, i, exists, now)
			if err != nil {
				return err
			}
			if got {
				n.Number = i
				return nil
			}
		}
		return ErrNoNode
	})
	if err != nil {
		return fmt.Errorf("take node number: %w", err)
	}
	return nil
}

func (n *Node) claim(tx *gorm.DB, number int64, exists bool, now time.Time) (bool, error) {
	row := model.IDNode{Node: number, Owner: n.Owner, LeaseUntil: now.Add(nodeLease)}
	if !exists {
		err := tx.SavePoint("node").Create(&row).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return false, tx.RollbackTo("node").Error
		}
		return err == nil, err
	}
	res := tx.Model(&model.IDNode{}).Where("node = ? AND lease_until <= ?", number, now).
		Updates(map[string]any{"owner": n.Owner, "lease_until": row.LeaseUntil})
	return res.RowsAffected == 1, res.Error
}

// Keep renews the lease until ctx ends, then gives the number back. It fails with ErrNodeLost when another process took it.
func (n *Node) Keep(ctx context.Context) error {
	tick := time.NewTicker(nodeLease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return n.Release(ctx)
		case <-tick.C:
			err := n.set(ctx, n.Now().Add(nodeLease))
			if errors.Is(err, ErrNodeLost) {
				return err
			}
			if err != nil && ctx.Err() == nil {
				n.Log.Error("node number not renewed", "err", err)
			}
		}
	}
}

// Release gives the number back.
func (n *Node) Release(ctx context.Context) error {
	return n.set(context.WithoutCancel(ctx), n.Now().Add(nodeRest))
}

func (n *Node) set(ctx context.Context, until time.Time) error {
	return atomic.Do(ctx, n.DB, func(tx *gorm.DB) error {
		res := tx.Model(&model.IDNode{}).Where("node = ? AND owner = ?", n.Number, n.Owner).Update("lease_until", until)
		if res.Error == nil && res.RowsAffected == 0 {
			return ErrNodeLost
		}
		return res.Error
	})
}
