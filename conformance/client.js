'use strict';

/**
 * The client under test: takes the cases of Autobahn's server one after the other and echoes every message.
 *
 * Arguments: the module whose WebSocket it uses. KIT_URL is the server's; UPSHIFT_DRIVER and UPSHIFT_TRANSPORT say which
 * way bytes travel.
 */

const { checkPath } = require('./path');
const { WebSocket, stats } = require(process.argv[2]);

const { KIT_URL: url } = process.env;

/** What the reports call us. */
const AGENT = 'client';

/** Cases 9.* send 16 MiB in one frame and 4 MiB in fragments of 64 bytes, one read of a few bytes at a time. */
const OPTIONS = {
  maxPayload: 64 * 1024 * 1024,
  maxFragments: 1024 * 1024,
  maxBufferedChunks: 64 * 1024 * 1024,
  perMessageDeflate: true
};

/**
 * Asks the server for something and waits for the end.
 *
 * @param {string} path Path with its query
 * @param {(ws: WebSocket) => void} listen Adds listeners
 * @return {Promise<void>} When the connection is closed
 * @private
 */
function visit(path, listen) {
  const ws = new WebSocket(`${url}${path}`, OPTIONS);
  listen(ws);
  // Most cases break the protocol on purpose; the close frame that answers them is what the suite looks at.
  ws.on('error', () => {});
  return new Promise((resolve) => ws.on('close', resolve));
}

/**
 * Runs every case there is.
 *
 * @return {Promise<void>} When the reports are written
 * @private
 */
async function main() {
  let count = 0;
  await visit('/getCaseCount', (ws) => ws.on('message', (data) => (count = Number(data))));
  for (let number = 1; number <= count; number++) {
    await visit(`/runCase?case=${number}&agent=${AGENT}`, (ws) => {
      ws.on('open', () => checkPath(ws, stats));
      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
    });
  }
  await visit(`/updateReports?agent=${AGENT}`, () => {});
}

main();
