// How does a program in Go talk to a server of Upshift? As to any other: with gorilla/websocket.
//
//	go mod init client && go get github.com/gorilla/websocket
//	go run main.go ws://127.0.0.1:PORT/echo       (examples/http.js prints its port)
package main

import (
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// Whoever takes longer to take a message than this is not there any more.
	patience = 10 * time.Second
	// So often the server is asked whether it is there, and so long may it be silent.
	pingEvery = 20 * time.Second
	silence   = pingEvery + patience
	// The longest message that is taken; without a limit one message may fill the memory.
	longest = 64 << 10
)

// read prints what comes until the connection ends, and says why it did.
func read(connection *websocket.Conn) error {
	connection.SetReadLimit(longest)
	alive := func(string) error { return connection.SetReadDeadline(time.Now().Add(silence)) }
	connection.SetPongHandler(alive)
	alive("")
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil {
			return err
		}
		alive("")
		if kind == websocket.TextMessage {
			fmt.Printf("received %q\n", message)
		} else {
			fmt.Printf("received %d bytes\n", len(message))
		}
	}
}

// talk says hello, and writes pings until the connection ends or the user wants it to. One goroutine reads, one writes:
// gorilla/websocket allows no more than that.
func talk(connection *websocket.Conn, interrupted <-chan os.Signal) error {
	defer connection.Close()
	ended := make(chan error, 1)
	go func() { ended <- read(connection) }()

	connection.SetWriteDeadline(time.Now().Add(patience))
	if err := connection.WriteMessage(websocket.TextMessage, []byte("hello from Go")); err != nil {
		return err
	}
	pings := time.NewTicker(pingEvery)
	defer pings.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-pings.C:
			if err := connection.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)); err != nil {
				return err
			}
		case <-interrupted:
			// The answer to it ends read(), with an error that names its code.
			goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
			if err := connection.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(patience)); err != nil {
				return err
			}
			select {
			case err := <-ended:
				return err
			case <-time.After(patience):
				return fmt.Errorf("no answer to the close")
			}
		}
	}
}

func main() {
	url := "ws://127.0.0.1:8080/echo"
	if len(os.Args) > 1 {
		url = os.Args[1]
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)

	dialer := websocket.Dialer{HandshakeTimeout: patience}
	connection, response, err := dialer.Dial(url, nil)
	if err != nil {
		// A refusal is an ordinary response, and says more than the error.
		if response != nil {
			fmt.Fprintln(os.Stderr, "refused:", response.Status)
		} else {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	err = talk(connection, interrupted)
	if !websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("closed:", err)
}
