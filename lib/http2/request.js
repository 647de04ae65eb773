'use strict';

// What does a handler see of an extended CONNECT? A request like those of HTTP/1.1, so that one handler serves both; and
// what of it Rust judges.

const { IncomingMessage } = require('http');

const native = require('../base/native');
const { equip, isStream } = require('./stream');

/** On a request that was made here: its pseudo-header fields. */
const kPseudo = Symbol('kPseudo');

/** The pseudo-header fields of a request. */
const PSEUDO = ['method', 'protocol', 'scheme', 'authority', 'path'];

/** The fields that decide, besides those. */
const FIELDS = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions'
];

/** The subprotocols of a client that asks for none. */
const NONE = Object.freeze([]);

/**
 * Tells whether the headers of a stream ask for a WebSocket.
 *
 * @param {Object} headers The headers, as `'stream'` brings them
 * @return {Boolean} `true` if they do
 * @private
 */
function asksForWebSocket(headers) {
  const protocol = headers[':protocol'];

  return headers[':method'] === 'CONNECT' && protocol !== undefined && protocol.toLowerCase() === 'websocket';
}

/**
 * Makes the request that handlers get. Its method is the one of a WebSocket over HTTP/1.1, its headers have no
 * pseudo-header fields but a `host`, and its socket is the stream.
 *
 * @param {Http2Stream} stream The stream
 * @param {Object} headers Its headers
 * @param {String[]} [rawHeaders] Names and values in turn
 * @return {http.IncomingMessage} The request; `req.stream` is the stream
 * @private
 */
function requestOf(stream, headers, rawHeaders) {
  const req = new IncomingMessage(equip(stream));
  const authority = headers[':authority'];
  const fields = fieldsOf(headers, rawHeaders);

  if (authority !== undefined && headers.host === undefined) fields.unshift('host', authority);

  req[kPseudo] = Object.fromEntries(PSEUDO.map((name) => [name, headers[`:${name}`]]));
  req.authority = authority;
  // As the parser of HTTP/1.1 does it: `headers` and `headersDistinct` are made of these when somebody asks.
  req._addHeaderLines(fields, fields.length);
  req.complete = true;
  req.httpVersion = '2.0';
  req.httpVersionMajor = 2;
  req.httpVersionMinor = 0;
  req.method = 'GET';
  req.scheme = headers[':scheme'];
  req.stream = stream;
  req.upgrade = true;
  req.url = headers[':path'];
  req.push(null);
  return req;
}

/**
 * Tells whether a request came over HTTP/2.
 *
 * @param {http.IncomingMessage} req The request, ours or that of Node's `'connect'` event
 * @return {Boolean} `true` if it did
 * @private
 */
function isStreamRequest({ stream }) {
  return typeof stream === 'object' && stream !== null && isStream(stream);
}

/**
 * Judges a request by RFC 8441.
 *
 * @param {http.IncomingMessage} req The request, ours or that of Node's `'connect'` event
 * @param {Boolean} strict Whether its extensions have to be well-formed, too
 * @return {Object} The verdict
 * @private
 */
function inspectStream(req, strict) {
  const { headers } = req;
  const fields = FIELDS.filter((name) => headers[name] !== undefined);
  const head = `GET / HTTP/1.1\r\n${fields.map((name) => `${name}: ${headers[name]}\r\n`).join('')}\r\n`;
  const answer = native.validateStream(req[kPseudo] ?? pseudoOf(headers), head, fields.length, strict);

  if (typeof answer !== 'string') return answer;

  const [version, ...protocols] = answer.split(' ');

  return {
    status: 101,
    stage: 'accepted',
    accept: '',
    protocols: protocols.length === 0 ? NONE : protocols,
    version: Number(version)
  };
}

module.exports = { asksForWebSocket, inspectStream, isStreamRequest, requestOf };

/**
 * @param {Object} headers Headers with pseudo-header fields
 * @return {Object} These, without their colons
 * @private
 */
function pseudoOf(headers) {
  return Object.fromEntries(PSEUDO.map((name) => [name, headers[`:${name}`]]));
}

/**
 * Lists the fields as they came, without the pseudo-header fields.
 *
 * @param {Object} headers The headers
 * @param {String[]} [rawHeaders] The fields, where they are known
 * @return {String[]} Names and values in turn
 * @private
 */
function fieldsOf(headers, rawHeaders) {
  const raw = Array.isArray(rawHeaders)
    ? rawHeaders
    : Object.entries(headers).flatMap(([name, value]) => [].concat(value).flatMap((one) => [name, String(one)]));

  return raw.filter((_, index) => !raw[index - (index % 2)].startsWith(':'));
}
