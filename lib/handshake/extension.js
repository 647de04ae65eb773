'use strict';

// What is in a `Sec-WebSocket-Extensions` header? RFC 6455 section 9.1: extensions with their parameters, read and
// written. Deciding about them is the business of the handshake.

const { HeaderCursor } = require('./header-cursor');

/**
 * Parses the header.
 *
 * @param {String} header The value of the header
 * @return {Object} A list of offers for each extension, an offer being a list of values for each parameter; a parameter
 *     without a value has `true`
 * @throws {SyntaxError} If the header is malformed
 * @public
 */
function parse(header) {
  const cursor = new HeaderCursor(header);
  const offers = Object.create(null);
  let delimiter;

  do {
    const name = cursor.token();
    const params = Object.create(null);

    delimiter = cursor.next(';,');
    while (delimiter === ';') {
      const param = cursor.token();
      const value = cursor.accept('=') ? valueAt(cursor) : true;

      delimiter = cursor.next(';,');
      add(params, param, value);
    }

    add(offers, name, params);
  } while (delimiter === ',');

  return offers;
}

/**
 * Builds a header value.
 *
 * @param {Object} extensions One or several configurations for each extension
 * @return {String} The value of the header
 * @public
 */
function format(extensions) {
  return Object.entries(extensions)
    .flatMap(([name, configurations]) => [configurations].flat().map((params) => formatOne(name, params)))
    .join(', ');
}

module.exports = { format, parse };

/**
 * Reads the value of a parameter. A quoted one must be a token without its quotes.
 *
 * @param {HeaderCursor} cursor Where it begins
 * @return {String} The value
 * @private
 */
function valueAt(cursor) {
  if (!cursor.accept('"')) return cursor.token();

  let value = '';

  while (value === '' || !cursor.accept('"')) {
    const isEscaped = cursor.accept('\\');
    const start = cursor.at;
    const token = cursor.token();

    // One character is escaped, and what follows it stands for itself.
    value += isEscaped ? token[0] : token;
    if (isEscaped) cursor.at = start + 1;
  }

  return value;
}

/**
 * Adds to the list that a name has.
 *
 * @param {Object} lists The lists
 * @param {String} name The name
 * @param {*} value What to add
 * @private
 */
function add(lists, name, value) {
  lists[name] ??= [];
  lists[name].push(value);
}

/**
 * Writes one configuration of an extension.
 *
 * @param {String} name The extension
 * @param {Object} params Its parameters
 * @return {String} The text
 * @private
 */
function formatOne(name, params) {
  const all = Object.entries(params).flatMap(([param, values]) =>
    [values].flat().map((value) => (value === true ? param : `${param}=${value}`))
  );

  return [name, ...all].join('; ');
}
