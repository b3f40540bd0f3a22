package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// load sends requests over keep-alive connections for a time and counts the answers.
type load struct {
	addr  string
	conns int
	next  func(i int64) []byte                // the i-th request, whole
	check func(status int, body []byte) error // every answer; an error fails the benchmark
}

// rate runs the load for rateTime and returns answers a second.
func (l load) rate(ctx context.Context) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, rateTime)
	defer cancel()
	var sent, answered atomic.Int64
	var wg sync.WaitGroup
	fails := make(chan error, l.conns)
	began := time.Now()
	for range l.conns {
		wg.Go(func() {
			if err := l.client(ctx, &sent, &answered); err != nil {
				fails <- err
				cancel()
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	close(fails)
	if err := <-fails; err != nil {
		return 0, err
	}
	return float64(answered.Load()) / took.Seconds(), nil
}

func (l load) client(ctx context.Context, sent, answered *atomic.Int64) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.addr)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost
	r := bufio.NewReaderSize(conn, 32<<10)
	var body []byte
	for ctx.Err() == nil {
		if _, err := conn.Write(l.next(sent.Add(1))); err != nil {
			return err
		}
		status, read, err := readAnswer(r, body)
		if err != nil {
			return err
		}
		body = read
		if err := l.check(status, body); err != nil {
			return err
		}
		answered.Add(1)
	}
	return nil
}

// readAnswer reads one HTTP/1.1 answer with Content-Length or in chunks, into buf.
func readAnswer(r *bufio.Reader, buf []byte) (status int, body []byte, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, errors.New("short status line")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, err
	}
	length, chunked := 0, false
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, nil, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if chunked {
		body, err = readChunks(r, buf[:0])
		return status, body, err
	}
	buf = slices.Grow(buf[:0], length)[:length]
	_, err = io.ReadFull(r, buf)
	return status, buf, err
}

func readChunks(r *bufio.Reader, body []byte) ([]byte, error) {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return nil, err
		}
		at := len(body)
		body = slices.Grow(body, int(n)+2)[:at+int(n)+2]
		if _, err := io.ReadFull(r, body[at:]); err != nil {
			return nil, err
		}
		body = body[:at+int(n)]
		if n == 0 {
			return body, nil
		}
	}
}

// request writes an HTTP/1.1 request.
func request(method, path, token string, body []byte) []byte {
	return requestWith(method, path, token, "", body)
}

// requestWith writes an HTTP/1.1 request with an Idempotency-Key, if there is one.
func requestWith(method, path, token, key string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: bench\r\n", method, path)
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	if key != "" {
		fmt.Fprintf(&b, "Idempotency-Key: %s\r\n", key)
	}
	if body != nil {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// want checks the status of every answer.
func want(status int) func(int, []byte) error {
	return func(have int, body []byte) error {
		if have != status {
			return fmt.Errorf("answer %d, want %d: %.300s", have, status, body)
		}
		return nil
	}
}

// rateTime is how long a rate is measured.
const rateTime = 1500 * time.Millisecond

// pair measures ours against a floor, in turn with the order reversed every other round (A B B A), after a warm-up.
func pair(ctx context.Context, ours, floor func(context.Context) (float64, error)) (result, error) {
	return pairs(ctx, 6, ours, floor)
}

// pairs is pair with so many rounds after the warm-up.
func pairs(ctx context.Context, rounds int, ours, floor func(context.Context) (float64, error)) (result, error) {
	var ratios, values []float64
	for i := range rounds + 1 {
		first, second := ours, floor
		if i%2 == 1 {
			first, second = floor, ours
		}
		a, err := first(ctx)
		if err != nil {
			return result{}, err
		}
		b, err := second(ctx)
		if err != nil {
			return result{}, err
		}
		if i == 0 {
			continue // warm-up
		}
		if i%2 == 1 {
			a, b = b, a
		}
		ratios, values = append(ratios, a/b), append(values, a)
	}
	slices.Sort(ratios)
	slices.Sort(values)
	return result{Value: median(values), Ratio: median(ratios), Lo: ratios[0], Hi: ratios[len(ratios)-1]}, nil
}

// median of a sorted list.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
