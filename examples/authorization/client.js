'use strict';

// How does a client say who it is? With the headers of its request, as in any other one. A refusal is an ordinary HTTP
// response, and can be read.
//
//     TOKEN=sesame node examples/authorization/client.js ws://127.0.0.1:PORT/

const WebSocket = require('upshift');

const url = process.argv[2] ?? 'ws://127.0.0.1:8080/';

const ws = new WebSocket(url, {
  // From the environment: what stands in a command line can be seen by all users of the machine. Over ws: it can be read
  // by everybody on the way, so elsewhere than on one's own machine use wss:.
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
  // Else a server that says nothing is waited for without end.
  handshakeTimeout: 10_000,
  maxPayload: 1024 * 1024
});

ws.on('open', () => ws.send('open sesame'));
ws.on('message', (data) => console.log(String(data)));

// Without this listener there is an 'error' that names the status, and nothing else of the response.
ws.on('unexpected-response', (req, res) => {
  console.error(`refused: ${res.statusCode} ${res.statusMessage} (${res.headers['www-authenticate'] ?? 'no reason'})`);
  process.exitCode = 1;
  // Whoever takes the response also ends the request.
  req.destroy();
});

ws.on('error', (err) => {
  console.error(err.message);
  process.exitCode = 1;
});

process.once('SIGINT', () => ws.close(1000));
