'use strict';

// How do a foreign WebSocket and ours meet? As client and server or the other way round; for each case anew.

const { once } = require('node:events');
const { after } = require('node:test');

const { WebSocket } = require('../../support/implementation');
const { serve } = require('../../support/serve');
const { CASES } = require('./cases');
const { impossible, possible } = require('./report');
const { OurSide, PATIENCE } = require('./side');
const { tap } = require('./tap');

/**
 * Has a peer connect to a server of ours.
 *
 * @param {TestContext} t The test
 * @param {Peer} peer The peer
 * @param {Object} [options] `deflate` (our option), `isTapped` and `protocols`, of which the second is chosen
 * @return {Promise<Object>} `{ ours, theirs, opened, wire, isServer }`, `opened` being what the peer knows of the handshake
 * @private
 */
async function asClient(t, peer, { deflate = false, isTapped = false, protocols = [] } = {}) {
  const choose = protocols.length > 0 ? { handleProtocols: () => protocols[1] } : {};
  const { port, wss } = await serve(t, { perMessageDeflate: deflate, ...choose });
  const wire = isTapped ? await tap(t, port) : null;
  const theirs = peer.side();
  let ours;

  wss.on('connection', (ws) => (ours = new OurSide(ws)));

  const connected = once(wss, 'connection', { signal: AbortSignal.timeout(PATIENCE) });

  // Looked at below; until then its failure is nobody's.
  connected.catch(() => {});
  theirs.tell('connect', { url: `ws://127.0.0.1:${wire?.port ?? port}/`, protocols, deflate: Boolean(deflate) });

  const opened = await theirs.next('open');

  await connected;
  return { ours, theirs, opened, wire, isServer: false };
}

/**
 * Connects a client of ours to a peer.
 *
 * @param {TestContext} t The test
 * @param {Peer} peer The peer
 * @param {Object} [options] As for `asClient()`
 * @return {Promise<Object>} As `asClient()`
 * @private
 */
async function asServer(t, peer, { deflate = false, isTapped = false, protocols = [] } = {}) {
  const theirs = peer.side();

  theirs.tell('listen', { protocols: protocols.slice(1), deflate: Boolean(deflate) });

  const { port } = await theirs.next('listening');
  const wire = isTapped ? await tap(t, port) : null;
  const ws = new WebSocket(`ws://127.0.0.1:${wire?.port ?? port}/`, protocols, { perMessageDeflate: deflate });
  const ours = new OurSide(ws);

  t.after(() => ws.terminate());
  await ours.next('open');
  return { ours, theirs, opened: await theirs.next('open'), wire, isServer: true };
}

const ROLES = { client: asClient, server: asServer };

/**
 * Registers the tests of a peer.
 *
 * @param {String} name What to call the peer
 * @param {Object} options Options
 * @param {Function} options.start Starts the peer
 * @param {Array} [options.closes] The codes and reasons it can close with; any by default
 * @param {Boolean} [options.compresses=true] Does it compress what it sends, where that was agreed upon?
 * @param {Object} [options.cannot] Why it cannot do some of the cases, by their names
 * @param {Object} [options.roles] What it can be, with further reasons like those of `cannot`; both by default
 */
function interop(name, { start, closes, compresses = true, cannot = {}, roles = { client: {}, server: {} } }) {
  let peer;

  for (const [role, limits] of Object.entries(roles)) {
    for (const [caseName, run] of Object.entries(CASES)) {
      const cell = { peer: name, role, name: caseName };
      const reason = limits[caseName] ?? cannot[caseName];

      if (reason !== undefined) {
        impossible(cell, reason);
        continue;
      }

      possible(cell, async (t) => {
        peer ??= await start();
        await run(async (options) => ({ ...(await ROLES[role](t, peer, options)), closes, compresses }));
        return peer.version;
      });
    }
  }

  after(() => peer?.stop());
}

module.exports = { interop };
