'use strict';

// Is this request a WebSocket handshake, and what is the answer? The head
// crosses to Rust once, as one string, and is judged there: by the rules of ws
// for `WebSocketServer`, by those of RFC 6455 section 4.2 for everything else.
// Over HTTP/2 the two differ in what they ask of extensions (lib/http2/request.js).

const http = require('http');
const { createHash } = require('crypto');

const native = require('../base/native');
const { inspectStream, isStreamRequest } = require('../http2/request');
const { HandshakeError } = require('../base/errors');
const { expectsContinue } = require('./expectation');

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Fields of a 101 that are not the application's. */
const OF_SWITCHING = [
  'connection',
  'content-length',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'transfer-encoding',
  'upgrade'
];

/** A response crosses to the engine in one piece. */
const LONGEST_RESPONSE = 256 * 1024;

/** The fields that ws looks at, and those that announce a body. */
const WS_FIELDS = [
  'upgrade',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'content-length',
  'transfer-encoding'
];

/** The length of a SHA-1 digest in base64. */
const DIGEST_LENGTH = 28;

/** How every response begins that accepts. */
const UPGRADED =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ';

/** The subprotocols of a client that asks for none. */
const NONE = Object.freeze([]);

/** What every usual response consists of. */
const ASCII = /^[\0-\x7f]*$/;

/** A head that becomes no WebSocket because it asks for something else. */
const NOT_WEBSOCKET = 'ERR_UPSHIFT_NOT_WEBSOCKET';

/**
 * Judges a request by the rules of ws, from `req.headers`: applications edit
 * them, and some requests have nothing else. The target plays no part.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Object} The verdict
 * @private
 */
function inspectAsWs(req) {
  if (isStreamRequest(req)) return inspectStream(req, false);

  const { headers } = req;
  let head = `${req.method} / HTTP/1.1\r\n`;
  let count = 0;

  for (let i = 0; i < WS_FIELDS.length; i++) {
    const value = headers[WS_FIELDS[i]];

    if (value !== undefined) {
      head += `${WS_FIELDS[i]}: ${value}\r\n`;
      count++;
    }
  }

  return verdictOf(native.validateHandshake(`${head}\r\n`, count, false));
}

/**
 * Judges a request by RFC 6455, from the fields as they arrived where they are
 * known.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Object} The verdict
 * @private
 */
function inspectStrictly(req) {
  if (isStreamRequest(req)) return inspectStream(req, true);

  const fields = req.rawHeaders ?? fieldsOf(req.headers);
  let head = `${req.method} / HTTP/${req.httpVersion}\r\n`;

  for (let i = 0; i < fields.length; i += 2) {
    head += `${fields[i]}: ${fields[i + 1]}\r\n`;
  }

  return verdictOf(native.validateHandshake(`${head}\r\n`, fields.length / 2, true), expectsContinue(req));
}

/**
 * Takes an accepted handshake apart.
 *
 * @param {(String|Object)} answer A refusal, or digest, version and subprotocols
 * @param {Boolean} [isContinued=false] Whether a 100 has to come before the 101; ws sends none
 * @return {Object} The verdict
 * @private
 */
function verdictOf(answer, isContinued = false) {
  if (typeof answer !== 'string') return answer;

  const accept = answer.slice(0, DIGEST_LENGTH);
  const version = answer[DIGEST_LENGTH] === '8' ? 8 : 13;
  const space = answer.indexOf(' ', DIGEST_LENGTH);
  const protocols = space === -1 ? NONE : answer.slice(space + 1).split(' ');

  return { status: 101, stage: 'accepted', accept, isContinued, protocols, version };
}

/**
 * Writes a headers object the way `req.rawHeaders` is.
 *
 * @param {Object} headers The headers
 * @return {String[]} Names and values in turn
 * @private
 */
function fieldsOf(headers) {
  return Object.entries(headers).flatMap(([name, value]) => [].concat(value).flatMap((one) => [name, one]));
}

/**
 * Turns a refusal into an error.
 *
 * @param {Object} verdict The verdict
 * @return {Object} The same verdict, if the handshake is accepted
 * @throws {HandshakeError} If it is refused
 * @private
 */
function accepted(verdict) {
  if (verdict.status === 101) return verdict;

  throw new HandshakeError(verdict.message, {
    code: verdict.code,
    status: verdict.status,
    headers: Object.fromEntries(verdict.headers)
  });
}

/**
 * Computes the value of `Sec-WebSocket-Accept`, for those who come without one.
 *
 * @param {String} key The value of `Sec-WebSocket-Key`
 * @return {String} The digest
 * @private
 */
function acceptOf(key) {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/**
 * The response when there is nothing to add to it.
 *
 * @param {String} accept The value of `Sec-WebSocket-Accept`
 * @return {String} The response
 * @private
 */
function plainResponse(accept) {
  return `${UPGRADED}${accept}\r\n\r\n`;
}

/**
 * Lists the header lines of the response, as ws does.
 *
 * @param {String} accept The value of `Sec-WebSocket-Accept`
 * @param {String} [protocol] The subprotocol, if there is one
 * @param {String} [extensions] The extensions, if there are any
 * @return {String[]} The lines, the status line first
 * @private
 */
function responseLines(accept, protocol, extensions) {
  const lines = `${UPGRADED}${accept}`.split('\r\n');

  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (extensions) lines.push(`Sec-WebSocket-Extensions: ${extensions}`);
  return lines;
}

/**
 * Lists the header lines of the response over HTTP/2.
 *
 * @param {String} [protocol] The subprotocol, if there is one
 * @param {String} [extensions] The extensions, if there are any
 * @return {String[]} The lines, the first one in the place of a status line
 * @private
 */
function streamLines(protocol, extensions) {
  const lines = ['HTTP/2 200'];

  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (extensions) lines.push(`Sec-WebSocket-Extensions: ${extensions}`);
  return lines;
}

/**
 * Checks and writes the application's own headers.
 *
 * @param {(Object|null)} headers The headers
 * @return {String[]} The header lines, one for each value
 * @throws {TypeError} If one of them cannot be written
 * @private
 */
function headerLines(headers) {
  return Object.entries(headers ?? {}).flatMap(([name, value]) =>
    [].concat(value).map((one) => {
      http.validateHeaderName(name);
      http.validateHeaderValue(name, one);
      return `${name}: ${one}`;
    })
  );
}

/**
 * Writes the application's own headers of a 101, without those that are the handshake's to say.
 *
 * @param {(Object|null)} headers The headers
 * @return {String[]} The header lines, one for each value
 * @throws {(RangeError|TypeError)} If one of them cannot be written, or they are too long
 * @private
 */
function ownLines(headers) {
  const own = headerLines(headers).filter((line) => !OF_SWITCHING.includes(nameOf(line)));

  checkLength(own.join('\r\n'));
  return own;
}

/**
 * Joins header lines to a response. The engine takes it byte by byte, so that
 * what is not ASCII, which ws would write as UTF-8, is written so here too.
 *
 * @param {String[]} lines The lines
 * @return {String} The response, a character per byte
 * @throws {RangeError} If it is longer than any client takes
 * @private
 */
function responseOf(lines) {
  const response = `${lines.join('\r\n')}\r\n\r\n`;

  checkLength(response);
  if (ASCII.test(response)) return response;
  return Buffer.from(response).toString('latin1');
}

/**
 * @param {String} line A header line
 * @return {String} The name of its field
 * @private
 */
function nameOf(line) {
  return line.slice(0, line.indexOf(':')).toLowerCase();
}

module.exports = {
  NOT_WEBSOCKET,
  acceptOf,
  accepted,
  headerLines,
  inspectAsWs,
  inspectStrictly,
  nameOf,
  ownLines,
  plainResponse,
  responseLines,
  responseOf,
  streamLines
};

/**
 * @param {String} lines Header lines
 * @throws {RangeError} If they are longer than any client takes
 * @private
 */
function checkLength({ length }) {
  if (length > LONGEST_RESPONSE) throw new RangeError('The headers of the response are too long');
}
