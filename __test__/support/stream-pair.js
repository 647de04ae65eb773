'use strict';

// How does a test get a connection whose stream it has in its hands? Both ends of it are in this process.

const { WebSocketServer } = require('../..');
const { duplexPair } = require('../../lib/use/duplex-pair');
const { KEY, RawClient } = require('./raw-client');

/**
 * Makes a connection over a stream.
 *
 * @param {TestContext} t The test
 * @return {Promise<Object>} `{ client, peer, socket, stream }`: the server's end is `stream`
 */
async function streamPair(t) {
  const [stream, peer] = duplexPair({ highWaterMark: 1 << 20 });
  const wss = new WebSocketServer({ noServer: true });
  const client = new RawClient(peer);
  const headers = { upgrade: 'websocket', 'sec-websocket-key': KEY, 'sec-websocket-version': '13' };
  const req = { headers, method: 'GET', socket: stream, url: '/' };
  const socket = await new Promise((resolve) => wss.handleUpgrade(req, stream, Buffer.alloc(0), resolve));

  t.after(() => socket.terminate());
  await client.head();
  return { client, peer, socket, stream };
}

module.exports = { streamPair };
