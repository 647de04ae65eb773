'use strict';

// How does a server speak a protocol of its own, on the port it has for HTTP? A client asks for it with
// `Upgrade: echo/1`; after the 101 both have a plain socket, for whatever they agreed on. This protocol sends back what it
// gets.

const http = require('node:http');

const { HttpError, createUpgradeRouter } = require('upshift');

/** Who says nothing for this long (ms) is not waited for. */
const IDLE = Number(process.env.IDLE_MS ?? 60_000);
const MOST_SOCKETS = Number(process.env.SOCKETS ?? 1000);
let sockets = 0;

const server = http.createServer((req, res) => {
  // Whoever comes to /echo without asking for the protocol is told to.
  if (req.url === '/echo') res.writeHead(426, { Connection: 'Upgrade', Upgrade: 'echo/1' }).end('Ask for echo/1.\n');
  else res.end('An ordinary page. The protocol echo/1 is at /echo.\n');
});

const router = createUpgradeRouter(server);

/** Before the 101, while an answer is still possible. */
function authenticate() {
  if (sockets >= MOST_SOCKETS) throw new HttpError(503, 'Too many connections');
}

router.protocol('echo/1', { path: '/echo', authenticate }, (socket) => {
  sockets += 1;
  socket.on('close', () => (sockets -= 1));
  socket.on('error', (err) => console.error(`a peer: ${err.message}`));
  socket.setTimeout(IDLE, () => socket.destroy());
  // pipe() reads no more than it can write: who does not read what comes back is not read either, and no memory grows.
  socket.pipe(socket);
});

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/echo (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  // Ends the sockets, too, once what they still have is out.
  router.close();
});
