'use strict';

// Which options are there, what do they default to, and what does the engine
// get to see of them? Every WebSocket keeps one frozen `config`, shared with all
// connections that were made under equal options.

const MIB = 1024 * 1024;
const POLICIES = ['terminate', 'close', 'drop'];
const TRANSPORTS = ['auto', 'fd', 'stream'];

/** What the environment asks for, read once: each look at it is a call into C++. */
const PREFERRED = process.env.UPSHIFT_TRANSPORT || 'auto';

if (!TRANSPORTS.includes(PREFERRED)) {
  throw new RangeError(`UPSHIFT_TRANSPORT must be one of ${TRANSPORTS.join(', ')}, not ${JSON.stringify(PREFERRED)}`);
}

/** What the engine, and a timer, can count to. */
const MOST = 2 ** 31 - 1;

/** How many different configs are kept for sharing. */
const KEPT_CONFIGS = 16;

/** What a connection defaults to, whichever door it came through; ws's values. */
const CONNECTION_DEFAULTS = {
  allowSynchronousEvents: true,
  autoPong: true,
  closeTimeout: 30 * 1000,
  maxBackpressure: 0,
  maxBufferedChunks: 256 * 1024,
  maxFragments: 16 * 1024,
  maxPayload: 100 * MIB,
  maxPendingAutoPongs: 60,
  onBackpressure: 'terminate',
  receiveCredit: 256 * 1024,
  releaseSocket: false,
  skipUTF8Validation: false,
  transport: null
};

/** What `new WebSocketServer()` adds to them. */
const SERVER_DEFAULTS = {
  ...CONNECTION_DEFAULTS,
  backlog: null,
  clientTracking: true,
  handleProtocols: null,
  host: null,
  noServer: false,
  path: null,
  perMessageDeflate: false,
  port: null,
  server: null,
  verifyClient: null
};

/** `upgrade()` differs in one default: what waits for a slow peer is limited. */
const UPGRADE_DEFAULTS = {
  ...CONNECTION_DEFAULTS,
  handleProtocols: null,
  headers: null,
  maxBackpressure: 64 * MIB,
  perMessageDeflate: false
};

/** What `new WebSocket()` adds for clients. Everything else in its options goes to `http.request()`. */
const CLIENT_DEFAULTS = {
  ...CONNECTION_DEFAULTS,
  anyOrigin: false,
  finishRequest: null,
  followRedirects: false,
  generateMask: null,
  handshakeTimeout: undefined,
  maxRedirects: 10,
  origin: undefined,
  perMessageDeflate: true,
  protocolVersion: 13
};

/** The configs in use, the youngest last. */
const configs = [];

/**
 * Tells the config that belongs to a set of options. It is made anew for each
 * handshake, since options may be changed in between as with ws, and then
 * exchanged for an equal one that exists.
 *
 * @param {Object} options The options, with their defaults filled in
 * @param {Boolean} isServer Whether the connection is an accepted one
 * @param {Boolean} pongs Whether the application has a `pong()` of its own
 * @return {Object} The frozen config
 * @private
 */
function configOf(options, isServer, pongs) {
  return shared(normalise(options, isServer, pongs));
}

/**
 * Tells the config that differs from another one.
 *
 * @param {Object} config The other one
 * @param {Object} changes In what
 * @return {Object} The frozen config
 * @private
 */
function configWith(config, changes) {
  return shared({ ...config, ...changes });
}

/**
 * Exchanges a config for an equal one that exists.
 *
 * @param {Object} fresh The config
 * @return {Object} The frozen config
 * @private
 */
function shared(fresh) {
  // It belongs to one application's function, and would keep it alive.
  if (fresh.generateMask !== null) return Object.freeze(fresh);

  const known = configs.find((config) => isEqual(config, fresh));

  if (known !== undefined) return known;
  if (configs.length === KEPT_CONFIGS) configs.shift();

  configs.push(Object.freeze(fresh));
  return fresh;
}

/**
 * Compares two configs.
 *
 * @param {Object} a A config
 * @param {Object} b Another
 * @return {Boolean} `true` if all their values are equal
 * @private
 */
function isEqual(a, b) {
  for (const name in a) {
    if (a[name] !== b[name]) return false;
  }

  return true;
}

/**
 * Brings option values into the form the engine and the facade expect.
 *
 * @param {Object} options The options, with their defaults filled in
 * @param {Boolean} isServer Whether the connection is an accepted one
 * @param {Boolean} pongs Whether the application has a `pong()` of its own
 * @return {Object} The config
 * @private
 */
function normalise(options, isServer, pongs) {
  const { closeTimeout, onBackpressure, receiveCredit } = CONNECTION_DEFAULTS;
  /** Whether the application chooses the masks, those of pongs too. */
  const chooses = !isServer && Boolean(options.generateMask);
  const isByHand = chooses || pongs;

  return {
    allowSynchronousEvents: options.allowSynchronousEvents !== false,
    autoPong: Boolean(options.autoPong) && !isByHand,
    closeTimeout: duration(options.closeTimeout, closeTimeout),
    deflate: null,
    generateMask: chooses ? options.generateMask : null,
    isServer,
    maxBackpressure: limit(options.maxBackpressure, 0),
    maxBufferedChunks: limit(options.maxBufferedChunks, 0, MOST),
    maxFragments: limit(options.maxFragments, 0, MOST),
    maxPayload: limit(options.maxPayload, 0),
    maxPendingAutoPongs: limit(options.maxPendingAutoPongs, 0, MOST),
    onBackpressure: options.onBackpressure ?? onBackpressure,
    pongsByHand: Boolean(options.autoPong) && isByHand,
    receiveCredit: limit(options.receiveCredit, receiveCredit, MOST),
    skipUTF8Validation: Boolean(options.skipUTF8Validation)
  };
}

/**
 * Tells what a socket that is handed over ready-made changes in a config: limits that are not named are none, as in ws.
 *
 * @param {Object} options The options of `setSocket()`
 * @param {Object} config The config so far
 * @param {Boolean} pongs Whether the application has a `pong()` of its own
 * @return {Object} The changes
 * @private
 */
function limitsOf(options, config, pongs) {
  const { autoPong, closeTimeout, isServer, maxBackpressure, maxPendingAutoPongs, onBackpressure, pongsByHand } =
    config;
  const { receiveCredit } = config;
  const kept = { closeTimeout, maxBackpressure, maxPendingAutoPongs, onBackpressure, receiveCredit };

  const limits = normalise({ ...options, ...kept, autoPong: autoPong || pongsByHand }, isServer, pongs);

  // What was agreed on before stays so.
  return { ...limits, deflate: config.deflate };
}

/**
 * Reads a limit: a positive number, or none. Text is a number too, as in ws: it may come from the environment.
 *
 * @param {*} value The value of the option
 * @param {Number} none What stands for an absent or unusable value
 * @param {Number} [most] The highest limit there can be
 * @return {Number} The limit
 * @private
 */
function limit(value, none, most = Number.MAX_SAFE_INTEGER) {
  const number = Math.trunc(Number(value));

  return Number.isFinite(number) && number > 0 ? Math.min(number, most) : none;
}

/**
 * Reads a time.
 *
 * @param {*} value The value of the option
 * @param {Number} none What stands for an absent or unusable value
 * @return {Number} Milliseconds
 * @private
 */
function duration(value, none) {
  const ms = Number(value);

  return ms >= 0 ? Math.min(ms, MOST) : none;
}

/**
 * Refuses option values that name nothing.
 *
 * @param {Object} options The options, with their defaults filled in
 * @throws {TypeError} If one of them is none of its names
 * @private
 */
function checkOptions(options) {
  checkName('onBackpressure', options.onBackpressure ?? POLICIES[0], POLICIES);
  checkName('transport', options.transport ?? TRANSPORTS[0], TRANSPORTS);
}

/**
 * Refuses a value that is not in a list.
 *
 * @param {String} option The name of the option
 * @param {*} value Its value
 * @param {String[]} names The list
 * @throws {TypeError} If the value is not in it
 * @private
 */
function checkName(option, value, names) {
  if (names.includes(value)) return;

  throw new TypeError(`The "${option}" option must be one of ${names.join(', ')}`);
}

/**
 * Tells how the bytes of a connection are to travel: the option, or else the
 * environment, or else whatever is possible.
 *
 * @param {Object} options The options, with their defaults filled in
 * @return {String} `'auto'`, `'fd'` or `'stream'`
 * @private
 */
function transportOf(options) {
  return options.transport ?? PREFERRED;
}

module.exports = {
  CLIENT_DEFAULTS,
  SERVER_DEFAULTS,
  UPGRADE_DEFAULTS,
  checkOptions,
  configOf,
  configWith,
  limitsOf,
  transportOf
};
