'use strict';

// Which versions of TLS may a client go on with, and which does it get? The highest it offers among those the options of a
// secure context allow.

const tls = require('tls');
const { constants } = require('crypto');

/** The versions of TLS, as an `Upgrade` field, Node and OpenSSL name them; the highest first. */
const VERSIONS = [
  { protocol: 'TLS/1.3', name: 'TLSv1.3', method: null, no: constants.SSL_OP_NO_TLSv1_3 },
  { protocol: 'TLS/1.2', name: 'TLSv1.2', method: 'TLSv1_2_', no: constants.SSL_OP_NO_TLSv1_2 },
  { protocol: 'TLS/1.1', name: 'TLSv1.1', method: 'TLSv1_1_', no: constants.SSL_OP_NO_TLSv1_1 },
  { protocol: 'TLS/1.0', name: 'TLSv1', method: 'TLSv1_', no: constants.SSL_OP_NO_TLSv1 }
];

/** Methods of OpenSSL that leave the version open, the lowest not excepted. */
const ANY_METHOD = /^(SSLv23|TLS)_/;

/**
 * Lists the versions a secure context allows.
 *
 * @param {Object} options Options of `tls.createSecureContext()`
 * @return {String[]} The versions, as in an `Upgrade` field, the highest first
 * @private
 */
function versionsOf({ maxVersion, minVersion, secureOptions = 0, secureProtocol } = {}) {
  const [highest, lowest] = rangeOf({ maxVersion, minVersion, secureProtocol });

  return VERSIONS.slice(highest, lowest + 1)
    .filter(({ no }) => (secureOptions & no) === 0)
    .map(({ protocol }) => protocol);
}

/**
 * Chooses a version.
 *
 * @param {Object[]} asked The protocols that a request asks for
 * @param {String[]} versions The versions there are, the highest first
 * @return {(String|undefined)} The highest that is in both, if one is
 * @private
 */
function chooseVersion(asked, versions) {
  const tokens = new Set(asked.map(({ token }) => token.toUpperCase()));

  return versions.find((version) => tokens.has(version));
}

/**
 * Limits options to a version and those below it.
 *
 * @param {String} version The version
 * @param {String[]} versions All that the options allow
 * @param {Object} options The options
 * @return {Object} What changes in them
 * @private
 */
function upTo(version, versions, { minVersion, secureProtocol }) {
  const lowest = VERSIONS.find(({ protocol }) => protocol === versions.at(-1)).name;

  return {
    maxVersion: VERSIONS.find(({ protocol }) => protocol === version).name,
    // A method excludes both.
    minVersion: secureProtocol ? lowest : minVersion,
    secureProtocol: undefined
  };
}

module.exports = { chooseVersion, upTo, versionsOf };

/**
 * Finds the ends of the range of versions.
 *
 * @param {Object} options The options that say them
 * @return {Number[]} The places of the highest and of the lowest one in the list
 * @private
 */
function rangeOf({ maxVersion, minVersion, secureProtocol }) {
  if (secureProtocol === undefined || secureProtocol === null) {
    return [placeOf(maxVersion ?? tls.DEFAULT_MAX_VERSION), placeOf(minVersion ?? tls.DEFAULT_MIN_VERSION)];
  }

  if (ANY_METHOD.test(secureProtocol)) return [placeOf(tls.DEFAULT_MAX_VERSION), VERSIONS.length - 1];

  const place = VERSIONS.findIndex(({ method }) => method !== null && secureProtocol.startsWith(method));

  return [place, place];
}

/**
 * @param {String} wanted A version, as Node names it
 * @return {Number} Its place in the list
 * @private
 */
function placeOf(wanted) {
  return VERSIONS.findIndex(({ name }) => name === wanted);
}
