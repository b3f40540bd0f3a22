package database

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// Durable checks that a commit is on disk when it returns. SQLite is opened so; a MySQL server must be set so.
func Durable(ctx context.Context, db *gorm.DB) error {
	if db.Name() != MySQL {
		return nil
	}
	var flush, sync, binlog int
	row := db.WithContext(ctx).Raw("SELECT @@innodb_flush_log_at_trx_commit, @@sync_binlog, @@log_bin").Row()
	if err := row.Scan(&flush, &sync, &binlog); err != nil {
		return fmt.Errorf("read durability settings: %w", err)
	}
	var errs []error
	if flush != 1 {
		errs = append(errs, fmt.Errorf("innodb_flush_log_at_trx_commit is %d, want 1", flush))
	}
	if binlog == 1 && sync != 1 {
		errs = append(errs, fmt.Errorf("sync_binlog is %d, want 1", sync))
	}
	return errors.Join(errs...)
}
