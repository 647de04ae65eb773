'use strict';

// What is a stream of HTTP/2 to code that expects a socket? The stream itself, with what people ask sockets for on top:
// addresses, what is known of TLS, and an abrupt end that the peer sees as one.
//
// Uses nothing of this package. `http2` is not loaded here: who has streams has loaded it.

/** Error codes of RFC 9113 section 7. */
const NO_ERROR = 0;
const PROTOCOL_ERROR = 1;
const CANCEL = 8;

/** How long a client that broke the protocol may take for its close frame. */
const LINGER_MS = 1000;

/** What a socket says of the two ends and of TLS; all streams of a session say the same. */
const FACTS = [
  'alpnProtocol',
  'authorizationError',
  'authorized',
  'encrypted',
  'localAddress',
  'localFamily',
  'localPort',
  'remoteAddress',
  'remoteFamily',
  'remotePort',
  'servername'
];

/** Questions that are answered while the connection is there. */
const QUESTIONS = [
  'getCipher',
  'getPeerCertificate',
  'getPeerX509Certificate',
  'getProtocol',
  'getSession',
  'isSessionReused'
];

/** What concerns the connection, which is not one WebSocket's. */
const IGNORED = ['ref', 'setKeepAlive', 'setNoDelay', 'unref'];

/** On an equipped stream: what is known of its connection. */
const kFacts = Symbol('kFacts');

/** What is known of the connections of sessions. */
const factsOfSessions = new WeakMap();

/** The prototypes of equipped streams, by those of Node. */
const prototypes = new WeakMap();

/**
 * Tells whether something that stands for a socket is a stream of HTTP/2.
 *
 * @param {Duplex} socket The socket
 * @return {Boolean} `true` if it is
 * @private
 */
function isStream(socket) {
  return typeof socket.close === 'function' && 'rstCode' in socket && 'headersSent' in socket;
}

/**
 * Has a stream answer what sockets are asked.
 *
 * @param {Http2Stream} stream The stream
 * @return {Http2Stream} The same
 * @private
 */
function equip(stream) {
  const { session } = stream;

  if (kFacts in stream) return stream;
  if (session !== undefined && !factsOfSessions.has(session)) factsOfSessions.set(session, factsOf(session));

  Object.setPrototypeOf(stream, prototypeFor(Object.getPrototypeOf(stream)));
  stream[kFacts] = factsOfSessions.get(session) ?? {};
  return stream;
}

/**
 * Ends a stream because it makes no HTTP.
 *
 * @param {Http2Stream} stream The stream
 * @private
 */
function breakOff(stream) {
  stream.close(PROTOCOL_ERROR);
}

/**
 * Ends an accepted stream after the last frame. On TCP the client would answer with its FIN; Chromium answers END_STREAM
 * with nothing, so the server ends both directions: "RST_STREAM with an error code of NO_ERROR after sending a complete
 * response" (RFC 9113 section 8.1).
 *
 * @param {Http2Stream} stream The stream
 * @param {Boolean} isAnswered Whether the client has sent its close frame; if not, it has some time left for it
 * @private
 */
function endAccepted(stream, isAnswered) {
  stream.once('finish', () => {
    if (isAnswered) stream.close(NO_ERROR);
    else setTimeout(giveUp, LINGER_MS, stream).unref();
  });
  stream.end();
}

module.exports = { NO_ERROR, breakOff, endAccepted, equip, isStream };

/**
 * Ends a stream that nobody reads any more.
 *
 * @param {Http2Stream} stream The stream
 * @private
 */
function giveUp(stream) {
  stream.close(NO_ERROR);
  stream.destroy();
}

/**
 * Notes what a session says of its connection. It says nothing any more once that is gone, and then is asked most.
 *
 * @param {Http2Session} session The session
 * @return {Object} What it says
 * @private
 */
function factsOf({ destroyed, socket }) {
  if (destroyed || socket === undefined) return {};

  return Object.fromEntries(FACTS.map((name) => [name, socket[name]]));
}

/**
 * Makes the prototype of equipped streams.
 *
 * @param {Object} above Node's
 * @return {Object} The prototype
 * @private
 */
function prototypeFor(above) {
  if (!prototypes.has(above)) {
    const made = Object.create(above);

    for (const name of FACTS) Object.defineProperty(made, name, { configurable: true, get: factGetter(name) });
    for (const name of QUESTIONS) define(made, name, questionFor(name));
    for (const name of IGNORED) define(made, name, returnThis);
    define(made, 'address', address);
    define(made, 'destroy', destroy);
    define(made, 'destroySoon', destroySoon);
    define(made, 'resetAndDestroy', resetAndDestroy);
    prototypes.set(above, made);
  }

  return prototypes.get(above);
}

/**
 * Defines a method.
 *
 * @param {Object} prototype Where
 * @param {String} name Its name
 * @param {Function} value The function
 * @private
 */
function define(prototype, name, value) {
  Object.defineProperty(prototype, name, { configurable: true, value, writable: true });
}

/**
 * @param {String} name The name of a property
 * @return {Function} Its getter
 * @private
 */
function factGetter(name) {
  return function fact() {
    return this[kFacts]?.[name];
  };
}

/**
 * @param {String} name The name of a method of sockets
 * @return {Function} The method of streams
 * @private
 */
function questionFor(name) {
  return function question(...args) {
    const { session } = this;
    const socket = session === undefined || session.destroyed ? undefined : session.socket;

    return typeof socket?.[name] === 'function' ? socket[name](...args) : undefined;
  };
}

/**
 * @return {Http2Stream} The stream
 * @private
 */
function returnThis() {
  return this;
}

/**
 * Tells our end of the connection, as `socket.address()` does.
 *
 * @return {Object} The address
 * @private
 */
function address() {
  const { localAddress, localFamily, localPort } = this;

  return localAddress === undefined ? {} : { address: localAddress, family: localFamily, port: localPort };
}

/**
 * Ends the stream. RFC 8441 section 5: an abrupt end is a RST_STREAM with the code CANCEL; Node would say NO_ERROR.
 *
 * @param {Error} [err] Why
 * @return {Http2Stream} The stream
 * @private
 */
function destroy(err) {
  const isWhole = this.writableFinished && this.readableEnded;

  // A session that is destroyed has its own word for it, and Node does not come back from being told another one.
  if (!isWhole && !this.closed && !this.destroyed && !this.session?.destroyed) this.close(CANCEL);

  return Object.getPrototypeOf(Object.getPrototypeOf(this)).destroy.call(this, err);
}

/**
 * Ends the stream when all is written.
 *
 * @private
 */
function destroySoon() {
  if (this.writable) this.end();
  if (this.writableFinished) this.destroy();
  else this.once('finish', this.destroy);
}

/**
 * Ends the stream at once.
 *
 * @return {Http2Stream} The stream
 * @private
 */
function resetAndDestroy() {
  return this.destroy();
}
