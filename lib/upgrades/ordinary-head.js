'use strict';

// What does an upgrade request say once it is taken as an ordinary one? Rust writes the head.

const native = require('../base/native');

/**
 * Writes the head of a request once more, without what asks for the upgrade.
 *
 * @param {http.IncomingMessage} req The request
 * @param {String[]} without Fields to leave out besides
 * @return {?Buffer} The head; `null` when it is malformed
 * @private
 */
function ordinaryHead(req, without) {
  const { httpVersion, method, rawHeaders, url } = req;
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;

  for (let i = 0; i < rawHeaders.length; i += 2) {
    head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  }

  return native.ordinaryHead(`${head}\r\n`, rawHeaders.length / 2, without);
}

module.exports = { ordinaryHead };
