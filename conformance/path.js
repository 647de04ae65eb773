'use strict';

/**
 * Do bytes travel the way a run is about? UPSHIFT_DRIVER and UPSHIFT_TRANSPORT say which that is.
 */

/** Exit status of sysexits.h for "a mistake inside". */
const EX_SOFTWARE = 70;

const { UPSHIFT_DRIVER: driver, UPSHIFT_TRANSPORT: transport } = process.env;

/**
 * Ends the run when bytes travel another way.
 *
 * @param {WebSocket} ws A new connection
 * @param {Function} stats What tells about the reactors
 * @public
 */
function checkPath(ws, stats) {
  if (ws.transport === undefined || !transport) return;
  // What compresses lives on a thread under every driver.
  if (ws.transport === transport && ws.extensions !== '') return;
  const reactors = stats().reactors.filter(({ inflated }) => inflated === 0);
  const drivers = reactors.map((reactor) => reactor.driver);
  const asAsked = transport === 'stream' || drivers.every((name) => driver.startsWith(name));
  if (ws.transport === transport && asAsked) return;
  console.error(`asked for ${transport} and ${driver}, got ${ws.transport} and ${drivers}`);
  process.exit(EX_SOFTWARE);
}

module.exports = { checkPath };
