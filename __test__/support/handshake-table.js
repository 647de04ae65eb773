'use strict';

// What does docs/handshake.md promise? Its tables, row by row, with the request, or the call, that each row describes.

const fs = require('node:fs');
const path = require('node:path');

/** The request that is accepted. */
const GOOD = [
  ['Host', 'example.com'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13']
];

/**
 * Reads the rows of a table.
 *
 * @param {RegExp} first What its first column consists of
 * @return {String[][]} Their cells
 */
function cells(first) {
  const file = path.join(__dirname, '..', '..', 'docs', 'handshake.md');
  const lines = fs.readFileSync(file, 'utf8').split('\n');

  return lines
    .filter((line) => first.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim())
    );
}

/**
 * Reads the table of what an application does wrong.
 *
 * @return {Object[]} Its rows
 */
function faults() {
  return cells(/^\| `(upgrade|reject)\(\)` /).map(([call, mistake, example, error, outcome]) => ({
    name: call.slice(1, -3),
    mistake,
    args: new Function(`return [${example.slice(1, -1)}]`),
    error: error.slice(1, -1),
    outcome
  }));
}

/**
 * Reads the table of refusals.
 *
 * @return {Object[]} Its rows
 */
function rows() {
  return cells(/^\| (WebSocketServer|upgrade\(\)) /).map(([server, cause, example, status, body, headers, code]) => ({
    server,
    cause,
    edits: [...example.matchAll(/`([^`]+)`/g)].map(([, edit]) => edit),
    status,
    body,
    headers: [...headers.matchAll(/`([^`]+)`/g)].map(([, header]) => header),
    code: code?.replaceAll('`', '')
  }));
}

/**
 * Applies the edits of a row to the good request.
 *
 * @param {String[]} edits The edits
 * @return {Object} A request
 */
function requestOf(edits) {
  let line = 'GET /chat HTTP/1.1';
  let fields = GOOD.map((field) => [...field]);

  for (const edit of edits) {
    const [, kind, name, value = ''] = /^([-=+]) ([^:]+)(?:: ?([^]*))?$/.exec(edit) ?? [];
    const text = value.replaceAll('\\r', '\r').replaceAll('\\n', '\n').replaceAll('\\0', '\0');

    if (kind === '=') fields.find(([known]) => known === name)[1] = text;
    else if (kind === '-') fields = fields.filter(([known]) => known !== name);
    else if (kind === '+') fields.push([name, text]);
    else line = edit;
  }

  const [method, url, version] = line.split(' ');
  const headers = {};

  for (const [name, value] of fields) {
    const key = name.toLowerCase();

    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }

  return { method, url, httpVersion: version.slice(5), headers, rawHeaders: fields.flat() };
}

/**
 * Says which header lines a refusal has.
 *
 * @param {Object} row Its row of the table
 * @param {String} type Its content type
 * @return {String[]} The lines, sorted
 */
function linesOf({ body, headers }, type) {
  const isOffer = headers.some((line) => line.startsWith('Upgrade:'));
  const connection = `Connection: ${isOffer ? 'Upgrade, ' : ''}close`;

  return [connection, `Content-Type: ${type}`, `Content-Length: ${body.length}`, ...headers].sort();
}

module.exports = { faults, linesOf, requestOf, rows };
