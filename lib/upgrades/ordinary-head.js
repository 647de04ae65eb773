'use strict';

// What does an upgrade request say once it is taken as an ordinary one?

/** Fields that speak about the upgrade only. */
const ABOUT_UPGRADE = ['upgrade', 'http2-settings'];

/** Fields that say where the body ends. */
const ABOUT_BODY = ['content-length', 'trailer', 'transfer-encoding'];

/**
 * Writes the head of a request once more, without what asks for the upgrade.
 *
 * @param {http.IncomingMessage} req The request
 * @param {String[]} without Fields to leave out besides, in lower case
 * @param {Number} [length] How long the body is, when it follows as it is; otherwise as the fields say
 * @return {?Buffer} The head; `null` when it is malformed
 * @private
 */
function ordinaryHead(req, without, length) {
  const left = [...ABOUT_UPGRADE, ...without, ...(length === undefined ? [] : ABOUT_BODY)];
  let head = `${req.method} ${req.url} HTTP/${req.httpVersion}\r\n`;

  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i].toLowerCase();
    let value = req.rawHeaders[i + 1];

    if (left.includes(name)) continue;
    if (name === 'connection') {
      value = value
        .split(',')
        .map((option) => option.trim())
        .filter((option) => option !== '' && !left.includes(option.toLowerCase()))
        .join(', ');
      if (value === '') continue;
    }
    head += `${req.rawHeaders[i]}: ${value}\r\n`;
  }

  if (length !== undefined) head += `Content-Length: ${length}\r\n`;

  return Buffer.from(`${head}\r\n`, 'latin1');
}

module.exports = { ordinaryHead };
