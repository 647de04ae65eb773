// gorilla/websocket as a peer: does what the commands on its standard input say (see ../../support/peer.js).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// A line holds a message of 1 MiB in base64, and more.
const longestLine = 16 << 20

// Whatever has not been written by then is not going to be.
const patience = 10 * time.Second

type command struct {
	ID        int      `json:"id"`
	Do        string   `json:"do"`
	URL       string   `json:"url"`
	Protocols []string `json:"protocols"`
	Deflate   bool     `json:"deflate"`
	Kind      string   `json:"kind"`
	Parts     [][]byte `json:"parts"`
	Data      []byte   `json:"data"`
	Code      int      `json:"code"`
	Reason    string   `json:"reason"`
}

type fields map[string]any

var (
	output      sync.Mutex
	connections sync.Map
)

// emit tells the test something.
func emit(id int, event string, details fields) {
	line := fields{"id": id, "event": event}
	for name, value := range details {
		line[name] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Printf("%s\n", text)
}

func fail(id int, err error) {
	emit(id, "error", fields{"message": err.Error()})
}

// watch tells everything about a connection until it ends.
func watch(id int, connection *websocket.Conn, header http.Header) {
	connections.Store(id, connection)
	onPing, onClose := connection.PingHandler(), connection.CloseHandler()
	connection.SetPingHandler(func(data string) error {
		emit(id, "ping", fields{"data": []byte(data)})
		return onPing(data)
	})
	connection.SetPongHandler(func(data string) error {
		emit(id, "pong", fields{"data": []byte(data)})
		return nil
	})
	connection.SetCloseHandler(func(code int, reason string) error {
		err := onClose(code, reason)
		emit(id, "close", fields{"code": code, "reason": reason})
		return err
	})
	opened := fields{"protocol": connection.Subprotocol()}
	// Only the response to a client says what was agreed upon.
	if header != nil {
		opened["extensions"] = header.Get("Sec-WebSocket-Extensions")
	}
	emit(id, "open", opened)
	for {
		kind, data, err := connection.ReadMessage()
		if websocket.IsUnexpectedCloseError(err) || websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			connection.Close()
			return
		}
		if err != nil {
			fail(id, err)
			return
		}
		name := "binary"
		if kind == websocket.TextMessage {
			name = "text"
		}
		emit(id, "message", fields{"kind": name, "data": data})
	}
}

func connect(c command) {
	dialer := websocket.Dialer{Subprotocols: c.Protocols, EnableCompression: c.Deflate}
	connection, response, err := dialer.Dial(c.URL, nil)
	if err != nil {
		fail(c.ID, err)
		return
	}
	go watch(c.ID, connection, response.Header)
}

func listen(c command) {
	upgrader := websocket.Upgrader{Subprotocols: c.Protocols, EnableCompression: c.Deflate}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(c.ID, err)
		return
	}
	emit(c.ID, "listening", fields{"port": listener.Addr().(*net.TCPAddr).Port})
	accept := func(response http.ResponseWriter, request *http.Request) {
		connection, err := upgrader.Upgrade(response, request, nil)
		if err != nil {
			fail(c.ID, err)
			return
		}
		watch(c.ID, connection, nil)
	}
	go http.Serve(listener, http.HandlerFunc(accept))
}

// send writes the parts of a message; the library cuts where its buffer is full.
func send(connection *websocket.Conn, c command) error {
	kind := websocket.BinaryMessage
	if c.Kind == "text" {
		kind = websocket.TextMessage
	}
	if len(c.Parts) == 1 {
		return connection.WriteMessage(kind, c.Parts[0])
	}
	writer, err := connection.NextWriter(kind)
	if err != nil {
		return err
	}
	for _, part := range c.Parts {
		if _, err := writer.Write(part); err != nil {
			return err
		}
	}
	return writer.Close()
}

// closeWith sends a close frame. The library's formatter makes an empty one of code 1005.
func closeWith(connection *websocket.Conn, c command) error {
	if c.Code == 0 {
		c.Code = websocket.CloseNoStatusReceived
	}
	payload := websocket.FormatCloseMessage(c.Code, c.Reason)
	return connection.WriteControl(websocket.CloseMessage, payload, time.Now().Add(patience))
}

func perform(c command) error {
	switch c.Do {
	case "connect":
		connect(c)
		return nil
	case "listen":
		listen(c)
		return nil
	}
	value, ok := connections.Load(c.ID)
	if !ok {
		return fmt.Errorf("%s without a connection", c.Do)
	}
	connection := value.(*websocket.Conn)
	switch c.Do {
	case "send":
		return send(connection, c)
	case "ping":
		return connection.WriteControl(websocket.PingMessage, c.Data, time.Now().Add(patience))
	case "close":
		return closeWith(connection, c)
	}
	return fmt.Errorf("unknown command %s", c.Do)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	// Debian's package knows its version, the library does not.
	emit(0, "ready", fields{"version": "gorilla/websocket"})
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			panic(err)
		}
		if err := perform(c); err != nil {
			fail(c.ID, err)
		}
	}
}
