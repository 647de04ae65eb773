'use strict';

/**
 * What does one server do under one load? A fresh server, a fresh generator, one object of figures.
 */

const { setTimeout: pause } = require('timers/promises');

const Server = require('./server');
const { CONTENDERS } = require('./cells');
const { Generator } = require('./generator');
const { countSyscalls, perMessage } = require('./syscalls');

const DEFAULT_SECONDS = 3;

/** Connections are held this long; the runner ends them when it has read what it wanted. */
const IDLE_SECONDS = 120;

/** One way of measuring for each kind of cell. */
const KINDS = { load: measureLoad, client: measureClient, idle: measureIdle, syscalls: measureSyscalls };

/** After this long what is only kept for a while is gone (ms). */
const SETTLED = 4000;

/** So many messages such connections have had. */
const MESSAGES = 10;

/**
 * @param {Object} cell What to do
 * @param {String} name The contender
 * @param {Object} run Options, cores and generator of the run
 * @return {Promise<Object>} Figures by name
 * @public
 */
async function measure(cell, name, run) {
  const kind = cell.kind ?? 'load';
  if (kind === 'deflate') return measureDeflate(cell, name, run);
  return withServer(cell, name, run, (server) => KINDS[kind](cell, server, run));
}

/**
 * @param {Object} cell What to do
 * @param {String} name The contender
 * @param {Object} run Options, cores and generator of the run
 * @param {Function} use What to do with a server of its own
 * @return {Promise<Object>} What that returns
 * @private
 */
async function withServer(cell, name, run, use) {
  const flags = cell.kind === 'idle' || cell.kind === 'deflate' ? ['--expose-gc'] : [];
  const { client, env, script } = CONTENDERS[name];
  const contender = { env: { ...env, ...cell.env }, script: cell.kind === 'client' ? client : script };
  const server = await Server.start(contender, { cores: run.pins.server, flags });
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

/**
 * Growth of memory per connection, above that of a server that does not compress.
 *
 * @param {Object} cell What to do
 * @param {String} name The contender
 * @param {Object} run Options, cores and generator
 * @return {Promise<Object>} Figures
 * @private
 */
async function measureDeflate(cell, name, run) {
  const measured = (server) => measureIdle(cell, server, run);
  const plain = await withServer({ ...cell, env: {} }, name, run, (server) => {
    return measureIdle({ ...cell, load: cell.load.slice(0, cell.load.indexOf('--deflate')) }, server, run);
  });
  const compressed = await withServer(cell, name, run, measured);
  return { ...compressed, deflate_kib: compressed.rss_kib - plain.rss_kib };
}

/**
 * @param {Object} run Options, cores and generator
 * @param {Server} server The server
 * @param {Array} args Mode and options
 * @return {Generator} The load, under way
 * @private
 */
function load(run, server, args) {
  return new Generator(run.generator, run.pins.load, [...args, '--port', server.port, '--pid', server.pid]);
}

/**
 * @param {Object} cell What to do
 * @param {Object} options Options of the run
 * @return {Array} The arguments for the window
 * @private
 */
function windowOf(cell, { seconds, warmup }) {
  return ['--secs', seconds ?? cell.seconds ?? DEFAULT_SECONDS, '--warmup', warmup];
}

/**
 * The generator's own figures; the switches of the driver come from the server.
 *
 * @param {Object} cell What to do
 * @param {Server} server The server
 * @param {Object} run Options, cores and generator
 * @return {Promise<Object>} Figures
 * @private
 */
async function measureLoad(cell, server, run) {
  const figures = await load(run, server, [...cell.load, ...windowOf(cell, run.options)]).result();
  const { stats } = await server.state();
  return { ...figures, switches: stats?.switches };
}

/**
 * The same for a client, which connects to the generator.
 *
 * @param {Object} cell What to do
 * @param {Server} client The client
 * @param {Object} run Options, cores and generator
 * @return {Promise<Object>} Figures
 * @private
 */
async function measureClient(cell, client, run) {
  const args = [...cell.load, ...windowOf(cell, run.options), '--port', 0, '--pid', client.pid];
  const generator = new Generator(run.generator, run.pins.load, args);
  const result = generator.result();
  try {
    const port = await Promise.race([generator.said(), result.then(() => 0)]);
    const conns = cell.load[cell.load.indexOf('--conns') + 1];
    await client.ask(`/connect?port=${port}&conns=${conns}`);
    const figures = await result;
    const { stats } = await client.state();
    return { ...figures, switches: stats?.switches };
  } finally {
    result.catch(() => {});
    await generator.stop();
  }
}

/**
 * Growth of memory per open connection, after garbage collection on both sides.
 *
 * @param {Object} cell What to do
 * @param {Server} server The server
 * @param {Object} run Options, cores and generator
 * @return {Promise<Object>} Figures
 * @private
 */
async function measureIdle(cell, server, run) {
  const wanted = cell.load[cell.load.indexOf('--conns') + 1];
  const before = await server.state();
  const generator = load(run, server, [...cell.load, '--secs', IDLE_SECONDS]);
  const failed = generator.result().then(() => Promise.reject(new Error('the generator ended early')));
  try {
    await Promise.race([failed, opened(server, wanted)]);
    if (cell.kind === 'deflate') await Promise.race([failed, echoed(server, wanted * MESSAGES)]);
    const after = await server.state();
    const each = (key) => (after[key] - before[key]) / 1024 / after.connections;
    return { connections: after.connections, rss_kib: each('rss'), heap_kib: each('heapUsed') };
  } finally {
    failed.catch(() => {});
    await generator.stop();
  }
}

/**
 * @param {Server} server The server
 * @param {Number} wanted How many messages it shall have had
 * @return {Promise<void>} Resolves when it had them, and some time after
 * @private
 */
async function echoed(server, wanted) {
  while ((await server.state()).messages < wanted) await pause(500);
  await pause(SETTLED);
}

/**
 * @param {Server} server The server
 * @param {Number} wanted How many connections it shall have
 * @return {Promise<void>} Resolves when it has them
 * @private
 */
async function opened(server, wanted) {
  let last = -1;
  for (;;) {
    const { connections } = await server.state();
    if (connections >= wanted) return;
    if (connections === last) throw new Error(`only ${connections} of ${wanted} connections were opened`);
    last = connections;
    await pause(1000);
  }
}

/**
 * System calls per message, over the whole of a short run.
 *
 * @param {Object} cell What to do
 * @param {Server} server The server
 * @param {Object} run Options, cores and generator
 * @return {Promise<Object>} Figures
 * @private
 */
async function measureSyscalls(cell, server, run) {
  const args = [...cell.load, ...windowOf(cell, run.options)];
  const counts = await countSyscalls(server.pid, () => load(run, server, args).result());
  const { messages } = await server.state();
  return { messages, ...perMessage(counts, messages), calls: Object.fromEntries(counts) };
}

module.exports = measure;
