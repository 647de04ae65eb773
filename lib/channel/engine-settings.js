'use strict';

// Who drives the reactors of sockets, and how many are there? The environment says so, and the program where it knows
// better. A value of the environment that is none is found at the start, not by a client.

const os = require('os');

const DRIVERS = ['auto', 'loop', 'threads'];

/** What the environment says; an empty variable is as good as none. */
const environment = {
  driver: process.env.UPSHIFT_DRIVER || 'auto',
  reactors: process.env.UPSHIFT_REACTORS || defaultReactors()
};

let settings = checked({});

/**
 * Checks settings. What is absent is what the environment says.
 *
 * @param {Object} options The options
 * @param {String} [options.driver] `'auto'`, `'loop'` or `'threads'`
 * @param {(Number|String)} [options.reactors] How many reactors `threads` has
 * @return {Object} The settings
 * @throws {RangeError} If a value is none of those allowed
 * @private
 */
function checked({ driver = environment.driver, reactors = environment.reactors }) {
  if (!DRIVERS.includes(driver)) {
    throw new RangeError(
      `The driver (UPSHIFT_DRIVER) must be one of ${DRIVERS.join(', ')}, not ${JSON.stringify(driver)}`
    );
  }

  const count = Number(reactors);

  if (!Number.isInteger(count) || count < 1 || count > 64) {
    const given = JSON.stringify(reactors);

    throw new RangeError(`The number of reactors (UPSHIFT_REACTORS) must be an integer from 1 to 64, not ${given}`);
  }

  return { driver, reactors: driver === 'threads' ? count : 1 };
}

/**
 * One core is left to JavaScript.
 *
 * @return {Number} The number of reactors that `threads` has by default
 * @private
 */
function defaultReactors() {
  return Math.max(1, os.availableParallelism() - 1);
}

/**
 * Chooses them anew.
 *
 * @param {Object} options The options, as for `checked`
 * @throws {RangeError} If a value is none of those allowed
 * @private
 */
function choose(options) {
  settings = checked(options);
}

/**
 * @return {Object} `{ driver, reactors }`, as they are chosen
 * @private
 */
function chosen() {
  return settings;
}

module.exports = { choose, chosen };
