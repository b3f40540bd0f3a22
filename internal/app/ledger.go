package app

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"baodao/internal/jobs"
	"baodao/service/attend"
)

// ledgerJobs post what was publicised, go over the heads of silent hosts, keep the head of the ledger in a file, and
// read the whole ledger once a day.
func ledgerJobs(d Deps, s *Services) []jobs.Job {
	all := []jobs.Job{
		{Name: "post-hours", Every: time.Minute, Do: func(ctx context.Context) error {
			_, err := s.Attend.PostDue(ctx, 500)
			return err
		}},
		{Name: "escalate-hours", Every: time.Hour, Do: func(ctx context.Context) error {
			_, err := s.Attend.Escalate(ctx, 500)
			return err
		}},
	}
	if d.LedgerHeads == "" {
		return all
	}
	all = append(all, jobs.Job{Name: "verify-ledger", Every: 24 * time.Hour, Do: func(ctx context.Context) error {
		known, err := readHeads(d.LedgerHeads)
		if err == nil {
			_, err = s.Attend.Verify(ctx, known...)
		}
		return err
	}})
	return append(all, jobs.Job{Name: "keep-ledger-head", Every: time.Hour, Do: func(ctx context.Context) error { return keepHead(ctx, d, s) }})
}

// keepHead adds the head of the ledger to the file, if the ledger still contains the last one there.
func keepHead(ctx context.Context, d Deps, s *Services) error {
	known, err := readHeads(d.LedgerHeads)
	if err != nil {
		return err
	}
	var last attend.Head
	if len(known) > 0 {
		last = known[len(known)-1]
	}
	head, err := s.Attend.LedgerHead(ctx, last)
	if err != nil || head.Seq == last.Seq {
		return err
	}
	file, err := os.OpenFile(d.LedgerHeads, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep the head of the ledger: %w", err)
	}
	_, err = fmt.Fprintf(file, "%s %d %x %x\n", d.Now().UTC().Format(time.RFC3339), head.Seq, head.MAC, head.Sign)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("keep the head of the ledger: %w", err)
	}
	return nil
}

// readHeads reads the file of heads; none when there is no file yet.
func readHeads(path string) ([]attend.Head, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the heads of the ledger: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	var heads []attend.Head
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var at, mac, sign string
		var h attend.Head
		if _, err := fmt.Sscan(lines.Text(), &at, &h.Seq, &mac, &sign); err != nil {
			return nil, fmt.Errorf("%s: %q is not a head", path, lines.Text())
		}
		var errs [2]error
		h.MAC, errs[0] = hex.DecodeString(mac)
		h.Sign, errs[1] = hex.DecodeString(sign)
		if err := errors.Join(errs[:]...); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		heads = append(heads, h)
	}
	return heads, lines.Err()
}

// VerifyLedger reads the whole ledger against its chain, its totals and the heads that were kept in a file (empty: the
// configured one); the error names the first line that is wrong.
func (a *App) VerifyLedger(ctx context.Context, path string) (lines int64, heads int, err error) {
	if path == "" {
		path = a.config.LedgerHeads
	} else if _, err := os.Stat(path); err != nil {
		return 0, 0, fmt.Errorf("read the heads of the ledger: %w", err)
	}
	known, err := readHeads(path)
	if err != nil {
		return 0, 0, err
	}
	lines, err = a.Attend.Verify(ctx, known...)
	return lines, len(known), err
}
