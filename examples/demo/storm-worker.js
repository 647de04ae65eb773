'use strict';

// Who makes the load? This process: it plays storms and steady traffic to the demo's own server, on request.

const EchoClient = require('./echo-client');

const TRAFFIC_CONNECTIONS = 20;
const TICK_MS = 10;

const storms = new Map();
const steady = { clients: [], perSecond: 0, owed: 0, timer: null };

/** What can be asked, by verb. Each answers with an object. */
const verbs = {
  async open({ name, conns, ...options }) {
    storms.set(name, await openClients(conns, options));
    return {};
  },

  async go({ name }) {
    storms.get(name).forEach((client) => client.go());
    return {};
  },

  async halt({ name }) {
    const clients = storms.get(name);
    await Promise.all(clients.map((client) => client.halt()));
    const trips = clients.flatMap((client) => client.takeRoundTrips()).sort((a, b) => a - b);
    return { roundTrip: trips[trips.length >> 1] ?? null };
  },

  async close({ name }) {
    storms.get(name).forEach((client) => client.close());
    storms.delete(name);
    return {};
  },

  async traffic({ perSecond, ...options }) {
    steady.perSecond = perSecond;
    if (perSecond > 0 && steady.clients.length === 0) {
      steady.clients = await openClients(TRAFFIC_CONNECTIONS, { ...options, size: 64, pipeline: 50 });
    }
    clearInterval(steady.timer);
    if (perSecond > 0) steady.timer = setInterval(tick, TICK_MS);
    else steady.clients.splice(0).forEach((client) => client.close());
    return {};
  }
};

/**
 * @param {Number} count How many
 * @param {Object} options See EchoClient
 * @return {Promise<EchoClient[]>} Open connections
 * @private
 */
function openClients(count, options) {
  return Promise.all(Array.from({ length: count }, () => new EchoClient(options).open()));
}

/**
 * Sends what is due since the last tick, spread over the connections.
 *
 * @private
 */
function tick() {
  const { clients } = steady;
  steady.owed = Math.min(steady.owed + (steady.perSecond * TICK_MS) / 1000, steady.perSecond);
  const each = Math.ceil(steady.owed / clients.length);
  for (const client of clients) {
    const count = Math.min(each, Math.floor(steady.owed));
    steady.owed -= client.burst(count);
  }
  clients.push(clients.shift());
}

process.on('message', async ({ id, verb, ...request }) => {
  try {
    const answer = await verbs[verb](request);
    process.send({ id, ...answer });
  } catch (err) {
    process.send({ id, error: err.message });
  }
});

// Ctrl-C reaches this process too; it leaves when the demo does, so that the storm's sockets are closed by the server.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
