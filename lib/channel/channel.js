'use strict';

// Which reactor does a connection go to? One per JavaScript environment under
// the drivers `auto` and `loop`, several under `threads`, one more for streams,
// and one for all connections that compress. All are made when they are first
// needed.

const os = require('os');

const { DeflateChannel } = require('./deflate-channel');
const { FdChannel } = require('./fd-channel');
const { atExit } = require('./last-words');
const { StreamChannel } = require('./stream-channel');
const { outside } = require('../base/root-context');

const DRIVERS = ['auto', 'loop', 'threads'];

/** Hosts that imitate Node.js may have libuv's symbols and abort in them. */
const HAS_LOOP = !process.versions.bun && globalThis.Deno === undefined;

/** What each reactor counts. */
const FIGURES = [
  'connections',
  'attached',
  'messagesIn',
  'payloadIn',
  'messagesOut',
  'payloadOut',
  'bytesIn',
  'bytesOut',
  'receives',
  'sends',
  'polls',
  'turns',
  'starved',
  'batches',
  'queued',
  'wakes',
  'signals',
  'slabs',
  'switches',
  'busySwitches',
  'inflated',
  'deflated',
  'compressors',
  'memory'
];

const sockets = [];
let streams = null;
/** Where messages are compressed; `undefined` until one is wanted, `null` where there is none to be had. */
let apart;

/**
 * Checks settings and fills in their defaults.
 *
 * @param {Object} options The options
 * @param {String} [options.driver='auto'] `'auto'`, `'loop'` or `'threads'`
 * @param {(Number|String)} [options.reactors] How many reactors `threads` has
 * @return {Object} The settings
 * @throws {RangeError} If a value is none of those allowed
 * @private
 */
function checked({ driver = 'auto', reactors }) {
  if (!DRIVERS.includes(driver)) {
    throw new RangeError(
      `The driver (UPSHIFT_DRIVER) must be one of ${DRIVERS.join(', ')}, not ${JSON.stringify(driver)}`
    );
  }

  const count = reactors === undefined || reactors === '' ? defaultReactors() : Number(reactors);

  if (!Number.isInteger(count) || count < 1 || count > 64) {
    const given = JSON.stringify(reactors);

    throw new RangeError(`The number of reactors (UPSHIFT_REACTORS) must be an integer from 1 to 64, not ${given}`);
  }

  return { driver, reactors: driver === 'threads' ? count : 1 };
}

/**
 * One core is left to JavaScript.
 *
 * @return {Number} The number of reactors that `threads` has by default
 * @private
 */
function defaultReactors() {
  return Math.max(1, os.availableParallelism() - 1);
}

/**
 * Chooses the driver and the number of reactors, before the first connection.
 *
 * @param {Object} options The options
 * @param {String} [options.driver='auto'] `'auto'`, `'loop'` or `'threads'`
 * @param {Number} [options.reactors] How many reactors `threads` has: by
 *     default one less than there are cores
 * @throws {RangeError} If a value is none of those allowed
 * @throws {Error} If there have been connections already
 * @public
 */
function configure(options) {
  if (sockets.length > 0) {
    throw new Error('The engine runs already: configure it before the first connection');
  }

  settings = checked(options);
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
 * @param {Function} make Makes its channel
 * @return {FdChannel} The channel
 * @throws {Error} If there is none to be had
 * @private
 */
function start(make) {
  const channel = outside(make);

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
 * The channel for the next socket: the one with the fewest connections.
 *
 * @param {Object} config The config of its connection
 * @return {?FdChannel} The channel; `null` when there is none and none can be made, for want of descriptors
 * @private
 */
function forSocket(config) {
  if (config.deflate !== null) return forCompression();

  const { driver, reactors } = settings;

  if (sockets.length < reactors) {
    const name = `upshift-${sockets.length}`;

    try {
      sockets.push(start(() => new FdChannel(nativeOptions(driver, name))));
      return sockets[sockets.length - 1];
    } catch {
      if (sockets.length === 0) return null;
      // Those there are have to do: each attempt costs.
      settings.reactors = sockets.length;
    }
  }

  return sockets.reduce((least, channel) => (channel.connections < least.connections ? channel : least));
}

/**
 * The channel of connections that compress.
 *
 * @return {?DeflateChannel} The channel; `null` where there is no thread to be had
 * @private
 */
function forCompression() {
  if (apart === undefined) {
    try {
      apart = start(() => new DeflateChannel(nativeOptions('apart', 'upshift-deflate')));
    } catch {
      // Not where descriptors cannot be watched by a thread: what compresses is a stream then, and does so itself.
      apart = null;
    }
  }

  return apart;
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

  if (channel !== null) return channel;

  streams ??= start(() => new StreamChannel(nativeOptions('inline', 'upshift-streams')));
  return streams;
}

/**
 * All channels there are.
 *
 * @return {FdChannel[]} Those
 * @private
 */
function all() {
  return [...sockets, streams, apart].filter(Boolean);
}

/**
 * What there is before the first connection, when no reactor tells of itself: nothing, but of everything.
 *
 * @return {Object} The totals, all 0
 * @private
 */
function nothing() {
  return Object.fromEntries(FIGURES.map((name) => [name, 0]));
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

/** From the environment, unless they are configured. A value that is none is found at the start, not by a client. */
let settings = checked({
  driver: process.env.UPSHIFT_DRIVER || undefined,
  reactors: process.env.UPSHIFT_REACTORS
});

module.exports = { configure, forSocket, stats, stream };
