'use strict';

/**
 * The server under test: echoes every message. Prints its port as the first line and ends with its standard input.
 *
 * Arguments: the module whose WebSocketServer it runs. UPSHIFT_DRIVER and UPSHIFT_TRANSPORT say which way bytes travel.
 */

const { WebSocketServer, stats } = require(process.argv[2]);

/** Exit status of sysexits.h for "a mistake inside". */
const EX_SOFTWARE = 70;

const { UPSHIFT_DRIVER: driver, UPSHIFT_TRANSPORT: transport } = process.env;

/**
 * Ends the run when bytes travel another way than the one it is about.
 *
 * @param {WebSocket} ws A new connection
 * @private
 */
function checkPath(ws) {
  if (ws.transport === undefined || !transport) return;
  const drivers = stats().reactors.map((reactor) => reactor.driver);
  const asAsked = transport === 'stream' || drivers.every((name) => driver.startsWith(name));
  if (ws.transport === transport && asAsked) return;
  console.error(`asked for ${transport} and ${driver}, got ${ws.transport} and ${drivers}`);
  process.exit(EX_SOFTWARE);
}

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  // Cases 9.* send 16 MiB in one frame and 4 MiB in fragments of 64 bytes, one read of a few bytes at a time.
  maxPayload: 64 * 1024 * 1024,
  maxFragments: 1024 * 1024,
  maxBufferedChunks: 64 * 1024 * 1024
});

server.on('connection', (ws) => {
  checkPath(ws);
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  // Most cases break the protocol on purpose; the close frame that answers them is what the suite looks at.
  ws.on('error', () => {});
});
server.on('listening', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
