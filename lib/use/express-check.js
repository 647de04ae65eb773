'use strict';

// Is this an Express that we know? It is looked at, not loaded: the app is there already, and which copy of Express made
// it is the application's affair.

const { codedError } = require('../base/errors');

/** What an app has in both versions. */
const OF_APPS = ['enabled', 'handle', 'listen', 'set'];

/**
 * Checks that something is an app or a router of Express 4 or 5.
 *
 * @param {*} target What it is
 * @return {Boolean} Whether it is an app
 * @throws {Error} `ERR_UPSHIFT_FRAMEWORK` if it is neither
 * @public
 */
function checkExpress(target) {
  if (typeof target === 'function') {
    const isKnown = typeof target.route === 'function' && typeof target.handle === 'function';

    if (isKnown && OF_APPS.every((name) => typeof target[name] === 'function')) return true;
    if (isKnown && Array.isArray(target.stack) && typeof target.param === 'function') return false;
  }

  throw codedError(
    'ERR_UPSHIFT_FRAMEWORK',
    `upshift/use/express needs an app or a router of Express 4 or 5, ${found()}`
  );
}

module.exports = { checkExpress };

/**
 * Says which Express there is.
 *
 * @return {String} The end of the message
 * @private
 */
function found() {
  try {
    return `not this; the installed express is ${require('express/package.json').version}`;
  } catch {
    return 'and express is not installed: npm install express';
  }
}
