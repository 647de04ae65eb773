'use strict';

// May a client ask for a WebSocket on this session? RFC 8441 section 3: only after the server has said so in its
// SETTINGS, which may still be on their way. And only where the session leads to whom the URL names.

const { codedError } = require('../base/errors');

/** Those who wait for the settings of a session. */
const waiting = new WeakMap();

/**
 * Tells whether an option is a session of HTTP/2. TLS has an option of this name too, which is a Buffer.
 *
 * @param {*} session The option
 * @return {Boolean} `true` if it is
 * @private
 */
function isSession(session) {
  return typeof session === 'object' && session !== null && typeof session.request === 'function';
}

/**
 * Waits until a session takes requests for WebSockets.
 *
 * @param {ClientHttp2Session} session The session
 * @param {Function} done Called with an error if it never will; synchronously if it is known
 * @private
 */
function whenReady(session, done) {
  if (session.destroyed || session.closed) done(sessionClosed());
  else if (session.remoteSettings.enableConnectProtocol) done(null);
  else if (waiting.has(session)) waiting.get(session).push(done);
  else wait(session, done);
}

/**
 * Tells why a session is none for a request: what is sent, credentials among it, is meant for one host.
 *
 * @param {ClientHttp2Session} session The session, connected
 * @param {URL} target Scheme and authority of the request
 * @param {Boolean} anyOrigin Whether the application knows where an encrypted session leads
 * @return {?Error} The reason, `null` if it is one
 * @private
 */
function originFault(session, target, anyOrigin) {
  if (!session.encrypted) {
    return target.protocol === 'https:' ? wrongOrigin(`${target.host} cannot be asked on a session without TLS`) : null;
  }

  if (anyOrigin || isHostOf(session, target)) return null;

  return wrongOrigin(`The HTTP/2 session leads to ${session.originSet?.join(', ')}, not to ${target.origin}`);
}

module.exports = { isSession, originFault, whenReady };

/**
 * Waits for the settings of a session, once for all who want to know.
 *
 * @param {ClientHttp2Session} session The session
 * @param {Function} first Who wants to know
 * @private
 */
function wait(session, first) {
  const all = [first];

  /**
   * Tells everybody.
   *
   * @param {?Error} err Why there will be no WebSocket
   */
  function settle(err) {
    if (!waiting.delete(session)) return;

    session.removeListener('remoteSettings', onSettings);
    session.removeListener('close', onClose);
    session.removeListener('connect', ask);
    for (const done of all) done(err);
  }

  /**
   * The server has said something.
   *
   * @param {Object} settings Its settings
   */
  function onSettings(settings) {
    if (settings.enableConnectProtocol) settle(null);
  }

  /** It will say no more. */
  function onClose() {
    settle(sessionClosed());
  }

  /** SETTINGS are the first thing a server sends: what answers a ping has sent them. */
  function ask() {
    if (session.destroyed) return;

    session.ping((err) => {
      if (err === null) settle(session.remoteSettings.enableConnectProtocol ? null : notOffered());
    });
  }

  waiting.set(session, all);
  session.on('remoteSettings', onSettings);
  session.on('close', onClose);
  if (session.connecting) session.on('connect', ask);
  else ask();
}

/**
 * Tells whether a session leads to an origin: by what the server has said (RFC 8336), or by the name that its certificate
 * was asked for. Through a tunnel its port is not the one that Node knows of.
 *
 * @param {ClientHttp2Session} session The session
 * @param {URL} target The origin
 * @return {Boolean} `true` if it does
 * @private
 */
function isHostOf(session, { hostname, origin, protocol }) {
  if (session.originSet?.includes(origin)) return true;

  return protocol === 'https:' && session.socket?.servername?.toLowerCase?.() === hostname;
}

/**
 * @param {String} message What is wrong
 * @return {Error} The error for a session that leads elsewhere
 * @private
 */
function wrongOrigin(message) {
  return codedError('ERR_UPSHIFT_SESSION_ORIGIN', message);
}

/**
 * @return {Error} The error for a session that takes no requests any more
 * @private
 */
function sessionClosed() {
  return codedError('ERR_UPSHIFT_SESSION_CLOSED', 'The HTTP/2 session is closed');
}

/**
 * @return {Error} The error for a server that does not speak RFC 8441
 * @private
 */
function notOffered() {
  return codedError(
    'ERR_UPSHIFT_NO_EXTENDED_CONNECT',
    'The server does not offer WebSocket over HTTP/2: its SETTINGS lack ENABLE_CONNECT_PROTOCOL'
  );
}
