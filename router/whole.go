package router

import (
	"bytes"
	"context"
	"net"
	"sync"

	"baodao/api"
)

// Whole makes answers that say how long they are (api.Announcer) leave in one piece. net/http sends the first four kilobytes
// of a longer answer, head and all, and then the rest: two calls of the system, and the reader wakes twice.
func Whole(listener net.Listener) net.Listener {
	return &wholes{Listener: listener, rooms: &sync.Pool{New: func() any { return new([headRoom]byte) }}}
}

// headRoom is what net/http collects before it sends: the first piece of a longer answer is as large.
const headRoom = 4 << 10

type wholes struct {
	net.Listener
	rooms *sync.Pool
}

// Accept wraps what came in over TCP.
func (l *wholes) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok && err == nil {
		return &whole{TCPConn: tcp, rooms: l.rooms}, nil
	}
	return c, err
}

// whole is a connection that may keep the first piece of an answer until the second one comes. Only one goroutine writes
// to a connection of net/http at a time.
type whole struct {
	*net.TCPConn
	rooms *sync.Pool
	body  int // of the answer that comes, in bytes; 0: nobody has said
	held  int // bytes in room
	room  *[headRoom]byte
}

// Announce says how long the body of the answer is that comes now.
func (c *whole) Announce(body int) { c.body = body }

// Write sends p, or keeps it when it is the head and not all of the body.
func (c *whole) Write(p []byte) (int, error) {
	if c.held > 0 {
		return c.both(p)
	}
	if c.body > 0 {
		head := bytes.Index(p, []byte("\r\n\r\n")) + 4
		more := head >= 4 && head+c.body > len(p) && len(p) == headRoom
		c.body = 0
		if more {
			c.room, _ = c.rooms.Get().(*[headRoom]byte)
			c.held = copy(c.room[:], p)
			return len(p), nil
		}
	}
	return c.TCPConn.Write(p)
}

// both sends what was kept and p.
func (c *whole) both(p []byte) (int, error) {
	pieces, held := net.Buffers{c.room[:c.held], p}, c.held
	n, err := pieces.WriteTo(c.TCPConn)
	c.held = 0
	c.rooms.Put(c.room)
	c.room = nil
	return max(0, int(n)-held), err
}

// announced ties a connection to its requests.
func announced(ctx context.Context, c net.Conn) context.Context {
	if w, ok := c.(*whole); ok {
		return api.WithAnnouncer(ctx, w)
	}
	return ctx
}
