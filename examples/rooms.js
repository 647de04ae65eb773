'use strict';

// How does a server have many chat rooms? One route with a parameter: /rooms/:id. Who comes in, and where to, is decided
// in authenticate(), before the handshake is answered; every other request stays an ordinary one.
//
//     ws://127.0.0.1:PORT/rooms/lobby?name=Ali       text is said to all in the room

const http = require('node:http');

const { HttpError, createUpgradeRouter } = require('upshift');

const MOST_ROOMS = 1000;
const MOST_MEMBERS = 100;

/** Members by their names, by the id of their room. A room is there as long as somebody is in it. */
const rooms = new Map();

const server = http.createServer((req, res) => {
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify(Object.fromEntries([...rooms].map(([id, members]) => [id, members.size]))));
});

const router = createUpgradeRouter(server);

/**
 * Decides whether somebody may come in. What it returns is the handler's `auth`; what it throws is the answer.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Object} context `params` are those of the route
 * @return {Object} Who it is
 * @private
 */
function authenticate(req, { params }) {
  // Without a check of your own any text is a room. token.js shows how to find out who somebody really is.
  if (!/^[\w-]{1,32}$/.test(params.id)) throw new HttpError(404, 'No such room');
  const name = new URLSearchParams(req.url.split('?', 2)[1]).get('name');
  if (!/^[\p{L}\d -]{1,32}$/u.test(name ?? '')) throw new HttpError(400, 'Say who you are: ?name=');

  const room = rooms.get(params.id);
  if (room === undefined && rooms.size >= MOST_ROOMS) throw new HttpError(503, 'Too many rooms');
  if (room?.size >= MOST_MEMBERS) throw new HttpError(503, 'The room is full');
  if (room?.has(name)) throw new HttpError(409, 'Somebody has this name');
  return { name };
}

const limits = { closeTimeout: 2000, maxPayload: 4096, maxBackpressure: 256 * 1024 };

router.websocket('/rooms/:id', { authenticate, ...limits }, (ws, req, { params, auth: { name } }) => {
  ws.on('error', (err) => console.error(`${name}: ${err.message}`));
  const room = rooms.get(params.id) ?? new Map();
  // Somebody else of this name may have come since authenticate(), while the handshake was answered.
  if (room.has(name)) return ws.close(1008, 'Somebody has this name');
  rooms.set(params.id, room.set(name, ws));

  const tell = (message) => {
    const text = JSON.stringify(message);
    for (const member of room.values()) member.send(text);
  };

  tell({ type: 'joined', name, members: [...room.keys()] });
  ws.on('message', (data, isBinary) => {
    if (isBinary) return ws.close(1003, 'Text only');
    tell({ type: 'said', name, text: String(data) });
  });
  ws.on('close', () => {
    room.delete(name);
    if (room.size === 0) rooms.delete(params.id);
    tell({ type: 'left', name });
  });
});

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  // Takes no new connections, and closes those there are with 1001.
  router.close();
});
