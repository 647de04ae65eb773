'use strict';

// How long may something before an upgrade take, and how much may it be? The two limits that every way to another protocol
// has. They are checked where the application names them: a wrong one would show with the first request, or never.

/** What they are when nobody says anything. */
const DEFAULT_LIMITS = Object.freeze({ maxUpgradeBody: 1024 * 1024, upgradeTimeout: 10_000 });

/** What a length can be that crosses to Rust, and a timer can wait (ms). A longer wait would be over at once. */
const MOST = { maxUpgradeBody: 2 ** 32 - 1, upgradeTimeout: 2 ** 31 - 1 };

/**
 * Reads the limits among some options.
 *
 * @param {Object} [options] Options; what is `undefined` or `null` was not given
 * @param {Object} [defaults] What the limits are then
 * @return {Object} `{ maxUpgradeBody, upgradeTimeout }`
 * @throws {TypeError} If one of them is none
 * @private
 */
function limitsOf(options, defaults = DEFAULT_LIMITS) {
  const { maxUpgradeBody, upgradeTimeout } = options ?? {};

  return {
    maxUpgradeBody: limitOf('maxUpgradeBody', maxUpgradeBody ?? defaults.maxUpgradeBody),
    upgradeTimeout: limitOf('upgradeTimeout', upgradeTimeout ?? defaults.upgradeTimeout)
  };
}

module.exports = { DEFAULT_LIMITS, limitsOf };

/**
 * Checks a limit, and brings it into the range of what enforces it.
 *
 * @param {String} name Its name
 * @param {*} value Its value
 * @return {Number} The limit
 * @throws {TypeError} If it is none
 * @private
 */
function limitOf(name, value) {
  if (typeof value === 'number' && value >= 0) return Math.min(value, MOST[name]);

  throw new TypeError(`The "${name}" option must be a number that is not negative`);
}
