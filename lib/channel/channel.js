'use strict';

// Which reactor does a connection go to? One per JavaScript environment under
// the drivers `auto` and `loop`, several under `threads`, one more for streams,
// and one for all connections that compress. All are made when they are first
// needed.

const { DeflateChannel } = require('./deflate-channel');
const { FdChannel } = require('./fd-channel');
const { Reactors } = require('./reactors');
const { StreamChannel } = require('./stream-channel');
const { atExit } = require('./last-words');
const { choose, chosen } = require('./engine-settings');
const { nothing } = require('./figures');
const { outside } = require('../base/root-context');

/** Hosts that imitate Node.js may have libuv's symbols and abort in them. */
const HAS_LOOP = !process.versions.bun && globalThis.Deno === undefined;

const sockets = new Reactors((number) => start(FdChannel, chosen().driver, `upshift-${number}`));
const streams = new Reactors(() => start(StreamChannel, 'inline', 'upshift-streams'));
/** Where messages are compressed. */
const apart = new Reactors(() => start(DeflateChannel, 'apart', 'upshift-deflate'));

/**
 * Chooses the driver and the number of reactors, before the first connection. What is absent is what `UPSHIFT_DRIVER` and
 * `UPSHIFT_REACTORS` say.
 *
 * @param {Object} options The options
 * @param {String} [options.driver='auto'] `'auto'`, `'loop'` or `'threads'`
 * @param {Number} [options.reactors] How many reactors `threads` has, by default one less than there are cores; the
 *     other drivers have one
 * @throws {RangeError} If a value is none of those allowed
 * @throws {Error} If there have been connections already
 * @public
 */
function configure(options) {
  if (all().length > 0) {
    throw new Error('The engine runs already: configure it before the first connection');
  }

  choose(options);
}

/**
 * What the native side needs to know.
 *
 * @param {String} driver The driver
 * @param {String} name The name of its thread
 * @return {Object} The options
 * @private
 */
function nativeOptions(driver, name) {
  return {
    driver,
    hasLoop: HAS_LOOP,
    name,
    switchEvery: optionalNumber(process.env.UPSHIFT_TEST_SWITCH_EVERY),
    eventsPerTurn: optionalNumber(process.env.UPSHIFT_TEST_EVENTS_PER_TURN),
    external: process.env.UPSHIFT_TEST_NO_EXTERNAL === '1' ? false : undefined
  };
}

/**
 * Starts a reactor, outside of the request that happens to need it. As with ws, `send('last words'); process.exit()`
 * arrives.
 *
 * @param {Function} Channel The class of its channel
 * @param {String} driver The driver
 * @param {String} name The name of its thread
 * @return {FdChannel} The channel
 * @throws {Error} If there is none to be had
 * @private
 */
function start(Channel, driver, name) {
  const channel = outside(() => new Channel(nativeOptions(driver, name)));

  atExit(() => channel.flushLast());
  return channel;
}

/**
 * @param {String} [text] A number
 * @return {(Number|undefined)} It
 * @private
 */
function optionalNumber(text) {
  return text ? Number(text) : undefined;
}

/**
 * The channel for the next socket.
 *
 * @param {Object} config The config of its connection
 * @return {?FdChannel} The channel; `null` when there is none and none can be made, for want of descriptors
 * @private
 */
function forSocket(config) {
  return config.deflate === null ? attempt(sockets, chosen().reactors) : forCompression();
}

/**
 * The channel of connections that compress.
 *
 * @return {?DeflateChannel} The channel; `null` where there is no thread to be had
 * @private
 */
function forCompression() {
  // Where descriptors cannot be watched by a thread, what compresses is a stream and does so itself.
  return process.platform === 'win32' ? null : attempt(apart, 1);
}

/**
 * A channel of a kind that there may be none of.
 *
 * @param {Reactors} kind The kind
 * @param {Number} most How many reactors it has
 * @return {?FdChannel} The channel
 * @private
 */
function attempt(kind, most) {
  try {
    return kind.take(most);
  } catch {
    return null;
  }
}

/**
 * The channel for streams.
 *
 * @param {Object} config The config of the connection
 * @return {FdChannel} The channel
 * @private
 */
function stream(config) {
  const channel = config.deflate === null ? null : forCompression();

  return channel ?? streams.take(1);
}

/**
 * All channels there are.
 *
 * @return {FdChannel[]} Those
 * @private
 */
function all() {
  return [...sockets.channels, ...streams.channels, ...apart.channels];
}

/**
 * What the engine has done since its start.
 *
 * @return {Object} The totals, and the reactors one by one
 * @public
 */
function stats() {
  const reactors = all().map((channel) => channel.stats());
  const total = nothing();

  for (const reactor of reactors) {
    for (const [name, value] of Object.entries(reactor)) {
      if (typeof value === 'number') total[name] += value;
    }
  }

  return { ...total, reactors };
}

module.exports = { configure, forSocket, stats, stream };
