'use strict';

// Whom does a request count for? One who has a few addresses should not have a few limits.

/**
 * Behind a proxy `remoteAddress` is the proxy's. Then take what that proxy writes (X-Forwarded-For's last entry), and only
 * then: everybody else can write such a header too.
 *
 * @param {http.IncomingMessage} req The request
 * @return {String} An IPv4 address, or the first 64 bits of an IPv6 address: what follows, its user chooses
 * @public
 */
function addressOf(req) {
  const address = req.socket.remoteAddress ?? '';
  if (address.startsWith('::ffff:') || !address.includes(':')) return address.replace('::ffff:', '');
  // A URL writes an address in one way only; '::' stands for as many zeros as are missing from eight groups.
  const [start, end] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const groups = start.split(':').filter(Boolean);
  const more = (end ?? '').split(':').filter(Boolean);
  return [...groups, ...Array(8 - groups.length - more.length).fill('0'), ...more].slice(0, 4).join(':');
}

module.exports = addressOf;
