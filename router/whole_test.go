package router_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/router"
	"baodao/service/access"
	"baodao/service/recommend"
)

type sizeIn struct {
	Items int `query:"items" minimum:"0" maximum:"200"`
	Long  int `query:"long" minimum:"0" maximum:"10000"`
}

// pages serves answers of any length as the program does.
func pages(t *testing.T) (addr string) {
	t.Helper()
	var written api.RecommendAPI
	page := func(c *gin.Context, in *sizeIn) (*api.RecommendOut, error) {
		found := recommend.Answer{Items: make([]recommend.Item, in.Items)}
		for i := range found.Items {
			found.Items[i].Written = fmt.Appendf(nil, `"position":"%s"`, strings.Repeat("x", i*7+in.Long))
		}
		return written.Answer(c.Request.Context(), &found, false), nil
	}
	engine, err := router.New(router.Config{Auth: tokens{}, Now: now, Log: newEdge(t).logger()},
		[]router.Route{router.Get("/pages", access.Public, "page", api.Handle(http.StatusOK, page), "bench", "Page")})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := router.Server("", engine)
	go server.Serve(router.Whole(listener)) //nolint:errcheck // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

func ask(t *testing.T, c net.Conn, path string) {
	t.Helper()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path); err != nil {
		t.Fatal(err)
	}
}

// Whatever its length, an answer is the same as without, also when others stand before and behind it on the connection.
func TestAnswersOfAnyLengthAreWhole(t *testing.T) {
	t.Parallel()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", pages(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, lengths := bufio.NewReader(c), map[bool]int{}
	for items := range 60 {
		ask(t, c, fmt.Sprintf("/api/v1/pages?items=%d", items))
		ask(t, c, "/api/v1/pages?items=x") // refused
		for _, want := range []int{http.StatusOK, http.StatusUnprocessableEntity} {
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err := errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != want {
				t.Fatalf("%d items: %d %v", items, res.StatusCode, err)
			}
			if want == http.StatusOK {
				if bytes.Count(body, []byte(`"position":`)) != items || !bytes.HasSuffix(body, []byte("}}\n")) || res.ContentLength != int64(len(body)) {
					t.Fatalf("%d items: %d bytes of %d: %s", items, len(body), res.ContentLength, body)
				}
				lengths[len(body) < 3<<10]++
			}
		}
	}
	if lengths[true] == 0 || lengths[false] == 0 {
		t.Errorf("%v: answers shorter and longer than four kilobytes are wanted", lengths)
	}
}

// No length is held back for want of more.
func TestAnswersAroundTheRoomOfTheHead(t *testing.T) {
	t.Parallel()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", pages(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	stuck := time.AfterFunc(time.Minute, func() { _ = c.Close() })
	defer stuck.Stop()
	for long := 2900; long < 4000; long++ {
		ask(t, c, fmt.Sprintf("/api/v1/pages?items=1&long=%d", long))
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("long %d: %v", long, err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil || n != res.ContentLength || n < int64(long) {
			t.Fatalf("long %d: %d of %d, %v", long, n, res.ContentLength, err)
		}
	}
}

// A page that does not fit into the room of net/http arrives at once.
func TestLongAnswersLeaveInOnePiece(t *testing.T) {
	t.Parallel()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", pages(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	room := make([]byte, 64<<10)
	for range 30 {
		ask(t, c, "/api/v1/pages?items=40")
		n, err := c.Read(room)
		if err != nil {
			t.Fatal(err)
		}
		if n < 8<<10 || !bytes.HasSuffix(room[:n], []byte("}}\n")) {
			t.Fatalf("%d bytes came first, of a page of more", n)
		}
	}
}
