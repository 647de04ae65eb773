'use strict';

/**
 * The server under test: echoes every message. Prints its port as the first line and ends with its standard input.
 *
 * Arguments: the module whose WebSocketServer it runs. UPSHIFT_DRIVER and UPSHIFT_TRANSPORT say which way bytes travel.
 */

const { checkPath } = require('./path');
const { WebSocketServer, stats } = require(process.argv[2]);

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  // Cases 12.* and 13.* negotiate it; others do not offer it.
  perMessageDeflate: true,
  // Cases 9.* send 16 MiB in one frame and 4 MiB in fragments of 64 bytes, one read of a few bytes at a time.
  maxPayload: 64 * 1024 * 1024,
  maxFragments: 1024 * 1024,
  maxBufferedChunks: 64 * 1024 * 1024
});

server.on('connection', (ws) => {
  checkPath(ws, stats);
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  // Most cases break the protocol on purpose; the close frame that answers them is what the suite looks at.
  ws.on('error', () => {});
});
server.on('listening', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
