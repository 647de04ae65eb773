'use strict';

// ws as a peer: does what the commands on its standard input say (see support/peer.js).

const readline = require('node:readline');

const WebSocket = require('ws');
const { version } = require('ws/package.json');

/** The connections, by the number in their commands. */
const connections = new Map();

/**
 * Tells the test something.
 *
 * @param {Object} event What
 */
function emit(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/**
 * Tells the test everything about a connection.
 *
 * @param {Number} id Its number
 * @param {WebSocket} ws The connection
 */
function watch(id, ws) {
  const tell = (event, rest) => emit({ id, event, ...rest });
  const open = () => tell('open', { protocol: ws.protocol, extensions: ws.extensions });

  connections.set(id, ws);
  ws.on('open', open);
  if (ws.readyState === ws.OPEN) open();
  ws.on('message', (data, isBinary) =>
    tell('message', { kind: isBinary ? 'binary' : 'text', data: data.toString('base64') })
  );
  ws.on('ping', (data) => tell('ping', { data: data.toString('base64') }));
  ws.on('pong', (data) => tell('pong', { data: data.toString('base64') }));
  ws.on('close', (code, reason) => tell('close', { code, reason: reason.toString() }));
  ws.on('error', (err) => tell('error', { message: err.message }));
}

const COMMANDS = {
  connect({ id, url, protocols, deflate }) {
    watch(id, new WebSocket(url, protocols, { perMessageDeflate: deflate }));
  },

  listen({ id, protocols, deflate }) {
    const server = new WebSocket.Server({
      host: '127.0.0.1',
      port: 0,
      perMessageDeflate: deflate,
      handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false
    });

    server.on('connection', (ws) => watch(id, ws));
    server.on('listening', () => emit({ id, event: 'listening', port: server.address().port }));
  },

  send({ id, kind, parts }) {
    parts.forEach((part, at) =>
      connections.get(id).send(Buffer.from(part, 'base64'), { binary: kind === 'binary', fin: at === parts.length - 1 })
    );
  },

  ping({ id, data }) {
    connections.get(id).ping(Buffer.from(data, 'base64'));
  },

  close({ id, code, reason }) {
    connections.get(id).close(code, reason);
  }
};

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line);

    COMMANDS[command.do](command);
  })
  .on('close', () => process.exit());

emit({ event: 'ready', version: `ws ${version}` });
