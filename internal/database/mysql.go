package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
)

// connector sets what no DSN can set alike on MySQL and MariaDB. READ COMMITTED: what is read after a lock is the newest.
type connector struct{ driver.Connector }

// Connect opens a connection and sets its isolation level.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	ex, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("mysql driver cannot execute"), conn.Close())
	}
	if _, err := ex.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(fmt.Errorf("set isolation level: %w", err), conn.Close())
	}
	return conn, nil
}

// silence is how long the server waits for a connection to say something. A process that is paused, or cut off, inside a
// transaction holds its row locks until then, and nobody else gets on: longer than any work between two statements takes.
const silence = 40 * time.Second

func openMySQL(ctx context.Context, dsn string, conns int) (gorm.Dialector, error) {
	if conns == 0 {
		conns = 32
	}
	cfg, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("database: the mysql DSN cannot be read, want user:password@tcp(host:port)/name") // the cause may hold the password
	}
	base, err := mysqldriver.NewConnector(settle(cfg))
	if err != nil {
		return nil, fmt.Errorf("open mysql: %w", err)
	}
	db := sql.OpenDB(connector{base})
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxLifetime(time.Hour)
	db.SetConnMaxIdleTime(silence / 2)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open mysql: %w", err), db.Close())
	}
	return mysqlDialector{mysql.Dialector{Config: &mysql.Config{Conn: db, DSNConfig: cfg}}}, nil
}

// settle fixes what the rest of the program relies on, whatever the DSN says.
func settle(cfg *mysqldriver.Config) *mysqldriver.Config {
	cfg.ParseTime = true
	cfg.Loc = time.UTC
	cfg.ClientFoundRows = true // rows matched, as on SQLite
	cfg.InterpolateParams = true
	cfg.Collation = "utf8mb4_bin"
	cfg.Timeout = 5 * time.Second
	cfg.ReadTimeout = 60 * time.Second
	cfg.WriteTimeout = 30 * time.Second
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	cfg.Params["innodb_lock_wait_timeout"] = "3"
	cfg.Params["wait_timeout"] = strconv.Itoa(int(silence.Seconds()))
	return cfg
}
