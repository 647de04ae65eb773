'use strict';

// Which of the upgrades that no route takes are for the other 'upgrade' listeners of the server? Everything that one of them
// could want. Another version of HTTP, or TLS around it, none does: clients ask for that with any request and are content
// with the ordinary answer, while a listener that knows WebSocket only refuses them, or leaves them waiting.

const { checkProtocol } = require('./arguments');
const { means, protocolOf } = require('../upgrades/asked');

/** The names of what is HTTP all the same, in lower case, those of its drafts among them. */
const OF_HTTP = /^(?:h2|h2c|http|tls)(?:-\d+)?$/;

/**
 * Reads the option that says so for a server.
 *
 * @param {(String|String[]|null)} [passOn] `'all'`, or the protocols that other listeners know
 * @return {?Function} Tells it of a protocol that is asked for; `null` when nothing was said
 * @throws {TypeError} If it is something else
 * @private
 */
function passingOn(passOn) {
  if (passOn == null) return null;
  if (passOn === 'all') return () => true;
  if (!Array.isArray(passOn)) throw new TypeError('The "passOn" option must be "all" or an array of protocols');

  passOn.forEach(checkProtocol);

  const known = passOn.map(protocolOf);

  return (asked) => known.some((one) => means(one, asked));
}

/**
 * Tells whether a request is for others, if there are any.
 *
 * @param {Object[]} asked What it asks for
 * @param {Function[]} opinions What `passingOn()` has read, of everybody who has said something
 * @return {Boolean} `true` if one of its protocols is
 * @private
 */
function isForOthers(asked, opinions) {
  if (opinions.length === 0) return asked.some(({ name }) => !OF_HTTP.test(name));

  return asked.some((one) => opinions.some((isKnown) => isKnown(one)));
}

module.exports = { isForOthers, passingOn };
